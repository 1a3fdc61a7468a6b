//! What values of cells have in common: forms in which equal meaning is equal JSON, and the moment of the write.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The text that stands for the moment of the write wherever it occurs in a value.
pub const APPLY_TIME: &str = "$applyTime";

/// A fact with every field, so that one that was recorded by an older version is the same; null stays null.
pub(super) fn normal<T: Serialize + DeserializeOwned>(value: &Value) -> Value {
    let fact = Option::<T>::deserialize(value).ok();
    let full = fact.and_then(|fact| serde_json::to_value(fact).ok());
    full.unwrap_or_else(|| value.clone())
}

/// A list in an order that depends on its items alone.
pub(super) fn sorted(value: &Value) -> Value {
    let mut items = value.as_array().cloned().unwrap_or_default();
    items.sort_by_key(crate::digest::canonical_text);
    Value::Array(items)
}

/// Rounds up to the next full second: a session issued in the same second must not survive a revocation.
pub(super) fn bind_time(planned: &Value, now: Timestamp) -> Value {
    let second = now.as_second() + 1;
    let text = Timestamp::from_second(second).unwrap_or(now).to_string();
    replace(planned, &text)
}

fn replace(value: &Value, text: &str) -> Value {
    match value {
        Value::String(s) if s == APPLY_TIME => Value::String(text.to_owned()),
        Value::Array(items) => items.iter().map(|item| replace(item, text)).collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), replace(v, text))).collect(),
        other => other.clone(),
    }
}

pub(super) fn fits_template(template: &Value, value: &Value) -> bool {
    match (template, value) {
        (Value::String(t), Value::String(v)) if t == APPLY_TIME => v.parse::<Timestamp>().is_ok(),
        (Value::Array(t), Value::Array(v)) => t.len() == v.len() && t.iter().zip(v).all(|(t, v)| fits_template(t, v)),
        (Value::Object(t), Value::Object(v)) => {
            t.len() == v.len() && t.iter().all(|(k, t)| v.get(k).is_some_and(|v| fits_template(t, v)))
        }
        (t, v) => t == v,
    }
}

/// The texts in one of a value's lists, sorted, each once.
pub(super) fn names(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten();
    let mut names: Vec<String> = texts.filter_map(|text| text.as_str().map(str::to_owned)).collect();
    names.sort();
    names.dedup();
    names
}
