//! `ResponsePlan`: one run. Its spec is the immutable plan (preview), its status the journal (audit record).

use crate::{Asked, OwnerRef, TakenDecision};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One run of a response, written by Firebreak only: what it will write, what was there, and how each step went.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "ResponsePlan",
    namespaced,
    status = "ResponsePlanStatus",
    shortname = "rplan",
    category = "firebreak",
    derive = "PartialEq",
    selectable = ".spec.owner.uid",
    printcolumn(name = "Owner", type_ = "string", json_path = ".spec.owner.name"),
    printcolumn(name = "Run", type_ = "integer", json_path = ".spec.run"),
    printcolumn(name = "Action", type_ = "string", json_path = ".spec.action"),
    printcolumn(name = "Outcome", type_ = "string", json_path = ".status.outcome"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message", priority = 1),
    printcolumn(
        name = "RequestedBy",
        type_ = "string",
        json_path = ".spec.requestedBy",
        priority = 1
    ),
    printcolumn(name = "Digest", type_ = "string", json_path = ".spec.digest", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("a plan is immutable: Firebreak makes a new run instead"))]
pub struct ResponsePlanSpec {
    /// Whose run it is.
    pub owner: OwnerRef,
    /// The owner's generation when it was planned.
    pub owner_generation: i64,
    /// Number of the run.
    #[schemars(range(min = 1), extend("format" = "int64"))]
    pub run: u32,
    /// Contain or Release.
    pub action: Action,
    /// Digest over what matters in the payload; approvals name it.
    #[schemars(length(min = 71, max = 71))]
    pub digest: String,
    /// Who asked for it, as the API server recorded; absent means unattributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub requested_by: Option<String>,
    /// Who had asked before, and how grave it was called, when it was planned.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub asked: Asked,
    /// The plan, with a version. Never pruned, so that no older or newer chart can erase a before-value.
    #[schemars(schema_with = "any_object")]
    pub payload: Value,
}

/// What a run does.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Cut off.
    Contain,
    /// Put back.
    Release,
    /// Lead from one region to another.
    FailOver,
}

/// How the run goes.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ResponsePlanStatus {
    /// How the run ended, or how it stands; absent until it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<PlanOutcome>,
    /// Why it ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// When it was closed (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
    /// The owner's generation when it was closed: a word that was given stands until the spec changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_generation: Option<i64>,
    /// When it was Contained (RFC 3339): the begin of an expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contained_at: Option<String>,
    /// When reversible steps ran before approval (RFC 3339), and a review is due within 30 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contained_now_at: Option<String>,
    /// Who approved, in which approver role, when the first write was allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub approved_by: Vec<String>,
    /// When every step was allowed (RFC 3339): the approvals were taken then, and no expiry of theirs stops a begun run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub approved_at: Option<String>,
    /// The Decisions that were taken: approvals and broken glass when every step was allowed, and a Reject of a begun run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub decisions: Vec<TakenDecision>,
    /// Who has asked since it was planned, and how grave it was called.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub asked: Asked,
    /// What is in the evidence bucket, or why it is not, by the document's name. Unpruned, like the journal.
    #[serde(default, skip_serializing_if = "Archive::is_empty")]
    #[schemars(schema_with = "any_object")]
    pub archive: Archive,
    /// How people steered a run whose steps run side by side: what was said stands until the run ends.
    #[serde(default, skip_serializing_if = "RunControl::is_empty")]
    pub control: RunControl,
    /// Each step's outcome, by the step's id.
    #[serde(default, skip_serializing_if = "Journal::is_empty")]
    #[schemars(schema_with = "any_object")]
    pub journal: Journal,
}

/// How people steered a run.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RunControl {
    /// Whether its serial is recorded in the run store: before that no call is made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consumed: bool,
    /// When its first step began (RFC 3339): a step that is begun again does not move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub begun_at: Option<String>,
    /// Who paused it; absent while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub paused_by: Option<String>,
    /// When the last Pause or Resume was given that was followed (RFC 3339): one that expires takes nothing back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub steered_at: Option<String>,
    /// Who asked for an abort while steps went on that are not parted, such as a fence and its promotion: it takes effect at
    /// their end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub abort_asked_by: Option<String>,
    /// Who aborted it, or the step whose failure lets it go back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub aborted_by: Option<String>,
    /// When it was aborted (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub aborted_at: Option<String>,
    /// Whether it goes back: no one-way step had been begun when it was aborted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub going_back: bool,
}

