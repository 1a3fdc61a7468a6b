//! The meaning, calls and sentences of IAM user cells.
//!
//! Of a user's access keys only *which are active* is owned. A key that somebody makes while the user is contained is active,
//! so it is drift and is deactivated; it is kept under `appeared`, and no release activates it. A key that was deleted, or
//! that AWS has expired, cannot be activated: it falls out when the value is bound.

use crate::write::Write;
use serde_json::{Value, json};

pub(super) fn attachment(user: &str, policy_arn: &str, to: &Value) -> Vec<Write> {
    let (user, policy_arn) = (user.to_owned(), policy_arn.to_owned());
    match to {
        Value::Bool(true) => vec![Write::AttachUserPolicy { user, policy_arn }],
        _ => vec![Write::DetachUserPolicy { user, policy_arn }],
    }
}

pub(super) fn inline_policy(user: &str, policy_name: &str, to: &Value) -> Vec<Write> {
    let (user, policy_name) = (user.to_owned(), policy_name.to_owned());
    match to {
        Value::Null => vec![Write::DeleteUserPolicy { user, policy_name }],
        document => vec![Write::PutUserPolicy {
            user,
            policy_name,
            document: document.clone(),
        }],
    }
}

/// Keys are deactivated before others are activated. `Expired` is AWS's own status and is never written.
pub(super) fn access_keys(user: &str, from: &Value, to: &Value) -> Vec<Write> {
    let (from_active, to_active) = (ids(from, "active"), ids(to, "active"));
    let expired = ids(from, "expired");
    let gone = from_active.iter().filter(|key| !to_active.contains(key));
    let come = to_active
        .iter()
        .filter(|key| !from_active.contains(key) && !expired.contains(key));
    let write = |key: &String, active| Write::UpdateAccessKey {
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
    let appeared = ids(value, "appeared");
    match appeared.is_empty() {
        true => json!({"active": ids(value, "active")}),
        false => json!({"active": ids(value, "active"), "appeared": appeared}),
    }
}

/// Keys of the plan that still exist and that AWS has not expired.
pub(super) fn bind_keys(planned: &Value, current: &Value) -> Value {
    let (active, inactive) = (ids(current, "active"), ids(current, "inactive"));
    let mut kept = ids(planned, "active");
    kept.retain(|key| active.contains(key) || inactive.contains(key));
    let rest = active.iter().chain(&inactive).filter(|key| !kept.contains(key));
    let inactive: Vec<&String> = rest.collect();
    json!({"active": kept, "inactive": inactive, "expired": ids(current, "expired")})
}

/// Whether binding the planned value, with the keys that existed when the value was read, gives the value.
pub(super) fn keys_fit(planned: &Value, value: &Value) -> bool {
    canonical_keys(&bind_keys(planned, value)) == canonical_keys(value)
}

pub(super) fn keys_between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after) = (ids(before, "active"), ids(after, "active"));
    let known = |key: &String| before.contains(key) || after.contains(key);
    ids(value, "active").iter().all(known)
}

/// Keys that were deleted or expired do not count.
pub(super) fn keeps_keys(before: &Value, value: &Value) -> bool {
    let now = ids(value, "active");
    ids(&bind_keys(before, value), "active")
        .iter()
        .all(|key| now.contains(key))
}

/// A key that was not there before and is active now has appeared while the user was contained: anyone who made it was not
/// stopped, or let somebody in. It is remembered by name, and never activated again.
pub(super) fn remember(before: &Value, current: &Value) -> Value {
    let known = |key: &String| {
        ["active", "inactive", "expired", "appeared"]
            .iter()
            .any(|list| ids(before, list).contains(key))
    };
    let mut appeared = ids(before, "appeared");
    appeared.extend(ids(current, "active").into_iter().filter(|key| !known(key)));
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
    let (active, appeared) = (ids(to, "active"), ids(to, "appeared"));
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

/// The key ids in one of the value's lists, sorted, each once.
fn ids(value: &Value, list: &str) -> Vec<String> {
    let mut ids: Vec<String> = value[list]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    ids.sort();
    ids.dedup();
    ids
}
