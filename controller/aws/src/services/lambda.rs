//! Lambda functions and what invokes them. Their configuration may hold secrets: of it, only the role, the timeout and the
//! like are kept, and never an environment variable.

use crate::{
    caller::{Caller, pages, pages_up_to, receipt},
    error::failure,
};
use aws_sdk_lambda::types::{
    EventSourceMappingConfiguration, FunctionConfiguration, FunctionUrlAuthType, FunctionVersion,
};
use firebreak_core::aws::{
    Answer,
    access::Service,
    failure::{Failure, FailureClass, Receipt},
    iam::UsersOfRole,
    lambda::{EventSource, Function, LambdaCell, LambdaRead, LambdaWrite},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const ALIAS: &str = "lambda:GetAlias";
const CONCURRENCY: &str = "lambda:GetFunctionConcurrency";
const CONFIGURATION: &str = "lambda:GetFunctionConfiguration";
const MAPPING: &str = "lambda:GetEventSourceMapping";
const LIST: &str = "lambda:ListFunctions";
const PROVISIONED: &str = "lambda:ListProvisionedConcurrencyConfigs";
const PUT_CONCURRENCY: &str = "lambda:PutFunctionConcurrency";
const SOURCES: &str = "lambda:ListEventSourceMappings";
const TAGS: &str = "lambda:ListTags";
const UPDATE_ALIAS: &str = "lambda:UpdateAlias";
const UPDATE_SOURCE: &str = "lambda:UpdateEventSourceMapping";
const UPDATE_URL: &str = "lambda:UpdateFunctionUrlConfig";
const URLS: &str = "lambda:ListFunctionUrlConfigs";
const VERSIONS: &str = "lambda:ListVersionsByFunction";
/// The qualifier of a function itself.
const UNQUALIFIED: &str = "$LATEST";
/// What a function has when nobody set another timeout, in seconds (Lambda API reference, CreateFunction).
const DEFAULT_TIMEOUT: u32 = 3;
/// How many functions and versions of a region are looked at for those of one role.
const MOST_FUNCTIONS: usize = 2_000;
/// How many published versions of a function are read. AWS gives 50 a page.
const MOST_VERSIONS: usize = 1_000;

/// Answers a question about functions.
pub(crate) async fn read(caller: &Caller<'_>, read: &LambdaRead) -> Result<Answer, Failure> {
    Ok(match read {
        LambdaRead::EventSourcesOfFunction { function } => Answer::found(&event_sources(caller, function).await?),
        LambdaRead::Function { function: name } => Answer::found(&function(caller, name).await?),
        LambdaRead::FunctionsOfRole { role_arn, .. } => Answer::found(&functions_of_role(caller, role_arn).await?),
    })
}

/// Answers what a cell of a function holds.
pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &LambdaCell) -> Result<Answer, Failure> {
    Ok(Answer::Found(match cell {
        LambdaCell::EventSourceMapping { function, uuid } => {
            return Ok(mapping(caller, function, uuid)
                .await?
                .map_or(Answer::NotFound, Answer::Found));
        }
        LambdaCell::AliasVersion { function, alias } => alias_version(caller, function, alias).await?,
        LambdaCell::FunctionConcurrency { function } => concurrency(caller, function).await?,
        LambdaCell::FunctionEventSources { function } => source_states(caller, function).await?,
        LambdaCell::FunctionProvisionedConcurrency { function } => provisioned(caller, function).await?,
        LambdaCell::FunctionUrls { function } => urls(caller, function).await?,
    }))
}

/// Makes a write to a function or to what invokes it.
pub(crate) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &LambdaWrite) -> Result<Receipt, Failure> {
    match write {
        LambdaWrite::DeleteFunctionConcurrency { function } => unreserve(writer, function).await,
        LambdaWrite::DeleteProvisionedConcurrencyConfig { function, qualifier } => {
            unprovision(writer, reader, function, qualifier).await
        }
        LambdaWrite::PutFunctionConcurrency { function, reserved } => reserve(writer, function, *reserved).await,
        LambdaWrite::PutProvisionedConcurrencyConfig {
            function,
            qualifier,
            executions,
        } => provision(writer, function, qualifier, *executions).await,
        LambdaWrite::UpdateAlias {
            function,
            alias,
            version,
            revision,
        } => set_alias(writer, (function, alias), version, revision.as_deref()).await,
        LambdaWrite::UpdateEventSourceMapping { uuid, enabled } => set_source(writer, uuid, *enabled).await,
        LambdaWrite::UpdateFunctionUrlConfig {
            function,
            qualifier,
            auth_type,
        } => set_url(writer, reader, function, qualifier.as_deref(), auth_type).await,
    }
}

