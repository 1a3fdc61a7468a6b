//! The whole operator, its watches and lists, among thousands of objects that nobody should have written.

use crate::support::{
    Bench,
    mutants::{Mutant, mutant},
    words::{self, TEAM},
};
use firebreak_aws::memory::{
    ACCOUNT, sample,
    world::{IamRole, World},
};
use firebreak_controller::{
    operator::loops,
    runtime::{Backoff, Clients, Events, Lanes, Leadership, Loop, LoopSettings, Metrics, Pulses, Shutdown},
    seen::{SeenAwsAccount, SeenDecision, SeenHold, SeenQuarantine},
    witness::Reporter,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

/// How many there are in a test that takes about a minute, unless the environment variable FUZZ_OBJECTS says otherwise.
const OBJECTS: usize = 6_000;
/// One long-lived good object beside so many.
const BATCH: usize = 500;
/// So many share a namespace.
const NEIGHBOURS: usize = 25;
const RESYNC: Duration = Duration::from_secs(300);
/// What is watched.
const WATCHED: [&str; 6] = [
    "awsaccounts",
    "decisions",
    "emergencystops",
    "guardrails",
    "holds",
    "quarantines",
];
/// The most that is kept of an object that is watched, in the form in which it is printed.
const MOST_KEPT: usize = 4_096;

/// How many batches there are.
fn batches() -> usize {
    let told = std::env::var("FUZZ_OBJECTS").ok();
    told.map_or(OBJECTS, |told| told.parse().unwrap()).div_ceil(BATCH)
}

fn good(batch: usize) -> String {
    format!("good-{batch}")
}

fn world() -> World {
    let mut world = sample();
    let account = world.accounts.remove(ACCOUNT).unwrap();
    let with_role = |account: firebreak_aws::memory::world::Account, batch| {
        account.with_role(&good(batch), IamRole::of_service("ecs-tasks.amazonaws.com"))
    };
    let account = (0..batches()).fold(account, with_role);
    world.accounts.insert(ACCOUNT.into(), account);
    world
}

/// The operator as it runs, but for its lease.
struct Running {
    bench: Bench,
    metrics: Metrics,
    /// The unreadable objects that were told of, by name.
    told: Arc<Mutex<BTreeSet<String>>>,
    work: JoinSet<()>,
}

impl Running {
    fn on(bench: Bench) -> Self {
        let (metrics, pulses) = (Metrics::new().unwrap(), Pulses::default());
        let told = Arc::<Mutex<BTreeSet<String>>>::default();
        let clients = Clients::sharing(bench.api.client(), &pulses);
        let events = Events::new(clients.request.clone(), "firebreak", "pod");
        let (reporter, names) = (Reporter::new(metrics.clone(), events), Arc::clone(&told));
        let mut responder = bench.rival();
        responder.records = responder.records.telling(Arc::new(move |bad| {
            names.lock().unwrap().insert(bad.name.clone());
            reporter.unreadable(bad);
        }));
        let with = with(&metrics, pulses);
        let (work, _) = loops(RESYNC, &clients, &with, &Arc::new(responder));
        Self {
            bench,
            metrics,
            told,
            work,
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
        let reasons = || (0..batches()).map(|batch| self.bench.ready_reason(&good(batch)));
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
        let all = must_be_named(batch, mutants);
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

    /// The limits go at once, for they hold back every good object; the rest of what is not in a namespace goes as well, so that
    /// one batch costs what another does.
    async fn clear(&self, mutants: &[Mutant]) {
        let api = &self.bench.api;
        let gone = mutants
            .iter()
            .filter(|one| one.namespace.is_none() || one.resource == "quarantines");
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

fn with(metrics: &Metrics, pulses: Pulses) -> Loop {
    Loop {
        lanes: Lanes::new(32, 8),
        backoff: Arc::new(Backoff::new(20_000)),
        metrics: metrics.clone(),
        leadership: Leadership::alone(),
        shutdown: Shutdown::new(),
        pulses,
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
fn must_be_named(batch: usize, mutants: &[Mutant]) -> BTreeSet<String> {
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
        "responseplans" => batch == 0,
        _ => true,
    };
    let all = mutants.iter().filter(|one| is_read(one) && !one.is_readable());
    all.map(|one| one.name.clone()).collect()
}

/// How much the operator keeps of a watched object.
fn kept(mutant: &Mutant) -> usize {
    fn printed<K: serde::de::DeserializeOwned + std::fmt::Debug>(object: &Value) -> usize {
        let seen: K = serde_json::from_str(&object.to_string()).unwrap();
        format!("{seen:?}").len()
    }
    match mutant.resource {
        "quarantines" => printed::<SeenQuarantine>(&mutant.object),
        "decisions" => printed::<SeenDecision>(&mutant.object),
        "holds" => printed::<SeenHold>(&mutant.object),
        _ => printed::<SeenAwsAccount>(&mutant.object),
    }
}

#[tokio::test(start_paused = true)]
async fn mutants_keep_no_good_object_from_its_life() {
    let bench = Bench::of(world());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    let mut mutants = seed(&bench, 0);
    let mut running = Running::on(bench);
    for batch in 1..=batches() {
        assert!(mutants.iter().all(|mutant| kept(mutant) <= MOST_KEPT));
        running.until_named(batch - 1, &mutants).await;
        running.clear(&mutants).await;
        if batch < batches() {
            // Every other batch comes by the list: the watches are over, and what was missed is too old to be replayed.
            let by_list = if batch % 2 == 0 { &WATCHED[..] } else { &[] };
            by_list
                .iter()
                .for_each(|resource| running.bench.api.expire_watches(resource));
            mutants = seed(&running.bench, batch);
        }
    }
    running.until_each_is("Contained").await;
    let contained = running.bench.aws.world();
    (0..batches()).for_each(|batch| running.bench.let_go(&good(batch)));
    running.until_each_is("Released").await;
    let (now, before) = (running.bench.aws.world(), world());
    for batch in 0..batches() {
        let role = |world: &World| world.role(ACCOUNT, &good(batch)).cloned();
        assert_ne!(role(&contained), role(&before), "{} was contained", good(batch));
        assert_eq!(role(&now), role(&before), "{} was released", good(batch));
    }
    assert_eq!(running.metrics.panics_total.get(), 0);
    assert!(
        running.work.try_join_next().is_none(),
        "nothing of the operator has ended"
    );
    for resource in WATCHED {
        assert!(running.bench.api.open_watches(resource) > 0, "{resource}");
    }
}
