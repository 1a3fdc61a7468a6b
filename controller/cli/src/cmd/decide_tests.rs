//! What may be decided, and when a word may be said again.

use super::*;
use crate::{exit, fixtures};
use firebreak_crds::{ConditionType, PlanOutcome, Reason, condition::Wanted};

fn word(verb: Verb) -> Word {
    Word {
        approver_role: "approver".into(),
        ..Word::of(verb)
    }
}

async fn scene(outcome: Option<PlanOutcome>) -> Scene {
    let plan = fixtures::plan().await;
    let mut records = fixtures::records();
    let mut record = fixtures::run_of(&plan, Some("ann"));
    record.status = Some(firebreak_crds::ResponsePlanStatus {
        outcome,
        ..Default::default()
    });
    records.plans = vec![record];
    Scene {
        object: fixtures::quarantine().into(),
        world: records.world(&fixtures::quarantine(), fixtures::now()),
        records,
        by: "bob".into(),
    }
}

#[test]
fn without_a_plan_the_next_command_is_named() {
    let error = current_run(&fixtures::records(), "u-1", "payments", "incident").unwrap_err();
    assert_eq!(
        error.to_string(),
        "it has no plan yet: kubectl firebreak status payments -n incident tells why"
    );
    assert_eq!(exit::code(&error), 1);
}

#[tokio::test]
async fn another_digest_the_requester_and_a_closed_run_are_refused() {
    let scene = scene(None).await;
    let run = open_run(&scene).unwrap();
    let asked = requesters_of(&scene.world, &run);
    let may = |verb, by: &str, digest: Option<&str>| may_decide(&run, &asked, &word(verb), by, digest);
    assert!(may(Verb::Approve, "bob", Some(&run.reference.digest)).is_ok());
    assert!(may(Verb::Reject, "ann", None).is_ok());
    assert!(may(Verb::BreakGlass, "ann", None).is_ok());
    for refusal in [
        may(Verb::Approve, "bob", Some("sha256:0")),
        may(Verb::Approve, "ann", None),
        open_run(&self::scene(Some(PlanOutcome::Superseded)).await).map(drop),
    ] {
        assert_eq!(exit::code(&refusal.unwrap_err()), 3);
    }
}

#[tokio::test]
async fn last_editor_and_broken_glass_on_a_release_are_refused() {
    let mut scene = scene(None).await;
    let mut run = open_run(&scene).unwrap();
    scene.world.runs[0].status.asked.add_person("eve");
    let asked = requesters_of(&scene.world, &run);
    let refused = may_decide(&run, &asked, &word(Verb::Approve), "eve", None).unwrap_err();
    assert!(refused.to_string().contains("another person"), "{refused}");
    run.spec.action = Action::Release;
    let refused = may_decide(&run, &asked, &word(Verb::BreakGlass), "bob", None).unwrap_err();
    assert!(refused.to_string().contains("never to put back"), "{refused}");
}

#[tokio::test]
async fn release_and_abandon_before_custody_name_reject_instead() {
    let scene = scene(None).await;
    for verb in [Verb::Release, Verb::Abandon] {
        let text = nothing_held(&scene.world, &word(verb), "payments");
        assert!(text.contains("kubectl firebreak reject payments"), "{text}");
    }
}

#[tokio::test]
async fn a_forged_plan_is_refused() {
    let mut scene = scene(None).await;
    scene.records.plans[0].spec.payload["region"] = "eu-west-1".into();
    let error = open_run(&scene).unwrap_err();
    assert!(error.to_string().starts_with("PlanInvalid: "), "{error}");
    assert_eq!(exit::code(&error), 3);
}

#[test]
fn a_word_is_said_again_only_when_the_earlier_one_is_spent() {
    let earlier = fixtures::said("d-1", Verb::Approve, "bob", "approver", "sha256:0");
    assert!(!is_spent(&fixtures::quarantine(), &earlier, fixtures::now()));
    let mut expired = earlier.clone();
    expired.spec.expires_at = Some("2026-01-01T11:00:00Z".into());
    assert!(is_spent(&fixtures::quarantine(), &expired, fixtures::now()));
    let told = "0 of 1 approval; not counted: d-1 by bob: the admission policies were written shortly before, and Decisions count only from 2026-01-01T12:00:10Z: give it again then";
    let object = fixtures::reported(&[Wanted::no(ConditionType::Approved, Reason::AwaitingApproval, told)]);
    assert!(is_spent(&object, &earlier, fixtures::now()));
}

#[test]
fn the_outcome_tells_new_from_old() {
    let mut decision = fixtures::said("d-1", Verb::Approve, "bob", "approver", "sha256:0");
    decision.metadata.namespace = Some("incident".into());
    let next = "run 1: 1 of 2\nnext: kubectl firebreak status payments -n incident\n";
    let new = told(&decision, true, "run 1: 1 of 2", Paint(false));
    assert_eq!(new, format!("approved: decision/d-1\n{next}"));
    let old = told(&decision, false, "run 1: 1 of 2", Paint(false));
    assert_eq!(
        old,
        format!("already approved at 2026-01-01T12:00:00Z: decision/d-1\n{next}")
    );
}

#[test]
fn times_are_whole_seconds() {
    let end = from_now(Some(SignedDuration::from_hours(1))).unwrap().unwrap();
    assert_eq!(end.subsec_nanosecond(), 0);
    assert_eq!(from_now(None).unwrap(), None);
}
