//! The controller loop on a real kube `Controller` and the fake API server: who runs, when, and who never does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_api;

use fake_api::FakeApi;
use firebreak_controller::runtime::{
    About, Backoff, Leadership, Loop, LoopSettings, Metrics, NextLook, Permits, Priority, Reason, Shutdown, Trigger,
    WatchLiveness, controller_loop, shutdown::drain, watches,
};
use firebreak_crds::Quarantine;
use futures::{StreamExt, channel::mpsc, future::BoxFuture};
use kube::{Api, Resource, runtime::reflector::ObjectRef};
use serde_json::json;
use std::{
    fmt,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

const NS: Option<&str> = Some("team");

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl Reason for Broken {
    fn reason(&self) -> &'static str {
        "Broken"
    }
}

fn quarantine(name: &str) -> Quarantine {
    serde_json::from_value(json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": { "name": name, "namespace": "team" },
        "spec": {
            "accountRef": { "name": "production" }, "region": "us-east-1",
            "target": { "ecsService": { "cluster": "prod", "service": name, "method": "Isolate" } },
        },
    }))
    .unwrap()
}

/// What ran: when, name and uid.
type Runs = Arc<Mutex<Vec<(Duration, String, String)>>>;
type Act = fn(String, u32) -> BoxFuture<'static, Result<NextLook, Broken>>;

struct Bench {
    api: FakeApi,
    with: Loop,
    runs: Runs,
    triggers: mpsc::UnboundedSender<Trigger<Quarantine>>,
    work: JoinSet<()>,
}

/// Starts a controller whose reconcile notes itself and then does `act` with the name and how often that name ran.
fn bench(api: FakeApi, permits: Permits, leadership: Leadership, act: Act) -> Bench {
    let with = Loop {
        permits,
        backoff: Arc::new(Backoff::new(100)),
        metrics: Metrics::new().unwrap(),
        leadership,
        shutdown: Shutdown::new(),
        liveness: WatchLiveness::default(),
        settings: LoopSettings {
            deadline: Duration::from_secs(60),
            ..LoopSettings::default()
        },
    };
    let runs = Runs::default();
    let (noted, start) = (Arc::clone(&runs), Instant::now());
    let (triggers, triggered) = mpsc::unbounded();
    let urgent =
        |object: &Quarantine| object.meta().generation != object.status.as_ref().and_then(|s| s.observed_generation);
    let running = controller_loop(
        with.clone(),
        watches::objects(Api::<Quarantine>::all(api.client()), &with),
        About {
            urgent,
            tenant: Box::new(|object: &Quarantine| Some(Arc::from(object.spec.account_ref.name.as_str()))),
        },
        triggered,
        move |object: ObjectRef<Quarantine>, uid| {
            let mut runs = noted.lock().unwrap();
            runs.push((start.elapsed(), object.name.clone(), uid));
            let count = runs.iter().filter(|run| run.1 == object.name).count();
            act(object.name, u32::try_from(count).unwrap())
        },
    );
    let mut work = JoinSet::new();
    work.spawn(running.controller);
    Bench {
        api,
        with,
        runs,
        triggers,
        work,
    }
}

fn simple(act: Act) -> Bench {
    bench(FakeApi::new(), Permits::new(10, 2), Leadership::alone(), act)
}

fn settled(_: String, _: u32) -> BoxFuture<'static, Result<NextLook, Broken>> {
    Box::pin(async { Ok(NextLook::OnChange) })
}

impl Bench {
    fn names(&self) -> Vec<String> {
        self.runs.lock().unwrap().iter().map(|run| run.1.clone()).collect()
    }

    fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|ran| *ran == name).count()
    }
}

async fn seconds(n: u64) {
    sleep(Duration::from_secs(n)).await;
}

