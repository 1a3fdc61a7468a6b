//! Policy documents as IAM takes them: it refuses what is malformed, and keeps another text than it was given.

use super::{refusal::Refusal, world::World};
use firebreak_core::aws::partition;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const MALFORMED: &str = "MalformedPolicyDocument";
const VERSIONS: [&str; 2] = ["2008-10-17", "2012-10-17"];
const SET_FIELDS: [&str; 4] = ["Action", "NotAction", "NotResource", "Resource"];
const FIELDS: [&str; 9] = [
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
];

/// What a document is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Bucket,
    Identity,
    Trust,
}

/// The document as IAM gives it back: one-element lists as scalars, longer ones sorted, account ids as root ARNs.
pub(super) fn normalised(document: &Value) -> Value {
    let Value::Object(fields) = document else {
        return document.clone();
    };
    let mut made = fields.clone();
    if let Some(statements) = fields.get("Statement") {
        made.insert(
            "Statement".into(),
            list(statements).iter().map(normal_statement).collect(),
        );
    }
    Value::Object(made)
}

fn normal_statement(statement: &Value) -> Value {
    let Value::Object(fields) = statement else {
        return statement.clone();
    };
    fields
        .iter()
        .map(|(name, value)| (name.clone(), normal_field(name, value)))
        .collect()
}

fn normal_field(name: &str, value: &Value) -> Value {
    match (name, value) {
        (name, value) if SET_FIELDS.contains(&name) => short(list(value)),
        ("Principal", Value::Object(kinds)) => kinds
            .iter()
            .map(|(kind, who)| (kind.clone(), short(list(who).into_iter().map(root_arn).collect())))
            .collect(),
        _ => value.clone(),
    }
}

fn root_arn(principal: Value) -> Value {
    match principal.as_str() {
        Some(id) if is_account(id) => json!(format!("arn:aws:iam::{id}:root")),
        _ => principal,
    }
}

fn short(mut items: Vec<Value>) -> Value {
    items.sort_by_key(Value::to_string);
    match items.as_slice() {
        [only] => only.clone(),
        _ => Value::Array(items),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

/// Whether IAM would take the document.
pub(super) fn check(document: &Value, purpose: Use, world: &World) -> Result<(), Refusal> {
    let fields = document
        .as_object()
        .ok_or_else(|| malformed("the document is no object"))?;
    if let Some(other) = fields
        .keys()
        .find(|key| !["Version", "Id", "Statement"].contains(&key.as_str()))
    {
        return Err(malformed(format!("unknown element {other}")));
    }
    if fields
        .get("Version")
        .is_some_and(|version| !VERSIONS.iter().any(|known| version == known))
    {
        return Err(malformed("The policy must contain a valid version string"));
    }
    let statements = list(
        fields
            .get("Statement")
            .ok_or_else(|| malformed("Statement is missing"))?,
    );
    if statements.is_empty() {
        return Err(malformed("Statement is empty"));
    }
    check_sids(&statements)?;
    statements
        .iter()
        .try_for_each(|statement| check_statement(statement, purpose, world))
}

fn check_sids(statements: &[Value]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for sid in statements.iter().filter_map(|statement| statement.get("Sid")) {
        let text = sid.as_str().unwrap_or("?");
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(malformed("Statement IDs (SID) must be alpha-numeric"));
        }
        if !seen.insert(text) {
            return Err(malformed(format!(
                "Statement IDs (SID) in a single policy must be unique: {text}"
            )));
        }
    }
    Ok(())
}

fn check_statement(statement: &Value, purpose: Use, world: &World) -> Result<(), Refusal> {
    let fields = statement
        .as_object()
        .ok_or_else(|| malformed("a statement is no object"))?;
    if let Some(other) = fields.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(malformed(format!("unknown element {other} in a statement")));
    }
    if !fields
        .get("Effect")
        .is_some_and(|effect| effect == "Allow" || effect == "Deny")
    {
        return Err(malformed("Effect must be Allow or Deny"));
    }
    one_of(fields, "Action", "NotAction")?;
    check_conditions(fields.get("Condition"))?;
    match purpose {
        Use::Bucket => check_bucket(fields, world),
        Use::Identity => check_identity(fields),
        Use::Trust => check_trust(fields, world),
    }
}

