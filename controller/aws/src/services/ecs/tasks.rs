//! ECS tasks: which there are, their addresses, their protection, and stopping them.

use super::{not_described, task_definition};
use crate::caller::{Caller, pages, receipt};
use aws_sdk_ecs::types::{DesiredStatus, Failure as NotDescribed, Task as SdkTask};
use firebreak_core::aws::{
    access::Service,
    ecs::Task,
    failure::{Failure, FailureClass, Receipt},
};

const DESCRIBE: &str = "ecs:DescribeTasks";
const LIST: &str = "ecs:ListTasks";
const PROTECTION: &str = "ecs:GetTaskProtection";
const UNPROTECT: &str = "ecs:UpdateTaskProtection";

/// How many tasks ecs:DescribeTasks and GetTaskProtection take at once.
const TASKS_AT_ONCE: usize = 100;
/// How many tasks ecs:UpdateTaskProtection takes at once.
const PROTECTIONS_AT_ONCE: usize = 10;
/// What people see in the task's stopped reason.
const REASON: &str = "Firebreak quarantine";

/// A service's tasks, also those that are to stop or have stopped lately.
pub(crate) async fn service_tasks(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<Vec<Task>, Failure> {
    Ok(tasks(caller, cluster, Some(service)).await?.iter().map(fact).collect())
}

/// A service's tasks that have not stopped yet, each with whether it is to stop.
pub(crate) async fn live(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<Vec<(Task, bool)>, Failure> {
    let all = tasks(caller, cluster, Some(service)).await?;
    let is_to_stop = |task: &SdkTask| task.desired_status() == Some(DesiredStatus::Stopped.as_str());
    Ok(all
        .iter()
        .filter(|task| is_live(task))
        .map(|task| (fact(task), is_to_stop(task)))
        .collect())
}

/// ARNs of a service's tasks that have not stopped yet.
pub(crate) async fn live_tasks(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<Vec<String>, Failure> {
    super::existing(caller, cluster, service).await?;
    Ok(live(caller, cluster, service)
        .await?
        .into_iter()
        .map(|(task, _)| task.arn)
        .collect())
}

/// ARNs of a service's tasks that are protected from scale-in.
pub(crate) async fn protected_tasks(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<Vec<String>, Failure> {
    let tasks = live_tasks(caller, cluster, service).await?;
    let mut protected = Vec::new();
    for some in tasks.chunks(TASKS_AT_ONCE) {
        let client = caller.session.ecs();
        let request = client
            .get_task_protection()
            .cluster(cluster)
            .set_tasks(Some(some.to_vec()))
            .send();
        let found = caller.read(Service::Ecs, PROTECTION, request).await?;
        tolerate_gone(PROTECTION, &found.failures.unwrap_or_default())?;
        let those = found
            .protected_tasks
            .unwrap_or_default()
            .into_iter()
            .filter(|task| task.protection_enabled);
        protected.extend(those.filter_map(|task| task.task_arn));
    }
    Ok(protected)
}

/// Tasks that no service started, that have not stopped and that run with the role, by their definition or by override.
pub(crate) async fn standalone_tasks_of_role(
    caller: &Caller<'_>,
    cluster: &str,
    role_arn: &str,
) -> Result<Vec<Task>, Failure> {
    let mut found = Vec::new();
    for task in tasks(caller, cluster, None).await? {
        let of_service = task.group().is_some_and(|group| group.starts_with("service:"));
        if is_live(&task) && !of_service && role_of(caller, &task).await?.as_deref() == Some(role_arn) {
            found.push(fact(&task));
        }
    }
    Ok(found)
}

/// Clears the protection from scale-in; a task that is gone has none.
pub(crate) async fn clear_protection(caller: &Caller<'_>, cluster: &str, tasks: &[String]) -> Result<Receipt, Failure> {
    let mut last = Receipt::default();
    for some in tasks.chunks(PROTECTIONS_AT_ONCE) {
        let client = caller.session.ecs();
        let request = client
            .update_task_protection()
            .cluster(cluster)
            .set_tasks(Some(some.to_vec()));
        let done = caller
            .write(Service::Ecs, UNPROTECT, request.protection_enabled(false).send())
            .await?;
        tolerate_gone(UNPROTECT, done.failures())?;
        last = receipt(&done);
    }
    Ok(last)
}

/// Stops a task; one that is gone is stopped already.
pub(crate) async fn stop_task(caller: &Caller<'_>, cluster: &str, task: &str) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .ecs()
        .stop_task()
        .cluster(cluster)
        .task(task)
        .reason(REASON)
        .send();
    match caller.write(Service::Ecs, "ecs:StopTask", request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) if failure.code == "InvalidParameterException" && failure.message.contains("was not found") => {
            Ok(Receipt::default())
        }
        Err(failure) => Err(failure),
    }
}

/// ECS lists tasks by what they are to be; one that is to stop may run on for a long time, so both are listed.
async fn tasks(caller: &Caller<'_>, cluster: &str, service: Option<&str>) -> Result<Vec<SdkTask>, Failure> {
    let mut arns = list(caller, cluster, service, DesiredStatus::Running).await?;
    arns.extend(list(caller, cluster, service, DesiredStatus::Stopped).await?);
    arns.sort();
    arns.dedup();
    let mut found = Vec::new();
    for some in arns.chunks(TASKS_AT_ONCE) {
        let client = caller.session.ecs();
        let request = client
            .describe_tasks()
            .cluster(cluster)
            .set_tasks(Some(some.to_vec()))
            .send();
        let page = caller.read(Service::Ecs, DESCRIBE, request).await?;
        tolerate_gone(DESCRIBE, &page.failures.unwrap_or_default())?;
        found.extend(page.tasks.unwrap_or_default());
    }
    Ok(found)
}

async fn list(
    caller: &Caller<'_>,
    cluster: &str,
    service: Option<&str>,
    status: DesiredStatus,
) -> Result<Vec<String>, Failure> {
    let status = &status;
    let all = pages(LIST, |token| async move {
        let client = caller.session.ecs();
        let request = client
            .list_tasks()
            .cluster(cluster)
            .set_service_name(service.map(str::to_owned));
        let request = request.desired_status(status.clone()).set_next_token(token).send();
        let page = caller.read(Service::Ecs, LIST, request).await?;
        Ok((page.task_arns, page.next_token))
    });
    all.await
}

/// An override at the start of the task outranks its definition.
async fn role_of(caller: &Caller<'_>, task: &SdkTask) -> Result<Option<String>, Failure> {
    let override_arn = task.overrides().and_then(|overrides| overrides.task_role_arn());
    match (override_arn.filter(|arn| !arn.is_empty()), task.task_definition_arn()) {
        (Some(arn), _) => Ok(Some(arn.to_owned())),
        (None, Some(definition)) => match task_definition(caller, definition).await {
            Err(failure) if failure.class == FailureClass::Gone => Ok(None),
            roles => roles.map(|roles| roles.task_role),
        },
        (None, None) => Ok(None),
    }
}

/// Tasks come and go between two calls; any other failure within an answer is one.
fn tolerate_gone(call: &str, failures: &[NotDescribed]) -> Result<(), Failure> {
    let is_gone = |failed: &&NotDescribed| matches!(failed.reason(), Some("MISSING" | "TASK_NOT_VALID"));
    match failures.iter().find(|failed| !is_gone(failed)) {
        Some(failed) => Err(Failure {
            class: FailureClass::NotYet,
            ..not_described(call, failed)
        }),
        None => Ok(()),
    }
}

fn is_live(task: &SdkTask) -> bool {
    task.last_status() != Some("STOPPED")
}

fn fact(task: &SdkTask) -> Task {
    Task {
        arn: task.task_arn.clone().unwrap_or_default(),
        last_status: task.last_status.clone().unwrap_or_default(),
        group: task.group.clone().unwrap_or_default(),
        ip: interface_detail(task, "privateIPv4Address"),
        ipv6: interface_detail(task, "ipv6Address").or_else(|| ipv6_of_containers(task)),
        network_interface: interface_detail(task, "networkInterfaceId"),
        task_definition: task.task_definition_arn.clone().unwrap_or_default(),
    }
}

/// The containers of a task share its network interface; the details of the attachment do not always name its IPv6 address.
fn ipv6_of_containers(task: &SdkTask) -> Option<String> {
    let interfaces = task
        .containers()
        .iter()
        .flat_map(|container| container.network_interfaces());
    let mut addresses = interfaces.filter_map(|interface| interface.ipv6_address());
    addresses.find(|address| !address.is_empty()).map(str::to_owned)
}

fn interface_detail(task: &SdkTask, name: &str) -> Option<String> {
    let interfaces = task
        .attachments()
        .iter()
        .filter(|it| it.r#type() == Some("ElasticNetworkInterface"));
    let details = interfaces.flat_map(|interface| interface.details());
    details
        .into_iter()
        .find(|detail| detail.name() == Some(name))?
        .value
        .clone()
}
