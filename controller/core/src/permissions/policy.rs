//! The policy documents of the roles that an `AwsAccount` names, with placeholders for what only the user knows.

use super::{
    actions,
    placeholder::unlimited,
    scope::{SCOPES, Scope},
};
use crate::access::RoleKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use thiserror::Error;

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

/// A condition, in the words of an IAM policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator, such as `StringEquals`.
    pub test: &'static str,
    /// The context key.
    pub key: &'static str,
    /// Any of these.
    pub values: &'static [&'static str],
}

/// An action that no scope names: `permissions/scope.rs` must say on what it is allowed.
#[derive(Error, Debug, PartialEq, Eq)]
#[error("no scope in controller/core/src/permissions/scope.rs names {0}")]
pub struct Unplaced(pub String);

/// What a role may do: every action that it needs, on the resources of its scope, and what is denied whatever else allows it.
///
/// # Errors
/// [`Unplaced`].
pub fn policy(role: RoleKind) -> Result<Policy, Unplaced> {
    let needed = actions(role);
    let placed: BTreeSet<_> = SCOPES.iter().flat_map(|scope| scope.actions).copied().collect();
    if let Some(action) = needed.difference(&placed).next() {
        return Err(Unplaced((*action).to_owned()));
    }
    let mut statements: Vec<_> = SCOPES
        .iter()
        .filter_map(|scope| allowed(scope, role, &needed))
        .collect();
    if matches!(role, RoleKind::Contain | RoleKind::ContainIdentity) {
        statements.push(never());
    }
    Ok(Policy(statements))
}

fn allowed(scope: &Scope, role: RoleKind, needed: &BTreeSet<&'static str>) -> Option<Statement> {
    let actions: Vec<_> = scope.actions.iter().copied().filter(|it| needed.contains(it)).collect();
    let resources = scope.resources.iter().map(|resource| match role {
        RoleKind::Read => unlimited(resource),
        RoleKind::Contain | RoleKind::ContainIdentity | RoleKind::Evidence => (*resource).to_owned(),
    });
    (!actions.is_empty()).then(|| Statement {
        sid: scope.sid,
        effect: "Allow",
        principal: None,
        actions,
        resources: resources.collect(),
        condition: scope.condition,
    })
}

/// Anyone who may write policies could give itself more. No tag denies anything: an attacker in the account would set it on what
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
