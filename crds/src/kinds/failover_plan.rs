//! `FailoverPlan`: two regions, which of them is active, and the steps between them.

mod activation;
mod drill;
mod elbv2_weights;
mod gate;
mod lambda_alias;
mod lambda_event_sources;
mod readiness;
mod status;
mod step_kind;
mod steps;
#[cfg(test)]
mod tests;
mod waiting;

pub use activation::{
    Activation, DataLossAcknowledgement, DataLossExtent, FailoverMode, FailoverRegions, ObjectiveTier, Objectives,
    RunStore, RunStoreBucket, SplitBrainAcknowledgement,
};
pub use drill::{DrillRecord, FailoverDrill, MAX_DRILL_FINDINGS, MAX_DRILLS};
pub use elbv2_weights::Elbv2Weights;
pub use gate::{
    AlarmGate, Comparison, EcsSteadyGate, FailoverGate, HealthyTargetsGate, HttpGate, MetricDimension, MetricGate,
    ReplicaLagGate, Statistic,
};
pub use lambda_alias::{AliasVersion, LambdaAlias};
pub use lambda_event_sources::{EventSourceMappings, LambdaEventSources};
pub use readiness::{Certainty, MAX_FINDINGS, Readiness, ReadinessChecks, ReadinessFinding};
pub use status::{
    CountSample, FailoverDirection, FailoverPhase, FailoverPlanStatus, FailoverRunSummary, FailoverStepStatus,
    FencedDatabase, LagSample, MAX_HISTORY, StepProgress,
};
pub use step_kind::{STEP_KINDS, StepKind};
pub use steps::{
    Desired, EcsScale, EcsServiceName, FailoverStep, Fence, FenceSite, HealthCheckSwitch, OnFailure, RdsPromoteReplica,
    StepWhen,
};
pub use waiting::{ManualApproval, Wait};

use crate::AccountRef;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// Two regions, which of them is active, and the steps that lead from one to the other. A run begins only with a higher
/// `activation.serial` or a Decision Start: never because AWS looks different, and never when the object is seen for the first
/// time. Deleting a FailoverPlan moves no traffic and no capacity.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "FailoverPlan",
    namespaced,
    status = "FailoverPlanStatus",
    shortname = "fop",
    category = "firebreak",
    derive = "PartialEq",
    validation = Rule::new("self.metadata.name.size() <= 200").message("metadata.name has at most 200 characters: plans are named after it"),
    printcolumn(name = "Active", type_ = "string", json_path = ".status.activeRegion"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Elapsed", type_ = "string", json_path = ".status.elapsed"),
    printcolumn(name = "RTO", type_ = "string", json_path = ".status.rto"),
    printcolumn(name = "WaitingFor", type_ = "string", json_path = ".status.waitingFor"),
    printcolumn(
        name = "StandbyReady",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='StandbyReady')].status",
        priority = 1
    ),
    printcolumn(name = "Serial", type_ = "integer", json_path = ".status.serial", priority = 1),
    printcolumn(name = "Started", type_ = "date", json_path = ".status.startedAt", priority = 1),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status",
        priority = 1
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason",
        priority = 1
    ),
    printcolumn(name = "Approvals", type_ = "string", json_path = ".status.approvals", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.activation) || self.activation.region in [self.regions.primary, self.regions.standby]")
    .message("spec.activation.region is neither spec.regions.primary nor spec.regions.standby: name one of the two"))]
#[x_kube(validation = Rule::new("self.steps.all(s, !has(s.dependsOn) || s.dependsOn.all(d, self.steps.exists(o, o.name == d)))")
    .message("spec.steps[].dependsOn names a step that is not in spec.steps: correct the name, or add the step"))]
#[x_kube(validation = Rule::new("self.accountRef == oldSelf.accountRef && self.regions == oldSelf.regions")
    .message("spec.accountRef and spec.regions are immutable: the serial records belong to them; create another FailoverPlan"))]
#[x_kube(validation = Rule::new("!has(oldSelf.activation) || has(self.activation)")
    .message("spec.activation cannot be taken away: the serial counts on; leave it as it is"))]
#[x_kube(validation = Rule::new("!has(oldSelf.activation) || !has(self.activation) || self.activation.serial > oldSelf.activation.serial || (self.activation.serial == oldSelf.activation.serial && self.activation.region == oldSelf.activation.region)")
    .message("spec.activation: another region needs a higher serial, and a serial never goes down; raise spec.activation.serial by 1"))]
pub struct FailoverPlanSpec {
    /// The AWS account in which both regions lie. A step may name another one.
    pub account_ref: AccountRef,
    /// The two regions.
    pub regions: FailoverRegions,
    /// Which region is to be active, and since which serial. Without it the plan only observes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// How the next run treats the region that is left. Graceful waits until the replica has everything; Ungraceful needs
    /// `activation.acknowledgeDataLoss` where a database is promoted.
    #[serde(default)]
    pub mode: FailoverMode,
    /// How long it may take, and how much data it may cost.
    #[serde(default)]
    pub objectives: Objectives,
    /// What is done. Steps that wait for nothing run side by side.
    #[schemars(length(min = 1, max = 20))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub steps: Vec<FailoverStep>,
    /// A bucket in each region: they keep which serial was consumed, so that no second cluster and no restored one runs it again.
    pub run_store: RunStore,
    /// How often the lag of replicas and the counts of the active region are sampled, such as 1m. They are what is known of a
    /// region once it does not answer any more. Default: 1m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('10s') && duration(self) <= duration('1h')")
        .message("sampleInterval is a duration between 10s and 1h, such as 1m"))]
    pub sample_interval: Option<String>,
    /// How often it is looked whether the region that is not active could take over. `status.readiness` says what stands in the way.
    #[serde(default)]
    pub readiness: ReadinessChecks,
    /// When a run is rehearsed. Without it only readiness is looked at, and `DrillFresh` is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<FailoverDrill>,
    /// The least time between the end of a run and the begin of the next one, such as 30m. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) <= duration('168h')")
        .message("minimumInterval is a duration of at most 168h, such as 30m"))]
    pub minimum_interval: Option<String>,
}
