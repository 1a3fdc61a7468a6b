//! What is created, changed, and left alone.

use super::*;
use firebreak_crds::{DesiredState, Mode, Severity};

#[test]
fn names_are_bounded_readable_and_never_the_same() {
    let long = "x".repeat(63);
    for (incident, response) in [
        ("inc", "a"),
        (long.as_str(), "y".repeat(32).as_str()),
        ("a.b.-c", "d"),
        ("a", "b"),
    ] {
        let name = child_name(incident, response);
        assert!(
            name.len() <= 63 && !name.contains('.') && !name.starts_with('-'),
            "{name}"
        );
        assert!(
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{name}"
        );
        assert_eq!(name, child_name(incident, response));
    }
    assert_ne!(child_name("a-b", "c"), child_name("a", "b-c"));
    assert_ne!(
        child_name(&format!("{long}1"), "a"),
        child_name(&format!("{long}2"), "a")
    );
    assert!(child_name("stolen-role", "deny").starts_with("stolen-role-deny-"));
}

#[test]
fn a_child_carries_labels_severity_reason_and_requesters_and_no_owner() {
    let mut world = world(&json!({"responses": [response("a", &[])]}));
    let remembered = decide(&world, at(1));
    assert!(matches!(remembered, Effect::Remember(_)), "who asked is written first");
    perform(&mut world, &remembered, at(1));
    let Effect::Apply(apply) = decide(&world, at(1)) else {
        panic!("no apply")
    };
    let (meta, spec) = (&apply.body["metadata"], &apply.body["spec"]);
    assert_eq!(
        meta["labels"],
        json!({"firebreak.dev/incident": "inc", INCIDENT_UID_LABEL: "inc-1"})
    );
    assert_eq!(
        meta["annotations"]["firebreak.dev/asked"],
        r#"{"by":["ann"],"severities":["Critical"]}"#
    );
    assert!(meta.get("ownerReferences").is_none() && spec.get("state").is_none());
    assert_eq!(
        (&spec["severity"], &spec["reason"]),
        (&json!("Critical"), &json!("Credentials used from outside"))
    );
    assert_eq!(apply.body["apiVersion"], "firebreak.dev/v1alpha1");
}

#[test]
fn a_raised_or_lowered_severity_changes_nothing_of_what_exists() {
    let mut world = contained_world();
    let before = child_mut(&mut world, "a").clone();
    for severity in ["Low", "High", "Critical"] {
        edit(
            &mut world,
            Some("ann"),
            &json!({"severity": severity, "title": severity}),
        );
        settle(&mut world, at(4));
    }
    assert_eq!(*child_mut(&mut world, "a"), before);
    let mut later = contained_world();
    edit(&mut later, Some("ann"), &json!({"severity": "Low"}));
    settle(&mut later, at(4));
    let responses = json!([response("a", &[]), response("b", &["a"]), response("c", &[])]);
    edit(&mut later, Some("ann"), &json!({"responses": responses}));
    settle(&mut later, at(5));
    let child = child_mut(&mut later, "c");
    assert_eq!(child.spec.severity, Severity::Low);
    let carried = child.carried.clone().unwrap();
    assert_eq!(
        carried.severities,
        [Severity::Low, Severity::Critical],
        "what was lowered still asks for its approvals"
    );
}

#[test]
fn an_edited_template_is_applied_and_its_editor_is_a_requester() {
    let mut world = contained_world();
    let observing = merged(role("a"), &json!({"mode": "Observe"}));
    edit(
        &mut world,
        Some("bob"),
        &json!({"responses": [{"name": "a", "quarantine": observing}, response("b", &["a"])]}),
    );
    settle(&mut world, at(5));
    let child = child_mut(&mut world, "a");
    assert_eq!((child.spec.mode, child.generation), (Mode::Observe, 2));
    assert_eq!(child.carried.clone().unwrap().by, ["ann", "bob"]);
    assert_eq!(child_mut(&mut world, "b").carried.clone().unwrap().by, ["ann", "bob"]);
    assert_eq!(
        child_mut(&mut world, "b").generation,
        1,
        "who asked is no change of the spec"
    );
}

#[test]
fn what_a_person_edited_is_theirs_from_then_on() {
    for stamped in [true, false] {
        let mut world = contained_world();
        world.admission.requester_stamped = stamped;
        let child = child_mut(&mut world, "a");
        child.spec.reason = Some("mine".into());
        child.generation += 1;
        child.requested_by = Some("bob".into());
        settle(&mut world, at(4));
        assert!(status(&world, "a").edited);
        // Put back as it was: it stays theirs.
        let child = child_mut(&mut world, "a");
        child.spec.reason = Some("Credentials used from outside".into());
        child.requested_by = None;
        let before = child.clone();
        let observing = merged(role("a"), &json!({"mode": "Observe"}));
        edit(
            &mut world,
            Some("eve"),
            &json!({"responses": [{"name": "a", "quarantine": observing}, response("b", &[])]}),
        );
        settle(&mut world, at(5));
        assert_eq!(*child_mut(&mut world, "a"), before);
        assert!(status(&world, "a").edited && !status(&world, "b").edited);
    }
}

