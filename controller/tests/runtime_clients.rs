//! The clients: reads are retried a few times, writes never; a quiet watch is alive. Health speaks HTTP; Events change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_api;

use fake_api::{Effect, FakeApi, Match, Verb};
use firebreak_controller::runtime::{
    Checks, Clients, EventKind, Events, Health, Metrics, Notice, Permits, Priority, WatchLiveness,
};
use futures::StreamExt;
use k8s_openapi::api::{
    core::v1::{ConfigMap, ObjectReference},
    events::v1::Event,
};
use kube::{
    Api,
    api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, sleep},
};

fn map(name: &str) -> ConfigMap {
    let metadata = ObjectMeta {
        name: Some(name.into()),
        namespace: Some("team".into()),
        ..ObjectMeta::default()
    };
    ConfigMap {
        metadata,
        ..ConfigMap::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_sent_once_whatever_the_server_answers() {
    let api = FakeApi::new();
    let maps: Api<ConfigMap> = Api::namespaced(
        Clients::sharing(api.client(), &WatchLiveness::default()).request,
        "team",
    );
    api.seed(&map("a"));
    api.fault(Match::any().always(), Effect::RefuseAfter(504));
    let generated = ConfigMap {
        metadata: ObjectMeta {
            generate_name: Some("run-".into()),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    };
    assert!(maps.create(&PostParams::default(), &generated).await.is_err());
    let patch = Patch::Merge(json!({ "data": { "a": "b" } }));
    assert!(maps.patch("a", &PatchParams::default(), &patch).await.is_err());
    assert!(maps.delete("a", &Default::default()).await.is_err());
    assert_eq!(api.count(&Match::any()), 3);
    assert_eq!(api.all::<ConfigMap>().len(), 1, "one was made, once, and one deleted");
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_four_times_within_seconds() {
    let api = FakeApi::new();
    api.seed(&map("a"));
    let maps: Api<ConfigMap> = Api::namespaced(
        Clients::sharing(api.client(), &WatchLiveness::default()).request,
        "team",
    );
    for busy in [429, 503, 504] {
        api.fault(Match::verb(Verb::Get, "configmaps").times(3), Effect::Refuse(busy));
        assert!(maps.get("a").await.is_ok());
    }
    api.forget_calls();
    api.fault(Match::verb(Verb::List, "configmaps").always(), Effect::Refuse(429));
    let at = Instant::now();
    assert!(maps.list(&ListParams::default()).await.is_err());
    assert_eq!(api.count(&Match::any()), 4);
    assert!(at.elapsed() < Duration::from_secs(5), "{:?}", at.elapsed());
    api.fault(Match::verb(Verb::Get, "configmaps"), Effect::Refuse(500));
    assert!(maps.get("a").await.is_err(), "a 500 is for the caller to judge");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_is_alive_and_one_whose_server_is_gone_is_dead() {
    let api = FakeApi::new();
    let liveness = WatchLiveness::default();
    liveness.expect("configmaps");
    let client = Clients::sharing(api.client(), &liveness).watch;
    let events = watcher(Api::<ConfigMap>::all(client), watcher::Config::default().timeout(120)).default_backoff();
    let watching = tokio::spawn(events.for_each(|_| async {}));
    let timeout = Duration::from_secs(120);
    sleep(Duration::from_secs(3_600)).await;
    assert!(
        liveness.dead(timeout).is_empty(),
        "no event for an hour, but the server answered each watch"
    );
    api.fault(Match::verb(Verb::Watch, "configmaps").always(), Effect::Hang);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(liveness.dead(timeout), ["configmaps"]);
    watching.abort();
}

/// The status line and the body of a plain HTTP GET.
async fn http(health: &Health, path: &str) -> (u16, String) {
    let mut socket = tokio::net::TcpStream::connect(health.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn probes_tell_waiting_from_dead_and_metrics_are_fresh() {
    let ready = Arc::new(AtomicBool::new(false));
    let permits = Permits::new(2, 1);
    let metrics = Metrics::new().unwrap();
    let (flag, gauge) = (Arc::clone(&ready), metrics.clone());
    let checks = Checks::default()
        .ready(move || {
            if flag.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err("stores are not filled".into())
            }
        })
        .permits(permits.clone(), Duration::ZERO)
        .watches(WatchLiveness::default(), Duration::from_secs(120))
        .refresh(move || gauge.lease_is_leader.set(1));
    let health = Health::serve("127.0.0.1:0".parse().unwrap(), checks, metrics)
        .await
        .unwrap();
    assert_eq!(http(&health, "/readyz").await, (503, "stores are not filled\n".into()));
    assert_eq!(http(&health, "/livez").await.0, 200, "waiting is not dead");
    ready.store(true, Ordering::Relaxed);
    assert_eq!(http(&health, "/readyz").await, (200, "ok\n".into()));
    let stuck = permits.acquire(Priority::Drift).await;
    assert_eq!(
        http(&health, "/livez").await.0,
        503,
        "somebody sits on a permit for longer than 3 × the deadline"
    );
    drop(stuck);
    assert!(
        http(&health, "/metrics")
            .await
            .1
            .contains("firebreak_lease_is_leader 1")
    );
}

fn notice(note: &str) -> Notice {
    Notice {
        kind: EventKind::Warning,
        reason: "DriftDetected".into(),
        action: "Hold".into(),
        note: note.into(),
    }
}

#[tokio::test]
async fn a_changed_note_is_a_new_event_and_the_same_note_a_series() {
    let api = FakeApi::new();
    let about = ObjectReference {
        namespace: Some("team".into()),
        name: Some("api".into()),
        uid: Some("1".into()),
        ..ObjectReference::default()
    };
    let events = Events::new(api.client(), "firebreak", "firebreak-0");
    for note in ["desired count is 2", "desired count is 2", "desired count is 3"] {
        events.publish(&about, notice(note)).await;
    }
    let mut written: Vec<(String, Option<i32>)> = api
        .all::<Event>()
        .into_iter()
        .map(|e| (e.note.unwrap(), e.series.map(|s| s.count)))
        .collect();
    written.sort();
    assert_eq!(
        written,
        [
            ("desired count is 2".into(), Some(2)),
            ("desired count is 3".into(), None)
        ]
    );
}

#[tokio::test]
async fn an_event_that_cannot_be_written_fails_nothing() {
    let api = FakeApi::new();
    api.fault(Match::any().always(), Effect::Refuse(403));
    Events::new(api.client(), "firebreak", "firebreak-0")
        .publish(&ObjectReference::default(), notice("x"))
        .await;
    assert_eq!(api.count(&Match::any()), 1);
}
