//! Which calls answer the questions and do the deeds of a run whose steps run side by side, and what IAM must allow for them.

use super::{Deed, Probe};
use crate::aws::{
    Call, Grant,
    Idempotence::{Conditional, Idempotent},
    Power, Query, Question, Scope, Write,
    ec2::Ec2Read,
    ecs::EcsRead,
    elbv2::Elbv2Read,
    failure::{Failure, FailureClass},
    rds::resources::DATABASES,
    s3::resources::{OBJECTS, RUN_BUCKETS, RUNS, SWITCH_BUCKETS, SWITCHES},
};

const SWITCH: &[Grant] = &[SWITCH_BUCKETS.allows(&["s3:ListBucket"])];
const DATABASE: &[Grant] = &[DATABASES.allows(&["rds:DescribeDBInstances"])];
const TASK_DEFINITION: &[Grant] = &[Scope::ANYTHING.allows(&["ecs:DescribeTaskDefinition"])];
/// AWS names no resource for events.
const RESTARTS: &[Grant] = &[
    DATABASES.allows(&["rds:DescribeDBInstances"]),
    Scope::ANYTHING.allows(&["rds:DescribeEvents"]),
];
const METRICS: &[Grant] = &[Scope::ANYTHING.allows(&["cloudwatch:GetMetricData"])];
/// Composite alarms are told only to those who may ask about every alarm (CloudWatch API reference, DescribeAlarms).
const ALARM: &[Grant] = &[Scope::ANYTHING.allows(&["cloudwatch:DescribeAlarms"])];
/// What the questions need beside what any other read needs.
const READS: [&[Grant]; 6] = [SWITCH, DATABASE, RESTARTS, TASK_DEFINITION, METRICS, ALARM];

const PUT: Call = Call {
    action: "s3:PutObject",
    on: OBJECTS,
    also: &[],
    power: Power::Failover,
    idempotence: Idempotent,
    places_data: false,
};
const DELETE: Call = Call {
    action: "s3:DeleteObject",
    on: SWITCHES,
    ..PUT
};
const PROMOTE: Call = Call {
    action: "rds:PromoteReadReplica",
    on: DATABASES,
    idempotence: Conditional,
    ..PUT
};
/// AWS refuses a second call while a reboot goes on (`InvalidDBInstanceState`); a later one restarts what nobody can reach.
const REBOOT: Call = Call {
    action: "rds:RebootDBInstance",
    ..PROMOTE
};
static DEEDS: [Call; 4] = [PUT, DELETE, PROMOTE, REBOOT];
/// Writes of cells that containments make too, or could: counts of ECS services and their minimums, event source mappings, and security
/// groups of databases.
const WRITES: [&str; 4] = [
    "application-autoscaling:RegisterScalableTarget",
    "ecs:UpdateService",
    "lambda:UpdateEventSourceMapping",
    "rds:ModifyDBInstance",
];
/// Without s3:ListBucket S3 answers "denied" of an object that does not exist (S3 API reference, GetObject).
const RUN_STORE: [Grant; 3] = [
    OBJECTS.allows(&["s3:PutObject"]),
    RUNS.allows(&["s3:GetObject"]),
    RUN_BUCKETS.allows(&["s3:ListBucket"]),
];

/// What the read role needs for the questions.
pub(crate) fn reads() -> impl Iterator<Item = Grant> {
    READS.into_iter().flatten().copied()
}

/// What the role for failovers needs.
pub(crate) fn grants() -> impl Iterator<Item = Grant> {
    let is_own = |call: &&Call| call.power == Power::Failover || WRITES.contains(&call.action);
    let writes = Write::calls().filter(is_own);
    let calls = DEEDS.iter().chain(writes).flat_map(|call| call.grants());
    calls.chain(RUN_STORE)
}

impl Probe {
    /// The same question as it is asked of AWS elsewhere too, if it is.
    pub fn query(&self) -> Option<Query> {
        match self {
            Self::Cell(cell) => Some(Query::Cell(cell.clone())),
            Self::EcsService { cluster, service } => Some(Query::Ecs(EcsRead::Service {
                cluster: cluster.clone(),
                service: service.clone(),
            })),
            Self::TargetHealth { target_group } => Some(Query::Elbv2(Elbv2Read::TargetHealth {
                target_group_arn: target_group.clone(),
            })),
            Self::SecurityGroup { group_id } => Some(Query::Ec2(Ec2Read::SecurityGroup {
                group_id: group_id.clone(),
            })),
            Self::SecurityGroupRules { group_id } => Some(Query::Ec2(Ec2Read::SecurityGroupRules {
                group_id: group_id.clone(),
            })),
            Self::SwitchObject { .. }
            | Self::DbInstance { .. }
            | Self::TaskReferences { .. }
            | Self::DbRestart { .. }
            | Self::ReplicaLag { .. }
            | Self::Alarm { .. }
            | Self::Metric(_)
            | Self::Http { .. } => None,
        }
    }

    /// The IAM actions that it needs, the one that is called first in front; none where AWS is not asked.
    pub fn grants(&self) -> &'static [Grant] {
        match self {
            Self::Cell(cell) => Question::grants(cell),
            Self::EcsService { .. }
            | Self::TargetHealth { .. }
            | Self::SecurityGroup { .. }
            | Self::SecurityGroupRules { .. } => self.query().map_or(&[], |query| query.grants()),
            Self::DbRestart { .. } => RESTARTS,
            Self::SwitchObject { .. } => SWITCH,
            Self::DbInstance { .. } => DATABASE,
            Self::TaskReferences { .. } => TASK_DEFINITION,
            Self::ReplicaLag { .. } | Self::Metric(_) => METRICS,
            Self::Alarm { .. } => ALARM,
            Self::Http { .. } => &[],
        }
    }

    /// Its IAM actions.
    pub fn actions(&self) -> Vec<&'static str> {
        let grants = self.grants().iter();
        grants.flat_map(|grant| grant.actions.iter().copied()).collect()
    }
}

impl Deed {
    /// What each of its calls is to IAM, in their order.
    pub fn calls(&self) -> Vec<Call> {
        match self {
            Self::Write(writes) => writes.iter().map(Write::call).collect(),
            Self::PutObject { .. } => vec![PUT],
            Self::DeleteObject { .. } => vec![DELETE],
            Self::PromoteReadReplica { .. } => vec![PROMOTE],
            Self::RebootDbInstance { .. } => vec![REBOOT],
        }
    }

    /// Each of its calls as a deed of its own.
    pub fn each(&self) -> Vec<Self> {
        match self {
            Self::Write(writes) => writes.iter().map(|write| Self::Write(vec![write.clone()])).collect(),
            Self::PutObject { .. }
            | Self::DeleteObject { .. }
            | Self::PromoteReadReplica { .. }
            | Self::RebootDbInstance { .. } => vec![self.clone()],
        }
    }

    /// The IAM action of its first call.
    pub fn first_action(&self) -> &'static str {
        self.calls().first().map_or("", |call| call.action)
    }

    /// Whether it may be done at all: a failover never takes the power to change who may do what.
    ///
    /// # Errors
    /// `Invalid` where a call of it takes that power.
    pub fn check(&self) -> Result<(), Failure> {
        let identity = self
            .calls()
            .into_iter()
            .find(|call| call.power == Power::ContainIdentity);
        identity.map_or(Ok(()), |call| {
            Err(Failure {
                class: FailureClass::Invalid,
                call: call.action.into(),
                code: "IdentityPower".into(),
                message: format!(
                    "not called: a failover never changes who may do what, and {} does",
                    call.action
                ),
            })
        })
    }
}

#[cfg(test)]
mod tests;
