//! What is read of ECS.

use super::resources::{SERVICES, TASKS};
use crate::aws::{Grant, Question, Scope, Survey, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to ECS.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EcsRead {
    /// ecs:DescribeServices → [`crate::aws::ecs::EcsService`]; `NotFound` when it is MISSING or INACTIVE.
    Service {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// ecs:ListTasks by service and DescribeTasks → `Vec<`[`crate::aws::ecs::Task`]`>`.
    ServiceTasks {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// ecs:ListClusters, ListServices, DescribeServices, DescribeTaskDefinition in the region → [`crate::aws::iam::UsersOfRole`]:
    /// `cluster/service` of the services whose task role it is.
    ServicesOfRole {
        /// Region to look in.
        region: String,
        /// ARN of the role.
        role_arn: String,
    },
    /// ecs:ListTasks and DescribeTasks in the cluster → `Vec<`[`crate::aws::ecs::Task`]`>` of tasks that no service
    /// started and whose task role it is.
    StandaloneTasksOfRole {
        /// Cluster name.
        cluster: String,
        /// ARN of the role.
        role_arn: String,
    },
    /// ecs:DescribeTaskDefinition → [`crate::aws::ecs::TaskDefinition`].
    TaskDefinition {
        /// ARN of the task definition.
        arn: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: EcsRead => &'static [Grant] {
        Self::Service { .. } => &[SERVICES.allows(&["ecs:DescribeServices"])],
        Self::ServiceTasks { .. } => &[Scope::ANYTHING.allows(&["ecs:ListTasks"]), TASKS.allows(&["ecs:DescribeTasks"])],
        Self::ServicesOfRole { .. } => &[
            Scope::ANYTHING.allows(&["ecs:ListClusters", "ecs:ListServices", "ecs:DescribeTaskDefinition"]),
            SERVICES.allows(&["ecs:DescribeServices"]),
        ],
        Self::StandaloneTasksOfRole { .. } => &[
            Scope::ANYTHING.allows(&["ecs:ListTasks", "ecs:DescribeTaskDefinition"]),
            TASKS.allows(&["ecs:DescribeTasks"]),
        ],
        Self::TaskDefinition { .. } => &[Scope::ANYTHING.allows(&["ecs:DescribeTaskDefinition"])],
    }
}

impl Question for EcsRead {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::Service { cluster, service } | Self::ServiceTasks { cluster, service } => {
                format!("service {cluster}/{service}")
            }
            Self::ServicesOfRole { region, .. } => format!("the ECS services of the role in {region}"),
            Self::StandaloneTasksOfRole { cluster, .. } => format!("the standalone tasks in cluster {cluster}"),
            Self::TaskDefinition { arn } => format!("task definition {arn}"),
        }
    }

    fn region(&self) -> Option<&str> {
        match self {
            Self::ServicesOfRole { region, .. } => Some(region),
            Self::Service { .. }
            | Self::ServiceTasks { .. }
            | Self::StandaloneTasksOfRole { .. }
            | Self::TaskDefinition { .. } => None,
        }
    }

    fn is_informational(&self) -> bool {
        matches!(self, Self::ServicesOfRole { .. } | Self::StandaloneTasksOfRole { .. })
    }

    fn is_wide(&self) -> bool {
        self.is_informational()
    }

    fn survey(&self) -> Option<Survey> {
        matches!(self, Self::Service { .. }).then_some(Survey::Services)
    }
}
