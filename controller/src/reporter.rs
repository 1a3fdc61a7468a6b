//! Tells machines and people what happened: metrics and Kubernetes Events. Never a value that was written.

use crate::runtime::{EventKind, Events, Metrics, Notice};
use firebreak_cloud::CallObserver;
use firebreak_core::{
    aws::{
        Write,
        access::Service,
        failure::{self, Failure},
    },
    respond::Object,
    run::{act::Deed, custody},
};
use firebreak_crds::{FailoverPlan, FindingSource, Hold, Incident, Quarantine, Unreadable, condition::Condition};
use firebreak_executor::Reporter;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::{Resource, ResourceExt};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Conditions whose changes people should hear of, the one that says most first.
const TOLD: [&str; 11] = [
    "Stalled",
    "Contained",
    "Enforced",
    "InSync",
    "Approved",
    "Halted",
    "Acknowledged",
    "Recovered",
    "Resolved",
    "Reviewed",
    "Ready",
];

/// What the running operator reports to.
pub struct EventReporter {
    metrics: Metrics,
    events: Events,
    unreadable: Mutex<Told>,
}

/// The unreadable objects that were told of, by UID, each with what was said.
type Told = HashMap<String, String>;

/// The most unreadable objects that are remembered; when there are more, they are told of again.
const REMEMBERED: usize = 1_000;

impl EventReporter {
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

