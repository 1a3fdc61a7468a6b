//! ECS services and task definitions. Containers' environments may hold secrets: of them nothing is kept but the hosts of AWS that they
//! name (see [`references`]).

mod references;
pub(crate) mod requests;
pub(crate) mod surveys;
mod tasks;

pub(crate) use references::references;
pub(crate) use tasks::{
    clear_protection, live, live_tasks, protected_tasks, service_tasks, standalone_tasks_of_role, stop_task,
};

use crate::{
    caller::{Caller, pages, receipt},
    error::failure,
};
use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration, DeploymentAlarms, DeploymentCircuitBreaker,
    DeploymentConfiguration, Failure as NotDescribed, NetworkConfiguration, SchedulingStrategy, Service as SdkService,
    ServiceField, TaskDefinition as SdkTaskDefinition,
};
use firebreak_core::aws::{
    access::Service,
    ecs::{Deployment, DeploymentParts, EcsDeployment, EcsService, Network, TaskDefinition},
    failure::{Failure, FailureClass, Receipt},
    iam::UsersOfRole,
};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CLUSTERS: &str = "ecs:ListClusters";
const DESCRIBE: &str = "ecs:DescribeServices";
const SERVICES: &str = "ecs:ListServices";
const TASK_DEFINITION: &str = "ecs:DescribeTaskDefinition";
const UPDATE: &str = "ecs:UpdateService";

/// How many services ecs:DescribeServices takes at once.
const SERVICES_AT_ONCE: usize = 10;
/// ecs:ListServices gives 10 a page unless told.
const PAGE: i32 = 100;
/// How many services of a region are looked at for those of one role.
const MOST_SERVICES: usize = 500;
/// How many calls one question makes at the same time.
const PARALLEL: usize = 4;