/// The functions that run with a role. A published version keeps the role that it was published with, and AWS lists versions only when
/// it is asked for all of them.
async fn functions_of_role(caller: &Caller<'_>, role_arn: &str) -> Result<UsersOfRole, Failure> {
    let page = |marker| async move {
        let client = caller.session.lambda();
        let request = client
            .list_functions()
            .function_version(FunctionVersion::All)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Lambda, LIST, request).await?;
        Ok((page.functions, page.next_marker))
    };
    let (all, complete) = pages_up_to(LIST, MOST_FUNCTIONS, page).await?;
    let of_role = all.into_iter().filter(|one| one.role.as_deref() == Some(role_arn));
    Ok(UsersOfRole {
        names: names(of_role),
        unread: (!complete).then(|| format!("there are more than {MOST_FUNCTIONS} functions and versions")),
    })
}

/// `refund` for a function itself, `refund:3` for a version of one that does not run with the role itself.
fn names(all: impl Iterator<Item = FunctionConfiguration>) -> Vec<String> {
    let pairs = all.filter_map(|one| Some((one.function_name?, one.version.unwrap_or_else(|| UNQUALIFIED.into()))));
    let found: BTreeSet<(String, String)> = pairs.collect();
    let itself = |name: &str| found.contains(&(name.to_owned(), UNQUALIFIED.to_owned()));
    let shown = found
        .iter()
        .filter(|(name, version)| version == UNQUALIFIED || !itself(name));
    shown
        .map(|(name, version)| match version.as_str() {
            UNQUALIFIED => name.clone(),
            version => format!("{name}:{version}"),
        })
        .collect()
}

/// A function with what its published versions keep, and its tags.
pub(crate) async fn function(caller: &Caller<'_>, name: &str) -> Result<Function, Failure> {
    let mut found = configuration(caller, name).await?;
    add_versions(caller, name, &mut found).await?;
    let request = caller.session.lambda().list_tags().resource(&found.arn).send();
    let tags = caller.read(Service::Lambda, TAGS, request).await?.tags;
    found.tags = tags.into_iter().flatten().collect();
    Ok(found)
}

/// Versions that may not be read, or are too many, may run for as long as AWS lets any.
async fn add_versions(caller: &Caller<'_>, name: &str, found: &mut Function) -> Result<(), Failure> {
    match versions(caller, name).await {
        Ok((versions, complete)) => {
            versions.iter().for_each(|version| add_version(found, version));
            found.other_roles.sort();
            found.other_roles.dedup();
            found.unread_versions = (!complete).then(|| format!("it has more than {MOST_VERSIONS}"));
        }
        Err(failure) if failure.class == FailureClass::Denied => found.unread_versions = Some(failure.to_string()),
        Err(failure) => return Err(failure),
    }
    if found.unread_versions.is_some() {
        found.timeout_seconds = Function::LONGEST_TIMEOUT;
    }
    Ok(())
}

async fn versions(caller: &Caller<'_>, name: &str) -> Result<(Vec<FunctionConfiguration>, bool), Failure> {
    let page = |marker| async move {
        let client = caller.session.lambda();
        let request = client
            .list_versions_by_function()
            .function_name(name)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Lambda, VERSIONS, request).await?;
        Ok((page.versions, page.next_marker))
    };
    pages_up_to(VERSIONS, MOST_VERSIONS, page).await
}

fn add_version(function: &mut Function, version: &FunctionConfiguration) {
    function.timeout_seconds = function.timeout_seconds.max(seconds(version.timeout));
    function.capacity_provider |= version.capacity_provider_config.is_some();
    let other = version.role.iter().filter(|role| **role != function.role);
    function.other_roles.extend(other.cloned());
}

fn seconds(timeout: Option<i32>) -> u32 {
    timeout
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(DEFAULT_TIMEOUT)
}

async fn configuration(caller: &Caller<'_>, name: &str) -> Result<Function, Failure> {
    let client = caller.session.lambda();
    let request = client.get_function_configuration().function_name(name).send();
    let found = caller.read(Service::Lambda, CONFIGURATION, request).await?;
    Ok(Function {
        arn: found.function_arn.unwrap_or_default(),
        role: found.role.unwrap_or_default(),
        timeout_seconds: seconds(found.timeout),
        capacity_provider: found.capacity_provider_config.is_some(),
        ..Function::default()
    })
}

/// The event source mappings of a function, its aliases and versions. AWS lists by function only those of one qualifier, so
/// all of the region are listed and told apart by the ARN of what they invoke.
pub(crate) async fn event_sources(caller: &Caller<'_>, name: &str) -> Result<Vec<EventSource>, Failure> {
    let all = pages(SOURCES, |marker| async move {
        let client = caller.session.lambda();
        let request = client.list_event_source_mappings().set_marker(marker).send();
        let page = caller.read(Service::Lambda, SOURCES, request).await?;
        Ok((page.event_source_mappings, page.next_marker))
    });
    let mut found: Vec<EventSource> = all.await?.into_iter().filter_map(|one| source(one, name)).collect();
    found.sort();
    Ok(found)
}

