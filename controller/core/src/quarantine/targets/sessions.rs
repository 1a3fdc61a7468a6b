//! Whether the sessions of a role that a workload runs with are revoked: credentials that were taken from it live on.

use super::iam_role::{DENY_ALL, REVOKE_SESSIONS};
use crate::{blocked::Stop, cell::Cell, facts::Facts, quarantine::Context, query::Query};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The cells of which any one that is set ends the role's older sessions.
pub(super) fn revocations(context: &Context<'_>, role_arn: &str) -> Vec<Cell> {
    let role = role_name(role_arn).to_owned();
    let inline = |policy_name: &str| Cell::RoleInlinePolicy {
        role: role.clone(),
        policy_name: policy_name.into(),
    };
    let managed = context.account.deny_policy_arn.clone();
    let attached = managed.map(|policy_arn| Cell::RolePolicyAttachment {
        role: role.clone(),
        policy_arn,
    });
    [inline(REVOKE_SESSIONS), inline(DENY_ALL)]
        .into_iter()
        .chain(attached)
        .collect()
}

/// For people: yes, no with what to do, or unknown. `kind` is such as `task role`, `taken` such as `from a task`.
pub(super) fn note(
    context: &Context<'_>,
    facts: &Facts,
    kind: &str,
    role_arn: &str,
    taken: &str,
) -> Result<String, Stop> {
    let role = role_name(role_arn);
    let mut unknown = None;
    for cell in revocations(context, role_arn) {
        match lenient::<Value>(facts, Query::Cell(cell))? {
            Ok(Some(Value::Null | Value::Bool(false)) | None) => {}
            Ok(Some(_)) => return Ok(format!("Sessions of {kind} {role} are revoked: yes")),
            Err(why) => unknown = Some(why),
        }
    }
    Ok(match unknown {
        Some(why) => format!("Sessions of {kind} {role} are revoked: unknown ({why})"),
        None => format!(
            "Sessions of {kind} {role} are revoked: no. Credentials stolen {taken} work on until they expire: create a Quarantine for iamRole {role}"
        ),
    })
}

/// A fact that only a note needs: what AWS did not tell is said, and holds nothing back.
pub(super) fn lenient<T: DeserializeOwned>(facts: &Facts, query: Query) -> Result<Result<Option<T>, String>, Stop> {
    match facts.need(query) {
        Ok(found) => Ok(Ok(found)),
        Err(Stop::Blocked(blocked)) => Ok(Err(blocked.message)),
        Err(stop) => Err(stop),
    }
}

/// The last part of a role's ARN.
pub(super) fn role_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
