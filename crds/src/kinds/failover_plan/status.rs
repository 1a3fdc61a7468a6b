//! What Firebreak reports of a FailoverPlan.

use super::{DrillRecord, MAX_DRILL_FINDINGS, MAX_DRILLS, MAX_FINDINGS, Readiness};
use crate::{Condition, PlanReference, bounds, text};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most runs that are remembered.
pub const MAX_HISTORY: usize = 10;
/// The most steps that are listed: as many as a plan has.
const MAX_STEPS: usize = 20;
/// The most samples of lag: one for each promotion, in both regions.
const MAX_SAMPLES: usize = 40;
const MAX_NOTES: usize = 32;
/// The most security groups of a database that are listed.
const MAX_GROUPS: usize = 16;

/// What Firebreak reports. It never writes the spec.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FailoverPlanStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, Approved, Halted, FailedOver, Protected, StandbyReady, DrillFresh, WithinObjectives.
    #[serde(default)]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// The region that is active as far as was observed, not as it is wished; absent while that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub active_region: Option<String>,
    /// How the current run stands, or the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<FailoverPhase>,
    /// Where the current run leads, or the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<FailoverDirection>,
    /// The highest serial that was consumed, as the run store says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub serial: Option<u64>,
    /// What it waits for, in a few words; absent when it waits for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub waiting_for: Option<String>,
    /// Number of the current run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub run: Option<u32>,
    /// The current run's plan: what approvers name in their Decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReference>,
    /// Approvals that count for the current plan, and how many are needed, such as `1/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub approvals: Option<String>,
    /// Who the API server says last changed the spec; absent means unattributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub requested_by: Option<String>,
    /// When the run began its first step (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub started_at: Option<String>,
    /// When the run ended (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub ended_at: Option<String>,
    /// How long the run took, such as 18m20s, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub elapsed: Option<String>,
    /// The longest time that it may take, such as 1h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub rto: Option<String>,
    /// The most data that may be lost, as a time, such as 15m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub rpo: Option<String>,
    /// The largest lag of a replica when it was promoted, as the last sample taken while its source answered showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_at_cut_over: Option<LagSample>,
    /// The last lag of each replica that was sampled while its source answered. It is all that is known once the source is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 40))]
    pub lags: Vec<LagSample>,
    /// The last steady count of each service that a step scales, in both regions. MatchActive takes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 40))]
    pub counts: Vec<CountSample>,
    /// What stands in the way of a run to the region that is not active, as the last look showed it; looked at while no run goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
    /// The last drills, the latest one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub drills: Vec<DrillRecord>,
    /// The number of the last drill that `spec.drill.now` asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub drilled: Option<u64>,
    /// The databases that a run has fenced, and that no later run has come back to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub fenced: Vec<FencedDatabase>,
    /// Each step of the current run, or of the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub steps: Vec<FailoverStepStatus>,
    /// The last runs, the latest one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub history: Vec<FailoverRunSummary>,
    /// What people should know: what was left behind, lines for Git, the way forward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 1024)))]
    pub notes: Vec<String>,
}

/// One step of a run.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct FailoverStepStatus {
    /// Its name.
    #[schemars(length(max = 32))]
    pub name: String,
    /// How far it is.
    pub state: StepProgress,
    /// When it began (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub started_at: Option<String>,
    /// When it ended (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub ended_at: Option<String>,
    /// How often it was begun.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub attempts: u32,
    /// What people should know about it, what it left behind among it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

/// How far a step of a run is.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepProgress {
    /// Nothing of it was asked for.
    #[default]
    NotBegun,
    /// It was asked for, and goes on.
    Underway,
    /// A fresh read shows that this run did it, or a person skipped it.
    Done,
    /// It did not come about, and does not come about by itself.
    Failed,
    /// Nothing certain is known. It counts neither as done nor as failed, and is never put back.
    Unknown,
    /// AWS shows a state that this run did not make.
    Foreign,
    /// It was done, and what was there before is back.
    Restored,
}

