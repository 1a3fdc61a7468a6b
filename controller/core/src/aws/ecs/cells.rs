//! ECS services and their tasks, as cells.

use super::{
    EcsWrite,
    resources::{SERVICES, TASKS},
    service,
};
use crate::aws::{
    Grant, Meaning, References, Remaining, Scope, Survey, ec2::security_groups_of, table::table, value::sorted,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use strum::EnumIter;

/// One piece of the state of an ECS service.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EcsCell {
    /// A service's network and deployment configuration, which must be written together:
    /// `{"network": `[`crate::aws::ecs::Network`]`, "deployment": `[`crate::aws::ecs::Deployment`]`}`.
    ServiceDeployment {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// A service's desired count: an integer.
    ServiceDesiredCount {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// Which tasks of a service are running: a list of task ARNs.
    ServiceTasks {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// Which of a service's tasks are protected from scale-in: a list of task ARNs.
    TaskProtection {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: EcsCell => &'static [Grant] {
        Self::ServiceDeployment { .. } | Self::ServiceDesiredCount { .. } => &[SERVICES.allows(&["ecs:DescribeServices"])],
        Self::ServiceTasks { .. } => &[
            Scope::ANYTHING.allows(&["ecs:ListTasks"]),
            TASKS.allows(&["ecs:DescribeTasks"]),
            SERVICES.allows(&["ecs:DescribeServices"]),
        ],
        Self::TaskProtection { .. } => &[
            TASKS.allows(&["ecs:GetTaskProtection", "ecs:DescribeTasks"]),
            Scope::ANYTHING.allows(&["ecs:ListTasks"]),
            SERVICES.allows(&["ecs:DescribeServices"]),
        ],
    }
}

/// ARN of a service in a partition, account and region.
pub fn service_arn((partition, account_id, region): (&str, &str, &str), cluster: &str, service: &str) -> String {
    format!("arn:{partition}:ecs:{region}:{account_id}:service/{cluster}/{service}")
}

impl Meaning for EcsCell {
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        match self {
            Self::ServiceDeployment { cluster, service }
            | Self::ServiceDesiredCount { cluster, service }
            | Self::ServiceTasks { cluster, service }
            | Self::TaskProtection { cluster, service } => {
                service_arn((partition, account_id, region), cluster, service)
            }
        }
    }

    fn field(&self) -> String {
        match self {
            Self::ServiceDeployment { .. } => "Deployment".into(),
            Self::ServiceDesiredCount { .. } => "DesiredCount".into(),
            Self::ServiceTasks { .. } => "Tasks".into(),
            Self::TaskProtection { .. } => "TaskProtection".into(),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        match self {
            Self::ServiceDeployment { service, .. } => service::deployment_sentence(service, to),
            Self::ServiceDesiredCount { service, .. } => format!("Set the desired count of service {service} to {to}"),
            Self::ServiceTasks { service, .. } => format!("Stop the tasks of service {service} that still run"),
            Self::TaskProtection { service, .. } => {
                format!("Clear the scale-in protection of the tasks of service {service}")
            }
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::ServiceDeployment { .. } => service::canonical_deployment(value),
            Self::ServiceDesiredCount { .. } => value.clone(),
            Self::ServiceTasks { .. } | Self::TaskProtection { .. } => sorted(value),
        }
    }

    fn material(&self, before: &Value) -> Value {
        match self {
            Self::ServiceDeployment { .. } => self.canonical(before),
            Self::ServiceDesiredCount { .. } | Self::ServiceTasks { .. } | Self::TaskProtection { .. } => Value::Null,
        }
    }

    fn references(&self, value: &Value) -> Option<References> {
        match self {
            Self::ServiceDeployment { .. } => security_groups_of(&value["network"]["securityGroups"]),
            Self::ServiceDesiredCount { .. } | Self::ServiceTasks { .. } | Self::TaskProtection { .. } => None,
        }
    }

    fn without(&self, value: &Value, missing: &BTreeSet<String>) -> Remaining {
        match self {
            Self::ServiceDeployment { .. } => service::without_groups_of(value, missing),
            Self::ServiceDesiredCount { .. } | Self::ServiceTasks { .. } | Self::TaskProtection { .. } => {
                Remaining::whole(value)
            }
        }
    }

    fn survey(&self) -> Option<Survey> {
        match self {
            Self::ServiceDeployment { .. } | Self::ServiceDesiredCount { .. } => Some(Survey::Services),
            Self::ServiceTasks { .. } | Self::TaskProtection { .. } => None,
        }
    }
}

impl EcsCell {
    pub(in crate::aws) fn writes(&self, from: &Value, to: &Value) -> Vec<EcsWrite> {
        match self {
            Self::ServiceDeployment { cluster, service } => service::deployment(cluster, service, from, to),
            Self::ServiceDesiredCount { cluster, service } => service::desired_count(cluster, service, to),
            Self::ServiceTasks { cluster, .. } => service::stop(cluster, from, to),
            Self::TaskProtection { cluster, .. } => service::unprotect(cluster, from, to),
        }
    }
}
