//! The whole operator, its watches and lists, among thousands of objects that nobody should have written.

use crate::support::{
    Bench,
    mutants::{Mutant, mutant},
    words::{self, TEAM},
};
use firebreak_cloud::memory::{
    ACCOUNT, sample,
    world::{IamRole, World},
};
use firebreak_controller::{
    controllers::{
        WatchedAwsAccount, WatchedDecision, WatchedFailoverPlan, WatchedFindingSource, WatchedHold, WatchedIncident,
        WatchedPlaybook, WatchedQuarantine, WatchedTrafficPolicy,
    },
    operator::{Loops, loops},
    reporter::EventReporter,
    runtime::{Backoff, Clients, Events, Leadership, Loop, LoopSettings, Metrics, Permits, Shutdown, WatchLiveness},
};
use firebreak_crds::{KINDS, Kind};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;

/// How many there are for each of the operators, unless the environment variable FUZZ_OBJECTS says otherwise.
const OBJECTS: usize = 5_000;
/// One long-lived good object beside so many.
const BATCH: usize = 500;
/// So many share a namespace.
const NEIGHBOURS: usize = 25;
const RESYNC: Duration = Duration::from_secs(300);
/// The most that is kept of an object that is watched, in the form in which it is printed.
const MOST_KEPT: usize = 4_096;

/// What is watched.
fn watched() -> Vec<String> {
    let watched = KINDS.iter().filter(|kind| kind.is_watched);
    watched.map(Kind::plural).collect()
}

/// The batches of one of the operators.
fn batches_of(operator: usize) -> Range<usize> {
    let told = std::env::var("FUZZ_OBJECTS").ok();
    let each = told.map_or(OBJECTS, |told| told.parse().unwrap()).div_ceil(BATCH);
    operator * each..(operator + 1) * each
}

fn good(batch: usize) -> String {
    format!("good-{batch}")
}

fn world(batches: Range<usize>) -> World {
    let mut world = sample();
    let account = world.accounts.remove(ACCOUNT).unwrap();
    let with_role = |account: firebreak_cloud::memory::world::Account, batch| {
        account.with_role(&good(batch), IamRole::of_service("ecs-tasks.amazonaws.com"))
    };
    let account = batches.fold(account, with_role);
    world.accounts.insert(ACCOUNT.into(), account);
    world
}

/// The operator as it runs, but for its lease.
struct Running {
    bench: Bench,
    batches: Range<usize>,
    metrics: Metrics,
    /// The unreadable objects that were told of, by name.
    told: Arc<Mutex<BTreeSet<String>>>,
    loops: Loops,
}

impl Running {
    fn on(bench: Bench, batches: Range<usize>) -> Self {
        let (metrics, liveness) = (Metrics::new().unwrap(), WatchLiveness::default());
        let told = Arc::<Mutex<BTreeSet<String>>>::default();
        let clients = Clients::sharing(bench.api.client(), &liveness);
        let events = Events::new(clients.request.clone(), "firebreak", "pod");
        let (reporter, names) = (EventReporter::new(metrics.clone(), events), Arc::clone(&told));
        let mut executor = bench.rival();
        executor.records = executor.records.telling(Arc::new(move |bad| {
            names.lock().unwrap().insert(bad.name.clone());
            reporter.unreadable(bad);
        }));
        let with = with(&metrics, liveness);
        let loops = loops(RESYNC, &clients, &with, &Arc::new(executor));
        Self {
            bench,
            batches,
            metrics,
            told,
            loops,
        }
    }

    /// Lets so many seconds pass for everybody.
    async fn pass(&self, seconds: usize) {
        for _ in 0..seconds {
            sleep(Duration::from_secs(1)).await;
            self.bench.pass(1);
        }
    }

    async fn until_each_is(&self, reason: &str) {
        let reasons = || {
            let batches = self.batches.clone();
            batches.map(|batch| self.bench.ready_reason(&good(batch)))
        };
        for _ in 0..180 {
            self.pass(5).await;
            if reasons().all(|found| found == reason) {
                return;
            }
        }
        panic!("not all are {reason}: {:?}", reasons().collect::<Vec<_>>());
    }

