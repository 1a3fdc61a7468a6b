//! From declared to reviewed.

use super::*;
use firebreak_crds::DesiredState;

#[test]
fn an_incident_without_responses_contains_nothing() {
    let mut world = world(&json!({}));
    settle(&mut world, at(1));
    for (kind, said) in [
        ("Ready", "True Open"),
        ("Stalled", "False Open"),
        ("Confirmed", "True Declared"),
        ("Acknowledged", "False NotAcknowledged"),
        ("Contained", "False NoResponses"),
        ("Recovered", "False NoResponses"),
        ("Resolved", "False NotResolved"),
        ("Reviewed", "False NotResolved"),
    ] {
        assert_eq!(condition(&world, kind), said, "{kind}");
    }
    assert!(
        world
            .subject
            .status
            .conditions
            .iter()
            .all(|one| one.type_ != "Reconciling")
    );
    assert_eq!(world.subject.status.waiting_for.as_deref(), Some("acknowledgement"));
}

#[test]
fn contained_is_what_the_last_read_of_every_response_shows() {
    let yes = ("Contained", "True", "Contained");
    let no = ("Contained", "False", "NotContained");
    let unknown = ("Contained", "Unknown", "Throttled");
    for (a, b, expected, count) in [
        (yes, yes, "True Contained", "2/2"),
        (yes, no, "False NotContained", "1/2"),
        (yes, unknown, "Unknown NotContained", "1/2"),
        (no, unknown, "False NotContained", "0/2"),
        (unknown, unknown, "Unknown NotContained", "0/2"),
    ] {
        let mut world = contained_world();
        says(&mut world, "a", &[a], at(4));
        says(&mut world, "b", &[b], at(4));
        settle(&mut world, at(4));
        assert_eq!(
            (
                condition(&world, "Contained").as_str(),
                world.subject.status.contained.as_deref()
            ),
            (expected, Some(count))
        );
    }
}

#[test]
fn a_condition_about_an_earlier_spec_shows_nothing() {
    let mut world = contained_world();
    child_mut(&mut world, "a").generation += 1;
    child_mut(&mut world, "a").requested_by = Some("bob".into());
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Contained"), "Unknown NotContained");
}

#[test]
fn a_response_that_waits_or_fails_is_what_the_incident_waits_for() {
    let mut world = world(&json!({"responses": [response("a", &[])]}));
    settle(&mut world, at(1));
    assert_eq!(condition(&world, "Reconciling"), "True Applying");
    says(
        &mut world,
        "a",
        &[
            ("Ready", "False", "AwaitingApproval"),
            ("Contained", "False", "NotContained"),
        ],
        at(2),
    );
    child_mut(&mut world, "a").status.approvals = Some("1/2".into());
    settle(&mut world, at(2));
    assert_eq!(
        (
            condition(&world, "Ready").as_str(),
            condition(&world, "Stalled").as_str()
        ),
        ("False AwaitingApproval", "False Open")
    );
    assert_eq!(world.subject.status.waiting_for.as_deref(), Some("a: approval (1/2)"));
    says(
        &mut world,
        "a",
        &[("Ready", "False", "AccessDenied"), ("Stalled", "True", "AccessDenied")],
        at(3),
    );
    settle(&mut world, at(3));
    assert_eq!(
        (
            condition(&world, "Ready").as_str(),
            condition(&world, "Stalled").as_str()
        ),
        ("False ResponseFailed", "True ResponseFailed")
    );
    assert!(message(&world, "Stalled").contains("a is failing: AccessDenied: as it is"));
}

#[test]
fn resolving_is_refused_while_a_response_fails_or_waits() {
    let mut world = contained_world();
    says(
        &mut world,
        "b",
        &[
            ("Ready", "False", "AwaitingApproval"),
            ("Contained", "False", "NotContained"),
        ],
        at(4),
    );
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "TruePositive"}),
    );
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Resolved"), "False ResponseWaiting");
    assert!(
        message(&world, "Resolved").contains("b is waiting (approval)")
            && message(&world, "Resolved").contains("spec.reason")
    );
    say(
        &mut world,
        "d-1",
        "bob",
        at(5),
        &json!({"verb": "Resolve", "outcome": "TruePositive"}),
    );
    settle(&mut world, at(5));
    assert_eq!(
        condition(&world, "Resolved"),
        "False ResponseWaiting",
        "without a reason it is no word to go on"
    );
    say(
        &mut world,
        "d-2",
        "bob",
        at(6),
        &json!({"verb": "Resolve", "outcome": "Benign", "reason": "b is done by hand"}),
    );
    settle(&mut world, at(6));
    assert_eq!(
        (
            condition(&world, "Resolved").as_str(),
            condition(&world, "Ready").as_str()
        ),
        ("True Resolved", "True Resolved")
    );
    assert!(message(&world, "Resolved").contains("as Benign by bob: b is done by hand"));
    assert_eq!(condition(&world, "Confirmed"), "False NotConfirmed");
    assert_eq!(
        child_mut(&mut world, "a").spec.state,
        DesiredState::Contained,
        "onResolve Hold leaves them"
    );
}

