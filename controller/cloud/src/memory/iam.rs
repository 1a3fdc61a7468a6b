//! IAM's writes: what it refuses, what it limits, and what it keeps. Reads see them late: see [`super::staleness`].

use super::{
    document::{self, Use},
    iam_users,
    refusal::Refusal,
    world::{Account, IamRole, World},
};
use firebreak_core::aws::{failure::FailureClass, iam::IamWrite};
use serde_json::Value;

/// Managed policies that may be attached to a role.
pub const MAX_ATTACHED: usize = 10;
/// Characters of all inline policies of a role together.
pub const MAX_INLINE: usize = 10_240;
/// Characters of a trust policy.
pub const MAX_TRUST: usize = 2_048;

/// Makes a write to IAM.
pub(super) fn write(world: &mut World, account: &str, write: &IamWrite) -> Result<(), Refusal> {
    match write {
        IamWrite::AttachRolePolicy { role, policy_arn } => attach(world, account, role, policy_arn)?,
        IamWrite::AttachUserPolicy { user, policy_arn } => iam_users::attach(world, account, user, policy_arn)?,
        IamWrite::DeleteRolePolicy { role, policy_name } => {
            modifiable(world, account, role)?.inline_policies.remove(policy_name);
        }
        IamWrite::DeleteUserPolicy { user, policy_name } => {
            iam_users::existing(world, account, user)?
                .inline_policies
                .remove(policy_name);
        }
        IamWrite::DetachRolePolicy { role, policy_arn } => {
            modifiable(world, account, role)?.attached_policies.remove(policy_arn);
        }
        IamWrite::DetachUserPolicy { user, policy_arn } => {
            iam_users::existing(world, account, user)?
                .attached_policies
                .remove(policy_arn);
        }
        IamWrite::PutRolePolicy {
            role,
            policy_name,
            document,
        } => put(world, account, role, policy_name, document)?,
        IamWrite::PutUserPolicy {
            user,
            policy_name,
            document,
        } => iam_users::put(world, account, user, policy_name, document)?,
        IamWrite::UpdateAccessKey {
            user,
            access_key_id,
            active,
        } => iam_users::set_key(world, account, user, access_key_id, *active)?,
        IamWrite::UpdateAssumeRolePolicy { role, document } => trust(world, account, role, document)?,
    }
    Ok(())
}

/// Whose state a write to IAM changes, which reads see late.
pub(super) enum Of<'a> {
    Role(&'a str),
    User(&'a str),
}

/// The role or user that a write changes.
pub(super) fn of(write: &IamWrite) -> Of<'_> {
    match write {
        IamWrite::AttachRolePolicy { role, .. }
        | IamWrite::DeleteRolePolicy { role, .. }
        | IamWrite::DetachRolePolicy { role, .. }
        | IamWrite::PutRolePolicy { role, .. }
        | IamWrite::UpdateAssumeRolePolicy { role, .. } => Of::Role(role),
        IamWrite::AttachUserPolicy { user, .. }
        | IamWrite::DeleteUserPolicy { user, .. }
        | IamWrite::DetachUserPolicy { user, .. }
        | IamWrite::PutUserPolicy { user, .. }
        | IamWrite::UpdateAccessKey { user, .. } => Of::User(user),
    }
}

fn attach(world: &mut World, account: &str, role: &str, policy_arn: &str) -> Result<(), Refusal> {
    let exists = world
        .accounts
        .get(account)
        .is_some_and(|account| has_policy(account, policy_arn));
    let role = modifiable(world, account, role)?;
    if !exists {
        return Err(Refusal::gone(
            "NoSuchEntity",
            format!("Policy {policy_arn} does not exist or is not attachable."),
        ));
    }
    if !role.attached_policies.contains(policy_arn) && role.attached_policies.len() >= MAX_ATTACHED {
        return Err(Refusal::limit(
            "LimitExceeded",
            "Cannot exceed quota for PoliciesPerRole: 10",
        ));
    }
    role.attached_policies.insert(policy_arn.to_owned());
    Ok(())
}

/// Whether a policy can be attached. AWS's own policies all exist.
pub(super) fn has_policy(account: &Account, policy_arn: &str) -> bool {
    account
        .managed_policies
        .keys()
        .any(|known| known.eq_ignore_ascii_case(policy_arn))
        || policy_arn.starts_with("arn:aws:iam::aws:policy/")
}

fn put(world: &mut World, account: &str, role: &str, name: &str, policy: &Value) -> Result<(), Refusal> {
    modifiable(world, account, role)?;
    document::check(policy, Use::Identity, world)?;
    let role = modifiable(world, account, role)?;
    let others = role.inline_policies.iter().filter(|(other, _)| *other != name);
    if others.map(|(_, other)| size(other)).sum::<usize>() + size(policy) > MAX_INLINE {
        return Err(Refusal::limit(
            "LimitExceeded",
            "Maximum policy size of 10240 bytes exceeded for the role",
        ));
    }
    role.inline_policies
        .insert(name.to_owned(), document::normalised(policy));
    Ok(())
}

fn trust(world: &mut World, account: &str, role: &str, policy: &Value) -> Result<(), Refusal> {
    modifiable(world, account, role)?;
    document::check(policy, Use::Trust, world)?;
    if size(policy) > MAX_TRUST {
        return Err(Refusal::limit(
            "LimitExceeded",
            "Cannot exceed quota for ACLSizePerRole: 2048",
        ));
    }
    modifiable(world, account, role)?.facts.trust = document::normalised(policy);
    Ok(())
}

pub(super) fn size(policy: &Value) -> usize {
    policy.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

fn modifiable<'a>(world: &'a mut World, account: &str, name: &str) -> Result<&'a mut IamRole, Refusal> {
    let role = world
        .role_mut(account, name)
        .ok_or_else(|| Refusal::gone("NoSuchEntity", format!("The role with name {name} cannot be found.")))?;
    let path = role.facts.path.as_str();
    if path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/") {
        let message = format!("Cannot perform the operation on the protected role '{name}'");
        return Err(Refusal::new(FailureClass::Unmodifiable, "UnmodifiableEntity", message));
    }
    Ok(role)
}
