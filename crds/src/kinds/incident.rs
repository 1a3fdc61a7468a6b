//! `Incident`: what happened, who acts, which responses it asks for, which clocks run, and how far all of it is.

mod close_out;
mod deadlines;
mod failover;
mod ledger;
mod responses;
mod status;
#[cfg(test)]
mod tests;

pub use close_out::{CloseOutStatus, ClosingFinding, ClosingState, FindingFeedback};
pub use deadlines::{Deadline, DeadlineState, Filing, Regulation, RegulationName, RegulatoryReport};
pub use failover::IncidentFailover;
pub use ledger::{LedgerStatus, StoredReport};
pub use responses::{IncidentResponse, ObjectName, QuarantineTemplate};
pub use status::{
    Clocks, IncidentState, IncidentStatus, MAX_BEHIND, MAX_TIMELINE, ResponseState, ResponseStatus, Ruling,
    SeveritySince, TimelineEntry, TimelineEvent,
};

use crate::{AccountRef, Severity};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One incident: severity and title are enough to declare it. Firebreak creates the responses that it names, in their order,
/// as objects of their own with their own approvals; it runs the clocks, keeps the timeline, and changes nothing in AWS by
/// itself. Deleting an Incident releases nothing.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "Incident",
    namespaced,
    status = "IncidentStatus",
    shortname = "inc",
    category = "firebreak",
    derive = "PartialEq",
    selectable = ".spec.severity",
    selectable = ".spec.state",
    printcolumn(name = "Severity", type_ = "string", json_path = ".spec.severity"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Contained", type_ = "string", json_path = ".status.contained"),
    printcolumn(name = "WaitingFor", type_ = "string", json_path = ".status.waitingFor"),
    printcolumn(name = "Deadline", type_ = "string", json_path = ".status.nextDeadline"),
    printcolumn(name = "Title", type_ = "string", json_path = ".spec.title", priority = 1),
    printcolumn(name = "Commander", type_ = "string", json_path = ".spec.commander", priority = 1),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason", priority = 1),
    printcolumn(name = "Drill", type_ = "boolean", json_path = ".spec.drill", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 63").message("metadata.name has at most 63 characters: the responses are labelled with it"),
    validation = Rule::new("!has(self.spec.mergedInto) || self.spec.mergedInto != self.metadata.name").message("spec.mergedInto names this Incident itself: name the one that goes on")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.state != 'Resolved' || has(self.outcome) || has(self.mergedInto)")
    .message("spec.outcome: say what a resolved incident was (TruePositive, FalsePositive or Benign), or name the Incident that goes on in spec.mergedInto"))]
#[x_kube(validation = Rule::new("!has(self.mergedInto) || self.state == 'Resolved'")
    .message("spec.mergedInto: an incident that goes on in another one is over; set spec.state Resolved too"))]
#[x_kube(validation = Rule::new("!has(self.responses) || self.responses.all(r, !has(r.dependsOn) || r.dependsOn.all(d, self.responses.exists(o, o.name == d)))")
    .message("spec.responses[].dependsOn names a response that is not in spec.responses: correct the name, or add the response"))]
#[x_kube(validation = Rule::new("!self.drill || !has(self.startFailover)")
    .message("spec.startFailover: a drill begins no run; take it out, and rehearse with spec.drill of the FailoverPlan"))]
#[x_kube(validation = Rule::new("self.drill == oldSelf.drill")
    .message("spec.drill is immutable: responses of a drill observe only; declare another Incident for the real thing"))]
