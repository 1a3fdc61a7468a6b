//! NotificationChannels: what people are told although processes die, answers are lost, and others write.

use crate::{
    fake_api::{Effect, Match, Verb},
    support::{Bench, words::TEAM},
};
use firebreak_cloud::{courier::Courier, memory::sample};
use firebreak_core::coordinate::notification::{Endpoints, Reply, Request};
use firebreak_crds::{Incident, NotificationChannel, NotificationChannelStatus};
use firebreak_executor::{ReconcileError, notifier::Notifier};
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

/// A provider: it keeps what it is sent, and answers as it is told, otherwise that it took it.
#[derive(Clone, Default)]
struct Provider {
    heard: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<Result<Reply, String>>>>,
}

impl Provider {
    fn answers(&self, status: u16) {
        let reply = Reply {
            status,
            ..Reply::default()
        };
        self.answers.lock().unwrap().push_back(Ok(reply));
    }

    /// What happened, as each message says.
    fn heard(&self) -> Vec<String> {
        let events = |body: &Value| {
            body["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        self.heard
            .lock()
            .unwrap()
            .iter()
            .map(|body| events(body).join("; "))
            .collect()
    }
}

#[async_trait::async_trait]
impl Courier for Provider {
    async fn post(&self, request: &Request) -> Result<Reply, String> {
        self.heard
            .lock()
            .unwrap()
            .push(serde_json::from_str(&request.body).unwrap());
        let told = self.answers.lock().unwrap().pop_front();
        told.unwrap_or_else(|| {
            Ok(Reply {
                status: 200,
                ..Reply::default()
            })
        })
    }
}

/// A channel with its Secret, one open Incident, and a provider.
struct Stage {
    bench: Bench,
    provider: Provider,
    notifier: Notifier,
}

impl Stage {
    fn new() -> Self {
        let (bench, provider) = (Bench::of(sample()), Provider::default());
        bench.api.know("secrets", "Secret", "v1", false);
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hook", "namespace": TEAM},
            "data": {"url": "aHR0cHM6Ly9ob29rLmV4YW1wbGU="}});
        bench.api.seed::<Secret>(&serde_json::from_value(secret).unwrap());
        let channel = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "NotificationChannel",
            "metadata": {"name": "hook", "namespace": TEAM}, "spec": {"webhook": {"secretRef": {"name": "hook"}}}});
        bench
            .api
            .seed::<NotificationChannel>(&serde_json::from_value(channel).unwrap());
        let notifier = notifier(&bench, &provider);
        let stage = Self {
            bench,
            provider,
            notifier,
        };
        stage.declares("leak");
        stage
    }

    fn declares(&self, name: &str) {
        let incident = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
            "metadata": {"name": name, "namespace": TEAM}, "spec": {"title": name, "severity": "High"}});
        self.bench
            .api
            .seed::<Incident>(&serde_json::from_value(incident).unwrap());
    }

    async fn look(&self) -> Result<u64, ReconcileError> {
        let rest = self.notifier.notify(TEAM, "hook", None).await?;
        Ok(rest.unwrap().after)
    }

    /// Looks as often as it is asked for, for so many seconds.
    async fn keep(&self, seconds: u64) {
        let mut left = seconds;
        while left > 0 {
            let wish = self.look().await.unwrap_or(1).clamp(1, left);
            self.bench.pass(i64::try_from(wish).unwrap());
            left -= wish;
        }
    }

    fn status(&self) -> NotificationChannelStatus {
        let channel: NotificationChannel = self.bench.api.get(Some(TEAM), "hook").unwrap();
        channel.status.unwrap()
    }

    fn ready(&self) -> (String, String) {
        let status = self.status();
        let ready = status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
        (ready.status.clone(), ready.reason.clone())
    }
}

fn notifier(bench: &Bench, provider: &Provider) -> Notifier {
    bench.notifier(
        Arc::new(provider.clone()),
        Endpoints {
            slack: "https://slack.com/api".into(),
            pager_duty: None,
        },
    )
}

fn on_status() -> Match {
    Match::verb(Verb::Patch, "notificationchannels").subresource("status")
}

#[tokio::test]
async fn what_was_told_is_remembered_and_told_once() {
    let stage = Stage::new();
    stage.keep(1000).await;
    assert_eq!(stage.provider.heard(), ["opened"]);
    assert_eq!(stage.ready(), ("True".into(), "Delivered".into()));
    stage.declares("other");
    stage.keep(1000).await;
    assert_eq!(stage.provider.heard(), ["opened", "opened"]);
}

