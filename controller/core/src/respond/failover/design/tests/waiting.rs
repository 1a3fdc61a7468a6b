//! Steps that wait for people or for a time.

use super::*;
use crate::run::act::{Gate, GateSubject};

#[test]
fn wait_and_manual_approval_ask_nothing_and_touch_nothing() {
    let made = case(json!([
        {"name": "people", "manualApproval": {"message": "nothing writes\u{202e} any more"}},
        {"name": "caches", "dependsOn": ["people"], "wait": {"duration": "1m30s"}},
    ]))
    .made();
    assert_eq!(ids(&made), [("people", vec![]), ("caches", vec!["people"])]);
    assert_eq!(made.touches, [""; 0]);
    let [people, caches] = &made.acts[..] else {
        panic!("{made:?}")
    };
    assert!(people.approval && !caches.approval);
    assert!(
        made.acts
            .iter()
            .all(|act| act.looks().is_empty() && act.permissions.is_empty())
    );
    let Act::Await(Gate {
        subject: GateSubject::Approval { message: Some(message) },
        ..
    }) = &people.act
    else {
        panic!("{people:?}")
    };
    assert!(
        !message.contains('\u{202e}') && people.summary.contains("nothing writes"),
        "{message}"
    );
    let elapsed = Act::Await(Gate::of_journal(GateSubject::Elapsed { seconds: 90 }));
    assert_eq!((&caches.act, caches.timeout_seconds), (&elapsed, 90));
}

#[test]
fn duration_that_is_none_is_refused_with_its_field() {
    for duration in ["0s", "soon", ""] {
        let blocked = case(json!([{"name": "caches", "wait": {"duration": duration}}])).blocked();
        assert_eq!(blocked.reason, Reason::InvalidStep);
        assert!(
            blocked
                .message
                .starts_with("spec.steps[caches].wait.duration is no duration"),
            "{}",
            blocked.message
        );
    }
}
