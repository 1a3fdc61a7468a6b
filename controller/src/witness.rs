//! Tells machines and people what happened: metrics and Kubernetes Events. Never a value that was written.

use crate::{
    responder::Witness,
    runtime::{EventKind, Events, Metrics, Notice},
};
use firebreak_aws::CallObserver;
use firebreak_core::{access::Service, failure::Failure, write::Write};
use firebreak_crds::{Quarantine, condition::Condition};
use kube::Resource;

/// Conditions whose changes people should hear of.
const TOLD: [&str; 6] = ["Ready", "Stalled", "Approved", "InSync", "Contained", "Halted"];

/// The witness of the running operator.
pub struct Reporter {
    metrics: Metrics,
    events: Events,
}

impl Reporter {
    /// Reports to these.
    pub fn new(metrics: Metrics, events: Events) -> Self {
        Self { metrics, events }
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

    fn reported(&self, object: &Quarantine, before: &[Condition], after: &[Condition]) {
        let about = object.object_ref(&());
        for condition in after.iter().filter(|condition| is_news(condition, before)) {
            let (events, about, notice) = (self.events.clone(), about.clone(), notice(condition));
            tokio::spawn(async move { events.publish(&about, notice).await });
        }
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
    }
}
