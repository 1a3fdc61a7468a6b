//! The policy documents of the roles that an `AwsAccount` names, with placeholders for what only the user knows.

use super::{placeholder::unlimited, scopes};
use crate::aws::{Condition, Scope, access::RoleKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy(pub Vec<Statement>);

/// One of its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name within the policy.
    pub sid: &'static str,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// The ARN that a trust policy lets in; none in a policy of permissions.
    pub principal: Option<&'static str>,
    /// The IAM actions.
    pub actions: Vec<&'static str>,
    /// ARN patterns; none in a trust policy.
    pub resources: Vec<String>,
    /// Under which it holds.
    pub condition: Option<Condition>,
}

/// What a role may do: every action that it needs, on the resources of its scope, and what is denied whatever else allows it.
pub fn policy(role: RoleKind) -> Policy {
    let allowed = scopes(role)
        .into_values()
        .map(|(scope, actions)| allow(role, scope, actions));
    let denied = matches!(role, RoleKind::Contain | RoleKind::ContainIdentity | RoleKind::Failover).then(never);
    Policy(allowed.chain(denied).collect())
}

fn allow(role: RoleKind, scope: Scope, actions: BTreeSet<&'static str>) -> Statement {
    let resources = scope.resources.iter().map(|resource| match role {
        RoleKind::Read => unlimited(resource),
        RoleKind::Contain | RoleKind::ContainIdentity | RoleKind::Evidence | RoleKind::Failover | RoleKind::Queue => {
            (*resource).to_owned()
        }
    });
    Statement {
        sid: scope.sid,
        effect: "Allow",
        principal: None,
        actions: actions.into_iter().collect(),
        resources: resources.collect(),
        condition: scope.condition,
    }
}

/// A role that may write policies could give itself more. No tag denies anything: an attacker in the account would set it on what
/// is to be cut off, and on what is to be put back.
fn never() -> Statement {
    let own = [
        "arn:${Partition}:iam::${Account}:role/${RolePrefix}-*",
        "${OperatorRoleArn}",
    ];
    Statement {
        sid: "NeverItself",
        effect: "Deny",
        principal: None,
        actions: vec!["iam:*"],
        resources: own.map(str::to_owned).to_vec(),
        condition: None,
    }
}

impl Policy {
    /// The document as JSON, still with its placeholders.
    pub fn document(&self) -> Value {
        let statements: Vec<Value> = self.0.iter().map(Statement::document).collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }
}

impl Statement {
    fn document(&self) -> Value {
        let mut document = json!({"Sid": self.sid, "Effect": self.effect});
        if let Some(arn) = self.principal {
            document["Principal"] = json!({"AWS": arn});
        }
        document["Action"] = json!(self.actions);
        if !self.resources.is_empty() {
            document["Resource"] = json!(self.resources);
        }
        if let Some(Condition { test, key, values }) = self.condition {
            document["Condition"] = json!({test: {key: values}});
        }
        document
    }
}
