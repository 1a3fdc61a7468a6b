//! What a CRD's schema says about a document, checked before any cluster is asked: fields, types, bounds, choices.
//! The API server has the last word; this one names the field when there is no API server.

use serde_json::Value;

/// Everything in which a value does not fit a structural schema, each with the field's path.
pub fn complaints(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    if value.is_null() && schema["nullable"] == Value::Bool(true) {
        return Vec::new();
    }
    if let Some(wrong) = wrong_type(schema, value).or_else(|| wrong_choice(schema, value)) {
        return vec![format!("{path}: {wrong}")];
    }
    let mut found: Vec<String> = out_of_bounds(schema, value)
        .map(|why| format!("{path}: {why}"))
        .into_iter()
        .collect();
    found.extend(fields(schema, value, path));
    if let (Some(items), Some(item)) = (value.as_array(), schema.get("items")) {
        let each = items.iter().enumerate();
        found.extend(each.flat_map(|(i, v)| complaints(item, v, &format!("{path}[{i}]"))));
    }
    found
}

fn wrong_type(schema: &Value, value: &Value) -> Option<String> {
    let wanted = schema["type"].as_str()?;
    let fits = match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    let hint = if wanted == "string" && !fits {
        " (quote it in YAML)"
    } else {
        ""
    };
    (!fits).then(|| format!("{value} is not of type {wanted}{hint}"))
}

fn wrong_choice(schema: &Value, value: &Value) -> Option<String> {
    let choices: Vec<&Value> = schema["enum"].as_array()?.iter().filter(|c| !c.is_null()).collect();
    let words: Vec<&str> = choices.iter().filter_map(|choice| choice.as_str()).collect();
    (!choices.contains(&value)).then(|| format!("{value} is not one of {}", words.join(", ")))
}

fn out_of_bounds(schema: &Value, value: &Value) -> Option<String> {
    let (size, unit, low, high) = match value {
        Value::String(text) => (text.chars().count(), "characters", "minLength", "maxLength"),
        Value::Array(items) => (items.len(), "items", "minItems", "maxItems"),
        _ => return None,
    };
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    if schema[low].as_u64().is_some_and(|least| size < least) {
        return Some(format!("has {size} {unit}, at least {} are needed", schema[low]));
    }
    let too_many = schema[high].as_u64().is_some_and(|most| size > most);
    too_many.then(|| format!("has {size} {unit}, at most {} are allowed", schema[high]))
}

fn fields(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let (Some(object), Some(known)) = (value.as_object(), schema["properties"].as_object()) else {
        return Vec::new();
    };
    let required = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let missing = required
        .filter(|name| !object.contains_key(*name))
        .map(|name| format!("{}: is missing", join(path, name)));
    let mut found: Vec<String> = missing.collect();
    for (name, value) in object {
        let path = join(path, name);
        match known.get(name) {
            Some(schema) => found.extend(complaints(schema, value, &path)),
            None => found.push(format!("{path}: there is no such field{}", nearest(name, known.keys()))),
        }
    }
    found
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// A field that differs only in case or by punctuation: what was probably meant.
fn nearest<'a>(name: &str, mut known: impl Iterator<Item = &'a String>) -> String {
    let plain = |text: &str| text.replace(['_', '-'], "").to_ascii_lowercase();
    known
        .find(|k| plain(k) == plain(name))
        .map(|k| format!(", did you mean {k}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_misfit_names_its_field() {
        let schema = json!({"type": "object", "required": ["region"], "properties": {
            "region": {"type": "string", "minLength": 5, "maxLength": 9},
            "mode": {"type": "string", "enum": ["Enforce", "Observe"]},
            "restoreOnRelease": {"type": "array", "maxItems": 1, "items": {"type": "string"}},
        }});
        let cases = [
            (json!({}), "spec.region: is missing"),
            (
                json!({"region": 5}),
                "spec.region: 5 is not of type string (quote it in YAML)",
            ),
            (
                json!({"region": "us"}),
                "spec.region: has 2 characters, at least 5 are needed",
            ),
            (
                json!({"region": "us-gov-east-1"}),
                "spec.region: has 13 characters, at most 9 are allowed",
            ),
            (
                json!({"region": "us-east-1", "mode": "Dry"}),
                "spec.mode: \"Dry\" is not one of Enforce, Observe",
            ),
            (
                json!({"region": "us-east-1", "restore_on_release": []}),
                "spec.restore_on_release: there is no such field, did you mean restoreOnRelease?",
            ),
            (
                json!({"region": "us-east-1", "restoreOnRelease": [7]}),
                "spec.restoreOnRelease[0]: 7 is not of type string (quote it in YAML)",
            ),
        ];
        for (value, complaint) in cases {
            assert_eq!(complaints(&schema, &value, "spec"), [complaint]);
        }
        assert!(complaints(&schema, &json!({"region": "us-east-1"}), "spec").is_empty());
    }
}
