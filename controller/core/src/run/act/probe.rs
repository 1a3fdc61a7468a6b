//! The questions that a run asks whose steps run side by side.

use crate::{
    aws::{Cell, Site},
    run::act::gate::Metric,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A question, and where it is asked.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// The account and the region.
    pub site: Site,
    /// The question.
    pub probe: Probe,
}

impl Look {
    /// That question there.
    pub fn new(site: &Site, probe: Probe) -> Self {
        Self {
            site: site.clone(),
            probe,
        }
    }
}

/// One question. Its documentation names the call that answers it and the shape of the answer.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Probe {
    /// The cell's value, as [`crate::aws::Query::Cell`] is answered.
    Cell(Cell),
    /// s3:ListBucket with the key as prefix → true or false: whether the object exists. HeadObject would need s3:GetObject.
    SwitchObject {
        /// Name of the bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
    /// rds:DescribeDBInstances → [`crate::aws::rds::DbInstance`].
    DbInstance {
        /// Its identifier.
        instance: String,
    },
    /// rds:DescribeDBInstances, and rds:DescribeEvents of it → [`crate::aws::rds::RebootSight`].
    DbRestart {
        /// Its identifier.
        instance: String,
    },
    /// ec2:DescribeSecurityGroups and DescribeSecurityGroupRules → [`crate::aws::ec2::SecurityGroup`].
    SecurityGroup {
        /// Its id.
        group_id: String,
    },
    /// The same calls → `Vec<`[`crate::aws::ec2::IdentifiedRule`]`>`, both ways.
    SecurityGroupRules {
        /// Id of the group.
        group_id: String,
    },
    /// cloudwatch:GetMetricData of AWS/RDS ReplicaLag, the latest minute → [`LagSight`]; `NotFound` where there is none.
    ReplicaLag {
        /// Identifier of the replica.
        instance: String,
    },
    /// cloudwatch:DescribeAlarms → [`crate::aws::cloudwatch::AlarmState`]; `NotFound` where it is left out.
    Alarm {
        /// Its name.
        name: String,
    },
    /// cloudwatch:GetMetricData → [`crate::aws::cloudwatch::Datapoint`]; `NotFound` where there is none.
    Metric(Metric),
    /// ecs:DescribeServices → [`crate::aws::ecs::EcsService`].
    EcsService {
        /// Name of its cluster.
        cluster: String,
        /// Its name.
        service: String,
    },
    /// ecs:DescribeTaskDefinition → `Vec<`[`crate::aws::ecs::Reference`]`>`.
    TaskReferences {
        /// ARN of the task definition.
        task_definition: String,
    },
    /// elasticloadbalancing:DescribeTargetHealth → `Vec<`[`crate::aws::elbv2::TargetHealth`]`>`.
    TargetHealth {
        /// ARN of the target group.
        target_group: String,
    },
    /// A GET without redirects → [`super::HttpAnswer`]; no call of AWS.
    Http {
        /// The URL.
        url: String,
    },
}

/// How far a replica is behind.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct LagSight {
    /// Seconds; -1 where replication is broken (RDS User Guide, "Monitoring read replication").
    pub seconds: f64,
    /// When the minute began that it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
}