    /// Waits until each of these is named as an object that cannot be read.
    async fn until_named(&self, batch: usize, mutants: &[Mutant]) {
        let all = must_be_named(batch == self.batches.start, mutants);
        assert!(all.len() > BATCH / 10, "many of them cannot be read: {}", all.len());
        for _ in 0..120 {
            if all.is_subset(&self.told.lock().unwrap()) {
                return;
            }
            self.pass(1).await;
        }
        let told = self.told.lock().unwrap();
        let unnamed = mutants
            .iter()
            .filter(|one| all.contains(&one.name) && !told.contains(&one.name));
        let unnamed: Vec<String> = unnamed.map(|one| format!("{} {}", one.resource, one.object)).collect();
        panic!("{} were never named, such as {:.2000}", unnamed.len(), unnamed[0]);
    }

    /// The limits go, for they hold back every good object. All but the last batch lose what is not in a namespace as well, so
    /// that one batch costs what another does; of the last one, everything else stays while the good ones live on.
    async fn clear(&self, mutants: &[Mutant], is_last: bool) {
        let api = &self.bench.api;
        let is_limit = |one: &Mutant| matches!(one.resource, "emergencystops" | "guardrails");
        let is_costly = |one: &Mutant| one.namespace.is_none() || one.resource == "quarantines";
        let gone = mutants
            .iter()
            .filter(|one| is_limit(one) || (!is_last && is_costly(one)));
        let gone: Vec<&Mutant> = gone.collect();
        for one in &gone {
            api.delete_raw(one.resource, one.namespace.as_deref(), &one.name);
        }
        self.pass(3).await;
        for one in gone {
            if api.raw(one.resource, one.namespace.as_deref(), &one.name).is_some() {
                api.remove_raw(one.resource, one.namespace.as_deref(), &one.name);
            }
        }
    }
}

impl Running {
    fn assert_all_came_back(&self, contained: &World) {
        let (now, before) = (self.bench.aws.world(), world(self.batches.clone()));
        for batch in self.batches.clone() {
            let role = |world: &World| world.role(ACCOUNT, &good(batch)).cloned();
            assert_ne!(role(contained), role(&before), "{} was contained", good(batch));
            assert_eq!(role(&now), role(&before), "{} was released", good(batch));
        }
    }

    /// What is kept of objects that went goes with them.
    async fn until_no_more_is_kept_than_there_is(&self) {
        let there = |resource: &str| self.bench.api.all_raw(resource).len();
        let surplus = || {
            let kept = self.loops.kept.iter().map(|of| (&of.plural, (of.count)()));
            kept.into_iter().find(|(resource, kept)| *kept > there(resource))
        };
        for _ in 0..60 {
            if surplus().is_none() {
                return;
            }
            self.pass(1).await;
        }
        panic!("more is kept than there is: {:?}", surplus());
    }

    fn assert_nothing_ended(mut self) {
        assert_eq!(self.metrics.panics_total.get(), 0);
        assert!(
            self.loops.work.try_join_next().is_none(),
            "nothing of the operator has ended"
        );
        for resource in watched() {
            assert_eq!(
                self.bench.api.open_watches(&resource),
                1,
                "{resource}: one watch serves all"
            );
        }
    }
}

fn with(metrics: &Metrics, liveness: WatchLiveness) -> Loop {
    Loop {
        permits: Permits::new(32, 8),
        backoff: Arc::new(Backoff::new(20_000)),
        metrics: metrics.clone(),
        leadership: Leadership::alone(),
        shutdown: Shutdown::new(),
        liveness,
        settings: LoopSettings {
            resync: RESYNC,
            ..LoopSettings::default()
        },
    }
}

/// One good object, and the bad ones beside it.
fn seed(bench: &Bench, batch: usize) -> Vec<Mutant> {
    let object = bench.quarantined(&good(batch), words::role(&good(batch)));
    let about = (object.metadata.name.unwrap(), object.metadata.uid.unwrap());
    let numbers = batch * BATCH..(batch + 1) * BATCH;
    let mutants = numbers.map(|number| {
        let namespace = match number % NEIGHBOURS {
            0 => TEAM.to_owned(),
            _ => format!("odd-{}", number / NEIGHBOURS),
        };
        let mut mutant = mutant(number, &namespace, (&about.0, &about.1));
        mutant.object = bench.api.seed_raw(&mutant.object);
        mutant
    });
    mutants.collect()
}

