//! The policies of a role: the calls that lead from one value to another, and sentences.

use super::IamWrite;
use serde_json::Value;

pub(super) fn attachment(role: &str, policy_arn: &str, to: &Value) -> Vec<IamWrite> {
    let (role, policy_arn) = (role.to_owned(), policy_arn.to_owned());
    match to {
        Value::Bool(true) => vec![IamWrite::AttachRolePolicy { role, policy_arn }],
        _ => vec![IamWrite::DetachRolePolicy { role, policy_arn }],
    }
}

pub(super) fn inline_policy(role: &str, policy_name: &str, to: &Value) -> Vec<IamWrite> {
    let (role, policy_name) = (role.to_owned(), policy_name.to_owned());
    match to {
        Value::Null => vec![IamWrite::DeleteRolePolicy { role, policy_name }],
        document => vec![IamWrite::PutRolePolicy {
            role,
            policy_name,
            document: document.clone(),
        }],
    }
}

pub(super) fn trust_policy(role: &str, to: &Value) -> Vec<IamWrite> {
    vec![IamWrite::UpdateAssumeRolePolicy {
        role: role.to_owned(),
        document: to.clone(),
    }]
}

pub(super) fn attachment_sentence(role: &str, policy_arn: &str, to: &Value) -> String {
    match to {
        Value::Bool(true) => format!("Attach policy {policy_arn} to role {role}"),
        _ => format!("Detach policy {policy_arn} from role {role}"),
    }
}

pub(super) fn inline_policy_sentence(role: &str, policy_name: &str, to: &Value) -> String {
    match to {
        Value::Null => format!("Delete inline policy {policy_name} of role {role}"),
        _ => format!("Write inline policy {policy_name} of role {role}"),
    }
}
