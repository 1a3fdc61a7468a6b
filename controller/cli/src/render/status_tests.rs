//! Golden texts of objects.

use super::*;
use crate::fixtures;
use firebreak_crds::{ConditionType, Reason, ResponsePlanStatus, condition::Wanted};
use std::collections::BTreeMap;

#[tokio::test]
async fn an_object_is_a_tree_of_what_matters() {
    let plan = fixtures::plan().await;
    let digest = plan.digest();
    let mut record = fixtures::run_of(&plan, Some("ann"));
    let step = StepRecord {
        state: StepState::Applied,
        applied_at: Some("2026-01-01T11:59:00Z".into()),
        request_ids: vec!["req-1".into()],
        ..StepRecord::default()
    };
    record.status = Some(ResponsePlanStatus {
        journal: BTreeMap::from([(plan.steps[0].id.clone(), step)]),
        ..ResponsePlanStatus::default()
    });
    let mut records = fixtures::records();
    records.plans = vec![record];
    records.decisions = vec![
        fixtures::said("d-1", Verb::Approve, "bob", "approver", &digest),
        fixtures::said("d-2", Verb::Approve, "ann", "security", &digest),
        fixtures::said("d-3", Verb::Approve, "eve", "approver", "sha256:0"),
    ];
    let object = fixtures::reported(&[
        Wanted::no(ConditionType::Ready, Reason::AwaitingApproval, "1 of 2"),
        Wanted::no(ConditionType::Stalled, Reason::InSync, "nobody needs to do anything"),
        Wanted::no(ConditionType::Applied, Reason::Applying, "1 of 2 step(s) written"),
    ]);
    let text = text(&object, &records, fixtures::now(), Paint(false));
    let (first, second) = (&plan.steps[0], &plan.steps[1]);
    let expected = format!(
        "Quarantine incident/payments  AwaitingApproval: 1 of 2
├─ IAM role payments-task in production/us-east-1; wants Contained, mode Enforce, severity Medium
├─ conditions
│  └─ Applied     False   Applying: 1 of 2 step(s) written
├─ run 1 Contain  not started  payments-u1-run-1 {}
│  ├─ Applied 2026-01-01T11:59:00Z  {}: {}
│  │  └─ AWS request req-1
│  └─ Pending  {}: {}
└─ decisions
   ├─ Approve by bob (approver) 2026-01-01T12:00:00Z  counted
   ├─ Approve by ann (security) 2026-01-01T12:00:00Z  not counted: whoever asked for it cannot approve it
   └─ Approve by eve (approver) 2026-01-01T12:00:00Z  not counted: it is about another run
",
        short_digest(&digest),
        first.id,
        first.summary,
        second.id,
        second.summary
    );
    assert_eq!(text, expected);
}

#[test]
fn what_the_controller_says_of_a_decision_counts() {
    let told = "0 of 2: 2 approval(s) are needed; not counted: d-1 by bob: it was given before the admission policies had been in force for 10 s";
    let object = fixtures::reported(&[Wanted::no(ConditionType::Approved, Reason::AwaitingApproval, told)]);
    let mut records = fixtures::records();
    records.decisions = vec![fixtures::said("d-1", Verb::Approve, "bob", "approver", "sha256:0")];
    let text = text(&object, &records, fixtures::now(), Paint(false));
    assert!(
        text.contains("not counted: it was given before the admission policies had been in force for 10 s\n"),
        "{text}"
    );
}

#[test]
fn an_object_that_nobody_looked_at_says_so() {
    let text = text(
        &fixtures::quarantine(),
        &fixtures::records(),
        fixtures::now(),
        Paint(false),
    );
    assert!(
        text.starts_with("Quarantine incident/payments  nothing reported yet: is the operator running?\n"),
        "{text}"
    );
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let object = fixtures::reported(&[Wanted::yes(ConditionType::Ready, Reason::Contained, "held")]);
    let coloured = text(&object, &fixtures::records(), fixtures::now(), Paint(true));
    assert!(coloured.contains("\u{1b}[32mContained\u{1b}[0m"), "{coloured}");
}

#[test]
fn machines_get_the_fields_that_are_documented() {
    let answer = json(&fixtures::quarantine(), &fixtures::records());
    assert_eq!(fixtures::fields(&answer), fixtures::promised("status"));
}
