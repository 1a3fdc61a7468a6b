//! IAM's writes to users: what it refuses, what it limits, and what it keeps. Reads see them late: see [`super::staleness`].

use super::{
    document::{self, Use},
    iam::{MAX_ATTACHED, has_policy, size},
    refusal::Refusal,
    world::{IamUser, World},
};
use serde_json::Value;

/// Characters of all inline policies of a user together.
pub const MAX_USER_INLINE: usize = 2_048;

pub(super) fn attach(world: &mut World, account: &str, user: &str, policy_arn: &str) -> Result<(), Refusal> {
    let exists = world
        .accounts
        .get(account)
        .is_some_and(|account| has_policy(account, policy_arn));
    let user = existing(world, account, user)?;
    if !exists {
        return Err(Refusal::gone(
            "NoSuchEntity",
            format!("Policy {policy_arn} does not exist or is not attachable."),
        ));
    }
    if !user.attached_policies.contains(policy_arn) && user.attached_policies.len() >= MAX_ATTACHED {
        return Err(Refusal::limit(
            "LimitExceeded",
            "Cannot exceed quota for PoliciesPerUser: 10",
        ));
    }
    user.attached_policies.insert(policy_arn.to_owned());
    Ok(())
}

pub(super) fn put(world: &mut World, account: &str, user: &str, name: &str, policy: &Value) -> Result<(), Refusal> {
    existing(world, account, user)?;
    document::check(policy, Use::Identity, world)?;
    let user = existing(world, account, user)?;
    let others = user.inline_policies.iter().filter(|(other, _)| *other != name);
    if others.map(|(_, other)| size(other)).sum::<usize>() + size(policy) > MAX_USER_INLINE {
        return Err(Refusal::limit(
            "LimitExceeded",
            "Maximum policy size of 2048 bytes exceeded for the user",
        ));
    }
    user.inline_policies
        .insert(name.to_owned(), document::normalised(policy));
    Ok(())
}

/// What AWS has expired nobody brings back.
pub(super) fn set_key(world: &mut World, account: &str, user: &str, id: &str, active: bool) -> Result<(), Refusal> {
    let missing = || Refusal::gone("NoSuchEntity", format!("The Access Key with id {id} cannot be found."));
    let key = existing(world, account, user)?
        .access_keys
        .get_mut(id)
        .ok_or_else(missing)?;
    if key.status == "Expired" {
        return Err(Refusal::invalid(
            "InvalidInput",
            format!("The Access Key {id} has expired."),
        ));
    }
    key.status = if active { "Active" } else { "Inactive" }.to_owned();
    Ok(())
}

pub(super) fn existing<'a>(world: &'a mut World, account: &str, name: &str) -> Result<&'a mut IamUser, Refusal> {
    world
        .user_mut(account, name)
        .ok_or_else(|| Refusal::gone("NoSuchEntity", format!("The user with name {name} cannot be found.")))
}
