//! What a schema says of a value, in words: its type, its bounds, and what each word of an enum means.

use crate::kind::texts;
use firebreak_crds::{ConditionType, KINDS, Kind};
use schemars::schema_for;
use serde_json::Value;
use std::collections::BTreeMap;

/// The type with its bounds, such as `string, required, 1 to 63 characters`.
pub fn kind(schema: &Value, required: bool) -> String {
    let mut words = vec![noun(schema)];
    words.extend(required.then(|| "**required**".to_owned()));
    words.extend(bounds(schema));
    let items = bounds(&schema["items"]);
    words.extend((!items.is_empty()).then(|| format!("each {}", items.join(", "))));
    words.extend(schema.get("default").map(|value| format!("default `{value}`")));
    words.join(", ")
}

fn noun(schema: &Value) -> String {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => format!("array of {}", noun(&schema["items"])),
        (Some("string"), Some("date-time")) => "time (RFC 3339)".into(),
        (Some(name), _) => name.to_owned(),
        (None, _) => "any value".into(),
    }
}

fn bounds(schema: &Value) -> Vec<String> {
    let number = |name: &str| schema[name].as_f64();
    let mut words = Vec::new();
    words.extend(range(number("minItems"), number("maxItems"), "items"));
    words.extend(range(number("minLength"), number("maxLength"), "characters"));
    words.extend(range(number("minimum"), number("maximum"), ""));
    words.extend(schema["pattern"].as_str().map(|pattern| format!("pattern `{pattern}`")));
    let values: Vec<String> = texts(&schema["enum"]).map(|value| format!("`{value}`")).collect();
    words.extend((!values.is_empty()).then(|| format!("one of {}", values.join(" "))));
    words
}

fn range(low: Option<f64>, high: Option<f64>, unit: &str) -> Option<String> {
    let words = match (low, high) {
        (Some(low), Some(high)) if low == high => format!("exactly {low} {unit}"),
        (Some(low), Some(high)) => format!("{low} to {high} {unit}"),
        (Some(low), None) => format!("at least {low} {unit}"),
        (None, Some(high)) => format!("at most {high} {unit}"),
        (None, None) => return None,
    };
    Some(words.trim_end().to_owned())
}

/// The words of an enum, and what each of them means.
pub type Meanings = BTreeMap<Vec<String>, Vec<String>>;

/// What the words of every enum mean. A CRD's schema keeps the words only, the types' own schemas say more.
pub fn meanings() -> Meanings {
    let schemas: Vec<_> = KINDS.iter().map(Kind::schema).collect();
    let of_types = schemas
        .iter()
        .filter_map(|schema| schema.as_value()["$defs"].as_object());
    of_types
        .flat_map(|types| types.values())
        .filter_map(variants)
        .map(|pairs| pairs.into_iter().unzip())
        .collect()
}

/// The types of conditions, and what each of them is about.
pub fn conditions() -> Vec<(String, String)> {
    variants(schema_for!(ConditionType).as_value()).unwrap_or_default()
}

fn variants(schema: &Value) -> Option<Vec<(String, String)>> {
    let each = schema["oneOf"].as_array()?.iter();
    each.map(|one| {
        Some((
            one["const"].as_str()?.to_owned(),
            crate::kind::text(&one["description"]),
        ))
    })
    .collect()
}
