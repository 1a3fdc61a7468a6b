//! Golden texts of FailoverPlans.

use super::*;
use crate::{failover::testing, fixtures};
use firebreak_crds::{Start, Verb};

fn said() -> Vec<Decision> {
    let mut start = testing::said("d-1", Verb::Start, "ann", None);
    start.spec.plan = None;
    start.spec.start = Some(Start {
        region: "us-west-2".into(),
        serial: 8,
        ..Start::default()
    });
    let mut old = testing::said("d-3", Verb::Pause, "bob", None);
    old.spec.plan.as_mut().unwrap().uid = "p-1".into();
    vec![
        start,
        testing::said("d-2", Verb::Approve, "ann", None),
        old,
        testing::said("d-4", Verb::Approve, "bob", Some("promote")),
    ]
}

#[test]
fn failover_plan_is_a_tree_of_what_matters() {
    let mut records = testing::records();
    records.decisions = said();
    let text = tree(&testing::running(), &records, testing::now(), Paint(false));
    let digest = short_digest(&testing::plan().digest());
    let expected = format!(
        "FailoverPlan payments/orders  FailingOver: a run is under way
├─ us-east-1 and us-west-2: active is us-east-1, the last serial is 8; only observes, mode Graceful, in production
├─ run 2 FailingOver  Running  since 2026-01-01T11:47:30Z  RTO 1h  orders-f1-run-2 {digest}
│  ├─ waits for approvals of promote
│  ├─ NotBegun  switch
│  ├─ Done      scale
│  ├─ NotBegun  promote
│  └─ NotBegun  healthy
├─ lag, while the source answered
│  └─ orders-west in us-west-2: 4s behind at 2026-01-01T11:59:30Z
├─ decisions
│  ├─ Start to us-west-2 (serial 8) by ann (approver) 2026-01-01T12:00:00Z
│  ├─ Approve by ann (approver) 2026-01-01T12:00:00Z  not counted: the requester cannot approve their own run: another person must
│  ├─ Pause by bob (approver) 2026-01-01T12:00:00Z  about an earlier run
│  └─ Approve promote by bob (approver) 2026-01-01T12:00:00Z
└─ history
   └─ run 1  serial 7  to us-east-1  Completed  2025-06-01T08:00:00Z → 2025-06-01T08:18:20Z  18m20s
"
    );
    assert_eq!(text, expected);
}

#[test]
fn plan_that_nobody_looked_at_says_so() {
    let text = tree(&testing::object(), &fixtures::records(), testing::now(), Paint(false));
    assert!(
        text.contains("nothing reported yet: the operator has not looked at it\n"),
        "{text}"
    );
    assert!(
        text.contains("active is not known, the last serial is not known"),
        "{text}"
    );
}

#[test]
fn machines_get_the_fields_that_are_documented() {
    let answer = json(&testing::running(), &testing::records());
    assert_eq!(fixtures::fields(&answer), fixtures::promised("failover status"));
}

#[test]
fn hostile_text_forges_neither_lines_nor_colours() {
    let hostile = "x\u{1b}[2K\r\n├─ Approve by bob  \u{1b}[32mcounted\u{1b}[0m\u{202e}\u{9b}2J";
    let shown = |text: &str, paint| {
        let (mut object, mut records) = (testing::running(), testing::records());
        records.decisions = said();
        (records.decisions[0].spec.reason, records.decisions[1].spec.by) = (Some(text.into()), text.into());
        let status = object.status.as_mut().unwrap();
        status.conditions[0].message = text.into();
        (status.notes, status.waiting_for) = (vec![text.into()], Some(text.into()));
        (status.steps[0].message, status.active_region) = (Some(text.into()), Some(text.into()));
        status.lags[0].replica = text.into();
        tree(&object, &records, testing::now(), paint)
    };
    for paint in [Paint(false), Paint(true)] {
        let (plain, text) = (shown("x", paint), shown(hostile, paint));
        assert_eq!(text.lines().count(), plain.lines().count(), "{text}");
        assert_eq!(
            text.matches('\u{1b}').count(),
            plain.matches('\u{1b}').count(),
            "{text}"
        );
        assert!(!text.contains(['\r', '\u{202e}', '\u{9b}']), "{text}");
    }
}
