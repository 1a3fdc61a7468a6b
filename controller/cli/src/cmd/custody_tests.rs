//! Which custody is meant, what is shown of it, and how people stand about it.

use super::*;
use crate::{
    exit,
    fixtures::{self, orphaned},
};
use firebreak_core::engine::orphan::predates;
use firebreak_crds::{DecisionSpec, DecisionTarget, HoldState};

fn said(by: &str) -> Decision {
    let target = DecisionTarget {
        kind: "Hold".into(),
        name: "hold-1".into(),
        uid: "h-1".into(),
        generation: None,
    };
    let earlier = fixtures::said("d-1", Verb::Release, by, "approver", "sha256:0");
    let spec = DecisionSpec {
        target,
        plan: None,
        ..earlier.spec.clone()
    };
    Decision { spec, ..earlier }
}

#[test]
fn a_quarantine_and_a_hold_are_told_apart() {
    for text in ["payments", "quarantine/payments", "quar/payments"] {
        assert_eq!(name(text), Ok(Name::Quarantine("payments".into())), "{text}");
    }
    for text in ["hold/hold-1", "holds/hold-1", "hold.firebreak.dev/hold-1"] {
        assert_eq!(name(text), Ok(Name::Hold("hold-1".into())), "{text}");
    }
    for text in ["", "hold/", "hold/a/b", "pod/payments"] {
        assert!(name(text).unwrap_err().contains("hold/NAME"), "{text}");
    }
    let told = name("failoverplan/orders").unwrap_err();
    assert!(told.contains("kubectl firebreak failover abort orders"), "{told}");
}

#[test]
fn custody_that_an_object_holds_is_refused_with_its_name() {
    let mut hold = orphaned();
    assert!(unheld(hold.clone()).is_ok());
    let owner = hold.spec.orphaned.take().unwrap().from;
    let plan = "payments-u1-run-1".into();
    hold.spec.holders.push(firebreak_crds::Holder { owner, plan });
    hold.spec.state = HoldState::Held;
    let error = unheld(hold).unwrap_err();
    assert_eq!(exit::code(&error), 3);
    assert_eq!(
        error.to_string(),
        "hold-1 is held by Quarantine incident/payments: decide about that, with payments -n incident instead of hold/hold-1"
    );
}

#[test]
fn what_a_release_would_reopen_is_shown_before_the_question() {
    let thing = "  TrustPolicy of arn:aws:iam::123456789012:role/payments-task (Orphaned, left by Quarantine incident/payments)";
    let title = "In custody, without an object";
    let first = "In custody, without an object: 1 field\n";
    assert_eq!(
        listed(title, &[orphaned()], Verb::Release),
        format!("{first}{thing}: only with --restore TrustPolicy\n")
    );
    assert_eq!(listed(title, &[orphaned()], Verb::Abandon), format!("{first}{thing}\n"));
}

#[test]
fn a_word_from_before_it_was_orphaned_is_said_again() {
    let (hold, mut earlier) = (orphaned(), said("ann"));
    assert!(!is_spent(&hold, &earlier, fixtures::now()));
    let before = "2026-01-01T10:59:59Z".parse().unwrap();
    earlier.metadata.creation_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(before));
    assert!(predates(&earlier, &hold.spec) && is_spent(&hold, &earlier, fixtures::now()));
}

#[test]
fn who_is_interrupted_half_way_hears_how_far_it_came_and_how_to_go_on() {
    let first = half_way(refused("no"), 0, 3);
    assert_eq!((exit::code(&first), exit::message(&first).as_str()), (3, "no"));
    let third = half_way(refused("no"), 2, 3);
    assert_eq!(exit::code(&third), 3);
    assert_eq!(
        exit::message(&third),
        "2 of 3 Decisions were given; say the same again to go on: no"
    );
}

#[test]
fn the_outcome_says_for_each_hold_how_people_stand() {
    let mut records = fixtures::records();
    records.decisions = vec![said("ann")];
    let given = [(said("ann"), true)];
    let next = "next: kubectl get holds hold-1   # each goes when it is done\n";
    assert_eq!(
        outcome(&[orphaned()], &given, Some(&records), Paint(false)),
        format!(
            "release asked for: decision/d-1\n  1 of 3 approvals; one must still come from `security`; approved by ann (approver)\n{next}"
        )
    );
    let unread = outcome(&[orphaned()], &given, None, Paint(false));
    assert!(unread.contains("\n  how it stands could not be read\n"), "{unread}");
}
