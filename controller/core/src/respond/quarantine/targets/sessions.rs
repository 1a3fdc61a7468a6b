//! Whether the sessions of a workload's role are revoked: cutting a workload off does not take its credentials away from
//! somebody who has copied them. For information only: what AWS does not tell is said, and holds nothing back.

use super::deny::{DENY_ALL, REVOKE_SESSIONS};
use crate::{
    aws::{Cell, Query, iam::IamCell},
    blocked::Stop,
    facts::SiteFacts,
    respond::quarantine::Context,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The cells of which any one that is set ends the role's older sessions.
pub(super) fn revocations(context: &Context<'_>, role_arn: &str) -> Vec<Cell> {
    let role = role_name(role_arn).to_owned();
    let inline = |policy_name: &str| {
        Cell::Iam(IamCell::RoleInlinePolicy {
            role: role.clone(),
            policy_name: policy_name.into(),
        })
    };
    let attached = context.account.deny_policy_arn.clone().map(|policy_arn| {
        Cell::Iam(IamCell::RolePolicyAttachment {
            role: role.clone(),
            policy_arn,
        })
    });
    [inline(REVOKE_SESSIONS), inline(DENY_ALL)]
        .into_iter()
        .chain(attached)
        .collect()
}

/// Yes, no or unknown, for the role that is called a `task role` or an `execution role`, of what is called `a task`.
pub(super) fn note(
    context: &Context<'_>,
    facts: &SiteFacts<'_>,
    role_arn: &str,
    called: &str,
    of: &str,
) -> Result<String, Stop> {
    let role = role_name(role_arn);
    let mut unknown = None;
    for cell in revocations(context, role_arn) {
        match lenient::<Value>(facts, Query::Cell(cell))? {
            Ok(Some(Value::Null | Value::Bool(false)) | None) => {}
            Ok(Some(_)) => return Ok(format!("Sessions of {called} {role} are revoked: yes")),
            Err(why) => unknown = Some(why),
        }
    }
    Ok(match unknown {
        Some(why) => format!("Sessions of {called} {role} are revoked: unknown ({why})"),
        None => format!(
            "Sessions of {called} {role} are revoked: no. Credentials stolen from {of} work on until they expire: create a Quarantine for iamRole {role}"
        ),
    })
}

/// A fact that only a note needs: what AWS did not tell is said, and holds nothing back.
pub(super) fn lenient<T: DeserializeOwned>(
    facts: &SiteFacts<'_>,
    query: Query,
) -> Result<Result<Option<T>, String>, Stop> {
    match facts.need(query) {
        Ok(found) => Ok(Ok(found)),
        Err(Stop::Blocked(blocked)) => Ok(Err(blocked.message)),
        Err(stop) => Err(stop),
    }
}

/// `api` of `arn:aws:iam::ACCOUNT:role/team/api`.
pub(super) fn role_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
