//! The state of a function: what equal means, what is bound late, calls and sentences. Event source mappings, function URLs and provisioned
//! concurrency come and go with deployments, so what was planned is bound to those that exist.

use super::LambdaWrite;
use crate::aws::value::names;
use serde_json::{Map, Value, json};

/// Stands, in a planned value, for every function URL that the value does not name.
pub const EVERY_URL: &str = "*";
/// The authentication with which only who may invoke the function is let in (Lambda API reference, FunctionUrlConfig).
pub const SIGNED: &str = "AWS_IAM";
/// The qualifier of a function itself, without alias or version.
const UNQUALIFIED: &str = "$LATEST";

/// A value that is no count, and not none, is never written: read as 0 it would throttle the function.
pub(super) fn concurrency(function: &str, to: &Value) -> Vec<LambdaWrite> {
    let function = function.to_owned();
    match (to, to.as_i64().and_then(|count| i32::try_from(count).ok())) {
        (Value::Null, _) => vec![LambdaWrite::DeleteFunctionConcurrency { function }],
        (_, Some(reserved)) => vec![LambdaWrite::PutFunctionConcurrency { function, reserved }],
        _ => Vec::new(),
    }
}

pub(super) fn concurrency_sentence(function: &str, to: &Value) -> String {
    match to {
        Value::Null => format!("Let function {function} share the account's concurrency again"),
        count => format!("Reserve concurrency {count} for function {function}"),
    }
}

/// Only which mappings are enabled is owned; those that AWS is changing count as what they become.
pub(super) fn canonical_sources(value: &Value) -> Value {
    json!({"enabled": names(&value["enabled"])})
}

/// Mappings of the plan that still exist.
pub(super) fn bind_sources(planned: &Value, current: &Value) -> Value {
    let (enabled, disabled) = (names(&current["enabled"]), names(&current["disabled"]));
    let mut kept = names(&planned["enabled"]);
    kept.retain(|id| enabled.contains(id) || disabled.contains(id));
    let rest = enabled.iter().chain(&disabled).filter(|id| !kept.contains(id));
    let rest: Vec<&String> = rest.collect();
    json!({"enabled": kept, "disabled": rest})
}

pub(super) fn sources_fit(planned: &Value, value: &Value) -> bool {
    canonical_sources(&bind_sources(planned, value)) == canonical_sources(value)
}

pub(super) fn sources_between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after) = (names(&before["enabled"]), names(&after["enabled"]));
    let known = |id: &String| before.contains(id) || after.contains(id);
    names(&value["enabled"]).iter().all(known)
}

/// Mappings that were deleted do not count.
pub(super) fn keeps_sources(before: &Value, value: &Value) -> bool {
    let now = names(&value["enabled"]);
    let kept = names(&bind_sources(before, value)["enabled"]);
    kept.iter().all(|id| now.contains(id))
}

/// A mapping that a deployment has made or enabled meanwhile is disabled, and enabled again by the release.
pub(super) fn union_sources(before: &Value, current: &Value) -> Value {
    let mut enabled = names(&before["enabled"]);
    enabled.extend(names(&current["enabled"]));
    enabled.sort();
    enabled.dedup();
    json!({"enabled": enabled, "disabled": before["disabled"]})
}

pub(super) fn sources(from: &Value, to: &Value) -> Vec<LambdaWrite> {
    let (from, to) = (names(&from["enabled"]), names(&to["enabled"]));
    let write = |uuid: &String, enabled| LambdaWrite::UpdateEventSourceMapping {
        uuid: uuid.clone(),
        enabled,
    };
    let gone = from.iter().filter(|id| !to.contains(id)).map(|id| write(id, false));
    let come = to.iter().filter(|id| !from.contains(id)).map(|id| write(id, true));
    gone.chain(come).collect()
}

pub(super) fn sources_sentence(function: &str, to: &Value) -> String {
    match names(&to["enabled"]).len() {
        0 => format!("Disable every event source mapping of function {function}, its aliases and versions"),
        n => format!(
            "Enable {} of function {function}, as far as they still exist",
            firebreak_crds::text::counted(n, "event source mapping")
        ),
    }
}

