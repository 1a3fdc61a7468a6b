//! Which IAM actions each of the account's roles needs, and on what: derived from the closed lists of reads and writes, so
//! that a call that the product makes is in the policies, and nothing else is.

pub mod files;
mod operator;
mod placeholder;
mod policy;
mod samples;
mod scope;
#[cfg(test)]
mod tests;

pub use policy::{Policy, Statement, Unplaced, policy};
pub use samples::{queries, writes};

use crate::{access::RoleKind, archive, survey::Survey};
use std::{collections::BTreeSet, iter::once};

/// Calls that need no permission (STS API reference, GetCallerIdentity).
pub const FREE: [&str; 1] = ["sts:GetCallerIdentity"];

/// Every role that an `AwsAccount` names.
pub const ROLES: [RoleKind; 4] = [
    RoleKind::Read,
    RoleKind::Contain,
    RoleKind::ContainIdentity,
    RoleKind::Evidence,
];

/// The IAM actions that a role needs, and no others.
pub fn actions(role: RoleKind) -> BTreeSet<&'static str> {
    let read = || {
        queries()
            .iter()
            .flat_map(|query| query.permissions())
            .chain(Survey::ALL.iter().flat_map(|survey| survey.permissions()))
            .copied()
            .collect()
    };
    let written = || {
        writes()
            .iter()
            .filter(|write| write.role() == role)
            .flat_map(needs)
            .collect()
    };
    let mut all: BTreeSet<_> = match role {
        RoleKind::Read => read(),
        RoleKind::Contain | RoleKind::ContainIdentity => written(),
        RoleKind::Evidence => archive::PERMISSIONS.into(),
    };
    all.retain(|action| !FREE.contains(action));
    all
}

fn needs(write: &crate::write::Write) -> impl Iterator<Item = &'static str> + use<> {
    once(write.permission()).chain(write.further_permissions().iter().copied())
}