#[test]
fn what_happens_to_a_response_later_does_not_open_it_again() {
    let mut world = contained_world();
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "TruePositive"}),
    );
    settle(&mut world, at(4));
    let resolved = world.subject.status.clocks.resolved.clone();
    says(
        &mut world,
        "a",
        &[
            ("Stalled", "True", "DriftFight"),
            ("Contained", "False", "NotContained"),
        ],
        at(5),
    );
    settle(&mut world, at(5));
    assert_eq!(
        (
            condition(&world, "Resolved").as_str(),
            condition(&world, "Stalled").as_str()
        ),
        ("True Resolved", "False Resolved")
    );
    assert_eq!(
        (
            condition(&world, "Contained").as_str(),
            &world.subject.status.clocks.resolved
        ),
        ("False NotContained", &resolved)
    );
}

#[test]
fn onresolve_release_asks_for_each_release_and_waits_for_it() {
    let mut world = contained_world();
    edit(&mut world, Some("ann"), &json!({"onResolve": "Release"}));
    settle(&mut world, at(4));
    say(
        &mut world,
        "d",
        "bob",
        at(5),
        &json!({"verb": "Resolve", "outcome": "TruePositive"}),
    );
    settle(&mut world, at(5));
    for name in ["a", "b"] {
        let child = child_mut(&mut world, name);
        assert_eq!(child.spec.state, DesiredState::Released);
        assert_eq!(
            child.carried.clone().unwrap().by,
            ["ann", "bob"],
            "who resolves asks for the release"
        );
    }
    assert_eq!(
        (condition(&world, "Resolved").as_str(), world.subject.status.state),
        ("False Releasing", Some(IncidentState::Resolving))
    );
    release(&mut world, "a", at(6));
    says(
        &mut world,
        "b",
        &[
            ("Ready", "False", "AwaitingApproval"),
            ("Contained", "True", "Contained"),
        ],
        at(6),
    );
    settle(&mut world, at(6));
    assert_eq!(condition(&world, "Resolved"), "False Releasing");
    assert!(message(&world, "Resolved").contains("b is waiting (approval of its release)"));
    // Somebody changes his mind: what was asked to be released is not cut off again.
    edit(&mut world, Some("ann"), &json!({"onResolve": "Hold"}));
    settle(&mut world, at(7));
    assert_eq!(child_mut(&mut world, "a").spec.state, DesiredState::Released);
    edit(&mut world, Some("ann"), &json!({"onResolve": "Release"}));
    release(&mut world, "b", at(8));
    settle(&mut world, at(8));
    assert_eq!(
        (
            condition(&world, "Resolved").as_str(),
            condition(&world, "Recovered").as_str()
        ),
        ("True Resolved", "True Recovered")
    );
    assert_eq!(condition(&world, "Contained"), "False Released");
}

#[test]
fn what_is_somebody_elses_is_released_by_them() {
    let mut world = contained_world();
    let child = child_mut(&mut world, "a");
    child.spec.reason = Some("mine".into());
    let before = child.clone();
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "Benign", "onResolve": "Release"}),
    );
    settle(&mut world, at(4));
    assert_eq!(*child_mut(&mut world, "a"), before);
    release(&mut world, "b", at(5));
    settle(&mut world, at(5));
    assert_eq!(condition(&world, "Resolved"), "False Releasing");
    let said = message(&world, "Resolved");
    assert!(
        said.contains(&format!("kubectl firebreak release {}", child_name("inc", "a"))),
        "{said}"
    );
    release(&mut world, "a", at(6));
    settle(&mut world, at(6));
    assert_eq!(condition(&world, "Resolved"), "True Resolved");
}