#[test]
fn an_edit_is_told_from_an_apply_by_the_stamp_alone() {
    let mut world = contained_world();
    child_mut(&mut world, "a").requested_by = Some("bob".into());
    settle(&mut world, at(4));
    assert!(status(&world, "a").edited);
}

#[test]
fn what_an_unreadable_version_applied_is_left_alone() {
    let mut world = contained_world();
    child_mut(&mut world, "a").applied = Applied::Unreadable;
    settle(&mut world, at(4));
    assert!(status(&world, "a").edited);
    assert_eq!(child_mut(&mut world, "a").applied, Applied::Unreadable);
}

#[test]
fn an_object_of_that_name_is_never_taken_over() {
    for (uid, applied) in [(None, true), (Some("another"), true), (Some("inc-1"), false)] {
        let mut world = contained_world();
        let child = child_mut(&mut world, "a");
        child.incident_uid = uid.map(str::to_owned);
        child.applied = if applied { child.applied.clone() } else { Applied::Never };
        let before = child.clone();
        settle(&mut world, at(4));
        assert_eq!(*child_mut(&mut world, "a"), before);
        assert_eq!(status(&world, "a").state, ResponseState::NotOurs);
        assert_eq!(condition(&world, "Stalled"), "True NotOurs");
        assert!(
            message(&world, "Ready").contains("reference it with quarantineRef"),
            "{}",
            message(&world, "Ready")
        );
    }
}

#[test]
fn responses_begin_in_their_order() {
    let spec = json!({"responses": [response("c", &["a", "b"]), response("b", &["a"]), response("a", &[])]});
    let mut world = world(&spec);
    let created = |world: &World| -> Vec<&str> {
        let all = ["a", "b", "c"].into_iter();
        all.filter(|name| world.child(&child_name("inc", name)).is_some())
            .collect()
    };
    settle(&mut world, at(1));
    assert_eq!(created(&world), ["a"]);
    assert_eq!(status(&world, "c").waits_for.as_deref(), Some("a, b"));
    assert_eq!(world.subject.status.waiting_for.as_deref(), Some("a: being contained"));
    contain(&mut world, "a", at(2));
    settle(&mut world, at(2));
    assert_eq!(created(&world), ["a", "b"]);
    says(&mut world, "a", &[("Contained", "Unknown", "Throttled")], at(3));
    contain(&mut world, "b", at(3));
    settle(&mut world, at(3));
    assert_eq!(created(&world), ["a", "b"], "what is not known lets nothing begin");
    contain(&mut world, "a", at(4));
    settle(&mut world, at(4));
    assert_eq!(created(&world), ["a", "b", "c"]);
}

#[test]
fn responses_in_a_circle_are_not_created_and_the_others_are() {
    let mut world = world(&json!({"responses": [response("a", &["b"]), response("b", &["a"]), response("c", &[])]}));
    settle(&mut world, at(1));
    assert!(world.child(&child_name("inc", "c")).is_some() && world.child(&child_name("inc", "a")).is_none());
    assert_eq!(condition(&world, "Stalled"), "True DependencyCycle");
    assert!(message(&world, "Stalled").contains("a, b depend on each other (dependsOn)"));
}

#[test]
fn nothing_is_created_where_nobody_has_looked() {
    let mut world = world(&json!({"responses": [response("a", &[])]}));
    world.objects.clear();
    settle(&mut world, at(1));
    assert!(world.objects.is_empty());
    assert_eq!(
        (status(&world, "a").state, condition(&world, "Contained").as_str()),
        (ResponseState::Unknown, "Unknown NotContained")
    );
    world
        .objects
        .insert(child_name("inc", "a"), Found::Unreadable("odd".into()));
    settle(&mut world, at(2));
    assert!(message(&world, "Contained").contains("cannot be read: odd"));
}

#[test]
fn what_was_deleted_is_not_created_again() {
    let mut world = contained_world();
    world.objects.insert(child_name("inc", "a"), Found::Absent);
    settle(&mut world, at(4));
    assert_eq!(world.objects[&child_name("inc", "a")], Found::Absent);
    assert_eq!(status(&world, "a").state, ResponseState::Deleted);
    assert_eq!(condition(&world, "Stalled"), "True ResponseMissing");
}