/// What the operator reads of these and cannot read. One EmergencyStop is enough for it. Decisions are read for the objects of
/// their namespace, and runs when it starts and for their owner: that of the mutants is nobody.
fn must_be_named(is_first: bool, mutants: &[Mutant]) -> BTreeSet<String> {
    let stops = mutants.iter().filter(|one| one.resource == "emergencystops");
    let stop = stops.map(|one| &one.name).min();
    let quarantines = mutants.iter().filter(|one| one.resource == "quarantines");
    let readers: BTreeSet<_> = quarantines
        .filter(|one| one.is_readable())
        .map(|one| &one.namespace)
        .collect();
    let is_read = |one: &Mutant| match one.resource {
        "emergencystops" => Some(&one.name) == stop,
        "decisions" => readers.contains(&one.namespace),
        "responseplans" => is_first,
        // The notifier reads them.
        "notificationchannels" => false,
        _ => true,
    };
    // Without metadata there is no name.
    let all = mutants
        .iter()
        .filter(|one| !one.bare && is_read(one) && !one.is_readable());
    all.map(|one| one.name.clone()).collect()
}

/// How much the operator keeps of a watched object.
fn kept(mutant: &Mutant) -> usize {
    fn printed<K: serde::de::DeserializeOwned + std::fmt::Debug>(object: &Value) -> usize {
        let seen: K = serde_json::from_str(&object.to_string()).unwrap();
        format!("{seen:?}").len()
    }
    let served = mutant.served();
    match mutant.resource {
        "quarantines" => printed::<WatchedQuarantine>(&served),
        "trafficpolicies" => printed::<WatchedTrafficPolicy>(&served),
        "decisions" => printed::<WatchedDecision>(&served),
        "failoverplans" => printed::<WatchedFailoverPlan>(&served),
        "findingsources" => printed::<WatchedFindingSource>(&served),
        "playbooks" => printed::<WatchedPlaybook>(&served),
        "incidents" => printed::<WatchedIncident>(&served),
        "holds" => printed::<WatchedHold>(&served),
        _ => printed::<WatchedAwsAccount>(&served),
    }
}

#[tokio::test(start_paused = true)]
async fn mutants_keep_no_good_object_from_its_life() {
    live_among_mutants(batches_of(0)).await;
}

#[tokio::test(start_paused = true)]
async fn other_mutants_keep_no_good_object_from_its_life() {
    live_among_mutants(batches_of(1)).await;
}

async fn live_among_mutants(batches: Range<usize>) {
    let bench = Bench::of(world(batches.clone()));
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    let mut mutants = seed(&bench, batches.start);
    let running = Running::on(bench, batches.clone());
    for batch in batches.clone() {
        let next = batch + 1;
        assert!(mutants.iter().all(|mutant| kept(mutant) <= MOST_KEPT));
        assert!(mutants.iter().any(|mutant| mutant.bare));
        running.until_named(batch, &mutants).await;
        running.clear(&mutants, next == batches.end).await;
        if next < batches.end {
            // Every other batch comes by the list: the watches are over, and what was missed is too old to be replayed.
            let by_list = if next % 2 == 0 { watched() } else { Vec::new() };
            by_list
                .iter()
                .for_each(|resource| running.bench.api.expire_watches(resource));
            mutants = seed(&running.bench, next);
        }
    }
    running.until_each_is("Contained").await;
    let contained = running.bench.aws.world();
    batches.clone().for_each(|batch| running.bench.let_go(&good(batch)));
    running.until_each_is("Released").await;
    running.assert_all_came_back(&contained);
    running.until_no_more_is_kept_than_there_is().await;
    running.assert_nothing_ended();
}

#[test]
fn there_are_mutants_of_every_kind() {
    let made: BTreeSet<String> = (0..1_000)
        .map(|number| mutant(number, TEAM, ("q", "u")).resource.to_owned())
        .collect();
    assert_eq!(made, KINDS.iter().map(Kind::plural).collect());
}
