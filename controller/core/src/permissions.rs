//! Which IAM actions each of the account's roles needs, and on what: derived from the closed lists of reads and writes, so
//! that a call that the product makes is in the policies, and nothing else is.

pub mod files;
mod operator;
mod placeholder;
mod policy;
#[cfg(test)]
mod tests;

pub use placeholder::with_defaults;
pub use policy::{Policy, Statement, policy};

use crate::{
    aws::{Grant, Query, Scope, Survey, Write, access::RoleKind, guardduty, sqs},
    run::{act::calls, archive},
};
use std::collections::{BTreeMap, BTreeSet};

/// Calls that need no permission (STS API reference, GetCallerIdentity).
pub const FREE: [&str; 1] = ["sts:GetCallerIdentity"];

/// Every role that an `AwsAccount` names.
pub const ROLES: [RoleKind; 6] = [
    RoleKind::Read,
    RoleKind::Contain,
    RoleKind::ContainIdentity,
    RoleKind::Evidence,
    RoleKind::Failover,
    RoleKind::Queue,
];

/// The IAM actions that a role needs, and no others.
pub fn actions(role: RoleKind) -> BTreeSet<&'static str> {
    scopes(role).into_values().flat_map(|(_, actions)| actions).collect()
}

/// The IAM actions that a role needs, by the name of the statement that allows them.
fn scopes(role: RoleKind) -> BTreeMap<&'static str, (Scope, BTreeSet<&'static str>)> {
    let mut scopes = BTreeMap::new();
    for Grant { on, actions } in grants(role) {
        let needed = actions.iter().copied().filter(|action| !FREE.contains(action));
        let (_, known) = scopes.entry(on.sid).or_insert_with(|| (on, BTreeSet::new()));
        known.extend(needed);
    }
    scopes
}

/// What AWS asks for of a role that cells are written with.
fn writes(role: RoleKind) -> impl Iterator<Item = Grant> {
    let calls = Write::calls().filter(move |call| call.power.role() == role);
    calls.flat_map(|call| call.grants())
}

/// What AWS asks for of a role, by call.
fn grants(role: RoleKind) -> Vec<Grant> {
    match role {
        RoleKind::Read => {
            let queries = Query::reads().copied().chain(Survey::ALL.map(Survey::grant));
            queries.chain(calls::reads()).chain([guardduty::GRANT]).collect()
        }
        RoleKind::Contain => writes(role).chain([guardduty::CLOSE_OUT_GRANT]).collect(),
        RoleKind::ContainIdentity => writes(role).collect(),
        RoleKind::Evidence => archive::GRANTS.to_vec(),
        RoleKind::Failover => calls::grants().collect(),
        RoleKind::Queue => vec![sqs::GRANT],
    }
}
