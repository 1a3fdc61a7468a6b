//! The access keys and policies of a user: what equal means, what is bound late, calls and sentences.
//!
//! Of a user's access keys only *which are active* is owned. A key that somebody makes while the user is contained is active,
//! so it is drift and is deactivated; it is kept under `appeared`, and no release activates it. A key that was deleted, or
//! that AWS has expired, cannot be activated: it falls out when the value is bound.

use super::IamWrite;
use crate::aws::value::names;
use serde_json::{Value, json};

pub(super) fn attachment(user: &str, policy_arn: &str, to: &Value) -> Vec<IamWrite> {
    let (user, policy_arn) = (user.to_owned(), policy_arn.to_owned());
    match to {
        Value::Bool(true) => vec![IamWrite::AttachUserPolicy { user, policy_arn }],
        _ => vec![IamWrite::DetachUserPolicy { user, policy_arn }],
    }
}

pub(super) fn inline_policy(user: &str, policy_name: &str, to: &Value) -> Vec<IamWrite> {
    let (user, policy_name) = (user.to_owned(), policy_name.to_owned());
    match to {
        Value::Null => vec![IamWrite::DeleteUserPolicy { user, policy_name }],
        document => vec![IamWrite::PutUserPolicy {
            user,
            policy_name,
            document: document.clone(),
        }],
    }
}

/// Keys are deactivated before others are activated. `Expired` is AWS's own status and is never written.
pub(super) fn access_keys(user: &str, from: &Value, to: &Value) -> Vec<IamWrite> {
    let (from_active, to_active) = (names(&from["active"]), names(&to["active"]));
    let expired = names(&from["expired"]);
    let gone = from_active.iter().filter(|key| !to_active.contains(key));
    let come = to_active
        .iter()
        .filter(|key| !from_active.contains(key) && !expired.contains(key));
    let write = |key: &String, active| IamWrite::UpdateAccessKey {
        user: user.to_owned(),
        access_key_id: key.clone(),
        active,
    };
    gone.map(|key| write(key, false))
        .chain(come.map(|key| write(key, true)))
        .collect()
}

/// Only the active keys are owned, and, in what was before, the keys that have appeared since.
pub(super) fn canonical_keys(value: &Value) -> Value {
    let appeared = names(&value["appeared"]);
    match appeared.is_empty() {
        true => json!({"active": names(&value["active"])}),
        false => json!({"active": names(&value["active"]), "appeared": appeared}),
    }
}

/// Keys of the plan that still exist and that AWS has not expired.
pub(super) fn bind_keys(planned: &Value, current: &Value) -> Value {
    let (active, inactive) = (names(&current["active"]), names(&current["inactive"]));
    let mut kept = names(&planned["active"]);
    kept.retain(|key| active.contains(key) || inactive.contains(key));
    let rest = active.iter().chain(&inactive).filter(|key| !kept.contains(key));
    let inactive: Vec<&String> = rest.collect();
    json!({"active": kept, "inactive": inactive, "expired": names(&current["expired"])})
}

/// Whether binding the planned value, with the keys that existed when the value was read, gives the value.
pub(super) fn keys_fit(planned: &Value, value: &Value) -> bool {
    canonical_keys(&bind_keys(planned, value)) == canonical_keys(value)
}

pub(super) fn keys_between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after) = (names(&before["active"]), names(&after["active"]));
    let known = |key: &String| before.contains(key) || after.contains(key);
    names(&value["active"]).iter().all(known)
}

/// Keys that were deleted or expired do not count.
pub(super) fn keeps_keys(before: &Value, value: &Value) -> bool {
    let now = names(&value["active"]);
    names(&bind_keys(before, value)["active"])
        .iter()
        .all(|key| now.contains(key))
}

/// A key that was not there before and is active now has appeared while the user was contained: anyone who made it was not
/// stopped, or let somebody in. It is remembered by name, and never activated again.
pub(super) fn remember(before: &Value, current: &Value) -> Value {
    let known = |key: &String| {
        ["active", "inactive", "expired", "appeared"]
            .iter()
            .any(|list| names(&before[list]).contains(key))
    };
    let mut appeared = names(&before["appeared"]);
    appeared.extend(names(&current["active"]).into_iter().filter(|key| !known(key)));
    if appeared.is_empty() {
        return before.clone();
    }
    appeared.sort();
    let mut merged = before.clone();
    merged["appeared"] = json!(appeared);
    merged
}

pub(super) fn attachment_sentence(user: &str, policy_arn: &str, to: &Value) -> String {
    match to {
        Value::Bool(true) => format!("Attach policy {policy_arn} to user {user}"),
        _ => format!("Detach policy {policy_arn} from user {user}"),
    }
}

pub(super) fn inline_policy_sentence(user: &str, policy_name: &str, to: &Value) -> String {
    match to {
        Value::Null => format!("Delete inline policy {policy_name} of user {user}"),
        _ => format!("Write inline policy {policy_name} of user {user}"),
    }
}

pub(super) fn keys_sentence(user: &str, to: &Value) -> String {
    let (active, appeared) = (names(&to["active"]), names(&to["appeared"]));
    let mut text = match active.is_empty() {
        true => format!("Deactivate every access key of user {user}"),
        false => format!(
            "Activate access key {} of user {user}, as far as it still exists",
            active.join(", ")
        ),
    };
    if !appeared.is_empty() {
        text.push_str(&format!(
            "; {} appeared while the user was contained and stays inactive",
            appeared.join(", ")
        ));
    }
    text
}
