//! Steps that wait for a time or for people, and ask AWS nothing.

use super::bench::Bench;
use crate::{
    engine::once::Hold,
    run::act::{
        Act, ActStep, Gate, GateSubject,
        testing::{gate, switch},
    },
};
use firebreak_crds::{PlanOutcome, StepState, Verb};

fn waits(id: &str, subject: GateSubject, needs: &[&str]) -> ActStep {
    let mut step = gate(id, needs);
    step.act = Act::Await(Gate::of_journal(subject));
    step
}

fn wait(id: &str, seconds: u32, needs: &[&str]) -> ActStep {
    let mut step = waits(id, GateSubject::Elapsed { seconds }, needs);
    step.timeout_seconds = seconds;
    step
}

fn approval(id: &str, needs: &[&str]) -> ActStep {
    let mut step = waits(id, GateSubject::Approval { message: None }, needs);
    (step.approval, step.timeout_seconds) = (true, 10);
    step
}

#[test]
fn wait_passes_after_its_time_and_says_when_to_look_again() {
    let mut bench = Bench::new(vec![wait("caches", 90, &[]), switch("traffic", &["caches"])]);
    bench.quiet();
    let began = bench.now;
    assert_eq!(bench.turn().wake.unwrap().duration_since(began).as_secs(), 90);
    bench.pass(89);
    assert_eq!(
        (bench.is("caches"), bench.is("traffic")),
        (StepState::Started, StepState::Pending)
    );
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
    assert_eq!(
        bench.record("caches").verified_at,
        Some((began + jiff::SignedDuration::from_secs(90)).to_string())
    );
}

#[test]
fn wait_is_made_no_longer_by_a_restart_nor_by_a_pause() {
    let mut bench = Bench::new(vec![wait("caches", 90, &[]), switch("traffic", &["caches"])]);
    bench.quiet();
    let began = bench.now;
    bench.pass(30);
    bench.crash(true);
    bench.say(Verb::Pause, None);
    bench.pass(60);
    assert_eq!(bench.is("caches"), StepState::Verified);
    let passed: jiff::Timestamp = bench.record("caches").verified_at.unwrap().parse().unwrap();
    assert_eq!(passed.duration_since(began).as_secs(), 90);
    assert_eq!(bench.is("traffic"), StepState::Pending, "the run is paused");
    bench.say(Verb::Resume, None);
    bench.pass(30);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn manual_approval_waits_for_its_turn_and_for_people_however_long_that_takes() {
    let mut bench = Bench::new(vec![
        wait("caches", 5, &[]),
        approval("people", &["caches"]),
        switch("traffic", &["people"]),
    ]);
    bench.quiet();
    assert_eq!(bench.state.holds, [], "it is not its turn");
    bench.pass(3600);
    assert_eq!(bench.state.holds, [Hold::Approval("people".into())]);
    assert_eq!((bench.is("people"), bench.made("traffic")), (StepState::Pending, 0));
    bench.crash(true);
    bench.approved.insert("people".into());
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
    assert_eq!(bench.made("traffic"), 1);
}

#[test]
fn approval_that_was_given_before_its_turn_counts() {
    let mut bench = Bench::new(vec![wait("caches", 5, &[]), approval("people", &["caches"])]);
    bench.approved.insert("people".into());
    bench.pass(30);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn abort_ends_both() {
    for step in [wait("waits", 3600, &[]), approval("waits", &[])] {
        let mut bench = Bench::new(vec![step]);
        bench.pass(30);
        bench.say(Verb::Abort, None);
        bench.pass(30);
        assert_eq!(bench.outcome(), Some(PlanOutcome::RolledBack));
    }
}