    fn tell(&self, about: &ObjectReference, before: &[Condition], after: &[Condition]) {
        for notice in news(before, after) {
            let (events, about) = (self.events.clone(), about.clone());
            tokio::spawn(async move { events.publish(&about, notice).await });
        }
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

impl Reporter for EventReporter {
    fn wrote(&self, write: &Write, result: Result<(), &Failure>) {
        self.metrics
            .writes_total
            .with_label_values(&[write.call().action])
            .inc();
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

    fn orphaned(&self, object: &Object, hold: &Hold, home: &str) {
        let (events, about, notice) = (self.events.clone(), reference(object), left_behind(hold, home));
        tokio::spawn(async move { events.publish(&about, notice).await });
    }

    fn custody_refused(&self, hold: &Hold) {
        let (events, about, notice) = (self.events.clone(), hold.object_ref(&()), refused(hold));
        tokio::spawn(async move { events.publish(&about, notice).await });
    }

    fn reported(&self, object: &Object, before: &[Condition], after: &[Condition]) {
        self.tell(&reference(object), before, after);
    }

    fn coordinated(&self, object: &Incident, before: &[Condition], after: &[Condition]) {
        self.tell(&object.object_ref(&()), before, after);
    }

    fn received(&self, object: &FindingSource, before: &[Condition], after: &[Condition]) {
        self.tell(&object.object_ref(&()), before, after);
    }

    fn performed(&self, deed: &Deed, result: Result<(), &Failure>) {
        self.metrics.writes_total.with_label_values(&[deed.action()]).inc();
        if let Err(failure) = result {
            tracing::warn!(call = failure.call, code = failure.code, class = ?failure.class, "a call of a failover was refused");
        }
    }

    fn failed_over(&self, object: &FailoverPlan, before: &[Condition], after: &[Condition]) {
        self.tell(&object.object_ref(&()), before, after);
    }

    fn left(&self, object: &Quarantine, message: &str) {
        let notice = Notice {
            kind: EventKind::Warning,
            reason: "IncidentDeleted".into(),
            action: "Keep".into(),
            note: message.to_owned(),
        };
        let (events, about) = (self.events.clone(), object.object_ref(&()));
        tokio::spawn(async move { events.publish(&about, notice).await });
    }
}

fn reference(object: &Object) -> ObjectReference {
    match object {
        Object::Quarantine(object) => object.object_ref(&()),
        Object::TrafficPolicy(object) => object.object_ref(&()),
    }
}

/// AWS refuses for good what an orphan asks for: what, and how to end that.
fn refused(hold: &Hold) -> Notice {
    Notice {
        kind: EventKind::Warning,
        reason: "WriteRefused".into(),
        action: "Enforce".into(),
        note: hold.spec.message.clone().unwrap_or_default(),
    }
}

/// A deletion that did not put everything back: what is left, and its way back.
fn left_behind(hold: &Hold, home: &str) -> Notice {
    let (name, key) = (hold.name_any(), &hold.spec.key);
    Notice {
        kind: EventKind::Warning,
        reason: "Orphaned".into(),
        action: "Delete".into(),
        note: format!(
            "{} of {} is not put back: its custody is left behind in Hold {name}. To put it back: {}",
            key.field,
            key.resource,
            custody::release_command(&hold.spec, &name, home)
        ),
    }
}

/// What people should hear of: each reason once, whatever number of conditions has it.
fn news(before: &[Condition], after: &[Condition]) -> Vec<Notice> {
    let told = TOLD
        .iter()
        .filter_map(|kind| after.iter().find(|condition| condition.type_ == *kind));
    let mut notices: Vec<Notice> = Vec::new();
    for condition in told.filter(|condition| is_news(condition, before)) {
        match notices.iter_mut().find(|notice| notice.reason == condition.reason) {
            Some(notice) if is_bad(condition) => notice.kind = EventKind::Warning,
            Some(_) => {}
            None => notices.push(notice(condition)),
        }
    }
    notices
}

/// That nobody needs to act any more is news; that nobody needs to act yet is not.
fn is_news(condition: &Condition, before: &[Condition]) -> bool {
    let old = before.iter().find(|old| old.type_ == condition.type_);
    let was = old.map(|old| (old.status.as_str(), old.reason.as_str()));
    match (condition.type_.as_str(), condition.status.as_str()) {
        ("Stalled", "False") => was.is_some_and(|(status, _)| status == "True"),
        (_, status) => was != Some((status, &condition.reason)) && (was.is_some() || status == "True"),
    }
}

/// Stalled and Halted are bad when True, everything else when it is lost.
fn is_bad(condition: &Condition) -> bool {
    match condition.type_.as_str() {
        "Stalled" | "Halted" => condition.status == "True",
        _ => condition.status == "Unknown" || condition.reason.starts_with("Drift"),
    }
}

fn notice(condition: &Condition) -> Notice {
    Notice {
        kind: if is_bad(condition) {
            EventKind::Warning
        } else {
            EventKind::Normal
        },
        reason: condition.reason.clone(),
        action: condition.type_.clone(),
        note: condition.message.clone(),
    }
}

impl CallObserver for EventReporter {
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
    use firebreak_crds::{ConditionType as Type, Reason, condition::Wanted, condition::merge};
    use jiff::Timestamp;
    use serde_json::json;

    #[test]
    fn orphaned_custody_is_told_with_its_way_back() {
        let spec = json!({"key": {"accountId": "1", "region": "global", "resource": "arn:b", "field": "BucketPolicy"},
            "state": "Orphaned", "accountName": "a", "region": "us-east-1", "cell": {}, "order": 0, "holders": [],
            "reopens": "PublicAccess", "account": {"accountId": "123456789012", "environment": "Staging", "regions": ["us-east-1"], "grants": [],
                        "roles": {"read": "r", "contain": "c"}}});
        let hold = Hold::new("hold-1", serde_json::from_value(spec).unwrap());
        let notice = left_behind(&hold, "ops");
        assert_eq!((notice.kind, notice.reason.as_str()), (EventKind::Warning, "Orphaned"));
        let command = "kubectl firebreak release hold/hold-1 --operator-namespace ops --restore PublicAccess";
        assert!(notice.note.ends_with(command), "{}", notice.note);
    }

    fn conditions(wanted: &[Wanted]) -> Vec<Condition> {
        merge(&[], wanted, 1, Timestamp::UNIX_EPOCH)
    }

    fn told(before: &[Wanted], after: &[Wanted]) -> Vec<(EventKind, String, String)> {
        let news = news(&conditions(before), &conditions(after));
        let words = news
            .into_iter()
            .map(|notice| (notice.kind, notice.action, notice.reason));
        words.collect()
    }

    #[test]
    fn several_conditions_with_one_reason_are_one_event() {
        let fight = |kind, status: fn(Type, Reason, &'static str) -> Wanted| status(kind, Reason::DriftFight, "who?");
        let before = [
            Wanted::no(Type::Ready, Reason::Applying, ""),
            Wanted::yes(Type::InSync, Reason::InSync, ""),
            Wanted::no(Type::Stalled, Reason::InSync, ""),
        ];
        let after = [
            fight(Type::Ready, Wanted::no),
            fight(Type::InSync, Wanted::no),
            fight(Type::Stalled, Wanted::yes),
        ];
        let once = (EventKind::Warning, "Stalled".to_owned(), "DriftFight".to_owned());
        assert_eq!(told(&before, &after), [once]);
    }

    #[test]
    fn what_is_said_again_and_what_nobody_waits_for_is_no_news() {
        let waits = [
            Wanted::no(Type::Ready, Reason::AwaitingApproval, "0 of 2"),
            Wanted::no(Type::Stalled, Reason::AwaitingApproval, "0 of 2"),
        ];
        let still = [
            Wanted::no(Type::Ready, Reason::AwaitingApproval, "1 of 2"),
            Wanted::no(Type::Stalled, Reason::EmergencyStop, "1 of 2"),
        ];
        assert_eq!(told(&waits, &still), []);
    }

    #[test]
    fn that_nobody_needs_to_act_any_more_is_news() {
        let before = [Wanted::yes(Type::Stalled, Reason::AccessDenied, "")];
        let after = [Wanted::no(Type::Stalled, Reason::InSync, "")];
        assert_eq!(told(&before, &after).len(), 1);
    }
}