/// A service. Gone when it is missing or INACTIVE; one that drains still exists.
pub(crate) async fn service(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<EcsService, Failure> {
    Ok(fact(existing(caller, cluster, service).await?))
}

/// The network and deployment configuration of a service, which are written together.
pub(crate) async fn deployment(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<Value, Failure> {
    Ok(configured(&existing(caller, cluster, service).await?))
}

fn configured(service: &SdkService) -> Value {
    let network = service.network_configuration().and_then(network);
    let deployment = Deployment {
        availability_zone_rebalancing: service.availability_zone_rebalancing
            == Some(AvailabilityZoneRebalancing::Enabled),
        ..deployment_fact(service.deployment_configuration())
    };
    json!({"network": network, "deployment": deployment})
}

/// The roles of a task definition.
pub(crate) async fn task_definition(caller: &Caller<'_>, arn: &str) -> Result<TaskDefinition, Failure> {
    if let Some(known) = caller.session.task_definitions.get(arn) {
        return Ok(known);
    }
    let definition = described(caller, arn).await?;
    let roles = TaskDefinition {
        task_role: definition.task_role_arn.filter(|role| !role.is_empty()),
        execution_role: definition.execution_role_arn.filter(|role| !role.is_empty()),
    };
    caller.session.task_definitions.keep(arn, &roles);
    Ok(roles)
}

/// A whole task definition: what is kept of it is chosen by who asks.
async fn described(caller: &Caller<'_>, arn: &str) -> Result<SdkTaskDefinition, Failure> {
    let request = caller
        .session
        .ecs()
        .describe_task_definition()
        .task_definition(arn)
        .send();
    let found = caller
        .read(Service::Ecs, TASK_DEFINITION, request)
        .await
        .map_err(undescribed)?;
    found.task_definition.ok_or_else(|| empty(TASK_DEFINITION))
}

/// `cluster/service` of the services in the region that run with a role, also those whose older tasks still do.
pub(crate) async fn services_of_role(caller: &Caller<'_>, role_arn: &str) -> Result<UsersOfRole, Failure> {
    let clusters = pages(CLUSTERS, |token| async move {
        let request = caller.session.ecs().list_clusters().set_next_token(token).send();
        let page = caller.read(Service::Ecs, CLUSTERS, request).await?;
        Ok((page.cluster_arns, page.next_token))
    });
    let mut services = Vec::new();
    let mut clusters = clusters.await?.into_iter();
    for cluster in clusters.by_ref() {
        services.extend(services_of(caller, &cluster).await?);
        if services.len() >= MOST_SERVICES {
            break;
        }
    }
    let unread = clusters
        .next()
        .map(|_| format!("there are more than {} services", services.len()));
    let definitions: BTreeSet<String> = services.iter().flat_map(definitions_of).collect();
    let of_role = definitions_of_role(caller, definitions, role_arn).await?;
    let mut names: Vec<String> = services
        .iter()
        .filter(|service| definitions_of(service).iter().any(|arn| of_role.contains(arn)))
        .filter_map(|service| Some(format!("{}/{}", short(service.cluster_arn()?), service.service_name()?)))
        .collect();
    names.sort();
    Ok(UsersOfRole { names, unread })
}

/// Sets the network whole, since what is left out of it AWS sets to its default, and the parts of the deployment
/// configuration that the write names.
pub(crate) async fn set_deployment(
    caller: &Caller<'_>,
    (cluster, service): (&str, &str),
    network: &Network,
    deployment: &Deployment,
    parts: DeploymentParts,
) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .ecs()
        .update_service()
        .cluster(cluster)
        .service(service)
        .network_configuration(sdk_network(network)?)
        .deployment_configuration(sdk_deployment(deployment, parts)?)
        .set_availability_zone_rebalancing(parts.rebalancing.then(|| rebalancing(deployment)));
    Ok(receipt(&caller.write(Service::Ecs, UPDATE, request.send()).await?))
}

/// Sets the desired count and nothing else, which starts no deployment.
pub(crate) async fn set_desired_count(
    caller: &Caller<'_>,
    cluster: &str,
    service: &str,
    count: i32,
) -> Result<Receipt, Failure> {
    let client = caller.session.ecs();
    let request = client
        .update_service()
        .cluster(cluster)
        .service(service)
        .desired_count(count)
        .send();
    Ok(receipt(&caller.write(Service::Ecs, UPDATE, request).await?))
}

/// Which of the task definitions run with the role.
async fn definitions_of_role(
    caller: &Caller<'_>,
    definitions: BTreeSet<String>,
    role_arn: &str,
) -> Result<BTreeSet<String>, Failure> {
    let with_roles = stream::iter(definitions).map(|arn| async move {
        match task_definition(caller, &arn).await {
            Err(failure) if failure.class == FailureClass::Gone => Ok((arn, None)),
            roles => roles.map(|roles| (arn, roles.task_role)),
        }
    });
    let all: Vec<(String, Option<String>)> = with_roles.buffer_unordered(PARALLEL).try_collect().await?;
    Ok(all
        .into_iter()
        .filter(|(_, role)| role.as_deref() == Some(role_arn))
        .map(|(arn, _)| arn)
        .collect())
}

async fn services_of(caller: &Caller<'_>, cluster: &str) -> Result<Vec<SdkService>, Failure> {
    let arns = pages(SERVICES, |token| async move {
        let client = caller.session.ecs();
        let request = client
            .list_services()
            .cluster(cluster)
            .max_results(PAGE)
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ecs, SERVICES, request).await?;
        Ok((page.service_arns, page.next_token))
    });
    let mut services = Vec::new();
    for some in arns.await?.chunks(SERVICES_AT_ONCE) {
        let (found, failures) = describe(caller, cluster, some).await?;
        if let Some(failed) = failures.iter().find(|failed| failed.reason() != Some("MISSING")) {
            return Err(not_described(DESCRIBE, failed));
        }
        services.extend(found.into_iter().filter(|service| service.status() != Some("INACTIVE")));
    }
    Ok(services)
}

