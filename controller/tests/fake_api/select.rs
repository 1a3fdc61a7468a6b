//! Label and field selectors, decided as the API server does.

use serde_json::Value;

/// Both selectors of one request, each taken apart into its terms.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    labels: Vec<String>,
    fields: Vec<String>,
}

impl Selection {
    pub fn new(labels: &str, fields: &str) -> Self {
        Self {
            labels: terms(labels),
            fields: terms(fields),
        }
    }

    pub fn matches(&self, object: &Value) -> bool {
        self.labels.iter().all(|term| label_term(term, object))
            && self.fields.iter().all(|term| field_term(term, object))
    }

    /// The paths that the field selector names.
    pub fn field_paths(&self) -> Vec<String> {
        self.fields.iter().map(|term| split(term).0.to_owned()).collect()
    }
}

/// Splits at commas that are not inside parentheses.
fn terms(selector: &str) -> Vec<String> {
    let mut depth = 0;
    let mut out = vec![String::new()];
    for c in selector.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                out.push(String::new());
                continue;
            }
            _ => {}
        }
        out.iter_mut().last().into_iter().for_each(|term| term.push(c));
    }
    out.iter()
        .map(|term| term.trim().to_owned())
        .filter(|term| !term.is_empty())
        .collect()
}

fn split(term: &str) -> (&str, bool, &str) {
    if let Some((key, value)) = term.split_once("!=") {
        return (key.trim(), false, value.trim());
    }
    let (key, value) = term
        .split_once("==")
        .or_else(|| term.split_once('='))
        .unwrap_or((term, ""));
    (key.trim(), true, value.trim())
}

fn label_term(term: &str, object: &Value) -> bool {
    let label = |key: &str| object["metadata"]["labels"].get(key.trim()).and_then(Value::as_str);
    let listed = |values: &str, found: Option<&str>| {
        values
            .trim()
            .trim_matches(['(', ')'])
            .split(',')
            .any(|v| Some(v.trim()) == found)
    };
    if let Some((key, values)) = term.split_once(" notin ") {
        return !listed(values, label(key));
    }
    if let Some((key, values)) = term.split_once(" in ") {
        return listed(values, label(key));
    }
    match (term.strip_prefix('!'), term.contains('=')) {
        (Some(key), false) => label(key).is_none(),
        (_, false) => label(term).is_some(),
        (_, true) => {
            let (key, equal, value) = split(term);
            (label(key) == Some(value)) == equal
        }
    }
}

fn field_term(term: &str, object: &Value) -> bool {
    let (path, equal, value) = split(term);
    let found = path.split('.').try_fold(object, |at, segment| at.get(segment));
    let found = match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    (found == value) == equal
}
