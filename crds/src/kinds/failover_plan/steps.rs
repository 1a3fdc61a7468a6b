//! The steps of a FailoverPlan: what each does, what it waits for, and what follows when it fails.

use super::{
    Elbv2Weights, FailoverGate, LambdaAlias, LambdaEventSources, ManualApproval, Wait, step_kind::exactly_one,
};
use crate::AccountRef;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// One step. It does exactly one thing: one that names nothing to do, or two things, is refused.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = exactly_one())]
#[x_kube(validation = Rule::new("!has(self.dependsOn) || !(self.name in self.dependsOn)")
    .message("dependsOn names the step itself: remove it"))]
#[x_kube(validation = Rule::new("!has(self.rdsPromoteReplica) || !has(self.bestEffort) || !self.bestEffort")
    .message("bestEffort: a promotion cannot be left behind; remove it, so that the run waits for it"))]
#[x_kube(validation = Rule::new("!has(self.rdsPromoteReplica) || !has(self.onFailure) || self.onFailure != 'Continue'")
    .message("onFailure Continue: nothing goes on without the database; use Hold or Compensate"))]
#[x_kube(validation = Rule::new("!(has(self.wait) || has(self.manualApproval)) || !has(self.timeout)")
    .message("timeout: a wait ends by itself, and people approve when they have looked; remove it"))]
#[x_kube(validation = Rule::new("!(has(self.wait) || has(self.manualApproval)) || !has(self.bestEffort) || !self.bestEffort")
    .message("bestEffort: a wait and a manualApproval hold back what depends on them, and nothing else; remove bestEffort, or the step"))]
#[x_kube(validation = Rule::new("!has(self.fence) || !has(self.bestEffort) || !self.bestEffort")
    .message("bestEffort: a promotion waits for its fence; remove it, and acknowledge a split brain where the fence cannot be proven"))]
#[x_kube(validation = Rule::new("!has(self.fence) || !has(self.onFailure) || self.onFailure != 'Continue'")
    .message("onFailure Continue: nothing is promoted while the old database may take writes; use Hold or Compensate"))]
pub struct FailoverStep {
    /// Its name within the plan, such as promote-orders.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')").message("name has lower-case letters, digits and hyphens, such as promote-orders"))]
    pub name: String,
    /// Steps that must be done before this one begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 19), inner(length(min = 1, max = 32)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub depends_on: Vec<String>,
    /// In which direction it belongs to a run. A step that does not belong to it counts as done.
    #[serde(default)]
    pub when: StepWhen,
    /// How long it may take from its begin, such as 10m. Default: 10m for a gate, 15m to scale or to fence, 5m to switch, 45m to promote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')")
        .message("timeout is a duration between 10s and 24h, such as 10m"))]
    pub timeout: Option<String>,
    /// What follows when it fails. Hold: what needs it waits for a person, the rest goes on. Compensate: the run goes back, as long
    /// as no one-way step was begun; from there on it holds. Continue: the run goes on without it.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Whether it needs approvals of its own at its turn, as many as the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
    /// Whether the run ends without it: nothing waits for it, and it is named as left to do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub best_effort: bool,
    /// The AWS account that it acts in, where that is not the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ref: Option<AccountRef>,
    /// Cuts the database of the region that is left off from everything, and proves that nothing is connected to it any more. A
    /// promotion that waits for it needs no acknowledgement of a split brain. It stays when the run is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<Fence>,
    /// Scales an ECS service of the region that becomes active up, never down, and waits until it is steady.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs_scale: Option<EcsScale>,
    /// Promotes the RDS read replica of the region that becomes active. One way: it cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rds_promote_replica: Option<RdsPromoteReplica>,
    /// Moves traffic with an object in the standby region that a pre-made, inverted Route 53 health check of the primary record
    /// reads: there, traffic goes to the standby region. Data plane only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check_switch: Option<HealthCheckSwitch>,
    /// Moves requests between two target groups, by the weights of the forward action of a listener or of a rule that has both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elbv2_weights: Option<Elbv2Weights>,
    /// Lets an alias of a Lambda function of the region that becomes active invoke a published version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lambda_alias: Option<LambdaAlias>,
    /// Lets functions of the region that becomes active take events, and those of the region that is left no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lambda_event_sources: Option<LambdaEventSources>,
    /// Waits until something is so: Pass, Fail, or Inconclusive, which waits on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<FailoverGate>,
    /// Waits until people have approved this very step, as many as the start takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_approval: Option<ManualApproval>,
    /// Waits for a time, such as until caches have forgotten an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
}

