//! Whenever AWS is put back, reopened or given up, the distinct people who agreed to that are at least those whom the strictest
//! applicable rule names, and no requester is among them: over any sequence of edits, deletions, re-creations, decisions of every
//! verb, policy changes and expiries. The oracle knows the sequence and the records, and nothing of the engine.

mod oracle;
mod steps;

use crate::support::{
    Bench,
    words::{self, HOME, TEAM},
    worlds::{Spec, specs},
};
use firebreak_cloud::memory::sample;
use oracle::{Oracle, Seen};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use steps::{Policy, Step, people};

/// Generated sequences for each target and method, beside the two that are written down.
const SEQUENCES: usize = 1;
/// Passes after each step: enough for a release of the longest plan to be planned and begun.
const PASSES: usize = 4;

async fn bench(spec: &Spec, policy: Policy) -> Bench {
    let mut bench = Bench::of(sample());
    bench.executor.settings.machines = vec![people::CI_PATTERN.into()];
    bench.namespace(TEAM);
    bench.namespace(HOME);
    bench.api.seed(&words::account());
    bench.api.seed(&policy.guardrail());
    bench.quarantined("q", (spec.target)());
    bench.change("q", |q| q.spec.expiry = Some(steps::expiry()));
    bench
}

/// One sequence, looked at after every pass of the operator.
async fn live(spec: &Spec, policy: Policy, steps: &[Step]) -> Oracle {
    let bench = bench(spec, policy).await;
    let mut oracle = Oracle::new(policy, format!("{} {policy:?} {steps:#?}", spec.name));
    for step in Step::contained().iter().chain(steps) {
        step.perform(&bench, spec, &mut oracle);
        for _ in 0..PASSES {
            pass(&bench, &mut oracle).await;
        }
    }
    oracle
}

async fn pass(bench: &Bench, oracle: &mut Oracle) {
    let before = Seen::of(bench);
    let rest = bench.respond("q").await;
    bench.tend_all().await;
    oracle.judge(&before, &Seen::of(bench));
    let wish = rest.ok().flatten().map_or(1, |rest| rest.after.min(20));
    bench.pass(i64::try_from(wish).unwrap());
}

#[tokio::test]
async fn nothing_is_put_back_or_given_up_by_fewer_people_than_it_takes() {
    let (mut runner, mut ends) = (TestRunner::deterministic(), oracle::Ends::default());
    for spec in specs() {
        for steps in [Step::expiring(), Step::orphaned()] {
            ends.add(&live(&spec, Policy::ONE, &steps).await.ends);
        }
        for _ in 0..SEQUENCES {
            let tree = steps::sequence().new_tree(&mut runner).unwrap();
            let (policy, steps) = tree.current();
            ends.add(&live(&spec, policy, &steps).await.ends);
        }
    }
    assert!(ends.all_happened(), "the law must see every way to the end: {ends:?}");
}