fn source(mapping: EventSourceMappingConfiguration, name: &str) -> Option<EventSource> {
    let arn = mapping.function_arn?;
    let (function, qualifier) = name_and_qualifier(&arn)?;
    (function == name).then(|| EventSource {
        uuid: mapping.uuid.unwrap_or_default(),
        source: mapping.event_source_arn.unwrap_or_else(|| "self-managed".into()),
        qualifier: qualifier.map(str::to_owned),
        state: mapping.state.unwrap_or_default(),
    })
}

/// `refund` and `live` of `arn:aws:lambda:REGION:ACCOUNT:function:refund:live`.
fn name_and_qualifier(arn: &str) -> Option<(&str, Option<&str>)> {
    let mut parts = arn.split(':').skip(6);
    Some((parts.next()?, parts.next()))
}

/// Which mappings are enabled. What AWS will make of one that it is creating or updating is not known yet, and one that it is
/// deleting is gone.
pub(crate) async fn source_states(caller: &Caller<'_>, name: &str) -> Result<Value, Failure> {
    configuration(caller, name).await?;
    let (mut enabled, mut disabled) = (Vec::new(), Vec::new());
    for source in event_sources(caller, name).await? {
        match source.state.as_str() {
            "Enabled" | "Enabling" => enabled.push(source.uuid),
            "Disabled" | "Disabling" => disabled.push(source.uuid),
            "Deleting" => {}
            state => {
                let message = format!("event source mapping {} is {state}: it is looked at again", source.uuid);
                return Err(failure(FailureClass::NotYet, SOURCES, "ResourceInUse", message));
            }
        }
    }
    Ok(json!({"enabled": enabled, "disabled": disabled}))
}

/// A function's reserved concurrency, or null. GetFunction is not asked: it comes with a link to the code.
pub(crate) async fn concurrency(caller: &Caller<'_>, name: &str) -> Result<Value, Failure> {
    let client = caller.session.lambda();
    let request = client.get_function_concurrency().function_name(name).send();
    let found = caller.read(Service::Lambda, CONCURRENCY, request).await?;
    Ok(json!(found.reserved_concurrent_executions))
}

/// The version that an alias invokes, its revision, and whether another version takes a part.
async fn alias_version(caller: &Caller<'_>, function: &str, alias: &str) -> Result<Value, Failure> {
    let client = caller.session.lambda();
    let request = client.get_alias().function_name(function).name(alias).send();
    let found = caller.read(Service::Lambda, ALIAS, request).await?;
    let weights = found
        .routing_config
        .and_then(|config| config.additional_version_weights);
    let shares = weights.is_some_and(|weights| !weights.is_empty());
    Ok(json!({"version": found.function_version, "revision": found.revision_id, "shares": shares}))
}

/// Lets an alias invoke a version. Where somebody has changed it since it was read, AWS refuses.
async fn set_alias(
    caller: &Caller<'_>,
    (function, alias): (&str, &str),
    version: &str,
    revision: Option<&str>,
) -> Result<Receipt, Failure> {
    let client = caller.session.lambda();
    let request = client
        .update_alias()
        .function_name(function)
        .name(alias)
        .function_version(version)
        .set_revision_id(revision.map(str::to_owned))
        .send();
    Ok(receipt(&caller.write(Service::Lambda, UPDATE_ALIAS, request).await?))
}

/// One mapping; none where it invokes another function.
async fn mapping(caller: &Caller<'_>, function: &str, uuid: &str) -> Result<Option<Value>, Failure> {
    let request = caller.session.lambda().get_event_source_mapping().uuid(uuid).send();
    let found = caller.read(Service::Lambda, MAPPING, request).await?;
    let arn = found.function_arn.unwrap_or_default();
    let is_its = name_and_qualifier(&arn).is_some_and(|(name, _)| name == function);
    Ok(is_its.then(|| EventSource::value(&found.state.unwrap_or_default())))
}

/// How much concurrency is asked to be provisioned, by alias or version.
pub(crate) async fn provisioned(caller: &Caller<'_>, name: &str) -> Result<Value, Failure> {
    let all = pages(PROVISIONED, |marker| async move {
        let client = caller.session.lambda();
        let request = client
            .list_provisioned_concurrency_configs()
            .function_name(name)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Lambda, PROVISIONED, request).await?;
        Ok((page.provisioned_concurrency_configs, page.next_marker))
    });
    let mut found = Map::new();
    for config in all.await? {
        let arn = config.function_arn.unwrap_or_default();
        if let Some((_, Some(qualifier))) = name_and_qualifier(&arn) {
            let count = config.requested_provisioned_concurrent_executions;
            found.insert(qualifier.to_owned(), json!(count));
        }
    }
    Ok(Value::Object(found))
}