async fn existing(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<SdkService, Failure> {
    let (found, failures) = describe(caller, cluster, &[service.to_owned()]).await?;
    match (found.into_iter().next(), failures.first()) {
        (Some(found), _) if found.status() == Some("INACTIVE") => Err(failure(
            FailureClass::Gone,
            DESCRIBE,
            "INACTIVE",
            format!("service {cluster}/{service} was deleted"),
        )),
        (Some(found), _) => Ok(found),
        (None, Some(failed)) => Err(not_described(DESCRIBE, failed)),
        (None, None) => Err(empty(DESCRIBE)),
    }
}

async fn describe(
    caller: &Caller<'_>,
    cluster: &str,
    services: &[String],
) -> Result<(Vec<SdkService>, Vec<NotDescribed>), Failure> {
    let client = caller.session.ecs();
    let request = client
        .describe_services()
        .cluster(cluster)
        .set_services(Some(services.to_vec()));
    let found = caller
        .read(Service::Ecs, DESCRIBE, request.include(ServiceField::Tags).send())
        .await?;
    Ok((found.services.unwrap_or_default(), found.failures.unwrap_or_default()))
}

/// ECS reports a missing thing within a successful answer.
fn not_described(call: &str, failed: &NotDescribed) -> Failure {
    let reason = failed.reason().unwrap_or("UNKNOWN");
    let class = if reason == "MISSING" {
        FailureClass::Gone
    } else {
        FailureClass::Transient
    };
    let message = format!(
        "{} {}",
        failed.arn().unwrap_or_default(),
        failed.detail().unwrap_or_default()
    );
    failure(class, call, reason, message.trim())
}

/// ECS has one code for many causes; only this text says that there is no such task definition.
fn undescribed(failure: Failure) -> Failure {
    match failure.code == "ClientException" && failure.message.contains("Unable to describe task definition") {
        true => Failure {
            class: FailureClass::Gone,
            ..failure
        },
        false => failure,
    }
}

fn empty(call: &str) -> Failure {
    failure(
        FailureClass::Transient,
        call,
        "EmptyAnswer",
        "AWS answered without the thing that was asked for",
    )
}

/// The task definitions with which a service has tasks or will have.
fn definitions_of(service: &SdkService) -> BTreeSet<String> {
    let current = service.task_definition.clone().into_iter();
    let older = service
        .deployments()
        .iter()
        .filter(|deployment| deployment.running_count > 0);
    let sets = service.task_sets().iter().filter_map(|set| set.task_definition.clone());
    current
        .chain(older.filter_map(|deployment| deployment.task_definition.clone()))
        .chain(sets)
        .collect()
}

/// `prod` of `arn:aws:ecs:us-east-1:123456789012:cluster/prod`.
fn short(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn fact(service: SdkService) -> EcsService {
    let controller = service
        .deployment_controller
        .as_ref()
        .map(|controller| controller.r#type.as_str());
    let configuration = service.deployment_configuration.as_ref();
    let strategy = configuration
        .and_then(|it| it.strategy.as_ref())
        .map(|strategy| strategy.as_str());
    EcsService {
        deployment_controller: controller.unwrap_or("ECS").to_owned(),
        strategy: strategy.unwrap_or("ROLLING").to_owned(),
        daemon: service.scheduling_strategy == Some(SchedulingStrategy::Daemon),
        network: service.network_configuration.as_ref().and_then(network),
        target_groups: target_groups(&service),
        deployments: service.deployments().iter().map(deployment_of).collect(),
        desired_count: service.desired_count,
        running_count: service.running_count,
        arn: service.service_arn.unwrap_or_default(),
        status: service.status.unwrap_or_default(),
        task_definition: service.task_definition.unwrap_or_default(),
        tags: tags(service.tags),
    }
}

/// Both target groups of a service that is deployed blue/green.
fn target_groups(service: &SdkService) -> Vec<String> {
    let mut arns = Vec::new();
    for balancer in service.load_balancers() {
        let other = balancer
            .advanced_configuration()
            .and_then(|it| it.alternate_target_group_arn());
        for arn in balancer.target_group_arn().into_iter().chain(other) {
            if !arns.iter().any(|known| known == arn) {
                arns.push(arn.to_owned());
            }
        }
    }
    arns
}

fn deployment_of(deployment: &aws_sdk_ecs::types::Deployment) -> EcsDeployment {
    let network = deployment.network_configuration.as_ref().and_then(network);
    let mut security_groups = network.map(|network| network.security_groups).unwrap_or_default();
    security_groups.sort();
    EcsDeployment {
        id: deployment.id.clone().unwrap_or_default(),
        status: deployment.status.clone().unwrap_or_default(),
        rollout_state: deployment
            .rollout_state
            .as_ref()
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        running_count: deployment.running_count,
        security_groups,
    }
}

fn tags(tags: Option<Vec<aws_sdk_ecs::types::Tag>>) -> std::collections::BTreeMap<String, String> {
    let pairs = tags
        .into_iter()
        .flatten()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
    pairs.collect()
}

fn network(configuration: &NetworkConfiguration) -> Option<Network> {
    let awsvpc = configuration.awsvpc_configuration.as_ref()?;
    Some(Network {
        subnets: awsvpc.subnets.clone(),
        security_groups: awsvpc.security_groups().to_vec(),
        assign_public_ip: awsvpc.assign_public_ip == Some(AssignPublicIp::Enabled),
    })
}

fn deployment_fact(configuration: Option<&DeploymentConfiguration>) -> Deployment {
    let unset = Deployment::default();
    let Some(configuration) = configuration else {
        return unset;
    };
    let breaker = configuration.deployment_circuit_breaker.as_ref();
    let alarms = configuration.alarms.as_ref();
    Deployment {
        minimum_healthy_percent: configuration
            .minimum_healthy_percent
            .unwrap_or(unset.minimum_healthy_percent),
        maximum_percent: configuration.maximum_percent.unwrap_or(unset.maximum_percent),
        circuit_breaker: breaker.is_some_and(|breaker| breaker.enable),
        circuit_breaker_rollback: breaker.is_some_and(|breaker| breaker.rollback),
        alarms: alarms.is_some_and(|alarms| alarms.enable),
        alarms_rollback: alarms.is_some_and(|alarms| alarms.rollback),
        alarm_names: alarms.map(|alarms| alarms.alarm_names.clone()).unwrap_or_default(),
        availability_zone_rebalancing: unset.availability_zone_rebalancing,
    }
}

fn sdk_network(network: &Network) -> Result<NetworkConfiguration, Failure> {
    let public = if network.assign_public_ip {
        AssignPublicIp::Enabled
    } else {
        AssignPublicIp::Disabled
    };
    let awsvpc = AwsVpcConfiguration::builder()
        .set_subnets(Some(network.subnets.clone()))
        .set_security_groups(Some(network.security_groups.clone()))
        .assign_public_ip(public)
        .build()
        .map_err(unbuildable)?;
    Ok(NetworkConfiguration::builder().awsvpc_configuration(awsvpc).build())
}

fn rebalancing(deployment: &Deployment) -> AvailabilityZoneRebalancing {
    match deployment.availability_zone_rebalancing {
        true => AvailabilityZoneRebalancing::Enabled,
        false => AvailabilityZoneRebalancing::Disabled,
    }
}

fn sdk_deployment(deployment: &Deployment, parts: DeploymentParts) -> Result<DeploymentConfiguration, Failure> {
    let breaker = DeploymentCircuitBreaker::builder()
        .enable(deployment.circuit_breaker)
        .rollback(deployment.circuit_breaker_rollback)
        .build();
    let alarms = DeploymentAlarms::builder()
        .enable(deployment.alarms)
        .rollback(deployment.alarms_rollback)
        .set_alarm_names(Some(deployment.alarm_names.clone()))
        .build()
        .map_err(unbuildable)?;
    Ok(DeploymentConfiguration::builder()
        .minimum_healthy_percent(deployment.minimum_healthy_percent)
        .maximum_percent(deployment.maximum_percent)
        .set_deployment_circuit_breaker(parts.circuit_breaker.then_some(breaker))
        .set_alarms(parts.alarms.then_some(alarms))
        .build())
}

fn unbuildable(error: aws_smithy_types::error::operation::BuildError) -> Failure {
    failure(FailureClass::Invalid, UPDATE, "IncompleteRequest", error.to_string())
}
