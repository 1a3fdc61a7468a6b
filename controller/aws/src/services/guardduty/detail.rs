//! A finding in the form in which EventBridge delivers it, as far as Firebreak reads it: what GuardDuty leaves out is left out.

mod resource;
mod sequence;

use aws_sdk_guardduty::types::{Finding, Service, ServiceAdditionalInfo, Tag};
use serde_json::Value;

/// The `detail` of the event.
pub(super) fn of(finding: &Finding) -> Value {
    object([
        ("id", text(finding.id())),
        ("arn", text(finding.arn())),
        ("accountId", text(finding.account_id())),
        ("region", text(finding.region())),
        ("partition", text(finding.partition())),
        ("type", text(finding.r#type())),
        (
            "severity",
            finding.severity().filter(|severity| *severity > 0.0).map(Value::from),
        ),
        ("title", text(finding.title())),
        ("createdAt", text(finding.created_at())),
        ("updatedAt", text(finding.updated_at())),
        ("resource", finding.resource().map(resource::of).filter(says_something)),
        ("service", finding.service().map(service)),
    ])
}

fn service(service: &Service) -> Value {
    let sequence = service.detection().and_then(|detection| detection.sequence());
    let detection = sequence.map(|it| object([("sequence", Some(sequence::of(it)))]));
    object([
        ("archived", service.archived().map(Value::from)),
        ("count", service.count().map(Value::from)),
        ("eventFirstSeen", text(service.event_first_seen())),
        ("eventLastSeen", text(service.event_last_seen())),
        ("additionalInfo", service.additional_info().map(additional)),
        ("detection", detection),
    ])
}

fn additional(info: &ServiceAdditionalInfo) -> Value {
    object([("type", text(info.r#type())), ("value", text(info.value()))])
}

/// An object of what there is.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    there.collect()
}

/// The SDK puts something empty in the place of a required field that is missing.
fn text(value: Option<&str>) -> Option<Value> {
    value.filter(|value| !value.is_empty()).map(Value::from)
}

fn says_something(value: &Value) -> bool {
    value.as_object().is_none_or(|fields| !fields.is_empty())
}

/// A list, where it has anything in it.
fn list<T>(items: &[T], each: impl Fn(&T) -> Value) -> Option<Value> {
    (!items.is_empty()).then(|| items.iter().map(each).collect())
}

fn texts(items: &[String]) -> Option<Value> {
    list(items, |item| item.as_str().into())
}

fn tags(tags: &[Tag]) -> Option<Value> {
    list(tags, |tag| {
        object([("key", text(tag.key())), ("value", text(tag.value()))])
    })
}
