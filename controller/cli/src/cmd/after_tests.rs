//! What the operator has made of a word, as its status says.

use super::*;
use crate::fixtures;
use firebreak_crds::{ConditionType, Quarantine, Reason, condition::Wanted};

fn told(message: &str) -> Quarantine {
    fixtures::reported(&[Wanted::no(ConditionType::Approved, Reason::AwaitingApproval, message)])
}

async fn scene(action: firebreak_crds::Action, number: u32) -> (Records, String) {
    let plan = fixtures::plan().await;
    let mut record = fixtures::run_of(&plan, Some("ann"));
    (record.spec.action, record.spec.run) = (action, number);
    let mut records = fixtures::records();
    records.plans = vec![record];
    (records, plan.digest())
}

#[tokio::test]
async fn an_approval_is_noted_when_the_operator_names_its_author() {
    let (mut records, digest) = scene(firebreak_crds::Action::Contain, 1).await;
    let decision = fixtures::said("d-1", Verb::Approve, "bob", "approver", &digest);
    records.decisions = vec![decision.clone()];
    assert_eq!(noted(&told("0 of 2 approvals"), &records, None, &decision), None);
    let after = noted(
        &told("1 of 2 approvals; approved by bob (approver)"),
        &records,
        None,
        &decision,
    )
    .unwrap();
    assert!(
        after
            .text
            .starts_with("run 1 (Contain): 1 of 2 approvals; one must still come from `security`"),
        "{after:?}"
    );
    assert!(after.counted(&decision).is_ok());
}

#[tokio::test]
async fn a_word_that_came_too_early_says_when_it_counts() {
    let (records, digest) = scene(firebreak_crds::Action::Contain, 1).await;
    let decision = fixtures::said("d-1", Verb::Approve, "bob", "approver", &digest);
    let why = "the admission policies were written shortly before, and Decisions count only from 2026-01-01T12:00:10Z: give it again then";
    let after = noted(
        &told(&format!("0 of 1 approval; not counted: d-1 by bob: {why}")),
        &records,
        None,
        &decision,
    )
    .unwrap();
    assert_eq!(after.counts_from(), Some("2026-01-01T12:00:10Z".parse().unwrap()));
    let error = after.counted(&decision).unwrap_err();
    assert_eq!(error.to_string(), format!("decision/d-1 does not count: {why}"));
    assert_eq!(crate::exit::code(&error), 3);
}

#[tokio::test]
async fn after_a_release_the_approvals_are_those_of_the_release() {
    let (contained, _) = scene(firebreak_crds::Action::Contain, 1).await;
    let (records, digest) = scene(firebreak_crds::Action::Release, 2).await;
    let object = told("0 of 2 approvals");
    let before = contained.world(&object, fixtures::now());
    let mut decision = fixtures::said("d-1", Verb::Release, "sue", "security", &digest);
    decision.spec.plan = None;
    assert_eq!(noted(&object, &contained, before.latest(), &decision), None);
    let after = noted(&object, &records, before.latest(), &decision).unwrap();
    assert!(after.text.starts_with("run 2 (Release): "), "{after:?}");
}