/// The authentication of a function's URLs, by alias.
pub(crate) async fn urls(caller: &Caller<'_>, name: &str) -> Result<Value, Failure> {
    let all = pages(URLS, |marker| async move {
        let client = caller.session.lambda();
        let request = client
            .list_function_url_configs()
            .function_name(name)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Lambda, URLS, request).await?;
        Ok((Some(page.function_url_configs), page.next_marker))
    });
    let named = all.await?.into_iter().filter_map(|url| {
        let (_, qualifier) = name_and_qualifier(&url.function_arn)?;
        let qualifier = qualifier.unwrap_or(UNQUALIFIED).to_owned();
        Some((qualifier, json!(url.auth_type.as_str())))
    });
    Ok(Value::Object(named.collect()))
}

/// Reserves concurrency. AWS says that the account has too little left as it says that a number is wrong.
pub(crate) async fn reserve(caller: &Caller<'_>, name: &str, reserved: i32) -> Result<Receipt, Failure> {
    let client = caller.session.lambda();
    let request = client
        .put_function_concurrency()
        .function_name(name)
        .reserved_concurrent_executions(reserved)
        .send();
    match caller.write(Service::Lambda, PUT_CONCURRENCY, request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) if failure.message.contains("UnreservedConcurrentExecution") => Err(Failure {
            class: FailureClass::Limit,
            ..failure
        }),
        Err(failure) => Err(failure),
    }
}

/// Gives reserved concurrency back; AWS takes it as done where there is none.
pub(crate) async fn unreserve(caller: &Caller<'_>, name: &str) -> Result<Receipt, Failure> {
    let client = caller.session.lambda();
    let request = client.delete_function_concurrency().function_name(name).send();
    let call = "lambda:DeleteFunctionConcurrency";
    Ok(receipt(&caller.write(Service::Lambda, call, request).await?))
}

/// Asks for provisioned concurrency; it is ready later.
pub(crate) async fn provision(
    caller: &Caller<'_>,
    name: &str,
    qualifier: &str,
    executions: i32,
) -> Result<Receipt, Failure> {
    let client = caller.session.lambda();
    let request = client
        .put_provisioned_concurrency_config()
        .function_name(name)
        .qualifier(qualifier)
        .provisioned_concurrent_executions(executions)
        .send();
    let call = "lambda:PutProvisionedConcurrencyConfig";
    Ok(receipt(&caller.write(Service::Lambda, call, request).await?))
}

/// Removes provisioned concurrency; where there is none, it is removed already.
pub(crate) async fn unprovision(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    name: &str,
    qualifier: &str,
) -> Result<Receipt, Failure> {
    let client = caller.session.lambda();
    let request = client
        .delete_provisioned_concurrency_config()
        .function_name(name)
        .qualifier(qualifier)
        .send();
    let call = "lambda:DeleteProvisionedConcurrencyConfig";
    match caller.write(Service::Lambda, call, request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) => done_already(reader, name, failure).await,
    }
}

/// Enables or disables a mapping. One that is gone invokes nothing, and cannot be enabled.
pub(crate) async fn set_source(caller: &Caller<'_>, uuid: &str, enabled: bool) -> Result<Receipt, Failure> {
    let client = caller.session.lambda();
    let request = client.update_event_source_mapping().uuid(uuid).enabled(enabled).send();
    match caller.write(Service::Lambda, UPDATE_SOURCE, request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) if failure.class == FailureClass::Gone => Ok(Receipt::default()),
        Err(failure) => Err(failure),
    }
}

/// Sets who may call a URL; one that is gone lets nobody in.
pub(crate) async fn set_url(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    name: &str,
    qualifier: Option<&str>,
    auth_type: &str,
) -> Result<Receipt, Failure> {
    let client = caller.session.lambda();
    let request = client
        .update_function_url_config()
        .function_name(name)
        .set_qualifier(qualifier.map(str::to_owned))
        .auth_type(FunctionUrlAuthType::from(auth_type))
        .send();
    match caller.write(Service::Lambda, UPDATE_URL, request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) => done_already(reader, name, failure).await,
    }
}

/// AWS says that there is nothing to change. That is a success as long as the function itself is there.
async fn done_already(reader: &Caller<'_>, name: &str, failure: Failure) -> Result<Receipt, Failure> {
    match failure.class {
        FailureClass::Gone => configuration(reader, name).await.map(|_| Receipt::default()),
        _ => Err(failure),
    }
}