#[tokio::test(start_paused = true)]
async fn a_panicking_object_never_stops_the_others() {
    let bench = simple(|name, _| {
        Box::pin(async move {
            if name == "bad" {
                panic!("bug")
            } else {
                Ok(NextLook::After(Duration::from_secs(10)))
            }
        })
    });
    for name in ["bad", "good", "fine"] {
        bench.api.seed(&quarantine(name));
    }
    seconds(600).await;
    assert!(bench.count("good") >= 55 && bench.count("fine") >= 55);
    let bad = bench.count("bad");
    assert!((2..20).contains(&bad), "it is tried again, ever more rarely: {bad}");
    assert_eq!(bench.with.metrics.panics_total.get(), bad as u64);
    let text = bench.with.metrics.text().unwrap();
    assert!(
        text.contains(r#"reconcile_total{kind="Quarantine",reason="InternalError",result="panic"}"#),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hanging_object_is_ended_at_its_deadline_and_holds_no_permit() {
    let bench = bench(FakeApi::new(), Permits::new(1, 0), Leadership::alone(), |name, _| {
        Box::pin(async move {
            if name == "hangs" {
                std::future::pending().await
            } else {
                Ok(NextLook::OnChange)
            }
        })
    });
    bench.api.seed(&quarantine("hangs"));
    seconds(1).await;
    bench.api.seed(&quarantine("waits"));
    seconds(58).await;
    assert_eq!(bench.count("waits"), 0);
    seconds(2).await;
    assert_eq!(bench.count("waits"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_looks_all_hang_keeps_no_other_account_waiting() {
    let bench = bench(FakeApi::new(), Permits::new(8, 2), Leadership::alone(), |name, _| {
        Box::pin(async move {
            if name.starts_with("slow") {
                std::future::pending().await
            } else {
                Ok(NextLook::OnChange)
            }
        })
    });
    for seen in [None, Some(1)] {
        for n in 0..20 {
            let mut object = quarantine(&format!("slow-{n:02}-{}", priority(seen)));
            object.spec.account_ref.name = "slow".into();
            bench.api.seed(&with_seen(object, seen));
        }
    }
    seconds(1).await;
    assert_eq!(bench.names().len(), 3 + 3, "half of the permits of each priority");
    for seen in [None, Some(1)] {
        bench.api.seed(&with_seen(quarantine(priority(seen)), seen));
    }
    seconds(1).await;
    assert_eq!([bench.count("urgent"), bench.count("drift")], [1, 1]);
}

fn priority(seen: Option<i64>) -> &'static str {
    if seen.is_none() { "urgent" } else { "drift" }
}

fn with_seen(mut object: Quarantine, generation: Option<i64>) -> Quarantine {
    object.status = Some(serde_json::from_value(json!({ "observedGeneration": generation })).unwrap());
    object
}

#[tokio::test(start_paused = true)]
async fn failures_wait_ever_longer_and_a_success_forgets_them() {
    let bench = simple(|_, run| {
        Box::pin(async move {
            if run % 8 == 0 {
                Ok(NextLook::After(Duration::from_secs(1)))
            } else {
                Err(Broken)
            }
        })
    });
    bench.api.seed(&quarantine("a"));
    seconds(3_600).await;
    let runs = bench.runs.lock().unwrap().clone();
    let uid = &runs[0].2;
    let waits: Vec<Duration> = runs.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let key = firebreak_controller::runtime::ObjectKey {
        namespace: "team".into(),
        name: "a".into(),
        uid: uid.clone(),
    };
    let model = Backoff::new(1);
    let wanted: Vec<Duration> = (0..7).map(|_| model.failed(&key)).collect();
    for (wait, wanted) in waits.iter().zip(&wanted) {
        assert!(
            wait.abs_diff(*wanted) < Duration::from_millis(50),
            "{waits:?} {wanted:?}"
        );
    }
    assert!(waits[7].abs_diff(Duration::from_secs(1)) < Duration::from_millis(50));
    assert!(
        waits[8].abs_diff(wanted[0]) < Duration::from_millis(50),
        "it starts afresh: {waits:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn edits_finalizers_deletions_and_triggers_are_looked_at_and_status_writes_are_not() {
    let bench = simple(settled);
    bench.api.seed(&quarantine("a"));
    seconds(5).await;
    let after = |change: fn(&mut Quarantine)| {
        bench.api.edit::<Quarantine>(NS, "a", change);
        let bench = &bench;
        async move {
            seconds(5).await;
            bench.count("a")
        }
    };
    assert_eq!(
        after(|q| q.status = Some(serde_json::from_value(json!({ "observedGeneration": 1 })).unwrap())).await,
        1
    );
    assert_eq!(after(|q| q.spec.reason = Some("x".into())).await, 2);
    assert_eq!(
        after(|q| q.metadata.finalizers = Some(vec!["firebreak.dev/custody".into()])).await,
        3
    );
    bench.api.delete::<Quarantine>(NS, "a");
    seconds(5).await;
    assert_eq!(bench.count("a"), 4);
    let trigger = Trigger {
        object: ObjectRef::new("a").within("team"),
        priority: Priority::Urgent,
        after: Duration::ZERO,
    };
    bench.triggers.unbounded_send(trigger).unwrap();
    seconds(5).await;
    assert_eq!(bench.count("a"), 5);
    let waits = bench
        .with
        .metrics
        .queue_wait_seconds
        .with_label_values(&["urgent"])
        .get_sample_count();
    assert_eq!(waits, 5, "all of these somebody waits for");
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_is_made_good_by_the_slow_resync() {
    let bench = simple(settled);
    bench.api.seed(&quarantine("a"));
    seconds(5).await;
    bench.api.drop_next_events("quarantines", 1);
    bench
        .api
        .edit::<Quarantine>(NS, "a", |q| q.spec.reason = Some("x".into()));
    seconds(4_400).await;
    assert_eq!(bench.count("a"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_object_recreated_while_it_waited_runs_only_as_the_new_one() {
    let bench = bench(FakeApi::new(), Permits::new(1, 0), Leadership::alone(), |name, _| {
        Box::pin(async move {
            if name == "slow" {
                seconds(30).await;
            }
            Ok(NextLook::OnChange)
        })
    });
    bench.api.seed(&quarantine("slow"));
    seconds(1).await;
    let old = bench.api.seed(&quarantine("a"));
    seconds(1).await;
    bench.api.remove::<Quarantine>(NS, "a");
    seconds(1).await;
    let new = bench.api.seed(&quarantine("a"));
    seconds(60).await;
    let uids: Vec<String> = bench
        .runs
        .lock()
        .unwrap()
        .iter()
        .filter(|run| run.1 == "a")
        .map(|run| run.2.clone())
        .collect();
    assert!(
        !uids.is_empty() && uids.iter().all(|uid| Some(uid) == new.metadata.uid.as_ref()),
        "{uids:?}"
    );
    assert_ne!(old.metadata.uid, new.metadata.uid);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_went_while_it_waited_does_not_run() {
    let bench = bench(FakeApi::new(), Permits::new(1, 0), Leadership::alone(), |_, _| {
        Box::pin(async {
            seconds(30).await;
            Ok(NextLook::OnChange)
        })
    });
    bench.api.seed(&quarantine("first"));
    seconds(1).await;
    bench.api.seed(&quarantine("gone"));
    seconds(1).await;
    bench.api.remove::<Quarantine>(NS, "gone");
    seconds(100).await;
    assert_eq!(bench.names(), ["first"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_an_object_that_waits_in_the_drift_lane_passes_the_others() {
    let api = FakeApi::new();
    for n in 0..200 {
        let mut object = quarantine(&format!("q-{n:03}"));
        object.status = Some(serde_json::from_value(json!({ "observedGeneration": 1 })).unwrap());
        api.seed(&object);
    }
    let bench = bench(api, Permits::new(2, 1), Leadership::alone(), |_, _| {
        Box::pin(async {
            seconds(1).await;
            Ok(NextLook::OnChange)
        })
    });
    seconds(5).await;
    let last = (0..200)
        .map(|n| format!("q-{n:03}"))
        .rfind(|name| bench.count(name) == 0)
        .unwrap();
    bench
        .api
        .edit::<Quarantine>(NS, &last, |q| q.spec.reason = Some("now".into()));
    seconds(3).await;
    assert!(bench.count(&last) >= 1, "some 190 others were before it");
    seconds(400).await;
    let missing = (0..200).filter(|n| bench.count(&format!("q-{n:03}")) == 0).count();
    assert_eq!(missing, 0, "and nobody starved");
}

#[tokio::test(start_paused = true)]
async fn events_that_were_held_repeated_or_expired_change_nothing_in_the_end() {
    let bench = simple(settled);
    bench.api.seed(&quarantine("a"));
    seconds(5).await;
    bench.api.repeat_next_events("quarantines", 2);
    bench.api.hold_events("quarantines");
    bench.api.seed(&quarantine("b"));
    seconds(5).await;
    assert_eq!(bench.count("b"), 0);
    bench.api.release_events("quarantines");
    seconds(5).await;
    bench.api.expire_watches("quarantines");
    bench.api.seed(&quarantine("c"));
    seconds(60).await;
    assert_eq!((bench.count("a"), bench.count("b"), bench.count("c")), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_takes_no_new_work_and_finishes_what_runs() {
    let mut bench = bench(FakeApi::new(), Permits::new(1, 0), Leadership::alone(), |_, _| {
        Box::pin(async {
            seconds(20).await;
            Ok(NextLook::OnChange)
        })
    });
    bench.api.seed(&quarantine("runs"));
    seconds(1).await;
    bench.api.seed(&quarantine("waits"));
    seconds(1).await;
    bench.with.shutdown.begin();
    let at = Instant::now();
    assert!(drain(std::mem::take(&mut bench.work), Duration::from_secs(30)).await);
    assert!((17..=18).contains(&at.elapsed().as_secs()), "{:?}", at.elapsed());
    assert_eq!(bench.names(), ["runs"]);
    let ok = bench
        .with
        .metrics
        .reconcile_total
        .with_label_values(&["Quarantine", "ok", "None"])
        .get();
    assert_eq!(ok, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_before_this_process_leads_and_a_lost_lease_cancels_what_runs() {
    use firebreak_controller::runtime::{Elector, LeaseSettings};
    let api = FakeApi::new();
    api.seed(&quarantine("a"));
    let settings = LeaseSettings::new("firebreak", "leader", "me");
    let (elector, leadership) = Elector::new(api.client(), settings).unwrap();
    let mut bench = bench(api, Permits::new(1, 0), leadership, |_, _| {
        Box::pin(std::future::pending())
    });
    seconds(60).await;
    assert!(bench.names().is_empty(), "standby");
    let elector = tokio::spawn(elector.run(std::future::pending()));
    seconds(30).await;
    assert_eq!(bench.names(), ["a"]);
    bench
        .api
        .remove::<k8s_openapi::api::coordination::v1::Lease>(Some("firebreak"), "leader");
    elector.await.unwrap();
    let at = Instant::now();
    assert!(drain(std::mem::take(&mut bench.work), Duration::from_secs(30)).await);
    assert!(at.elapsed() < Duration::from_secs(1), "at once");
    let stopped = bench
        .with
        .metrics
        .reconcile_total
        .with_label_values(&["Quarantine", "stopped", "NotLeader"])
        .get();
    assert_eq!(stopped, 1);
}

#[tokio::test(start_paused = true)]
async fn the_store_is_announced_when_it_is_filled() {
    let api = FakeApi::new();
    api.seed(&quarantine("a"));
    let bench = bench(api.clone(), Permits::new(1, 0), Leadership::alone(), settled);
    let running = controller_loop(
        bench.with.clone(),
        watches::objects(Api::<Quarantine>::all(api.client()), &bench.with),
        About {
            urgent: |_| false,
            tenant: Box::new(|_| None),
        },
        futures::stream::pending().boxed(),
        |_, _| settled(String::new(), 0),
    );
    assert!(!running.synced.load(Ordering::Relaxed));
    let task = tokio::spawn(running.controller);
    seconds(1).await;
    assert!(running.synced.load(Ordering::Relaxed));
    assert_eq!(running.store.len(), 1);
    task.abort();
}
