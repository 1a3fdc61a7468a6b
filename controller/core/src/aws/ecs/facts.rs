//! ECS services and their tasks.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::IpAddr};

/// An ECS service (ecs:DescribeServices); secrets and environment are never read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EcsService {
    /// The service's ARN.
    pub arn: String,
    /// ACTIVE, DRAINING or INACTIVE.
    pub status: String,
    /// ECS, CODE_DEPLOY or EXTERNAL.
    pub deployment_controller: String,
    /// ROLLING, BLUE_GREEN, LINEAR or CANARY; ROLLING when AWS does not say.
    pub strategy: String,
    /// Whether it keeps one task on each container instance (DAEMON), and has no desired count.
    pub daemon: bool,
    /// ARN of the task definition.
    pub task_definition: String,
    /// Tasks wanted.
    pub desired_count: i32,
    /// Tasks running.
    pub running_count: i32,
    /// awsvpc network configuration; none for other network modes.
    pub network: Option<Network>,
    /// Target groups in which its tasks are registered, by ARN.
    pub target_groups: Vec<String>,
    /// Deployments under way or done.
    pub deployments: Vec<EcsDeployment>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// One deployment of a service.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EcsDeployment {
    /// Its id.
    pub id: String,
    /// PRIMARY, ACTIVE or INACTIVE.
    pub status: String,
    /// COMPLETED, IN_PROGRESS or FAILED.
    pub rollout_state: String,
    /// Tasks running.
    pub running_count: i32,
    /// Its security groups, sorted.
    pub security_groups: Vec<String>,
}

/// awsvpc network configuration of a service.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Network {
    /// Subnet ids.
    pub subnets: Vec<String>,
    /// Security-group ids.
    pub security_groups: Vec<String>,
    /// Whether tasks get a public IP. It must be sent again with every change, or it becomes DISABLED.
    pub assign_public_ip: bool,
}

/// Deployment configuration of a service, as far as Firebreak writes it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// Percent of the desired count that must stay healthy.
    pub minimum_healthy_percent: i32,
    /// Percent of the desired count that may run at once.
    pub maximum_percent: i32,
    /// Whether the deployment circuit breaker is on.
    pub circuit_breaker: bool,
    /// Whether the circuit breaker rolls back, which would undo a containment.
    pub circuit_breaker_rollback: bool,
    /// Whether deployment alarms are on.
    pub alarms: bool,
    /// Whether alarms roll back, which would undo a containment.
    pub alarms_rollback: bool,
    /// Names of the alarms.
    pub alarm_names: Vec<String>,
    /// Whether ECS moves tasks between Availability Zones. It is part of the service, not of its deployment configuration; but AWS takes
    /// no maximum percent up to 100 while it is on.
    #[serde(skip_serializing_if = "is_off")]
    pub availability_zone_rebalancing: bool,
}

/// What is off is left out, as older versions wrote it.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_off(on: &bool) -> bool {
    !on
}

/// What AWS uses when a rolling service has no deployment configuration (ECS API reference, DeploymentConfiguration).
impl Default for Deployment {
    fn default() -> Self {
        Self {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: false,
            circuit_breaker_rollback: false,
            alarms: false,
            alarms_rollback: false,
            alarm_names: Vec::new(),
            availability_zone_rebalancing: false,
        }
    }
}

/// The roles of a task definition. Nothing else of it is read into Firebreak: it may hold secrets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TaskDefinition {
    /// ARN of the role that its containers run with.
    pub task_role: Option<String>,
    /// ARN of the role with which its images and secrets are fetched.
    pub execution_role: Option<String>,
}

/// One task.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The task's ARN.
    pub arn: String,
    /// Such as RUNNING or STOPPED.
    pub last_status: String,
    /// `service:NAME` for a service's task, `family:NAME` for a standalone one.
    pub group: String,
    /// Private IPv4 address, once it has one; none in a subnet that has IPv6 only.
    pub ip: Option<String>,
    /// IPv6 address, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<String>,
    /// Its network interface, once it has one.
    pub network_interface: Option<String>,
    /// ARN of its task definition.
    pub task_definition: String,
}

impl Task {
    /// Its addresses, by any of which a load balancer may know it.
    pub fn addresses(&self) -> impl Iterator<Item = &String> {
        self.ip.iter().chain(&self.ipv6)
    }

    /// Whether an address is one of its own.
    pub fn has_address(&self, address: &str) -> bool {
        self.addresses().any(|own| same_address(own, address))
    }
}

/// Whether two texts are one address: IPv6 addresses can be written in several ways.
pub fn same_address(one: &str, other: &str) -> bool {
    let parsed = |text: &str| text.parse::<IpAddr>().ok();
    one == other || parsed(one).is_some_and(|one| parsed(other) == Some(one))
}
