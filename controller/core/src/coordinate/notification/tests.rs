//! Tables: what is told, in which form, and what is remembered.

mod forms;
mod telling;

use super::{
    About, Answered, Effect, Secret, SecretProblem, Seen, Send, Subject, World, decide, delivered, world::Pending,
};
use firebreak_crds::{NotificationChannel, Severity, incident::IncidentState};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A channel with what it knows, at a moment.
struct Stage {
    world: World,
    now: Timestamp,
}

impl Stage {
    fn new(spec: &Value) -> Self {
        let object = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "NotificationChannel",
            "metadata": {"name": "chat", "namespace": "payments", "uid": "c-1", "generation": 3}, "spec": spec});
        let channel: NotificationChannel = serde_json::from_value(object).unwrap();
        let keys = ["token", "url", "routingKey", "signingKey"];
        let secret = keys.map(|key| (key.to_owned(), format!("https://example.com/{key}")));
        Self {
            world: World {
                subject: Subject::of(&channel),
                others: BTreeMap::new(),
                incidents: BTreeMap::new(),
                secret: Ok(Secret(secret.into())),
                operator_leads: Some(true),
            },
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
        }
    }

    fn webhook() -> Self {
        Self::new(&json!({"webhook": {"secretRef": {"name": "hook"}}}))
    }

    /// An Incident that is open and unacknowledged.
    fn open(&mut self, name: &str, severity: Severity) -> &mut Seen {
        let seen = Seen {
            uid: format!("uid-{name}"),
            name: name.into(),
            since: self.now,
            severity,
            drill: false,
            type_: Some("Trojan:EC2/DropPoint".into()),
            state: IncidentState::Open,
            acknowledged: false,
            outcome: None,
            pending: Vec::new(),
        };
        self.world.incidents.entry(seen.uid.clone()).or_insert(seen)
    }

    fn seen(&mut self, name: &str) -> &mut Seen {
        self.world.incidents.get_mut(&format!("uid-{name}")).unwrap()
    }

    fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    fn due(&self) -> Option<Send> {
        match decide(&self.world, self.now) {
            Effect::Send(send) => Some(*send),
            Effect::Rest(_) => None,
        }
    }

    fn rest(&self) -> super::Rest {
        match decide(&self.world, self.now) {
            Effect::Rest(rest) => *rest,
            Effect::Send(send) => panic!("{send:?} is due"),
        }
    }

    fn answer(&mut self, answer: &Answered) -> Send {
        let send = self.due().unwrap();
        self.world.subject.status = delivered(&self.world, &send, answer, self.now);
        send
    }

    /// Everything that is due is taken; what each message says, and then the rest is reported.
    fn told(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        while self.due().is_some() {
            assert!(all.len() < 100, "it is told for ever: {all:?}");
            let send = self.answer(&Answered::Taken { thread: None });
            all.extend(send.posts.iter().map(|post| said(&post.body)));
        }
        self.world.subject.status = self.rest().status;
        all
    }

    fn reason(&self, kind: &str) -> (String, String) {
        let conditions = self.rest().status.conditions;
        let one = conditions.iter().find(|one| one.type_ == kind).unwrap();
        (one.status.clone(), one.reason.clone())
    }
}

fn said(body: &Value) -> String {
    let events = body["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event.as_str().unwrap())
        .collect::<Vec<_>>()
        .join("; ")
}

fn waits(object: &str) -> Pending {
    Pending {
        kind: "Quarantine".into(),
        object: object.into(),
        failed: false,
    }
}

fn name_of(send: &Send) -> &str {
    match &send.about {
        About::Incident { name, .. } => name,
        other => panic!("{other:?}"),
    }
}
