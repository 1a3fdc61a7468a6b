//! Tells machines and people what happened: metrics and Kubernetes Events. Never a value that was written.

use crate::{
    responder::Witness,
    runtime::{EventKind, Events, Metrics, Notice},
};
use firebreak_aws::CallObserver;
use firebreak_core::{
    access::Service,
    failure::{self, Failure},
    write::Write,
};
use firebreak_crds::{Hold, Quarantine, Unreadable, condition::Condition};
use kube::{Resource, ResourceExt};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Conditions whose changes people should hear of.
const TOLD: [&str; 6] = ["Ready", "Stalled", "Approved", "InSync", "Contained", "Halted"];

/// The witness of the running operator.
pub struct Reporter {
    metrics: Metrics,
    events: Events,
    unreadable: Mutex<Told>,
}

/// The unreadable objects that were told of, by UID, each with what was said.
type Told = HashMap<String, String>;

/// The most unreadable objects that are remembered; when there are more, they are told of again.
const REMEMBERED: usize = 1_000;

impl Reporter {
    /// Reports to these.
    pub fn new(metrics: Metrics, events: Events) -> Self {
        Self {
            metrics,
            events,
            unreadable: Mutex::default(),
        }
    }

    /// Tells of an object that cannot be read: once, until something else is wrong with it.
    pub fn unreadable(&self, bad: &Unreadable) {
        if !self.is_new(bad) {
            return;
        }
        tracing::warn!(object = %bad, "an object cannot be read and is skipped");
        self.metrics
            .unreadable_objects_total
            .with_label_values(&[&bad.kind])
            .inc();
        let (events, about, notice) = (self.events.clone(), bad.object_ref(), unread(bad));
        tokio::spawn(async move { events.publish(&about, notice).await });
    }

    fn is_new(&self, bad: &Unreadable) -> bool {
        let mut told = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(&bad.uid) == Some(&bad.why) {
            return false;
        }
        if told.len() >= REMEMBERED {
            told.clear();
        }
        told.insert(bad.uid.clone(), bad.why.clone());
        true
    }
}

fn unread(bad: &Unreadable) -> Notice {
    Notice {
        kind: EventKind::Warning,
        reason: "Unreadable".into(),
        action: "Read".into(),
        note: format!("{bad}; it is skipped until the operator is upgraded or the field is put right"),
    }
}

impl Witness for Reporter {
    fn wrote(&self, write: &Write, result: Result<(), &Failure>) {
        self.metrics.writes_total.with_label_values(&[write.permission()]).inc();
        if let Err(failure) = result {
            tracing::warn!(call = failure.call, code = failure.code, class = ?failure.class, "an AWS write was refused");
        }
    }

    fn reasserted(&self) {
        self.metrics.drift_reasserted_total.inc();
    }

    fn drifted(&self) {
        self.metrics.drift_detected_total.inc();
    }

    fn orphaned(&self, object: &Quarantine, hold: &Hold) {
        let (events, about, notice) = (self.events.clone(), object.object_ref(&()), left_behind(object, hold));
        tokio::spawn(async move { events.publish(&about, notice).await });
    }

    fn reported(&self, object: &Quarantine, before: &[Condition], after: &[Condition]) {
        let about = object.object_ref(&());
        for condition in after.iter().filter(|condition| is_news(condition, before)) {
            let (events, about, notice) = (self.events.clone(), about.clone(), notice(condition));
            tokio::spawn(async move { events.publish(&about, notice).await });
        }
    }
}

/// A deletion that did not put everything back: what is left, and its way back.
fn left_behind(object: &Quarantine, hold: &Hold) -> Notice {
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    let key = &hold.spec.key;
    Notice {
        kind: EventKind::Warning,
        reason: "Orphaned".into(),
        action: "Delete".into(),
        note: format!(
            "{} of {} is not put back: its custody is left behind in Hold {}. kubectl firebreak release {name} -n {namespace} puts it back",
            key.field,
            key.resource,
            hold.name_any()
        ),
    }
}

fn is_news(condition: &Condition, before: &[Condition]) -> bool {
    let old = before.iter().find(|old| old.type_ == condition.type_);
    TOLD.contains(&condition.type_.as_str())
        && old.map(|old| (&old.status, &old.reason)) != Some((&condition.status, &condition.reason))
        && !(old.is_none() && condition.status != "True")
}

/// Stalled and Halted are bad when True, everything else when it is lost.
fn notice(condition: &Condition) -> Notice {
    let bad = match condition.type_.as_str() {
        "Stalled" | "Halted" => condition.status == "True",
        _ => condition.status == "Unknown" || condition.reason.starts_with("Drift"),
    };
    Notice {
        kind: if bad { EventKind::Warning } else { EventKind::Normal },
        reason: condition.reason.clone(),
        action: condition.type_.clone(),
        note: condition.message.clone(),
    }
}

impl CallObserver for Reporter {
    fn called(&self, service: Service, call: &'static str, outcome: &str, seconds: f64) {
        let service = format!("{service:?}");
        self.metrics
            .aws_requests_total
            .with_label_values(&[&service, call, outcome])
            .inc();
        self.metrics
            .aws_request_seconds
            .with_label_values(&[service.as_str(), call])
            .observe(seconds);
        if outcome != "ok" && failure::is_unlisted(call, outcome) {
            let labels = [service.as_str(), call];
            self.metrics.aws_unlisted_codes_total.with_label_values(&labels).inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn orphaned_custody_is_told_with_its_way_back() {
        let metadata = json!({"name": "payments", "namespace": "incident"});
        let object: Quarantine =
            serde_json::from_value(json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
            "metadata": metadata, "spec": {"accountRef": {"name": "a"}, "region": "us-east-1",
            "target": {"s3Bucket": {"bucket": "b"}}}}))
            .unwrap();
        let spec = json!({"key": {"accountId": "1", "region": "global", "resource": "arn:b", "field": "BucketPolicy"},
            "state": "Orphaned", "accountName": "a", "region": "us-east-1", "cell": {}, "order": 0, "holders": [],
            "account": {"accountId": "123456789012", "environment": "Staging", "regions": ["us-east-1"], "grants": [],
                        "roles": {"read": "r", "contain": "c"}}});
        let hold = Hold::new("hold-1", serde_json::from_value(spec).unwrap());
        let notice = left_behind(&object, &hold);
        assert_eq!((notice.kind, notice.reason.as_str()), (EventKind::Warning, "Orphaned"));
        assert!(
            notice
                .note
                .contains("Hold hold-1. kubectl firebreak release payments -n incident puts it back")
        );
    }
}
