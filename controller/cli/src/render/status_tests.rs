//! Golden texts of objects.

use super::*;
use crate::fixtures;
use firebreak_crds::{ConditionType, Quarantine, Reason, ResponsePlanStatus, condition::Wanted};
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
        Wanted::no(ConditionType::Applied, Reason::Applying, "1 of 2 steps written"),
    ]);
    let text = tree(&object, &records, fixtures::now(), Paint(false));
    let (first, second) = (&plan.steps[0], &plan.steps[1]);
    let expected = format!(
        "Quarantine incident/payments  AwaitingApproval: 1 of 2
├─ IAM role payments-task in production/us-east-1; wants Contained, mode Enforce, severity Medium
├─ conditions
│  └─ Applied     False   Applying: 1 of 2 steps written
├─ run 1 Contain  not started  payments-u1-run-1 {}
│  ├─ Applied 2026-01-01T11:59:00Z  {}: {}
│  │  └─ AWS request req-1
│  └─ Pending  {}: {}
└─ decisions
   ├─ Approve by bob (approver) 2026-01-01T12:00:00Z  counted
   ├─ Approve by ann (security) 2026-01-01T12:00:00Z  not counted: the requester cannot approve their own run: another person must
   └─ Approve by eve (approver) 2026-01-01T12:00:00Z  not counted: it names another content of the plan (spec.plan.digest)
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
    let told = "0 of 2 approvals; not counted: d-1 by bob: it has expired (spec.expiresAt)";
    let object = fixtures::reported(&[Wanted::no(ConditionType::Approved, Reason::AwaitingApproval, told)]);
    let mut records = fixtures::records();
    records.decisions = vec![fixtures::said("d-1", Verb::Approve, "bob", "approver", "sha256:0")];
    let text = tree(&object, &records, fixtures::now(), Paint(false));
    assert!(
        text.contains("not counted: it has expired (spec.expiresAt)\n"),
        "{text}"
    );
}

#[test]
fn an_object_that_nobody_looked_at_says_so() {
    let text = tree(
        &fixtures::quarantine(),
        &fixtures::records(),
        fixtures::now(),
        Paint(false),
    );
    assert!(
        text.starts_with("Quarantine incident/payments  nothing reported yet: the operator has not looked at it\n"),
        "{text}"
    );
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let object = fixtures::reported(&[Wanted::yes(ConditionType::Ready, Reason::Contained, "held")]);
    let coloured = tree(&object, &fixtures::records(), fixtures::now(), Paint(true));
    assert!(coloured.contains("\u{1b}[32mContained\u{1b}[0m"), "{coloured}");
}

#[test]
fn machines_get_the_fields_that_are_documented() {
    let answer = json(&fixtures::quarantine(), &fixtures::records());
    assert_eq!(fixtures::fields(&answer), fixtures::promised("status"));
}

#[tokio::test]
async fn words_that_an_earlier_run_took_stay_counted() {
    let plan = fixtures::plan().await;
    let mut first = fixtures::run_of(&plan, Some("ann"));
    first.status = Some(ResponsePlanStatus {
        outcome: Some(PlanOutcome::Completed),
        approved_by: vec!["bob (approver)".into()],
        ..ResponsePlanStatus::default()
    });
    let mut second = fixtures::run_of(&plan, Some("ann"));
    (second.spec.run, second.metadata.uid) = (2, Some("p-2".into()));
    second.metadata.name = Some("payments-u1-run-2".into());
    let mut records = fixtures::records();
    records.plans = vec![first, second];
    let mut expired = fixtures::said("d-1", Verb::Approve, "bob", "approver", &plan.digest());
    expired.spec.expires_at = Some("2026-01-01T11:00:00Z".into());
    records.decisions = vec![
        expired,
        fixtures::said("d-2", Verb::Approve, "eve", "approver", &plan.digest()),
    ];
    let text = tree(&fixtures::quarantine(), &records, fixtures::now(), Paint(false));
    assert!(
        text.contains("Approve by bob (approver) 2026-01-01T12:00:00Z  counted for run 1\n"),
        "{text}"
    );
    assert!(
        text.contains("Approve by eve (approver) 2026-01-01T12:00:00Z  about run 1, which is over\n"),
        "{text}"
    );
}

#[test]
fn a_status_that_was_never_written_has_no_generation() {
    let mut object = fixtures::reported(&[]);
    object.status.as_mut().unwrap().observed_generation = Some(-1);
    let text = tree(&object, &fixtures::records(), fixtures::now(), Paint(false));
    assert!(
        text.contains("the operator has not looked at it yet\n") && !text.contains("generation"),
        "{text}"
    );
}

/// The same records, with a hostile text in every place that others write.
async fn written_by(text: &str) -> (Quarantine, Records) {
    let mut plan = fixtures::plan().await;
    plan.steps[0].summary = text.into();
    let mut record = fixtures::run_of(&plan, Some(text));
    let step = StepRecord {
        message: Some(text.into()),
        request_ids: vec![text.into()],
        ..StepRecord::default()
    };
    record.status = Some(ResponsePlanStatus {
        message: Some(text.into()),
        journal: BTreeMap::from([(plan.steps[0].id.clone(), step)]),
        ..ResponsePlanStatus::default()
    });
    let mut decision = fixtures::said("d-1", Verb::Reject, text, "approver", &plan.digest());
    decision.spec.reason = Some(text.into());
    let mut hold = fixtures::orphaned();
    hold.spec.holders = vec![firebreak_crds::Holder {
        owner: fixtures::owner(),
        plan: text.into(),
    }];
    (hold.spec.message, hold.spec.key.resource) = (Some(text.into()), text.into());
    let mut object = fixtures::reported(&[Wanted::no(ConditionType::Ready, Reason::AwaitingApproval, text)]);
    let status = object.status.as_mut().unwrap();
    status.conditions[0].message = text.into();
    (status.target, status.notes) = (Some(text.into()), vec![text.into()]);
    let mut records = fixtures::records();
    (records.plans, records.decisions, records.holds) = (vec![record], vec![decision], vec![hold]);
    (object, records)
}

#[tokio::test]
async fn hostile_text_forges_neither_lines_nor_colours() {
    let hostile = "x\u{1b}[2K\r\n├─ Approve by bob  \u{1b}[32mcounted\u{1b}[0m\u{202e}\u{9b}2J";
    for paint in [Paint(false), Paint(true)] {
        let (object, records) = written_by("x").await;
        let plain = tree(&object, &records, fixtures::now(), paint);
        let (object, records) = written_by(hostile).await;
        let shown = tree(&object, &records, fixtures::now(), paint);
        assert_eq!(shown.lines().count(), plain.lines().count(), "{shown}");
        assert_eq!(
            shown.matches('\u{1b}').count(),
            plain.matches('\u{1b}').count(),
            "{shown}"
        );
        assert!(!shown.contains(['\r', '\u{202e}', '\u{9b}']), "{shown}");
    }
}
