//! Seeded walks: random graphs, silence, refusals, people, other people's writes, and crashes.

use super::bench::Bench;
use crate::run::act::{
    ActStep,
    testing::{gate, promote, scale, switch},
};
use firebreak_crds::{PlanOutcome, StepState, Verb, failover_plan::OnFailure};
use std::collections::BTreeSet;

/// A small generator: the same seed gives the same walk.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn once_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// A step by its number; each may need some of those before it.
fn step(dice: &mut Dice, n: u64) -> ActStep {
    let id = format!("s{n}");
    let before: Vec<String> = (0..n).filter(|_| dice.once_in(3)).map(|n| format!("s{n}")).collect();
    let needs: Vec<&str> = before.iter().map(String::as_str).collect();
    let mut step = match dice.roll(5) {
        0 => promote(&id, &needs),
        1 => gate(&id, &needs),
        2 | 3 => scale(&id, 5, &needs),
        _ => switch(&id, &needs),
    };
    step.timeout_seconds = 400 + u32::try_from(dice.roll(400)).unwrap();
    step.best_effort = !step.is_one_way() && dice.once_in(12);
    step.on_failure = match dice.roll(6) {
        0 => OnFailure::Compensate,
        1 if !step.is_one_way() => OnFailure::Continue,
        _ => OnFailure::Hold,
    };
    step
}

struct Walk {
    dice: Dice,
    bench: Bench,
    /// What other people have set, and nothing of this run may change.
    theirs: BTreeSet<String>,
}

const THEIRS: i64 = 77;

impl Walk {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let acts = (0..4 + dice.roll(5)).map(|n| step(&mut dice, n)).collect();
        Self {
            dice,
            bench: Bench::new(acts),
            theirs: BTreeSet::new(),
        }
    }

    fn any(&mut self) -> String {
        let steps = u64::try_from(self.bench.run.plan.acts.len()).unwrap();
        format!("s{}", self.dice.roll(steps))
    }

    /// One thing that happens to the run.
    fn happen(&mut self) {
        let on = self.any();
        match self.dice.roll(60) {
            0 => drop(self.bench.faults.silent.insert(on)),
            1 | 2 => drop(self.bench.faults.silent.remove(&on)),
            3 => drop(self.bench.faults.refused.insert(on)),
            4 => drop(self.bench.faults.refused.remove(&on)),
            5 => self.bench.say(Verb::Pause, None),
            6 | 7 => self.bench.say(Verb::Resume, None),
            8 | 9 => self.bench.say(Verb::Retry, Some(&on)),
            10 if self.dice.once_in(4) => self.bench.say(Verb::Abort, None),
            11 => {
                let reach = self.dice.once_in(2);
                self.bench.crash(reach);
            }
            12 => drop(self.bench.aws.alarms.insert(
                on,
                ["OK", "ALARM", "INSUFFICIENT_DATA"][usize::try_from(self.dice.roll(3)).unwrap()],
            )),
            13 if self.dice.once_in(3) => self.write_theirs(on),
            14 => self.bench.stop = [None, Some("stop")][usize::from(self.dice.once_in(2))],
            _ => {}
        }
    }

    fn write_theirs(&mut self, on: String) {
        let in_flight = self.bench.calls.iter().any(|call| call.step == on);
        if !in_flight && self.bench.record(&on).state != StepState::Started {
            self.bench.aws.counts.insert(on.clone(), THEIRS);
            self.theirs.insert(on);
        }
    }

    fn go_on(&mut self) {
        if self.bench.stop.is_some() || !self.bench.advance() {
            self.bench.tick();
        }
        if !self.bench.calls.is_empty() && self.dice.once_in(2) {
            let calls = u64::try_from(self.bench.calls.len()).unwrap();
            self.bench.complete(usize::try_from(self.dice.roll(calls)).unwrap());
        }
    }

    /// What holds at every moment.
    fn check(&self, seed: u64, before: &Bench) {
        let bench = &self.bench;
        for id in &self.theirs {
            assert_eq!(bench.aws.counts[id], THEIRS, "seed {seed}: {id} is somebody else's");
        }
        for step in &bench.run.plan.acts {
            let (was, is) = (before.record(&step.id), bench.record(&step.id));
            if was.state != StepState::Verified && is.state == StepState::Verified && !step.is_gate() {
                assert!(
                    !bench.faults.silent.contains(&step.id)
                        || before.sightings != bench.sightings
                        || is.read_back.is_some(),
                    "seed {seed}"
                );
                assert!(
                    is.read_back.is_some(),
                    "seed {seed}: {} is Done without a read",
                    step.id
                );
            }
            if bench.run.status.control.going_back {
                assert!(
                    !(step.is_one_way() && bench.aws.databases[&step.id].source.is_none()),
                    "seed {seed}: {} was promoted",
                    step.id
                );
            }
        }
    }

    /// Everything gets well, people let it go on: it must come to an end.
    fn finish(&mut self, seed: u64) {
        (self.bench.faults.silent, self.bench.faults.refused) = Default::default();
        self.bench.stop = None;
        let ids: Vec<String> = self.bench.run.plan.acts.iter().map(|step| step.id.clone()).collect();
        for _ in 0..4 {
            ids.iter()
                .for_each(|id| self.bench.aws.alarms.extend([(id.clone(), "OK")]));
            self.bench.say(Verb::Resume, None);
            ids.iter().for_each(|id| self.bench.say(Verb::Retry, Some(id)));
            self.bench.pass(1000);
        }
        assert!(
            self.bench.outcome().is_some(),
            "seed {seed}: {:?} {:#?}",
            self.bench.state,
            self.bench.run.status
        );
    }
}

/// What holds once a run is over.
fn check_end(seed: u64, walk: &Walk) {
    let bench = &walk.bench;
    for step in &bench.run.plan.acts {
        let (id, record) = (&step.id, bench.record(&step.id));
        let untouched = bench.aws.counts[id] == 1 && !bench.aws.objects.contains(id);
        match bench.outcome() {
            Some(PlanOutcome::RolledBack) if !step.is_gate() && !step.is_one_way() => {
                assert!(
                    untouched || walk.theirs.contains(id),
                    "seed {seed}: {id} is not back: {record:?}"
                );
            }
            Some(PlanOutcome::RolledBack) if step.is_one_way() => {
                assert!(bench.aws.databases[id].source.is_some(), "seed {seed}: {id}");
            }
            Some(PlanOutcome::Completed) if record.failed_at.is_none() && !step.best_effort => {
                assert!(
                    matches!(record.state, StepState::Verified | StepState::Skipped),
                    "seed {seed}: {id} {record:?}"
                );
            }
            _ => {}
        }
    }
}

fn walk(seed: u64) -> Option<PlanOutcome> {
    let mut walk = Walk::new(seed);
    for _ in 0..400 {
        let before = walk.bench.clone();
        walk.happen();
        if walk.bench.run.status.closed_at.is_none() {
            walk.go_on();
        }
        walk.check(seed, &before);
    }
    walk.finish(seed);
    check_end(seed, &walk);
    walk.bench.outcome()
}

#[test]
fn every_random_walk_keeps_the_laws_and_comes_to_an_end() {
    let ends: Vec<Option<PlanOutcome>> = (1..=150).map(walk).collect();
    for outcome in [PlanOutcome::Completed, PlanOutcome::RolledBack, PlanOutcome::Stopped] {
        let count = ends.iter().filter(|end| **end == Some(outcome)).count();
        assert!(count >= 5, "{outcome:?} came {count} times");
    }
}
