//! Lambda: what invokes a function and how often it may run. Mappings change asynchronously; while one does, nobody can
//! change it.

use super::{
    refusal::Refusal,
    world::{EventSourceMapping, Function, MappingState, Region},
};
use firebreak_core::aws::{
    failure::FailureClass,
    lambda::{Function as Fact, LambdaWrite},
};
use serde_json::Value;

/// Seconds that enabling or disabling a mapping takes.
pub const MAPPING_SECONDS: i64 = 20;
/// Concurrent executions of the account in a region.
pub const ACCOUNT_CONCURRENCY: i32 = 1_000;
/// What must stay unreserved (AWS Lambda developer guide, reserved concurrency).
pub const LEAST_UNRESERVED: i32 = 100;

/// Makes a write to Lambda.
pub(super) fn write(region: &mut Region, write: &LambdaWrite, now: i64) -> Result<(), Refusal> {
    match write {
        LambdaWrite::DeleteFunctionConcurrency { function } => existing(region, function)?.reserved = None,
        LambdaWrite::DeleteProvisionedConcurrencyConfig { function, qualifier } => {
            let removed = existing(region, function)?.provisioned.remove(qualifier);
            removed.ok_or_else(|| missing("No Provisioned Concurrency Config found for this function"))?;
        }
        LambdaWrite::PutFunctionConcurrency { function, reserved } => reserve(region, function, *reserved)?,
        LambdaWrite::PutProvisionedConcurrencyConfig {
            function,
            qualifier,
            executions,
        } => provision(existing(region, function)?, qualifier, *executions)?,
        LambdaWrite::UpdateAlias {
            function,
            alias,
            version,
            revision,
        } => point(existing(region, function)?, alias, version, revision.as_deref())?,
        LambdaWrite::UpdateEventSourceMapping { uuid, enabled } => switch(region, uuid, *enabled, now)?,
        LambdaWrite::UpdateFunctionUrlConfig {
            function,
            qualifier,
            auth_type,
        } => {
            let qualifier = qualifier.as_deref().unwrap_or("$LATEST");
            let url = existing(region, function)?.urls.get_mut(qualifier);
            *url.ok_or_else(|| missing("The resource you requested does not exist."))? = auth_type.clone();
        }
    }
    Ok(())
}

/// What AWS tells of a function, what its published versions keep included.
pub(super) fn facts(function: &Function) -> Fact {
    let mut told = function.facts.clone();
    for version in function.versions.values() {
        told.timeout_seconds = told.timeout_seconds.max(version.timeout_seconds);
        let other = (version.role != told.role).then(|| version.role.clone());
        told.other_roles.extend(other);
    }
    told.other_roles.sort();
    told.other_roles.dedup();
    told
}

/// Moves the mappings of a region on to `now`.
pub(super) fn tick(region: &mut Region, now: i64) {
    for mapping in region.event_source_mappings.values_mut() {
        if matches!(mapping.state, MappingState::Moving { until } if until <= now) {
            mapping.state = MappingState::Settled;
        }
    }
}

impl EventSourceMapping {
    /// The state as AWS calls it.
    pub(super) fn state_name(&self) -> &'static str {
        match (&self.state, self.enabled) {
            (MappingState::Settled, true) => "Enabled",
            (MappingState::Settled, false) => "Disabled",
            (MappingState::Moving { .. }, true) => "Enabling",
            (MappingState::Moving { .. }, false) => "Disabling",
            (MappingState::Updating, _) => "Updating",
        }
    }
}

/// The mappings that invoke a function, an alias or a version of it.
pub(super) fn mappings<'a>(
    region: &'a Region,
    function: &'a str,
) -> impl Iterator<Item = (&'a String, &'a EventSourceMapping)> {
    let all = region.event_source_mappings.iter();
    all.filter(move |(_, mapping)| mapping.function == function)
}

fn reserve(region: &mut Region, name: &str, reserved: i32) -> Result<(), Refusal> {
    let provisioned: i32 = existing(region, name)?.provisioned.values().sum();
    if reserved < provisioned {
        return Err(invalid(
            "Requested Reserved Concurrency should not be less than the total of its Provisioned Concurrency",
        ));
    }
    let others = region.functions.iter().filter(|(other, _)| *other != name);
    let taken: i32 = others.filter_map(|(_, function)| function.reserved).sum();
    if reserved > 0 && ACCOUNT_CONCURRENCY - taken - reserved < LEAST_UNRESERVED {
        let message = "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
        return Err(Refusal::new(
            FailureClass::Limit,
            "InvalidParameterValueException",
            message,
        ));
    }
    existing(region, name)?.reserved = Some(reserved);
    Ok(())
}

fn provision(function: &mut Function, qualifier: &str, executions: i32) -> Result<(), Refusal> {
    let others = function.provisioned.iter().filter(|(other, _)| *other != qualifier);
    let total = others.map(|(_, count)| count).sum::<i32>() + executions;
    if function.reserved.is_some_and(|reserved| total > reserved) {
        return Err(invalid(
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
        ));
    }
    if qualifier == "$LATEST" || executions < 1 {
        return Err(invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        ));
    }
    function.provisioned.insert(qualifier.to_owned(), executions);
    Ok(())
}

/// Lets an alias invoke a version that exists, while it has that revision.
fn point(function: &mut Function, alias: &str, version: &str, revision: Option<&str>) -> Result<(), Refusal> {
    let published = function.versions.contains_key(version);
    let alias = function.aliases.get_mut(alias);
    let alias = alias.ok_or_else(|| missing("Cannot find alias arn"))?;
    if revision.is_some_and(|revision| revision != alias.revision.to_string()) {
        let message = "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId";
        return Err(Refusal::new(
            FailureClass::Conflict,
            "PreconditionFailedException",
            message,
        ));
    }
    if !published {
        return Err(missing(format!("Function not found: version {version}")));
    }
    (alias.version, alias.revision) = (version.to_owned(), alias.revision + 1);
    Ok(())
}

fn switch(region: &mut Region, uuid: &str, enabled: bool, now: i64) -> Result<(), Refusal> {
    let mapping = region
        .event_source_mappings
        .get_mut(uuid)
        .ok_or_else(|| missing("The resource you requested does not exist."))?;
    if mapping.state != MappingState::Settled {
        let message = format!("Cannot update the event source mapping {uuid} because it is in use.");
        return Err(Refusal::new(FailureClass::NotYet, "ResourceInUseException", message));
    }
    if mapping.enabled != enabled {
        mapping.enabled = enabled;
        mapping.state = MappingState::Moving {
            until: now + MAPPING_SECONDS,
        };
    }
    Ok(())
}

/// Which mappings are enabled; none when AWS is updating one.
pub(super) fn source_states(region: &Region, function: &str) -> Option<Value> {
    if mappings(region, function).any(|(_, mapping)| mapping.state == MappingState::Updating) {
        return None;
    }
    let of = |enabled: bool| -> Vec<&String> {
        let those = mappings(region, function).filter(|(_, mapping)| mapping.enabled == enabled);
        those.map(|(uuid, _)| uuid).collect()
    };
    Some(serde_json::json!({"enabled": of(true), "disabled": of(false)}))
}

fn existing<'a>(region: &'a mut Region, name: &str) -> Result<&'a mut Function, Refusal> {
    let missing = || missing(format!("Function not found: {name}"));
    region.functions.get_mut(name).ok_or_else(missing)
}

fn missing(message: impl Into<String>) -> Refusal {
    Refusal::gone("ResourceNotFoundException", message)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::invalid("InvalidParameterValueException", message)
}
