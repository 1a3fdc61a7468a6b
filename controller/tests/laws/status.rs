//! No condition says more than the last completed read shows, in every mode and phase, and whatever AWS answers; and what
//! AWS has not answered for fifteen seconds is Unknown. Somebody opens AWS behind Firebreak's back; only AWS's own state and
//! log say what may be claimed.

mod oracle;
mod phases;
mod weather;

use crate::support::{
    Bench,
    words::TEAM,
    worlds::{Spec, specs},
};
use firebreak_crds::Quarantine;
use oracle::Oracle;
use phases::Phase;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use weather::{WEATHERS, Weather};

/// How long each sample is watched, in seconds of virtual time.
const WATCHED: u64 = 50;
/// Of all samples this part is tried for each target.
const EVERY: usize = 2;

/// Looks at the object as often as it asks to be looked at, and at custody that is left.
async fn operate(bench: &Bench) {
    let end = Instant::now() + Duration::from_secs(WATCHED);
    while Instant::now() < end {
        let rest = bench.respond("q").await;
        bench.tend_all().await;
        let wish = rest.ok().flatten().map_or(5, |rest| rest.after);
        sleep(Duration::from_secs(wish.clamp(1, WATCHED))).await;
    }
}

/// Compares every second what is said with what may be said.
async fn watch(bench: &Bench, oracle: &Oracle, what: &str) {
    for _ in 0..WATCHED {
        sleep(Duration::from_secs(1)).await;
        let object = bench.api.get::<Quarantine>(Some(TEAM), "q");
        oracle.judge(bench, object.as_ref(), what);
    }
}

async fn sample(spec: &Spec, phase: Phase, weather: Weather) {
    let what = format!("{}: {phase:?}, AWS {weather:?}", spec.name);
    let Some(bench) = phase.reach(spec).await else { return };
    phase.has_said(&bench, &what);
    bench.aws.go_with_tokio();
    sleep(Duration::from_secs(1)).await;
    let oracle = Oracle::of(&bench);
    phase.open(&bench);
    weather.begin(&bench);
    tokio::join!(operate(&bench), watch(&bench, &oracle, &what));
}

/// One part of all targets: each `parts`-th, from the `part`-th on.
async fn law(phase: Phase, part: usize, parts: usize) {
    for (n, spec) in specs().iter().enumerate().skip(part).step_by(parts) {
        for (m, weather) in WEATHERS.into_iter().enumerate() {
            if (n + m + phase as usize).is_multiple_of(EVERY) {
                sample(spec, phase, weather).await;
            }
        }
    }
}

macro_rules! laws {
    ($($test:ident: $phase:ident $($part:literal of $parts:literal)?,)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            let (part, parts) = ($(($part, $parts),)? (1, 1),).0;
            law(Phase::$phase, part - 1, parts).await;
        }
    )*};
}

laws! {
    status_claims_only_what_is_read_while_containing: Containing,
    status_claims_only_what_is_read_while_settling: Settling,
    status_claims_only_what_is_read_once_contained: Contained,
    status_claims_only_what_is_read_in_mode_observe: Observed,
    status_claims_only_what_is_read_if_never_written: NeverWritten,
    status_claims_only_what_is_read_on_a_release_in_observe: ObservedRelease,
    status_claims_only_what_is_read_while_a_release_waits: AwaitedRelease,
    status_claims_only_what_is_read_after_a_rejected_release: RejectedRelease,
    status_claims_only_what_is_read_under_a_stop: Halted,
    status_claims_only_what_is_read_while_a_stop_holds_a_release: HaltedRelease,
    status_claims_only_what_is_read_in_a_drift_fight: Fought 1 of 2,
    status_claims_only_what_is_read_in_a_drift_fight_of_others: Fought 2 of 2,
    status_claims_only_what_is_read_while_a_fight_delays_a_release: FoughtRelease,
    status_claims_only_what_is_read_while_releasing: Releasing,
    status_claims_only_what_is_read_of_what_is_withheld: Withheld,
    status_claims_only_what_is_read_of_orphans: Orphaned,
}

/// The law would hold if nothing were ever said: what can be read again is said again.
#[tokio::test(start_paused = true)]
async fn what_aws_answers_again_is_said_again() {
    for spec in specs() {
        for weather in WEATHERS {
            let bench = Phase::Contained.reach(&spec).await.unwrap();
            bench.aws.go_with_tokio();
            weather.begin(&bench);
            operate(&bench).await;
            bench.aws.clear_faults();
            assert_eq!(
                bench.settle("q").await,
                "Contained",
                "{} after AWS {weather:?}",
                spec.name
            );
            assert_eq!(
                bench.says("q", "Contained"),
                "True/Contained",
                "{} after AWS {weather:?}",
                spec.name
            );
        }
    }
}