pub(super) fn provisioned(function: &str, from: &Value, to: &Value) -> Vec<LambdaWrite> {
    let (from, to) = (fields(from), fields(to));
    let gone = from
        .keys()
        .filter(|qualifier| !to.contains_key(*qualifier))
        .map(|qualifier| LambdaWrite::DeleteProvisionedConcurrencyConfig {
            function: function.to_owned(),
            qualifier: qualifier.clone(),
        });
    let come = to
        .iter()
        .filter(|(qualifier, count)| from.get(*qualifier) != Some(*count))
        .filter_map(|(qualifier, count)| {
            Some(LambdaWrite::PutProvisionedConcurrencyConfig {
                function: function.to_owned(),
                qualifier: qualifier.clone(),
                executions: i32::try_from(count.as_i64()?).ok()?,
            })
        });
    gone.chain(come).collect()
}

/// What each qualifier has is what it had or what it will have.
pub(super) fn provisioned_between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after, value) = (fields(before), fields(after), fields(value));
    let all = before.keys().chain(after.keys()).chain(value.keys());
    all.into_iter()
        .all(|q| value.get(q) == before.get(q) || value.get(q) == after.get(q))
}

pub(super) fn keeps_provisioned(before: &Value, value: &Value) -> bool {
    let value = fields(value);
    fields(before).iter().all(|(q, count)| value.get(q) == Some(count))
}

/// Provisioned concurrency that has come meanwhile is removed, and put back by the release.
pub(super) fn union_provisioned(before: &Value, current: &Value) -> Value {
    let mut all = fields(current);
    all.extend(fields(before));
    Value::Object(all)
}

pub(super) fn provisioned_sentence(function: &str, to: &Value) -> String {
    let to = fields(to);
    if to.is_empty() {
        return format!("Remove the provisioned concurrency of function {function}");
    }
    let listed: Vec<String> = to.iter().map(|(q, count)| format!("{count} for {q}")).collect();
    format!(
        "Provision concurrency of function {function} again: {}; it is ready some minutes later",
        listed.join(", ")
    )
}

/// Each URL that exists: as the plan names it, else as the plan says of every URL, else as it is.
pub(super) fn bind_urls(planned: &Value, current: &Value) -> Value {
    let planned = fields(planned);
    let bound = fields(current).into_iter().map(|(qualifier, auth)| {
        let wanted = planned.get(&qualifier).or_else(|| planned.get(EVERY_URL)).cloned();
        (qualifier, wanted.unwrap_or(auth))
    });
    Value::Object(bound.collect())
}

pub(super) fn urls_between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after) = (fields(&bind_urls(before, value)), fields(&bind_urls(after, value)));
    fields(value)
        .iter()
        .all(|(q, auth)| before.get(q) == Some(auth) || after.get(q) == Some(auth))
}

pub(super) fn keeps_urls(before: &Value, value: &Value) -> bool {
    bind_urls(before, value) == *value
}

pub(super) fn urls(function: &str, from: &Value, to: &Value) -> Vec<LambdaWrite> {
    let from = fields(from);
    let changed = fields(&bind_urls(to, &Value::Object(from.clone())))
        .into_iter()
        .filter(|(qualifier, auth)| from.get(qualifier) != Some(auth));
    changed
        .filter_map(|(qualifier, auth)| {
            Some(LambdaWrite::UpdateFunctionUrlConfig {
                function: function.to_owned(),
                qualifier: (qualifier != UNQUALIFIED).then_some(qualifier),
                auth_type: auth.as_str()?.to_owned(),
            })
        })
        .collect()
}

pub(super) fn urls_sentence(function: &str, to: &Value) -> String {
    let open: Vec<String> = fields(to)
        .into_iter()
        .filter(|(_, auth)| auth != SIGNED)
        .map(|(qualifier, _)| qualifier)
        .collect();
    match open.is_empty() {
        true => format!("Let nobody call a URL of function {function} unsigned (AuthType {SIGNED})"),
        false => format!(
            "Let everybody call the URL of function {function} ({}) again, as far as it still exists",
            open.join(", ")
        ),
    }
}

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
