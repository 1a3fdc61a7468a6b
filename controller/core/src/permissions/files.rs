//! The generated files: the same policies as plain JSON, as AWS CloudFormation and as Terraform, and the operator's RBAC.

mod cloudformation;
mod terraform;

use super::{
    ROLES,
    operator::{self, name},
    placeholder::fill,
    policy::{Policy, policy},
};
use crate::aws::access::RoleKind;
use serde_json::Value;
use thiserror::Error;

/// One generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it lies in the folder.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Why the files cannot be generated.
#[derive(Error, Debug)]
pub enum NotGenerated {
    /// A template is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A template is no YAML.
    #[error(transparent)]
    Yaml(#[from] serde_yaml::Error),
}

/// The roles of an account that Firebreak acts in; the one for evidence is where the bucket is.
const OF_ACCOUNT: [RoleKind; 5] = [
    RoleKind::Read,
    RoleKind::Contain,
    RoleKind::ContainIdentity,
    RoleKind::Failover,
    RoleKind::Queue,
];

/// The field of an AwsAccount in which a role's ARN stands.
fn field(role: RoleKind) -> &'static str {
    match role {
        RoleKind::Read => "spec.roles.read",
        RoleKind::Contain => "spec.roles.contain",
        RoleKind::ContainIdentity => "spec.roles.containIdentity",
        RoleKind::Evidence => "spec.evidence.roleArn",
        RoleKind::Failover => "spec.roles.failover",
        RoleKind::Queue => "spec.roles.queue",
    }
}

/// Every file with IAM policies, in the order of their paths within each form.
///
/// # Errors
/// [`NotGenerated`].
pub fn all() -> Result<Vec<File>, NotGenerated> {
    let mut files = Vec::new();
    for (name, policy) in documents() {
        files.push(json(&format!("{name}.json"), &plain(&policy.document()))?);
    }
    files.extend(cloudformation::files()?);
    files.extend(terraform::files()?);
    Ok(files)
}

/// Every policy document, by the name of its file.
pub(super) fn documents() -> Vec<(String, Policy)> {
    let mut all = Vec::new();
    for role in ROLES {
        all.push((name(role).to_owned(), policy(role)));
    }
    all.push(("deny-all".into(), operator::deny_all()));
    all.push(("operator".into(), operator::policy()));
    all.push(("trust-read".into(), operator::trust()));
    all.push(("trust-contain".into(), operator::trust()));
    all
}

/// Without a tool that fills in: every parameter at its default, and any account, since a role reaches only its own.
fn plain(document: &Value) -> Value {
    each_text(document, &|text| {
        let known = text.replace("${Partition}", "aws").replace("${Account}", "*");
        fill(&known, |parameter| parameter.example.to_owned()).into()
    })
}

/// The value with every text in it replaced.
fn each_text(value: &Value, with: &impl Fn(&str) -> Value) -> Value {
    match value {
        Value::String(text) => with(text),
        Value::Array(items) => items.iter().map(|item| each_text(item, with)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), each_text(value, with)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

fn json(path: &str, value: &Value) -> Result<File, serde_json::Error> {
    Ok(File {
        path: path.to_owned(),
        text: format!("{}\n", serde_json::to_string_pretty(value)?),
    })
}