/// A database that a run has cut off from everything.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct FencedDatabase {
    /// Its region.
    #[schemars(length(max = 32))]
    pub region: String,
    /// Its identifier.
    #[schemars(length(max = 63))]
    pub instance: String,
    /// Ids of the security groups that it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 32)))]
    pub had: Vec<String>,
    /// Id of the one that it has since.
    #[schemars(length(max = 32))]
    pub security_group: String,
    /// Since when (RFC 3339).
    #[schemars(length(max = 40))]
    pub since: String,
}

/// A lag of a replica, sampled while its source answered.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LagSample {
    /// Region of the replica.
    #[schemars(length(max = 32))]
    pub region: String,
    /// Identifier of the replica.
    #[schemars(length(max = 63))]
    pub replica: String,
    /// Seconds that it was behind.
    #[schemars(extend("format" = "int64"))]
    pub seconds: u32,
    /// When that was (RFC 3339).
    #[schemars(length(max = 40))]
    pub at: String,
}

/// A steady count of a service.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CountSample {
    /// Name of the step.
    #[schemars(length(max = 32))]
    pub step: String,
    /// Region of the service.
    #[schemars(length(max = 32))]
    pub region: String,
    /// How many tasks ran, as many as were wanted.
    #[schemars(extend("format" = "int64"))]
    pub count: u32,
    /// When that was (RFC 3339).
    #[schemars(length(max = 40))]
    pub at: String,
}

/// Where a run leads.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverDirection {
    /// From the primary region to the standby region.
    FailingOver,
    /// From the standby region to the primary region.
    FailingBack,
}

/// How a FailoverPlan stands.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailoverPhase {
    /// No run is under way, and none has begun.
    #[default]
    Standby,
    /// It looks, and starts nothing.
    Observing,
    /// A run waits for approvals.
    AwaitingApproval,
    /// A run is under way.
    Running,
    /// A run is under way and starts no further step.
    Paused,
    /// A person must do something before the run goes on.
    Stalled,
    /// The run goes back.
    GoingBack,
    /// The run did what it was to do.
    Completed,
    /// The run went back, and what could be put back is back.
    RolledBack,
    /// The run was stopped after its first one-way step.
    Stopped,
}

/// A run that is over.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct FailoverRunSummary {
    /// Its number.
    #[schemars(extend("format" = "int64"))]
    pub run: u32,
    /// Its serial.
    #[schemars(extend("format" = "int64"))]
    pub serial: u64,
    /// The region that it led to.
    #[schemars(length(max = 32))]
    pub region: String,
    /// How it ended.
    pub phase: FailoverPhase,
    /// When it began (RFC 3339).
    #[schemars(length(max = 40))]
    pub started_at: String,
    /// When it ended (RFC 3339).
    #[schemars(length(max = 40))]
    pub ended_at: String,
    /// How long it took, such as 18m20s.
    #[schemars(length(max = 32))]
    pub elapsed: String,
}

impl FailoverPlanStatus {
    /// The same within the bounds of its schema, in texts that forge nothing.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let clean = |said: &mut String| *said = text::message(said);
        self.steps.truncate(MAX_STEPS);
        self.history.truncate(MAX_HISTORY);
        self.lags.truncate(MAX_SAMPLES);
        self.counts.truncate(MAX_SAMPLES);
        self.fenced.truncate(MAX_STEPS);
        self.fenced.iter_mut().for_each(|one| one.had.truncate(MAX_GROUPS));
        self.notes.truncate(MAX_NOTES);
        self.notes.iter_mut().for_each(clean);
        self.steps
            .iter_mut()
            .filter_map(|step| step.message.as_mut())
            .for_each(clean);
        self.conditions.iter_mut().for_each(|one| clean(&mut one.message));
        self.drills.truncate(MAX_DRILLS);
        for drill in &mut self.drills {
            drill.findings.truncate(MAX_DRILL_FINDINGS);
            drill.findings.iter_mut().for_each(clean);
        }
        for finding in self.readiness.iter_mut().flat_map(|it| {
            it.findings.truncate(MAX_FINDINGS);
            &mut it.findings
        }) {
            clean(&mut finding.message);
        }
        self.waiting_for = self.waiting_for.map(|said| text::bounded(&said, 64));
        self.requested_by = self.requested_by.map(|name| text::bounded(&name, bounds::USERNAME));
        self
    }
}
