//! What begins a run, and what does not.

use super::bench::{Bench, EAST, WEST, switch};
use crate::respond::failover::serials::{Kept, SerialRecord};
use firebreak_crds::{PlanOutcome, failover_plan::FailoverPhase};
use serde_json::json;

fn reason(bench: &mut Bench) -> String {
    let status = bench.settle().status;
    let ready = status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    format!("{} {}", ready.status, ready.reason)
}

#[test]
fn first_sight_records_the_serial_and_runs_nothing() {
    for serial in [None, Some(1), Some(7)] {
        let mut bench = Bench::unseen();
        if let Some(serial) = serial {
            bench.ask(WEST, serial);
        }
        let rest = bench.settle();
        assert_eq!((bench.run(), &bench.calls[..]), (None, &[][..]), "{serial:?}");
        assert_eq!(rest.status.serial, Some(serial.unwrap_or(0)));
        assert_eq!(rest.status.phase, Some(FailoverPhase::Standby));
    }
}

#[test]
fn higher_serial_runs_once_it_is_approved_and_its_serial_is_recorded() {
    let mut bench = Bench::new();
    bench.ask(WEST, 1);
    let rest = bench.settle();
    assert_eq!(rest.status.phase, Some(FailoverPhase::AwaitingApproval));
    assert_eq!(rest.status.approvals.as_deref(), Some("0/1"));
    bench.say("ann", "Approve", json!({}));
    assert_eq!(
        bench.settle().status.approvals.as_deref(),
        Some("0/1"),
        "who asked approves nothing"
    );
    assert!(matches!(&bench.buckets[WEST], Kept::Record(kept) if kept.serial == 0));
    bench.say("bob", "Approve", json!({}));
    let rest = bench.pass(120);
    assert_eq!(bench.run().unwrap().status.outcome, Some(PlanOutcome::Completed));
    assert_eq!(rest.status.active_region.as_deref(), Some(WEST));
    assert_eq!(bench.calls, ["rds:PromoteReadReplica", "s3:PutObject"]);
    assert!(matches!(&bench.buckets[WEST], Kept::Record(kept) if kept.serial == 1 && kept.plan == "uid-1"));
    assert_eq!(rest.status.history.len(), 1);
}

#[test]
fn start_begins_the_next_serial_and_no_other() {
    let mut bench = Bench::new();
    bench.say("carol", "Start", json!({"start": {"region": WEST, "serial": 3}}));
    assert_eq!(reason(&mut bench), "False SerialBehind");
    bench.say(
        "carol",
        "Start",
        json!({"start": {"region": WEST, "serial": 1, "acknowledgeSplitBrain": true}}),
    );
    assert_eq!(bench.settle().status.phase, Some(FailoverPhase::AwaitingApproval));
    let run = bench.run().unwrap();
    assert_eq!(run.spec.requested_by.as_deref(), Some("carol"));
    bench.say("carol", "Approve", json!({}));
    assert_eq!(bench.settle().status.approvals.as_deref(), Some("0/1"), "carol asked");
    bench.say("dave", "Approve", json!({}));
    bench.pass(120);
    assert_eq!(bench.run().unwrap().status.outcome, Some(PlanOutcome::Completed));
}

#[test]
fn later_start_says_what_the_first_forgot_and_asks_again_after_a_rejection() {
    let mut bench = Bench::new();
    bench.say("carol", "Start", json!({"start": {"region": WEST, "serial": 1}}));
    assert_eq!(reason(&mut bench), "False SplitBrainNotAcknowledged");
    let complete = json!({"start": {"region": WEST, "serial": 1, "acknowledgeSplitBrain": true}});
    bench.pass(5);
    bench.say("carol", "Start", complete.clone());
    assert_eq!(bench.settle().status.phase, Some(FailoverPhase::AwaitingApproval));
    bench.pass(5);
    bench.say("eve", "Start", json!({"start": {"region": WEST, "serial": 1}}));
    assert_eq!(
        bench.settle().status.phase,
        Some(FailoverPhase::AwaitingApproval),
        "what people look at stays"
    );
    bench.say("bob", "Reject", json!({}));
    assert_eq!(reason(&mut bench), "False Rejected");
    bench.pass(5);
    bench.say("carol", "Start", complete);
    assert_eq!(bench.settle().status.phase, Some(FailoverPhase::AwaitingApproval));
}

#[test]
fn spec_that_a_start_has_overtaken_is_nothing_amiss() {
    let mut bench = Bench::unseen();
    bench.ask(WEST, 1);
    bench.settle();
    bench.say(
        "carol",
        "Start",
        json!({"start": {"region": WEST, "serial": 2, "acknowledgeSplitBrain": true}}),
    );
    bench.settle();
    bench.say("dave", "Approve", json!({}));
    bench.pass(300);
    assert_eq!(reason(&mut bench), "True FailedOver");
    bench.ask(WEST, 2);
    bench.pass(300);
    assert_eq!(
        (reason(&mut bench).as_str(), bench.world.runs.len()),
        ("True FailedOver", 1)
    );
}

