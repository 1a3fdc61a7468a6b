//! Whose word counts, and who asked.

use super::*;

#[test]
fn only_a_persons_word_about_this_very_incident_counts() {
    let acknowledge = json!({"verb": "Acknowledge"});
    for (name, by, change, counts) in [
        ("a person", "bob", json!({}), true),
        ("a service account", "system:serviceaccount:a:b", json!({}), false),
        ("a machine by pattern", "ci-7", json!({}), false),
        ("about a namesake", "bob", json!({"target": {"uid": "inc-0"}}), false),
        (
            "about another kind",
            "bob",
            json!({"target": {"kind": "Quarantine"}}),
            false,
        ),
        ("expired", "bob", json!({"expiresAt": at(0).to_string()}), false),
        ("another verb", "bob", json!({"verb": "Release"}), false),
    ] {
        let mut world = world(&json!({}));
        say(&mut world, "d", by, at(1), &merged(acknowledge.clone(), &change));
        settle(&mut world, at(2));
        assert_eq!(condition(&world, "Acknowledged").starts_with("True"), counts, "{name}");
    }
    let mut early = world(&json!({}));
    early.admission.decisions_bound_since = Some(at(1));
    say(&mut early, "d", "bob", at(1), &acknowledge);
    settle(&mut early, at(2));
    assert_eq!(condition(&early, "Acknowledged"), "False NotAcknowledged");
}

#[test]
fn a_word_about_an_earlier_spec_resolves_nothing() {
    let mut world = contained_world();
    let old = decision(
        &world,
        "d",
        "bob",
        at(4),
        &json!({"verb": "Resolve", "outcome": "Benign"}),
    );
    edit(&mut world, Some("ann"), &json!({"summary": "It goes on."}));
    world.decisions.push(old);
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Resolved"), "False NotResolved");
}

#[test]
fn of_two_words_the_later_one_counts_whatever_their_order() {
    for swap in [false, true] {
        let mut world = contained_world();
        say(
            &mut world,
            "d-1",
            "bob",
            at(4),
            &json!({"verb": "Resolve", "outcome": "Benign"}),
        );
        say(
            &mut world,
            "d-2",
            "eve",
            at(5),
            &json!({"verb": "Reopen", "reason": "no"}),
        );
        if swap {
            world.decisions.reverse();
        }
        settle(&mut world, at(6));
        assert_eq!(condition(&world, "Resolved"), "False NotResolved");
    }
}

#[test]
fn requesters_only_grow_and_machines_leave_the_request_unattributed() {
    let mut world = world(&json!({"responses": [response("a", &[])]}));
    settle(&mut world, at(1));
    for (by, people, unattributed) in [
        (Some("bob"), vec!["ann", "bob"], false),
        (Some("ann"), vec!["ann", "bob"], false),
        (Some("ci-7"), vec!["ann", "bob"], true),
        (None, vec!["ann", "bob"], true),
        (Some("eve"), vec!["ann", "bob", "eve"], true),
    ] {
        edit(&mut world, by, &json!({"summary": format!("{by:?}")}));
        settle(&mut world, at(2));
        let asked = &world.subject.status.asked;
        assert_eq!(
            (
                asked.by.iter().map(String::as_str).collect::<Vec<_>>(),
                asked.unattributed
            ),
            (people, unattributed)
        );
        let carried = child_mut(&mut world, "a").carried.clone().unwrap();
        assert_eq!(
            (&carried.by, carried.unattributed),
            (&world.subject.status.asked.by, unattributed)
        );
    }
}

#[test]
fn an_edit_that_nobody_saw_leaves_the_request_unattributed() {
    let mut world = contained_world();
    edit(&mut world, Some("mallory"), &json!({"summary": "one"}));
    edit(&mut world, Some("ann"), &json!({"summary": "two"}));
    settle(&mut world, at(4));
    assert!(
        world.subject.status.asked.unattributed,
        "who made the first edit is not known"
    );
}

#[test]
fn policies_that_cannot_be_read_for_a_moment_change_no_record() {
    let mut world = contained_world();
    world.admission = Admission::default();
    settle(&mut world, at(4));
    assert!(!world.subject.status.asked.unattributed);
    assert_eq!(condition(&world, "Confirmed"), "Unknown NotConfirmed");
}

#[test]
fn an_incident_of_unknown_origin_is_confirmed_by_a_person() {
    let mut world = world(&json!({}));
    world.subject.requested_by = Some("ci-7".into());
    settle(&mut world, at(1));
    assert_eq!(condition(&world, "Confirmed"), "Unknown NotConfirmed");
    say(&mut world, "d", "bob", at(2), &json!({"verb": "Acknowledge"}));
    settle(&mut world, at(2));
    assert_eq!(
        (
            condition(&world, "Confirmed").as_str(),
            condition(&world, "Acknowledged").as_str()
        ),
        ("True Declared", "True Acknowledged")
    );
    assert_eq!(world.subject.status.clocks.acknowledged, Some(at(2).to_string()));
}