pub struct IncidentSpec {
    /// How bad it is. It decides how soon a person must respond. A response keeps the severity that it was created with: raising
    /// this one lets nothing run with fewer approvals, and lowering it takes none away.
    #[serde(default)]
    pub severity: Severity,
    /// What happened, in a line.
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = Rule::new("self.matches('[^[:space:]]')").message("title says in a line what happened: it is not empty"))]
    pub title: String,
    /// Who leads: a username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub commander: Option<String>,
    /// Who does what else, such as communications or scribe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["role".to_owned()]))]
    pub roles: Vec<IncidentRole>,
    /// What is known so far, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub summary: Option<String>,
    /// What was found, and by what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".to_owned()]))]
    pub findings: Vec<IncidentFinding>,
    /// ARNs of what is affected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 64),
        inner(length(max = 512), regex(pattern = r"^arn:[a-z0-9-]+:[!-~]+$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub affected: Vec<String>,
    /// What is done about it. A response that is taken out of this list is left as it is: nothing of it is released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub responses: Vec<IncidentResponse>,
    /// The run of a FailoverPlan that it asks for, while it is open. Who writes it needs the verb `start` on that FailoverPlan. The run
    /// is planned and approved as any other; its FailoverPlan says how it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_failover: Option<IncidentFailover>,
    /// What people have to do, during the incident and for its review.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub tasks: Vec<IncidentTask>,
    /// Open, or Resolved. Resolving is refused while a response fails or waits, unless a Decision Resolve gives a reason.
    #[serde(default)]
    pub state: IncidentIntent,
    /// What it was, once that is known; a resolved incident says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<IncidentOutcome>,
    /// The Incident in this namespace with which it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub merged_into: Option<String>,
    /// What becomes of the responses when it is resolved. Hold leaves them as they are; Release asks for the release of each one
    /// that Firebreak created here, with the approvals that a release of it needs, and Resolved waits for them.
    #[serde(default)]
    pub on_resolve: OnResolve,
    /// Where the runbook is: an https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    #[x_kube(validation = Rule::new("self.startsWith('https://') && isURL(self)").message("runbook is an https URL"))]
    pub runbook: Option<String>,
    /// The rules whose clocks run: by when an authority must be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub regulations: Vec<Regulation>,
    /// The AwsAccount whose evidence bucket keeps the ledger of the incident; it grants that by the word `ledger` in
    /// spec.grants[].kinds. Default: that of the first response. Once there is an entry, the ledger stays where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger_account_ref: Option<AccountRef>,
    /// Whether it is a drill: its responses observe and write nothing, and no regulation's clock runs. Immutable.
    #[serde(default)]
    pub drill: bool,
}

/// Who does what.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IncidentRole {
    /// The role, such as communications.
    #[schemars(length(min = 1, max = 63))]
    pub role: String,
    /// Who has it: a username.
    #[schemars(length(min = 1, max = 256))]
    pub who: String,
}

/// One thing that was found.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IncidentFinding {
    /// Its id, as its product gives it: an ARN, or any name for what a person noticed.
    #[schemars(length(min = 1, max = 512))]
    pub id: String,
    /// What found it, such as GuardDuty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub product: Option<String>,
    /// Its type, such as UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub type_: Option<String>,
    /// How bad its product calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What it says, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub title: Option<String>,
    /// When the activity was first seen (RFC 3339): the earliest is the incident's first activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("firstSeen is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub first_seen: Option<String>,
    /// When the activity was last seen (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("lastSeen is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub last_seen: Option<String>,
    /// When its product reported it (RFC 3339): the earliest is when the incident was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("reportedAt is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub reported_at: Option<String>,
}

/// Something that a person has to do.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IncidentTask {
    /// A short name, such as rotate-database-password.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// What is to be done, in a line or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub text: Option<String>,
    /// Who does it: a username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub owner: Option<String>,
    /// By when (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("due is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub due: Option<String>,
    /// Whether it is done. A review waits for every task.
    #[serde(default)]
    pub done: bool,
}

/// What the spec asks for.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncidentIntent {
    /// It goes on.
    #[default]
    Open,
    /// It is over.
    Resolved,
}

/// What it was.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentOutcome {
    /// It was real.
    TruePositive,
    /// It did not happen.
    FalsePositive,
    /// It happened, and was meant to.
    Benign,
}

/// What becomes of the responses of a resolved incident.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnResolve {
    /// They stay as they are, each until people release it.
    #[default]
    Hold,
    /// The release of each is asked for.
    Release,
}
