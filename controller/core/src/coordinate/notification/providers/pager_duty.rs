//! PagerDuty: Events API v2 (developer.pagerduty.com/docs/events-api-v2). One alert for the Incident under its UID, and one for
//! each response that people must see to.

use super::{Endpoint, Post};
use crate::coordinate::notification::{changes::Change, message::Message, news::News};
use firebreak_crds::{Severity, notification_channel::PagerDutyRegion, text};
use serde_json::{Value, json};

/// The longest summary that it takes.
const SUMMARY: usize = 1024;

pub(super) fn posts(region: PagerDutyRegion, message: &Message, news: &News<'_>) -> Vec<Post> {
    let known = news.before.map(|told| told.pending.as_slice()).unwrap_or_default();
    let mut events: Vec<Value> = Vec::new();
    for change in &news.changes {
        let made = match change {
            Change::Opened | Change::Raised { .. } | Change::Reopened | Change::NotContained | Change::Reminder => {
                vec![trigger(message, &message.uid, &message.headline())]
            }
            Change::Pending(one) => {
                let summary = format!(
                    "{:?} Incident {}: {}",
                    message.severity,
                    message.incident,
                    change.words()
                );
                vec![trigger(message, &response(message, &one.key()), &summary)]
            }
            Change::Settled(key) => vec![word("resolve", &response(message, key))],
            Change::Acknowledged => vec![word("acknowledge", &message.uid)],
            Change::Contained => Vec::new(),
            Change::Resolved(_) | Change::Deleted => {
                let responses = known.iter().map(|key| word("resolve", &response(message, key)));
                responses.chain([word("resolve", &message.uid)]).collect()
            }
        };
        events.extend(made);
    }
    // Two changes may raise the same alert, with the same words.
    events.dedup();
    events.into_iter().map(|body| post(region, body)).collect()
}

/// A test raises an alert, and ends it.
pub(super) fn test(region: PagerDutyRegion, message: &Message) -> Vec<Post> {
    let events = [
        trigger(message, &message.uid, &message.headline()),
        word("resolve", &message.uid),
    ];
    events.into_iter().map(|body| post(region, body)).collect()
}

fn post(region: PagerDutyRegion, body: Value) -> Post {
    Post {
        to: Endpoint::PagerDuty(region),
        body,
    }
}

fn response(message: &Message, key: &str) -> String {
    format!("{}/{key}", message.uid)
}

fn word(action: &str, key: &str) -> Value {
    json!({"event_action": action, "dedup_key": key})
}

fn trigger(message: &Message, key: &str, summary: &str) -> Value {
    let mut event = word("trigger", key);
    event["client"] = json!("Firebreak");
    event["payload"] = json!({
        "summary": text::bounded(summary, SUMMARY),
        "source": message.incident,
        "severity": severity(message.severity),
        "class": message.type_,
    });
    if let Some(link) = &message.link {
        event["links"] = json!([{"href": link, "text": "Open"}]);
    }
    event
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "info",
    }
}