#[test]
fn a_word_outranks_the_state_until_the_state_changes() {
    let mut world = contained_world();
    say(
        &mut world,
        "d-1",
        "bob",
        at(4),
        &json!({"verb": "Resolve", "outcome": "TruePositive"}),
    );
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Resolved"), "True Resolved");
    // Other edits end nothing, nor do policies that cannot be read for a moment.
    edit(
        &mut world,
        Some("ann"),
        &json!({"tasks": [{"name": "t", "done": true}]}),
    );
    world.admission.decisions_bound_since = None;
    settle(&mut world, at(5));
    assert_eq!(condition(&world, "Resolved"), "True Resolved");
    world.admission.decisions_bound_since = Some(at(-600));
    say(
        &mut world,
        "d-2",
        "eve",
        at(6),
        &json!({"verb": "Reopen", "reason": "it is back"}),
    );
    settle(&mut world, at(6));
    assert_eq!(
        (
            condition(&world, "Resolved").as_str(),
            &world.subject.status.clocks.resolved
        ),
        ("False NotResolved", &None)
    );
    assert_eq!(world.subject.status.asked.by, ["ann", "eve"]);
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "TruePositive"}),
    );
    settle(&mut world, at(7));
    assert_eq!(
        (condition(&world, "Resolved").as_str(), &world.subject.status.ruling),
        ("True Resolved", &None)
    );
}

#[test]
fn opening_again_contains_again_what_was_released_here() {
    let mut world = contained_world();
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "TruePositive", "onResolve": "Release"}),
    );
    settle(&mut world, at(4));
    release(&mut world, "a", at(5));
    release(&mut world, "b", at(5));
    settle(&mut world, at(5));
    edit(&mut world, Some("ann"), &json!({"state": "Open"}));
    settle(&mut world, at(6));
    let child = child_mut(&mut world, "a");
    assert_eq!((child.spec.state, child.generation), (DesiredState::Contained, 3));
    let clocks = &world.subject.status.clocks;
    assert_eq!(
        (&clocks.contained, &clocks.recovered, &clocks.resolved),
        (&None, &None, &None)
    );
    let reopened = world
        .subject
        .status
        .timeline
        .iter()
        .filter(|one| one.event == firebreak_crds::incident::TimelineEvent::Reopened);
    assert_eq!(reopened.count(), 1);
}

#[test]
fn a_merged_incident_goes_on_in_the_other_one() {
    let mut world = contained_world();
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "mergedInto": "other"}),
    );
    settle(&mut world, at(4));
    assert_eq!(condition(&world, "Resolved"), "True Merged");
}

#[test]
fn a_review_comes_after_the_end_and_waits_for_tasks() {
    let mut world = contained_world();
    say(&mut world, "early", "bob", at(4), &json!({"verb": "Review"}));
    edit(
        &mut world,
        Some("ann"),
        &json!({"state": "Resolved", "outcome": "Benign", "tasks": [{"name": "rotate"}]}),
    );
    settle(&mut world, at(5));
    assert_eq!(condition(&world, "Reviewed"), "False TasksOpen");
    edit(
        &mut world,
        Some("ann"),
        &json!({"tasks": [{"name": "rotate", "done": true}]}),
    );
    settle(&mut world, at(6));
    assert_eq!(condition(&world, "Reviewed"), "False NotReviewed");
    say(&mut world, "late", "bob", at(7), &json!({"verb": "Review"}));
    settle(&mut world, at(7));
    assert_eq!(
        (condition(&world, "Reviewed").as_str(), world.subject.status.state),
        ("True Reviewed", Some(IncidentState::Reviewed))
    );
    world.admission.decisions_bound_since = None;
    settle(&mut world, at(8));
    assert_eq!(condition(&world, "Reviewed"), "True Reviewed");
}

#[test]
fn what_was_not_created_before_the_end_is_not_created_after_it() {
    let mut world = world(&json!({"responses": [response("a", &[]), response("b", &["a"])]}));
    settle(&mut world, at(1));
    say(
        &mut world,
        "d",
        "bob",
        at(2),
        &json!({"verb": "Resolve", "reason": "false alarm", "outcome": "FalsePositive"}),
    );
    settle(&mut world, at(2));
    contain(&mut world, "a", at(3));
    settle(&mut world, at(3));
    assert!(world.child(&child_name("inc", "b")).is_none());
    assert_eq!(condition(&world, "Resolved"), "True Resolved");
}