#[test]
fn a_response_that_is_taken_out_is_left_as_it_is() {
    let mut world = contained_world();
    let before = child_mut(&mut world, "b").clone();
    edit(&mut world, Some("ann"), &json!({"responses": [response("a", &[])]}));
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "Benign", "onResolve": "Release"}),
    );
    settle(&mut world, at(4));
    assert_eq!(world.subject.status.left, [child_name("inc", "b")]);
    assert_eq!(*child_mut(&mut world, "b"), before);
    assert_eq!(child_mut(&mut world, "a").spec.state, DesiredState::Released);
}

#[test]
fn a_deleted_incident_releases_nothing_and_says_what_it_leaves() {
    let mut world = contained_world();
    let before = world.objects.clone();
    world.subject.is_being_deleted = true;
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "Benign", "onResolve": "Release"}),
    );
    settle(&mut world, at(4));
    assert_eq!(world.objects, before);
    let left = left_behind("inc", &child_name("inc", "a"));
    assert!(
        left.contains("stays as it is")
            && left.contains(&format!("kubectl firebreak release {}", child_name("inc", "a")))
    );
}

#[test]
fn what_the_server_refuses_is_said_and_not_tried_again_in_this_pass() {
    let mut world = world(&json!({"responses": [response("a", &[]), response("b", &[])]}));
    world
        .refused
        .insert(child_name("inc", "a"), "quarantines is forbidden".into());
    settle(&mut world, at(1));
    assert!(world.child(&child_name("inc", "b")).is_some());
    assert_eq!(condition(&world, "Ready"), "False ResponseRefused");
    assert!(message(&world, "Ready").contains("quarantines is forbidden"));
}

#[test]
fn another_target_under_the_same_name_is_refused() {
    let mut world = contained_world();
    edit(
        &mut world,
        Some("ann"),
        &json!({"responses": [{"name": "a", "quarantine": role("other")}]}),
    );
    settle(&mut world, at(4));
    assert_eq!(status(&world, "a").state, ResponseState::Refused);
    assert!(message(&world, "Stalled").contains("give this response another name"));
}

#[test]
fn what_is_referenced_is_only_watched() {
    let mut world = world(&json!({"responses": [{"name": "theirs", "quarantineRef": {"name": "q"}}]}));
    settle(&mut world, at(1));
    assert_eq!(condition(&world, "Ready"), "False ResponseMissing");
    let object = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": {"name": "q", "uid": "q-1", "generation": 1}, "spec": role("r")});
    let child = Child::of(&serde_json::from_value(object).unwrap(), Record::default());
    world.objects.insert("q".into(), Found::Object(Box::new(child)));
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "Benign", "onResolve": "Release"}),
    );
    say(
        &mut world,
        "d",
        "bob",
        at(2),
        &json!({"verb": "Resolve", "reason": "enough"}),
    );
    let before = world.objects.clone();
    settle(&mut world, at(2));
    assert_eq!(
        (&world.objects, condition(&world, "Resolved").as_str()),
        (&before, "True Resolved")
    );
}

#[test]
fn a_drill_only_observes() {
    let mut world = world(&json!({"drill": true, "responses": [response("a", &[]), response("b", &["a"])]}));
    settle(&mut world, at(1));
    assert_eq!(child_mut(&mut world, "a").spec.mode, Mode::Observe);
    assert!(!status(&world, "a").edited && world.child(&child_name("inc", "b")).is_none());
    says(
        &mut world,
        "a",
        &[("Ready", "True", "Observing"), ("Contained", "False", "NotContained")],
        at(2),
    );
    let plan = json!({"name": "p", "uid": "u", "digest": format!("sha256:{}", "0".repeat(64))});
    child_mut(&mut world, "a").status.plan = serde_json::from_value(plan).unwrap();
    settle(&mut world, at(2));
    assert_eq!(child_mut(&mut world, "b").spec.mode, Mode::Observe);
    assert_eq!(
        (
            condition(&world, "Contained").as_str(),
            world.subject.status.contained.as_deref()
        ),
        ("False NotContained", Some("0/2"))
    );
    says(&mut world, "b", &[("Ready", "True", "Observing")], at(3));
    settle(&mut world, at(3));
    assert_eq!(
        (
            condition(&world, "Contained").as_str(),
            condition(&world, "Ready").as_str()
        ),
        ("False Observing", "True Observing")
    );
}

#[test]
fn the_applied_spec_is_read_back_from_the_annotation() {
    let mut world = contained_world();
    let child = child_mut(&mut world, "a").clone();
    assert_eq!(child.applied, Applied::Spec(Box::new(child.spec.clone())));
    let odd = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": {"name": "q", "annotations": {APPLIED_ANNOTATION: "no JSON"}}, "spec": role("r")});
    let odd = Child::of(&serde_json::from_value(odd).unwrap(), Record::default());
    assert_eq!(odd.applied, Applied::Unreadable);
}
