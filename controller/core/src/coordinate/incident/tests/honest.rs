//! What an Incident may not claim, whatever others do beside it.

use super::*;

/// Somebody else's object under the name of a response, contained.
fn foreign(world: &mut World, response: &str) {
    let child = child_mut(world, response);
    (child.incident_uid, child.applied) = (Some("inc-0".into()), Applied::Never);
}

fn timeline_of(world: &World, event: TimelineEvent) -> usize {
    let all = world.subject.status.timeline.iter();
    all.filter(|one| one.event == event).count()
}

#[test]
fn what_others_have_contained_contains_no_response() {
    let mut world = world(&json!({"responses": [response("a", &[]), response("b", &["a"])]}));
    settle(&mut world, at(1));
    foreign(&mut world, "a");
    contain(&mut world, "a", at(2));
    child_mut(&mut world, "a").record.first_write = Some(at(2));
    settle(&mut world, at(3));
    assert_eq!(condition(&world, "Contained"), "False NotContained");
    let status = &world.subject.status;
    assert_eq!(
        (status.contained.as_deref(), status.state),
        (Some("0/2"), Some(IncidentState::Open))
    );
    assert_eq!((&status.clocks.contained, &status.clocks.first_write), (&None, &None));
    assert_eq!(
        super::status(&world, "b").state,
        ResponseState::Pending,
        "b waits for a"
    );
    assert_eq!(timeline_of(&world, TimelineEvent::Contained), 0);
    release(&mut world, "a", at(4));
    settle(&mut world, at(4));
    assert_eq!(world.subject.status.clocks.recovered, None);
}

#[test]
fn another_target_that_is_contained_contains_no_response() {
    let mut world = contained_world();
    edit(&mut world, Some("ann"), &json!({"responses": [response("b", &[])]}));
    settle(&mut world, at(4));
    let mut other = response("a", &[]);
    other["quarantine"] = role("another");
    edit(
        &mut world,
        Some("ann"),
        &json!({"responses": [response("b", &[]), other]}),
    );
    settle(&mut world, at(5));
    assert_eq!(super::status(&world, "a").state, ResponseState::Refused);
    assert_eq!(condition(&world, "Contained"), "False NotContained");
    assert_eq!(world.subject.status.contained.as_deref(), Some("1/2"));
}

#[test]
fn what_was_taken_out_and_is_cut_off_is_not_recovered() {
    let mut world = contained_world();
    edit(&mut world, Some("ann"), &json!({"responses": [response("a", &[])]}));
    release(&mut world, "a", at(4));
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Recovered"), "False NotRecovered");
    assert!(message(&world, "Recovered").contains(&child_name("inc", "b")));
    assert_eq!(world.subject.status.clocks.recovered, None);
    release(&mut world, "b", at(5));
    settle(&mut world, at(5));
    assert_eq!(condition(&world, "Recovered"), "True Recovered");
}

#[test]
fn what_was_taken_out_and_cannot_be_read_is_not_recovered() {
    let mut world = contained_world();
    edit(&mut world, Some("ann"), &json!({"responses": [response("a", &[])]}));
    release(&mut world, "a", at(4));
    world
        .objects
        .insert(child_name("inc", "b"), Found::Unreadable("odd".into()));
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Recovered"), "False NotRecovered");
}

#[test]
fn what_the_server_failed_to_do_needs_no_person() {
    let mut world = world(&json!({"responses": [response("a", &[])]}));
    world.failed.insert(child_name("inc", "a"), "overloaded".into());
    settle(&mut world, at(1));
    assert_eq!(condition(&world, "Stalled"), "False Open");
    assert_eq!(condition(&world, "Ready"), "False ResponseWaiting");
    assert_eq!(
        status(&world, "a").waits_for.as_deref(),
        Some("the API server: overloaded")
    );
}

#[test]
fn a_release_that_is_asked_for_after_the_end_is_waited_for() {
    let mut world = contained_world();
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "Benign"}),
    );
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Resolved"), "True Resolved");
    edit(&mut world, Some("ann"), &json!({"onResolve": "Release"}));
    settle(&mut world, at(5));
    assert_eq!(condition(&world, "Resolved"), "False Releasing");
    release(&mut world, "a", at(6));
    release(&mut world, "b", at(6));
    settle(&mut world, at(6));
    assert_eq!(condition(&world, "Resolved"), "True Resolved");
}