#[test]
fn serial_that_another_cluster_consumed_is_not_run() {
    let mut bench = Bench::new();
    bench.ask(WEST, 1);
    let elsewhere = |uid: &str| {
        Kept::Record(SerialRecord {
            serial: 4,
            region: EAST.into(),
            uid: uid.into(),
            plan: "another".into(),
            ..SerialRecord::default()
        })
    };
    bench.buckets.insert(WEST, elsewhere("plan-uid"));
    assert_eq!(reason(&mut bench), "False SerialBehind");
    assert_eq!((bench.run(), bench.calls.len()), (None, 0));
}

/// Both clusters follow the same Git: neither forgets that the other was seen, and one of them runs.
#[test]
fn two_clusters_share_a_record_and_one_of_them_runs() {
    let (mut one, mut other) = (Bench::new(), Bench::unseen());
    other.world.subject.owner.uid = "other-uid".into();
    for _ in 0..3 {
        other.buckets = one.buckets.clone();
        other.settle();
        one.buckets = other.buckets.clone();
        one.settle();
    }
    assert_eq!(one.buckets, other.buckets, "nothing is written while nothing happens");
    one.ask(WEST, 1);
    one.settle();
    one.say("bob", "Approve", json!({}));
    one.pass(300);
    assert_eq!(one.run().unwrap().status.outcome, Some(PlanOutcome::Completed));
    other.buckets = one.buckets.clone();
    other.ask(WEST, 1);
    let rest = other.pass(300);
    assert_eq!((other.run(), other.calls.len(), rest.status.serial), (None, 0, Some(1)));
}

/// A backup from before the run: the plan and its approvals are there, and the bucket says that it was run.
#[test]
fn restored_cluster_finds_the_serial_of_its_plan_taken() {
    let mut bench = Bench::new();
    bench.ask(WEST, 1);
    bench.settle();
    let backup = bench.world.clone();
    bench.say("bob", "Approve", json!({}));
    let decisions = bench.world.decisions.clone();
    bench.pass(120);
    let calls = bench.calls.len();
    bench.world = backup;
    bench.world.decisions = decisions;
    let rest = bench.pass(120);
    assert_eq!(bench.calls.len(), calls, "nothing is called twice");
    assert_eq!(bench.run().unwrap().status.outcome, Some(PlanOutcome::Superseded));
    assert_eq!(rest.status.serial, Some(1));
}

#[test]
fn bucket_of_the_region_that_becomes_active_must_answer_and_the_other_need_not() {
    for (silent, runs) in [(WEST, false), (EAST, true)] {
        let mut bench = Bench::with_steps(&json!([switch()]));
        bench.ask(WEST, 1);
        bench.buckets.insert(silent, Kept::Unreadable("no answer".into()));
        bench.settle();
        if runs {
            bench.say("bob", "Approve", json!({}));
        }
        bench.pass(60);
        assert_eq!(!bench.calls.is_empty(), runs, "{silent}");
    }
}

#[test]
fn bucket_that_stops_answering_holds_the_run_before_its_first_call() {
    let mut bench = Bench::with_steps(&json!([switch()]));
    bench.ask(WEST, 1);
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    bench.world.records = Some(crate::respond::failover::serials::Records {
        primary: bench.buckets[EAST].clone(),
        standby: bench.buckets[WEST].clone(),
    });
    while !bench.run().unwrap().is_running() {
        let next = super::super::decide(&bench.world, bench.now);
        assert!(bench.follow(next).is_none());
    }
    bench.buckets.insert(WEST, Kept::Unreadable("no answer".into()));
    assert_eq!(reason(&mut bench), "False SerialUnknown");
    assert!(bench.calls.is_empty());
    bench.buckets.insert(WEST, Kept::Absent);
    bench.pass(60);
    assert_eq!(bench.calls, ["s3:PutObject"]);
}

#[test]
fn rejected_run_stays_rejected_until_another_serial_is_asked_for() {
    let mut bench = Bench::new();
    bench.ask(WEST, 1);
    bench.settle();
    bench.say("bob", "Reject", json!({}));
    assert_eq!(reason(&mut bench), "False Rejected");
    bench.say("dave", "Approve", json!({}));
    bench.pass(120);
    assert_eq!((bench.world.runs.len(), bench.calls.len()), (1, 0));
    bench.ask(WEST, 2);
    assert_eq!(bench.settle().status.phase, Some(FailoverPhase::AwaitingApproval));
}

#[test]
fn same_serial_for_another_region_is_a_conflict() {
    let mut bench = Bench::with_steps(&json!([switch()]));
    bench.ask(WEST, 1);
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    bench.pass(60);
    bench.ask(EAST, 1);
    assert_eq!(reason(&mut bench), "False SerialConflict");
}

#[test]
fn edit_by_another_person_makes_them_a_requester_too() {
    let mut bench = Bench::new();
    bench.ask(WEST, 1);
    bench.settle();
    bench.world.subject.requested_by = Some("bob".into());
    bench.settle();
    bench.world.subject.requested_by = Some("eve".into());
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    assert_eq!(bench.settle().status.approvals.as_deref(), Some("0/1"));
}