#[tokio::test]
async fn a_crash_after_any_write_loses_nothing_and_doubles_one_message_at_most() {
    for (effect, nth) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let mut stage = Stage::new();
        stage.declares("other");
        let crash = if effect == 0 { Effect::Crash } else { Effect::CrashAfter };
        stage.bench.api.fault(on_status().nth(nth), crash);
        tokio::select! {
            biased;
            _ = stage.look() => {}
            () = stage.bench.api.crashed() => {}
        }
        stage.bench.restart();
        stage.notifier = notifier(&stage.bench, &stage.provider);
        stage.keep(1000).await;
        let expected = if effect == 0 { 3 } else { 2 };
        assert_eq!(stage.provider.heard().len(), expected, "write {nth}, effect {effect}");
        assert_eq!(stage.status().told.len(), 2);
    }
}

#[tokio::test]
async fn an_edit_meanwhile_makes_nobody_hear_it_twice() {
    let stage = Stage::new();
    stage.bench.api.just_before(on_status(), |api| {
        api.edit::<NotificationChannel>(Some(TEAM), "hook", |one| one.spec.test = 0);
        api.edit_raw("notificationchannels", Some(TEAM), "hook", |one| {
            one["metadata"]["labels"] = json!({"a": "b"})
        });
    });
    stage.keep(1000).await;
    assert_eq!(stage.provider.heard(), ["opened"]);
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_again_until_it_takes_it() {
    let stage = Stage::new();
    for status in [503, 500, 429] {
        stage.provider.answers(status);
    }
    stage.look().await.unwrap();
    assert_eq!(stage.ready(), ("False".into(), "NotDelivered".into()));
    stage.keep(1000).await;
    assert_eq!(stage.provider.heard().len(), 4);
    assert_eq!((stage.ready().0.as_str(), stage.status().counts.failed), ("True", 3));
}

#[tokio::test]
async fn who_does_not_lead_tells_nothing() {
    let stage = Stage::new();
    stage.bench.lead.set(false);
    assert!(matches!(stage.look().await, Err(ReconcileError::NotLeader)));
    assert!(stage.provider.heard().is_empty());
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_says_so_and_nothing_is_sent() {
    for (code, says) in [(403, "bind a Role"), (404, "create it")] {
        let stage = Stage::new();
        stage
            .bench
            .api
            .fault(Match::verb(Verb::Get, "secrets").always(), Effect::Refuse(code));
        stage.look().await.unwrap();
        assert_eq!(stage.ready(), ("False".into(), "SecretUnreadable".into()));
        let status = stage.status();
        assert!(status.conditions[0].message.contains(says), "{:?}", status.conditions);
        assert!(stage.provider.heard().is_empty());
        stage.bench.api.heal();
        stage.keep(100).await;
        assert_eq!(stage.provider.heard(), ["opened"]);
    }
}

#[tokio::test]
async fn incidents_that_cannot_be_listed_are_not_told_as_deleted() {
    let stage = Stage::new();
    stage.keep(10).await;
    stage
        .bench
        .api
        .fault(Match::verb(Verb::List, "incidents"), Effect::Refuse(500));
    assert!(stage.look().await.is_err());
    stage.keep(1000).await;
    assert_eq!(stage.provider.heard(), ["opened"]);
    stage.bench.api.delete::<Incident>(Some(TEAM), "leak");
    stage.keep(1000).await;
    assert_eq!(stage.provider.heard().len(), 2);
    assert!(stage.status().told.is_empty());
}

#[tokio::test]
async fn a_channel_that_cannot_be_read_says_so_and_stops_no_other() {
    let stage = Stage::new();
    let bad = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "NotificationChannel",
        "metadata": {"name": "bad", "namespace": TEAM}, "spec": {"webhook": 7}});
    stage.bench.api.seed_raw(&bad);
    assert!(stage.notifier.notify(TEAM, "bad", None).await.is_err());
    let bad = stage.bench.api.raw("notificationchannels", Some(TEAM), "bad").unwrap();
    assert_eq!(bad["status"]["conditions"][0]["reason"], "Unreadable");
    stage.keep(10).await;
    assert_eq!(stage.provider.heard(), ["opened"]);
}