#[test]
fn a_merge_ends_what_was_opened_again() {
    let mut world = world(&json!({"state": "Resolved", "outcome": "Benign"}));
    settle(&mut world, at(1));
    say(
        &mut world,
        "d",
        "bob",
        at(2),
        &json!({"verb": "Reopen", "reason": "again"}),
    );
    settle(&mut world, at(2));
    assert_eq!(condition(&world, "Resolved"), "False NotResolved");
    edit(&mut world, Some("ann"), &json!({"mergedInto": "other"}));
    settle(&mut world, at(3));
    assert_eq!(condition(&world, "Resolved"), "True Merged");
}

#[test]
fn who_edits_while_policies_cannot_be_read_is_not_forgotten() {
    let mut world = contained_world();
    world.admission.requester_stamped = false;
    edit(&mut world, Some("eve"), &json!({"summary": "hers"}));
    settle(&mut world, at(4));
    assert!(!world.subject.status.asked.unattributed);
    edit(&mut world, Some("ann"), &json!({"summary": "his"}));
    world.admission.requester_stamped = true;
    settle(&mut world, at(5));
    assert!(world.subject.status.asked.unattributed, "nobody knows that it was eve");
}

#[test]
fn the_one_edit_while_policies_cannot_be_read_is_known_afterwards() {
    let mut world = contained_world();
    world.admission.requester_stamped = false;
    edit(&mut world, Some("eve"), &json!({"summary": "hers"}));
    settle(&mut world, at(4));
    world.admission.requester_stamped = true;
    settle(&mut world, at(5));
    let asked = &world.subject.status.asked;
    assert_eq!(
        (asked.by.as_slice(), asked.unattributed),
        (&["ann".to_owned(), "eve".to_owned()][..], false)
    );
}

#[test]
fn findings_push_nobodys_words_out_of_the_timeline() {
    let mut world = world(&json!({}));
    say(&mut world, "d", "bob", at(1), &json!({"verb": "Acknowledge"}));
    settle(&mut world, at(1));
    let noise =
        |n: i64| json!({"id": format!("f-{n}"), "firstSeen": at(n).to_string(), "reportedAt": "9000-01-01T00:00:00Z"});
    let findings: Vec<Value> = (0..64).map(noise).collect();
    edit(&mut world, Some("ann"), &json!({"findings": findings}));
    settle(&mut world, at(100));
    assert_eq!(timeline_of(&world, TimelineEvent::Activity), 20);
    assert_eq!(
        timeline_of(&world, TimelineEvent::Reported),
        0,
        "what lies ahead has not happened"
    );
    assert_eq!(timeline_of(&world, TimelineEvent::Acknowledged), 1);
    edit(&mut world, Some("ann"), &json!({"findings": []}));
    settle(&mut world, at(101));
    assert_eq!(timeline_of(&world, TimelineEvent::Activity), 0);
}

#[test]
fn no_deadline_is_moved_by_a_time_that_lies_ahead() {
    let regulation = json!({"name": "GDPR", "awareAt": "2090-01-01T00:00:00Z",
        "filed": [{"report": "Notification", "at": "2089-01-01T00:00:00Z"}]});
    let mut world = world(&json!({"regulations": [regulation]}));
    let after = 73 * 60;
    settle(&mut world, at(after));
    let all = &world.subject.status.deadlines;
    let gdpr = all.iter().find(|one| one.name == "GDPR notification").unwrap();
    assert_eq!(
        (gdpr.due.as_str(), gdpr.state),
        (at(72 * 60).to_string().as_str(), DeadlineState::Missed)
    );
}

#[test]
fn lowering_a_severity_and_raising_it_again_gains_no_time() {
    let mut world = world(&json!({}));
    for (minute, severity) in [(0, "Critical"), (16, "Low"), (17, "Critical")] {
        edit(&mut world, Some("ann"), &json!({"severity": severity}));
        settle(&mut world, at(minute));
    }
    let all = &world.subject.status.deadlines;
    assert_eq!(
        (all[0].due.as_str(), all[0].state),
        (at(15).to_string().as_str(), DeadlineState::Missed)
    );
}

#[test]
fn every_runs_approvals_are_told() {
    let plan = |run: i64, name: &str| {
        let word = json!({"verb": "Approve", "by": name, "approverRole": "approver", "name": name, "givenAt": at(run).to_string()});
        serde_json::from_value(json!({
            "metadata": {"name": format!("q-{run}")},
            "spec": {"owner": {"kind": "Quarantine", "namespace": "n", "name": "q", "uid": "u"}, "ownerGeneration": 1, "run": run,
                     "action": "Contain", "digest": "sha256:0", "payload": {}},
            "status": {"decisions": [word]},
        }))
        .unwrap()
    };
    let record = Record::of(&[plan(1, "bob"), plan(2, "sue")]);
    let by: Vec<&str> = record.decisions.iter().map(|one| one.by.as_str()).collect();
    assert_eq!(by, ["bob", "sue"]);
}
