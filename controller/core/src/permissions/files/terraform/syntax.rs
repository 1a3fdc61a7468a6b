//! How Terraform writes policy documents, references and names.

use crate::permissions::{
    files::each_text,
    placeholder::fill,
    policy::{Policy, Statement},
};
use serde_json::{Value, json};

/// The data source that renders a policy document.
pub(super) fn document(policy: &Policy) -> Value {
    json!({"statement": policy.0.iter().map(statement).collect::<Vec<_>>()})
}

fn statement(statement: &Statement) -> Value {
    let mut block = json!({"sid": statement.sid, "effect": statement.effect, "actions": statement.actions});
    if let Some(arn) = statement.principal {
        block["principals"] = json!([{"type": "AWS", "identifiers": [arn]}]);
    }
    if !statement.resources.is_empty() {
        block["resources"] = json!(statement.resources);
    }
    if let Some(it) = statement.condition {
        block["condition"] = json!([{"test": it.test, "variable": it.key, "values": it.values}]);
    }
    block
}

/// Terraform fills its own placeholders in by references.
pub(super) fn interpolated(value: &Value) -> Value {
    each_text(value, &|text| {
        let text = text
            .replace("${Partition}", "${data.aws_partition.current.partition}")
            .replace("${Account}", "${data.aws_caller_identity.current.account_id}");
        fill(&text, |parameter| format!("${{var.{}}}", snake(parameter.name))).into()
    })
}

/// `OperatorRoleArn` and `contain-identity` in Terraform's own style.
pub(super) fn snake(name: &str) -> String {
    let mut made = String::new();
    for (at, letter) in name.char_indices() {
        match letter {
            '-' => made.push('_'),
            _ if letter.is_ascii_uppercase() && at > 0 => made.extend(['_', letter.to_ascii_lowercase()]),
            _ => made.push(letter.to_ascii_lowercase()),
        }
    }
    made
}
