//! One kind, from its CustomResourceDefinition alone: its fields by path, and its rules.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

/// One field, wherever it lies.
pub struct Field {
    /// Such as `spec.grants[].kinds`.
    pub path: String,
    /// Its schema.
    pub schema: Value,
    /// Whether the object around it must have it.
    pub required: bool,
}

/// One CEL rule.
pub struct Rule {
    /// The path of what `self` is; empty for the whole object.
    pub path: String,
    /// The expression.
    pub rule: String,
    /// What the API server says when it does not hold.
    pub message: String,
}

/// The schema of the version that is served.
pub fn schema(crd: &CustomResourceDefinition) -> Value {
    let version = crd.spec.versions.first().and_then(|version| version.schema.clone());
    version
        .and_then(|schema| serde_json::to_value(schema.open_api_v3_schema).ok())
        .unwrap_or_default()
}

/// Every field below a schema, in the order of the paths.
pub fn fields(schema: &Value, path: &str) -> Vec<Field> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .flat_map(|(name, field)| below(schema, path, name, field))
        .collect()
}

fn below(schema: &Value, path: &str, name: &str, field: &Value) -> Vec<Field> {
    let path = match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    let required = texts(&schema["required"]).any(|one| one == name);
    let deeper = fields(field, &path);
    let items = fields(&field["items"], &format!("{path}[]"));
    let own = Field {
        path,
        schema: field.clone(),
        required,
    };
    std::iter::once(own).chain(deeper).chain(items).collect()
}

/// Every rule of a schema, those of the whole object first.
pub fn rules(schema: &Value) -> Vec<Rule> {
    let of_fields = fields(schema, "").into_iter().flat_map(|field| {
        let items = at(&format!("{}[]", field.path), &field.schema["items"]);
        at(&field.path, &field.schema).into_iter().chain(items)
    });
    at("", schema).into_iter().chain(of_fields).collect()
}

fn at(path: &str, schema: &Value) -> Vec<Rule> {
    let rules = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
    rules
        .map(|rule| Rule {
            path: path.to_owned(),
            rule: text(&rule["rule"]),
            message: text(&rule["message"]),
        })
        .collect()
}

/// The text of a JSON string, on one line.
pub fn text(value: &Value) -> String {
    let words: Vec<&str> = value.as_str().unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}

/// The texts of a JSON array of strings.
pub fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
