//! Laws over whole runs: every order in which calls end, and a crash after every journal write and call.

use super::bench::{Aws, Bench};
use crate::run::act::{
    ActStep,
    testing::{gate, promote, scale, switch},
};
use firebreak_crds::{PlanOutcome, StepState, Verb};
use std::collections::BTreeMap;

/// How a run ended: what AWS has, and how each step stands.
type End = (Option<PlanOutcome>, Aws, BTreeMap<String, StepState>);

fn end(bench: &Bench) -> End {
    let states = bench
        .run
        .status
        .journal
        .iter()
        .map(|(id, record)| (id.clone(), record.state));
    (bench.outcome(), bench.aws.clone(), states.collect())
}

/// A whole failover: four branches that run side by side, and what waits for them.
fn failover() -> Vec<ActStep> {
    vec![
        promote("orders", &[]),
        scale("api", 5, &[]),
        scale("web", 3, &[]),
        switch("flags", &[]),
        gate("well", &["orders", "api", "web", "flags"]),
        switch("traffic", &["well"]),
    ]
}

fn finish(mut bench: Bench) -> End {
    bench.pass(3000);
    end(&bench)
}

fn expected(bench: Bench) -> End {
    let ended = finish(bench);
    assert!(ended.0.is_some(), "{ended:?}");
    ended
}

/// Every order in which the calls end that are under way, also with turns between them.
fn each_order(bench: Bench, check: &mut impl FnMut(Bench)) {
    let mut bench = bench;
    while bench.advance() && bench.calls.len() < 4 {}
    if bench.calls.is_empty() {
        return check(bench);
    }
    for at in 0..bench.calls.len() {
        let mut next = bench.clone();
        next.complete(at);
        each_order(next, check);
    }
}

#[test]
fn every_order_of_four_calls_that_end_reaches_the_same_end() {
    let want = expected(Bench::new(failover()));
    let mut orders = 0;
    each_order(Bench::new(failover()), &mut |bench| {
        orders += 1;
        assert_eq!(finish(bench), want);
    });
    assert!(orders >= 24, "{orders}");
}

/// Runs until so many journal writes and calls have happened.
fn until(mut bench: Bench, events: usize) -> Bench {
    for _ in 0..20_000 {
        if bench.events >= events || bench.outcome().is_some() {
            return bench;
        }
        if bench.advance() {
            continue;
        }
        match bench.calls.is_empty() {
            true => bench.tick(),
            false => bench.complete(0),
        }
    }
    panic!("it never gets there: {:?}", bench.run.status);
}

fn all_events(bench: Bench) -> usize {
    until(bench, usize::MAX).events
}

#[test]
fn crash_after_every_journal_write_and_call_reaches_the_same_end() {
    let want = expected(Bench::new(failover()));
    for events in 0..=all_events(Bench::new(failover())) {
        for reach in [true, false] {
            let mut bench = until(Bench::new(failover()), events);
            bench.crash(reach);
            let ended = finish(bench);
            assert_eq!(ended, want, "crash after {events} events, calls reach AWS: {reach}");
        }
    }
}

#[test]
fn two_crashes_in_a_row_reach_the_same_end() {
    let want = expected(Bench::new(failover()));
    let all = all_events(Bench::new(failover()));
    for (first, second) in (0..all).flat_map(|first| [(first, first + 1), (first, first + 4)]) {
        let mut bench = until(Bench::new(failover()), first);
        bench.crash(true);
        let mut bench = until(bench, second);
        bench.crash(false);
        assert_eq!(finish(bench), want, "crashes after {first} and {second}");
    }
}

/// What an abort after so many events leads to.
fn aborted(events: usize, crash: Option<bool>) -> Bench {
    let mut bench = until(Bench::new(failover()), events);
    bench.say(Verb::Abort, None);
    if let Some(reach) = crash {
        bench = until(bench, events + 3);
        if bench.outcome().is_none() {
            bench.crash(reach);
        }
    }
    bench.pass(3000);
    bench
}

#[test]
fn abort_after_every_event_goes_back_wholly_or_stops_and_keeps_everything() {
    let start = Bench::new(failover()).aws;
    let (mut back, mut stopped) = (0, 0);
    for events in 0..all_events(Bench::new(failover())) {
        for crash in [None, Some(true), Some(false)] {
            let bench = aborted(events, crash);
            let asked_for = bench.made("orders") > 0;
            match bench.outcome() {
                Some(PlanOutcome::RolledBack) => {
                    back += 1;
                    assert_eq!(bench.aws, start, "after {events} events, crash {crash:?}");
                    assert!(!asked_for, "nothing is put back once the promotion was asked for");
                }
                Some(PlanOutcome::Stopped) => {
                    stopped += 1;
                    assert!(bench.run.status.message.as_ref().unwrap().contains("The way forward"));
                }
                Some(PlanOutcome::Completed) => {}
                other => panic!("after {events} events, crash {crash:?}: {other:?} {:?}", bench.state),
            }
        }
    }
    assert!(back > 3 && stopped > 3, "both sides were tried: {back} {stopped}");
}

#[test]
fn every_silent_subject_delays_only_its_own_branch() {
    for silent in ["orders", "api", "web", "flags"] {
        let mut bench = Bench::new(failover());
        bench.faults.silent.insert(silent.into());
        bench.pass(1000);
        let others = ["orders", "api", "web", "flags"].into_iter().filter(|id| *id != silent);
        others.for_each(|id| assert_eq!(bench.is(id), StepState::Verified, "{id} while {silent} is silent"));
        assert_ne!(bench.is(silent), StepState::Verified);
        assert_eq!(bench.is("traffic"), StepState::Pending);
    }
}

#[test]
fn subject_that_falls_silent_at_any_moment_is_never_done_nor_put_back() {
    for events in 0..all_events(Bench::new(failover())) {
        let mut bench = until(Bench::new(failover()), events);
        let done = bench.is("api") == StepState::Verified;
        bench.faults.silent.insert("api".into());
        bench.pass(900);
        assert_eq!(bench.is("api") == StepState::Verified, done, "after {events} events");
        let count = bench.aws.counts["api"];
        if bench.outcome().is_none() {
            bench.say(Verb::Abort, None);
            bench.pass(600);
        }
        assert_eq!(bench.aws.counts["api"], count, "after {events} events");
    }
}
