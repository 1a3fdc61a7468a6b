//! IAM policy documents compared by meaning: AWS reorders, and writes one value with or without a list.

use crate::digest::canonical_text;
use serde_json::{Map, Value, json};

/// The statement fields whose order and list-or-scalar form carry no meaning.
const SET_FIELDS: [&str; 4] = ["Action", "NotAction", "NotResource", "Resource"];

/// The document in a form in which equal meaning is equal JSON. Statement order is kept, since AWS keeps it.
pub fn canonical(document: &Value) -> Value {
    let Value::Object(fields) = document else {
        return document.clone();
    };
    let mut made = fields.clone();
    if let Some(statements) = fields.get("Statement") {
        made.insert("Statement".into(), list(statements).iter().map(statement).collect());
    }
    made.entry("Version").or_insert_with(|| json!("2008-10-17"));
    Value::Object(made)
}

fn statement(statement: &Value) -> Value {
    let Value::Object(fields) = statement else {
        return statement.clone();
    };
    fields
        .iter()
        .map(|(name, value)| (name.clone(), statement_field(name, value)))
        .collect()
}

fn statement_field(name: &str, value: &Value) -> Value {
    match name {
        _ if SET_FIELDS.contains(&name) => set(value),
        "Principal" | "NotPrincipal" => principal(value),
        "Condition" => condition(value),
        _ => value.clone(),
    }
}

/// Whether a statement of the document allows the action to somebody. Conditions are not judged.
pub fn allows_somebody(document: &Value, action: &str) -> bool {
    let statements = document.get("Statement").map(list).unwrap_or_default();
    let names = |value: &Value| {
        let actions = list(value);
        let named = |one: &Value| {
            one.as_str()
                .is_some_and(|pattern| crate::pattern::matches(pattern, action))
        };
        actions.iter().any(named)
    };
    let mut allowed = statements.iter().filter(|statement| statement["Effect"] == "Allow");
    allowed.any(|statement| names(&statement["Action"]))
}

/// `"*"` and `{"AWS": "*"}` mean the same, and so do an account's id and its root ARN.
fn principal(value: &Value) -> Value {
    match value {
        Value::Object(kinds) => kinds
            .iter()
            .map(|(kind, who)| (kind.clone(), set_of(who, account_root)))
            .collect(),
        other => json!({"AWS": set(other)}),
    }
}

fn account_root(value: Value) -> Value {
    match value.as_str() {
        Some(id) if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) => {
            json!(format!("arn:aws:iam::{id}:root"))
        }
        // AWS shows an account with its own partition, which is the caller's.
        Some(arn) => match arn.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "iam", "", id, "root"] => json!(format!("arn:aws:iam::{id}:root")),
            _ => value,
        },
        None => value,
    }
}

fn condition(value: &Value) -> Value {
    let Value::Object(operators) = value else {
        return value.clone();
    };
    operators
        .iter()
        .map(|(operator, keys)| (operator.clone(), condition_keys(keys)))
        .collect()
}

fn condition_keys(keys: &Value) -> Value {
    let Value::Object(keys) = keys else { return keys.clone() };
    keys.iter()
        .map(|(key, values)| (key.clone(), set_of(values, as_text)))
        .collect::<Map<_, _>>()
        .into()
}

fn as_text(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => json!(value.to_string()),
        other => other,
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn set(value: &Value) -> Value {
    set_of(value, |item| item)
}

fn set_of(value: &Value, each: fn(Value) -> Value) -> Value {
    let mut items: Vec<Value> = list(value).into_iter().map(each).collect();
    items.sort_by_key(canonical_text);
    items.dedup();
    Value::Array(items)
}

/// Whether the document denies every action on every resource to all it is attached to, without condition.
pub fn denies_everything(document: &Value) -> bool {
    let canonical = canonical(document);
    let all = json!(["*"]);
    list(&canonical["Statement"])
        .iter()
        .any(|s| s["Effect"] == "Deny" && s["Action"] == all && s["Resource"] == all && s.get("Condition").is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_and_list_order_and_wildcard_principals_mean_the_same() {
        let one = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": ["b", "a"],
            "Condition": {"Bool": {"aws:SecureTransport": true}}}});
        let two = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["a", "b"],
            "Condition": {"Bool": {"aws:SecureTransport": ["true"]}}}]});
        assert_eq!(canonical(&one), canonical(&two));
    }

    #[test]
    fn an_account_id_is_its_root_principal() {
        let id = json!({"Statement": {"Principal": {"AWS": "123456789012"}}});
        let root = json!({"Statement": {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}});
        assert_eq!(canonical(&id), canonical(&root));
        for partition in ["aws-cn", "aws-us-gov", "aws-iso-b", "aws-eusc"] {
            let arn = format!("arn:{partition}:iam::123456789012:root");
            let there = json!({"Statement": {"Principal": {"AWS": arn}}});
            assert_eq!(canonical(&id), canonical(&there), "{partition}");
        }
    }

    #[test]
    fn another_action_is_another_meaning() {
        let get = json!({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}});
        let put = json!({"Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}});
        assert_ne!(canonical(&get), canonical(&put));
    }

    #[test]
    fn a_conditional_deny_does_not_deny_everything() {
        let sound = json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]});
        let hollow = json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"a": "b"}}}]});
        assert!(denies_everything(&sound));
        assert!(!denies_everything(&hollow));
    }

    #[test]
    fn an_action_is_allowed_by_its_name_or_a_pattern_and_not_by_a_denial() {
        let trust = |effect: &str, action: Value| json!({"Statement": {"Effect": effect, "Action": action}});
        for (document, expected) in [
            (trust("Allow", json!(["sts:AssumeRole", "sts:TagSession"])), true),
            (trust("Allow", json!("sts:*")), true),
            (trust("Allow", json!("sts:AssumeRole")), false),
            (trust("Deny", json!("sts:TagSession")), false),
            (json!({}), false),
        ] {
            assert_eq!(allows_somebody(&document, "sts:TagSession"), expected, "{document}");
        }
    }
}