/// In which direction a step belongs to a run.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepWhen {
    /// From the primary region to the standby region.
    FailingOver,
    /// From the standby region to the primary region.
    FailingBack,
    /// Both.
    #[default]
    Both,
}

/// What follows when a step fails.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// What needs it waits for a person.
    #[default]
    Hold,
    /// The run goes back, as long as no one-way step was begun.
    Compensate,
    /// The run goes on without it.
    Continue,
}

/// Cuts a database off: its security groups give way to one that lets nothing in, and a reboot ends the connections that are open.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Fence {
    /// What is cut off in regions.primary, when that is left.
    pub primary: FenceSite,
    /// What is cut off in regions.standby, when that is left.
    pub standby: FenceSite,
}

/// What is cut off in one region.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct FenceSite {
    /// Identifier of the RDS instance: the one that the promotion's replica follows.
    #[schemars(length(min = 1, max = 63))]
    pub instance: String,
    /// Id of a security group in the instance's VPC without any ingress rule, made beforehand. It becomes the only one of the
    /// instance.
    #[schemars(length(min = 4, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sg-[0-9a-f]{8,17}$')").message("securityGroup looks like sg-0123456789abcdef0"))]
    pub security_group: String,
    /// An ECS service that writes to it, and is scaled to 0 beside. Its autoscaling minimum becomes 0 too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<EcsServiceName>,
}

/// Scales an ECS service up.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct EcsScale {
    /// The service in regions.primary.
    pub primary: EcsServiceName,
    /// The service in regions.standby.
    pub standby: EcsServiceName,
    /// How many tasks: a number of at least 1, or MatchActive, the last steady count of the other region's service. A service that
    /// has more keeps them.
    pub desired: Desired,
}

/// A number of tasks, or `MatchActive`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(untagged)]
pub enum Desired {
    /// That many.
    Count(u32),
    /// A word: `MatchActive` is the only one.
    Word(String),
}

impl Desired {
    /// The word for the count of the other region's service.
    pub const MATCH_ACTIVE: &str = "MatchActive";
}

impl Default for Desired {
    fn default() -> Self {
        Self::Word(Self::MATCH_ACTIVE.to_owned())
    }
}

impl JsonSchema for Desired {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Desired".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true,
            "x-kubernetes-validations": [{
                "rule": "type(self) == int ? self >= 1 && self <= 9999 : self == 'MatchActive'",
                "message": "desired is a number from 1 to 9999, or MatchActive: a service is never scaled to 0",
            }],
        })
    }
}

/// An ECS service.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EcsServiceName {
    /// Name of its cluster.
    #[schemars(length(min = 1, max = 255))]
    pub cluster: String,
    /// Its name.
    #[schemars(length(min = 1, max = 255))]
    pub service: String,
}

/// Promotes an RDS read replica.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RdsPromoteReplica {
    /// Identifier of the instance in regions.primary.
    #[schemars(length(min = 1, max = 63))]
    pub primary: String,
    /// Identifier of the instance in regions.standby.
    #[schemars(length(min = 1, max = 63))]
    pub standby: String,
    /// Days for which the promoted instance keeps its backups: AWS would set 1. Default: 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 35), extend("format" = "int64"))]
    pub backup_retention_days: Option<u32>,
}

/// An object that moves traffic.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheckSwitch {
    /// Name of a bucket in regions.standby.
    #[schemars(length(min = 3, max = 63))]
    pub bucket: String,
    /// The key that the health check reads. The object is there while the standby region is active.
    #[schemars(length(min = 1, max = 512))]
    pub key: String,
}