impl RunControl {
    /// Whether nobody said anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The journal: each step's record by the step's id. Unpruned, like the payload.
pub type Journal = std::collections::BTreeMap<String, StepRecord>;

/// What is in the evidence bucket: each document's record by its name (plan, description, manifest, closed).
pub type Archive = std::collections::BTreeMap<String, ArchiveRecord>;

/// One document of a run in the evidence bucket.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct ArchiveRecord {
    /// Its key in the bucket.
    pub key: String,
    /// When it was first tried (RFC 3339).
    pub tried_at: String,
    /// When it was stored (RFC 3339); absent while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_at: Option<String>,
    /// `sha256:` and the hexadecimal SHA-256 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The hashes of what this run has tried to store and may have stored: recorded before the try. What is there with another
    /// hash was written by somebody else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
    /// The object's version, where the bucket keeps versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// AWS's request id of the write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The bucket's default Object Lock, such as `COMPLIANCE for 365 days`; only the manifest says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<String>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was last tried (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_tried_at: Option<String>,
}

/// How a run stands.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanOutcome {
    /// It is being carried out, or holds.
    Running,
    /// Every step was done and verified.
    Completed,
    /// A later run took its place before it was finished.
    Superseded,
    /// A person rejected it.
    Rejected,
    /// Custody was given up on a person's word.
    Abandoned,
    /// Its object was deleted before it could be released: custody was left behind in orphaned Holds.
    Orphaned,
    /// It was aborted before its first one-way step, and went back.
    RolledBack,
    /// It was aborted after its first one-way step, or its object was deleted: what it did stays.
    Stopped,
}

/// One step's outcome.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct StepRecord {
    /// How far it is.
    pub state: StepState,
    /// What was there when the step was started: whether a write that may have been cut had an effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Value>,
    /// The value that is written, with late-bound parts filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Value>,
    /// The value that was read back after the write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_back: Option<Value>,
    /// When the write was started (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When AWS answered the write (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<String>,
    /// When a fresh read last showed the effect (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<String>,
    /// When drift was put right (RFC 3339), the last few times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasserted_at: Vec<String>,
    /// Seconds after the write at which it is read again, where what AWS showed when the run began asks for longer than its plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settling: Vec<u32>,
    /// How often a late-bound value was renewed after the first write.
    #[serde(skip_serializing_if = "is_zero")]
    pub renewals: u32,
    /// Whether it is being put back, because AWS refuses another step of its section for good: `bound` is what was there
    /// before.
    #[serde(skip_serializing_if = "is_false")]
    pub going_back: bool,
    /// When it was put back to the start of its section (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_at: Option<String>,
    /// AWS request ids of the writes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<String>,
    /// How often it was begun, where a step can be begun again.
    #[serde(skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// When it failed (RFC 3339): it does not come about by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<String>,
    /// Name of the last Decision Retry that was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retried_by: Option<String>,
    /// When AWS last answered its call, with success or without; of a gate, when its last sample was asked for (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
    /// Whether AWS refused its last call for good. What became of the step is found out by a read.
    #[serde(skip_serializing_if = "is_false")]
    pub refused: bool,
    /// Of a gate: how many samples in a row have passed.
    #[serde(skip_serializing_if = "is_zero")]
    pub passes: u32,
    /// Of a gate: how many samples have failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// What people should know about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// How far a step is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepState {
    /// Not begun.
    #[default]
    Pending,
    /// Intent is recorded; the write may or may not have reached AWS.
    Started,
    /// AWS accepted the write.
    Applied,
    /// A fresh read showed it.
    Verified,
    /// Nothing is written: it was so already, somebody else holds it, or it may not be put back.
    Skipped,
}

fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