fn check_bucket(fields: &Map<String, Value>, world: &World) -> Result<(), Refusal> {
    one_of(fields, "Resource", "NotResource")?;
    check_principals(
        fields
            .get("Principal")
            .ok_or_else(|| malformed("Missing required field Principal"))?,
        world,
    )
}

fn check_identity(fields: &Map<String, Value>) -> Result<(), Refusal> {
    if fields.contains_key("Principal") || fields.contains_key("NotPrincipal") {
        return Err(malformed("Policy document should not specify a principal."));
    }
    one_of(fields, "Resource", "NotResource")
}

fn check_trust(fields: &Map<String, Value>, world: &World) -> Result<(), Refusal> {
    if fields.contains_key("Resource") || fields.contains_key("NotResource") {
        return Err(malformed("Has prohibited field Resource"));
    }
    if list(&fields["Action"])
        .iter()
        .any(|action| !action.as_str().is_some_and(assumes))
    {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    check_principals(
        fields
            .get("Principal")
            .ok_or_else(|| malformed("Missing required field Principal"))?,
        world,
    )
}

fn assumes(action: &str) -> bool {
    action == "*" || action.starts_with("sts:")
}

/// Exactly one of two elements, with at least one text in it.
fn one_of(fields: &Map<String, Value>, one: &str, other: &str) -> Result<(), Refusal> {
    let values = match (fields.get(one), fields.get(other)) {
        (Some(values), None) | (None, Some(values)) => list(values),
        _ => return Err(malformed(format!("Missing required field {one}"))),
    };
    match values.is_empty() || values.iter().any(|value| !value.is_string()) {
        true => Err(malformed(format!("{one} must be a string or a list of strings"))),
        false => Ok(()),
    }
}

fn check_conditions(conditions: Option<&Value>) -> Result<(), Refusal> {
    let Some(conditions) = conditions else { return Ok(()) };
    let operators = conditions
        .as_object()
        .ok_or_else(|| malformed("Condition is no object"))?;
    for (operator, keys) in operators {
        let keys = keys
            .as_object()
            .ok_or_else(|| malformed(format!("Condition {operator} is no object")))?;
        if operator.starts_with("Date") && keys.values().flat_map(list).any(|date| !is_date(&date)) {
            return Err(malformed(format!("Condition {operator} has an invalid date")));
        }
    }
    Ok(())
}

fn is_date(value: &Value) -> bool {
    value.is_number() || value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok())
}

fn check_principals(principal: &Value, world: &World) -> Result<(), Refusal> {
    let kinds = match principal {
        Value::String(all) if all == "*" => return Ok(()),
        Value::Object(kinds) => kinds,
        _ => return Err(malformed("Principal must be * or an object")),
    };
    for (kind, who) in kinds {
        if let Some(unknown) = list(who).iter().find(|who| !is_known(kind, who, world)) {
            return Err(malformed(format!("Invalid principal in policy: \"{kind}\":{unknown}")));
        }
    }
    Ok(())
}

fn is_known(kind: &str, who: &Value, world: &World) -> bool {
    match (kind, who.as_str()) {
        ("AWS", Some(who)) => is_known_arn(who, world),
        ("Service", Some(who)) => partition::service_of(who).is_some(),
        ("Federated", Some(_)) => true,
        _ => false,
    }
}

/// `*`, an account, its root, a role or a user of it. A role that is deleted stays behind as its unique id, which nobody
/// can write back.
fn is_known_arn(who: &str, world: &World) -> bool {
    if who == "*" {
        return true;
    }
    let parts: Vec<&str> = who.splitn(6, ':').collect();
    match parts.as_slice() {
        [id] => is_account(id) && world.accounts.contains_key(*id),
        ["arn", _, "iam" | "sts", "", id, name] => world.accounts.get(*id).is_some_and(|account| {
            !name.starts_with("role/") || account.roles.values().any(|role| role.facts.arn == who)
        }),
        _ => false,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::invalid(MALFORMED, message)
}
