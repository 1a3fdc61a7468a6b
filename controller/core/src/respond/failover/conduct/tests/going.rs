//! What holds a run, and how it ends.

use super::bench::{Bench, EAST, WEST, switch};
use firebreak_crds::{PlanOutcome, failover_plan::FailoverPhase};
use serde_json::json;

/// A run of the switch and the promotion that was let begin.
fn begun() -> Bench {
    let mut bench = Bench::new();
    bench.lag = Some(40.0);
    bench.ask(WEST, 1);
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    bench.settle();
    assert!(
        bench.run().unwrap().is_running(),
        "it waits until the replica has everything"
    );
    bench
}

fn outcome(bench: &Bench) -> Option<PlanOutcome> {
    bench.run().unwrap().status.outcome
}

#[test]
fn containment_of_what_the_run_touches_makes_it_wait() {
    let mut bench = begun();
    bench.contain();
    bench.lag = Some(0.0);
    let rest = bench.pass(120);
    assert_eq!(rest.status.phase, Some(FailoverPhase::Paused));
    let ready = rest.status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    assert!(
        ready.message.starts_with("Quarantine security/db acts on"),
        "{}",
        ready.message
    );
    assert!(bench.calls.is_empty());
    bench.world.claims.clear();
    bench.pass(120);
    assert_eq!(outcome(&bench), Some(PlanOutcome::Completed));
}

#[test]
fn containment_that_was_first_keeps_a_run_from_beginning() {
    let mut bench = Bench::new();
    bench.contain();
    bench.ask(WEST, 1);
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    let rest = bench.pass(120);
    let ready = rest.status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    assert_eq!(ready.reason, "Interlocked");
    assert!(bench.calls.is_empty() && !bench.run().unwrap().is_running());
}

#[test]
fn grant_that_is_taken_back_bars_the_one_way_step() {
    let mut bench = begun();
    bench.world.accounts.get_mut("production").unwrap().grants.clear();
    bench.lag = Some(0.0);
    let rest = bench.pass(120);
    assert!(bench.calls.is_empty());
    assert_eq!(rest.status.phase, Some(FailoverPhase::Running));
    let stalled = rest
        .status
        .conditions
        .iter()
        .find(|one| one.type_ == "Stalled")
        .unwrap();
    assert!(
        stalled.message.contains("grants namespace payments no failoverPlan"),
        "{}",
        stalled.message
    );
}

#[test]
fn pause_abort_and_stop_hold_every_call() {
    for (verb, phase) in [("Pause", FailoverPhase::Paused), ("Abort", FailoverPhase::RolledBack)] {
        let mut bench = begun();
        bench.say("carol", verb, json!({}));
        bench.lag = Some(0.0);
        let rest = bench.pass(120);
        assert_eq!((rest.status.phase, bench.calls.len()), (Some(phase), 0), "{verb}");
    }
    let mut bench = begun();
    bench.world.stop = Some("drill went wrong".into());
    bench.lag = Some(0.0);
    let rest = bench.pass(120);
    assert_eq!((rest.status.phase, bench.calls.len()), (Some(FailoverPhase::Paused), 0));
    bench.world.stop = None;
    bench.pass(120);
    assert_eq!(outcome(&bench), Some(PlanOutcome::Completed));
}

#[test]
fn deletion_ends_the_run_and_moves_nothing() {
    let mut bench = begun();
    bench.world.subject.is_deleted = true;
    bench.settle();
    assert_eq!((outcome(&bench), bench.calls.len()), (Some(PlanOutcome::Stopped), 0));
}

#[test]
fn run_of_an_object_that_is_gone_is_closed() {
    let bench = begun();
    let closed = super::super::without_object(bench.run().unwrap(), bench.now).unwrap();
    assert_eq!(closed.outcome, Some(PlanOutcome::Stopped));
    let mut proposed = Bench::new();
    proposed.ask(WEST, 1);
    proposed.settle();
    let closed = super::super::without_object(proposed.run().unwrap(), proposed.now).unwrap();
    assert_eq!(closed.outcome, Some(PlanOutcome::Superseded));
}

#[test]
fn failing_back_takes_the_object_away_again_and_the_pause_between_runs_is_kept() {
    let mut bench = Bench::with_steps(&json!([switch()]));
    bench.world.subject.spec.minimum_interval = Some("30m".into());
    bench.ask(WEST, 1);
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    bench.pass(60);
    assert!(bench.switch);
    bench.ask(EAST, 2);
    let rest = bench.settle();
    let ready = rest.status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    assert_eq!(ready.reason, "TooSoon");
    bench.pass(1900);
    bench.say("bob", "Approve", json!({}));
    let rest = bench.pass(60);
    assert!(!bench.switch);
    assert_eq!(rest.status.active_region.as_deref(), Some(EAST));
    assert_eq!(rest.status.history.len(), 2);
}
