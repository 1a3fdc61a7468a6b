//! `Decision`: one person's word, create-only, bound to one object and one plan.

use crate::{KINDS, Kind, Reopens, Writer, failover_plan::DataLossExtent, incident::IncidentOutcome};
use kube::{CustomResource, KubeSchema, core::Rule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One person's word. Admission binds `by` to the authenticated user, refuses service accounts, and checks that the
/// user may `approve` in the approver role named. It cannot be edited; to take it back, create a Reject.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "Decision",
    namespaced,
    shortname = "dec",
    category = "firebreak",
    derive = "PartialEq",
    printcolumn(name = "Verb", type_ = "string", json_path = ".spec.verb"),
    printcolumn(name = "Target", type_ = "string", json_path = ".spec.target.name"),
    printcolumn(name = "Plan", type_ = "string", json_path = ".spec.plan.name"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.by"),
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.approverRole"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("a Decision cannot be edited: create another one"))]
#[x_kube(validation = Rule::new("!(self.verb in ['Approve', 'Reject', 'BreakGlass']) || has(self.plan)").message("spec.plan is required for Approve, Reject and BreakGlass: name the plan, its uid and its digest (kubectl firebreak approve does it)"))]
#[x_kube(validation = Rule::new("self.verb != 'BreakGlass' || (has(self.reason) && has(self.expiresAt))").message("BreakGlass needs spec.reason and spec.expiresAt: it is reported to everyone"))]
#[x_kube(validation = fits("FailoverPlan"))]
#[x_kube(validation = fits("Hold"))]
#[x_kube(validation = fits("Incident"))]
#[x_kube(validation = fits("Quarantine"))]
#[x_kube(validation = fits("TrafficPolicy"))]
#[x_kube(validation = Rule::new("self.target.kind != 'Incident' || !has(self.plan)").message("spec.plan: an Incident has no plan; remove it, or approve the plan of one of its responses"))]
#[x_kube(validation = Rule::new("!(self.verb in ['Note', 'Reopen']) || (has(self.reason) && self.reason.matches('[^[:space:]]'))").message("spec.reason is required for Note (what is to be kept) and for Reopen (why it is not over)"))]
#[x_kube(validation = Rule::new("self.verb != 'Resolve' || has(self.outcome) || (has(self.reason) && self.reason.matches('[^[:space:]]'))").message("Resolve needs spec.outcome (TruePositive, FalsePositive or Benign); while a response fails or waits it needs spec.reason too"))]
#[x_kube(validation = Rule::new("!has(self.outcome) || self.verb == 'Resolve'").message("spec.outcome belongs to the verb Resolve"))]
#[x_kube(validation = Rule::new("!(self.verb in ['Resolve', 'Reopen']) || has(self.target.generation)").message("spec.target.generation is required for Resolve and Reopen: the generation of the Incident that you have read (metadata.generation)"))]
#[x_kube(validation = Rule::new("(self.verb == 'Start') == has(self.start)").message("spec.start (region and serial) belongs to the verb Start, which needs it"))]
#[x_kube(validation = Rule::new("!(self.verb in ['Pause', 'Resume', 'Skip', 'Retry', 'Abort']) || has(self.plan)").message("spec.plan is required for Pause, Resume, Skip, Retry and Abort: they are about one run; name its plan, uid and digest (status.plan)"))]
#[x_kube(validation = Rule::new("self.verb != 'Start' || !has(self.plan)").message("spec.plan: a Start has no plan yet; remove it"))]
#[x_kube(validation = Rule::new("!(self.verb in ['Skip', 'Retry']) || has(self.step)").message("spec.step is required for Skip and Retry: the step's name (status.steps[].name)"))]
#[x_kube(validation = Rule::new("!has(self.step) || self.verb in ['Skip', 'Retry'] || (self.verb == 'Approve' && self.target.kind == 'FailoverPlan')").message("spec.step belongs to the verbs Skip and Retry, and to Approve of a FailoverPlan's step"))]
#[x_kube(validation = Rule::new("!(self.verb in ['Skip', 'Abort']) || (has(self.reason) && self.reason.matches('[^[:space:]]'))").message("spec.reason is required for Skip and for Abort: it is kept with the run"))]
#[x_kube(validation = Rule::new("!has(self.restore) || self.restore.size() == 0 || self.verb == 'Release'").message("spec.restore belongs to the verb Release"))]
#[x_kube(validation = Rule::new("!has(self.acknowledgeSplitBrain) || !self.acknowledgeSplitBrain || self.verb == 'Skip'").message("spec.acknowledgeSplitBrain belongs to the verb Skip, of a fence; a Start says it in spec.start"))]
pub struct DecisionSpec {
    /// The username of the person who decides: exactly who the API server says you are.
    #[schemars(length(min = 1, max = 256))]
    pub by: String,
    /// What is decided. Approve: run exactly this plan. Reject: do not run it; the object stays stalled until its spec
    /// changes. BreakGlass: run it without the other approvals; named, expiring, and reported. Release: undo the containment,
    /// whatever the spec says, until the spec changes. Abandon: give custody up and leave AWS as it is. About an Incident:
    /// Acknowledge: a person has it. Note: keep this in the timeline. Resolve: it is over; with a reason also while a response
    /// fails or waits. Reopen: it is not over. Review: it was reviewed. Resolve and Reopen outrank the Incident's spec.state until
    /// that changes. About a FailoverPlan: Start: begin a run to this region. About its run: Pause: start no further step.
    /// Resume: go on. Skip: go on without this step. Retry: begin this failed step again. Abort: before the first one-way step put
    /// everything back, after it stop.
    pub verb: Verb,
    /// The object that it is about.
    pub target: DecisionTarget,
    /// The plan that it is about (Approve, Reject, BreakGlass).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReference>,
    /// The approver role in which it is given, such as `approver` or `security`; RBAC decides who may use which.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z][a-z0-9-]*$')").message("approverRole is a word such as approver or security"))]
    pub approver_role: String,
    /// Why, for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// Until when it counts (RFC 3339). Default: as long as the plan's run is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2020-01-01T00:00:00Z')").message("expiresAt is an RFC 3339 time such as 2026-12-24T00:00:00Z"))]
    pub expires_at: Option<String>,
    /// With Release: what may be put back although it would reopen the compromise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub restore: Vec<Reopens>,
    /// With Start: where to, and as which activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// With Skip and Retry: the step. With Approve of a FailoverPlan's step: that step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub step: Option<String>,
    /// With Skip of a fence: that the database of the region that is left may still take writes, which are lost. A fence is not
    /// skipped without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acknowledge_split_brain: bool,
    /// With Resolve: what the incident was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<IncidentOutcome>,
}

/// What a person can decide.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Run exactly this plan.
    Approve,
    /// Do not run this plan. The object stays stalled until its spec changes.
    Reject,
    /// Run this plan without the other approvals; named, expiring, and reported.
    BreakGlass,
    /// Undo the containment, whatever the spec says, until the spec changes.
    Release,
    /// Give custody up: leave AWS as it is, and forget what was there before.
    Abandon,
    /// A person has the incident.
    Acknowledge,
    /// Keep what `reason` says in the incident's timeline.
    Note,
    /// The incident is over.
    Resolve,
    /// The incident is not over.
    Reopen,
    /// The incident was reviewed.
    Review,
    /// Begin a run to this region.
    Start,
    /// Start no further step of the run.
    Pause,
    /// Go on with the run.
    Resume,
    /// Go on without this step.
    Skip,
    /// Begin this failed step again.
    Retry,
    /// Before the first one-way step put everything back; after it stop.
    Abort,
}

impl Verb {
    /// Whether it is about an Incident: then it approves nothing.
    pub fn is_about_incident(self) -> bool {
        match self {
            Self::Acknowledge | Self::Note | Self::Resolve | Self::Reopen | Self::Review => true,
            Self::Approve | Self::Reject | Self::BreakGlass | Self::Release | Self::Abandon => false,
            Self::Start | Self::Pause | Self::Resume | Self::Skip | Self::Retry | Self::Abort => false,
        }
    }

    /// Whether it steers a run that was begun: it ends with that run.
    pub fn steers_a_run(self) -> bool {
        match self {
            Self::Pause | Self::Resume | Self::Skip | Self::Retry | Self::Abort => true,
            Self::Approve | Self::Reject | Self::BreakGlass | Self::Release | Self::Abandon | Self::Start => false,
            Self::Acknowledge | Self::Note | Self::Resolve | Self::Reopen | Self::Review => false,
        }
    }
}

/// Which run begins.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// The region that is to be active: one of the plan's two.
    #[schemars(length(min = 5, max = 32))]
    pub region: String,
    /// The highest serial that was consumed, plus 1: so that a Start that was meant for another state starts nothing.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("format" = "int64"))]
    pub serial: u64,
    /// That data may be lost in this run, as spec.activation.acknowledgeDataLoss says it for a run from the spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_data_loss: Option<DataLossExtent>,
    /// That the database of the region that is left may still take writes, which are lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acknowledge_split_brain: bool,
}

/// The object that a Decision is about.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new(format!("self.kind in ['{}']", decidable().join("', '"))).message(&*format!("target.kind is {}", targets())))]
pub struct DecisionTarget {
    /// Its kind.
    #[schemars(length(max = 63), description = format!("{} (then the Decision lives in the operator's namespace).", targets()))]
    pub kind: String,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Its UID: a Decision never applies to a later namesake.
    #[schemars(length(min = 1, max = 64))]
    pub uid: String,
    /// The generation of the object that was decided about; Release and Abandon count until the spec changes, Resolve and
    /// Reopen until the Incident's spec.state does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
}

/// What fits an object of a kind, as the table of kinds says.
fn fits(kind: &str) -> Rule {
    let of_kind = KINDS.iter().find(|one| one.kind() == kind);
    let verbs = of_kind.map(|one| one.verbs).unwrap_or_default();
    let verbs: Vec<String> = verbs.iter().map(|verb| format!("{verb:?}")).collect();
    let rule = format!(
        "self.target.kind != '{kind}' || self.verb in ['{}']",
        verbs.join("', '")
    );
    let article = if kind.starts_with('I') { "an" } else { "a" };
    let message = format!("spec.verb: {article} {kind} takes {}; {}", either(&verbs), remedy(kind));
    Rule::new(rule).message(message.as_str())
}

/// `A, B or C`.
fn either(words: &[String]) -> String {
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}

/// What to do where another verb was meant.
fn remedy(kind: &str) -> &'static str {
    match kind {
        "FailoverPlan" => "it holds nothing that could be released: Abort ends a run, and Start begins the way back",
        "Hold" => "to approve or to reject a plan name its Quarantine or TrafficPolicy in spec.target",
        "Incident" => "to approve, reject or release one of its responses name that Quarantine in spec.target",
        _ => "for what is said about an Incident or about a run of a FailoverPlan name that one in spec.target",
    }
}

/// The kinds that a Decision can be about.
fn decidable() -> Vec<String> {
    let kinds = KINDS.iter().filter(|kind| !kind.verbs.is_empty());
    kinds.map(Kind::kind).collect()
}

/// The same for people: those that they write, and custody that nobody holds.
fn targets() -> String {
    let theirs = KINDS
        .iter()
        .filter(|kind| !kind.verbs.is_empty() && kind.writer == Writer::People);
    let theirs: Vec<String> = theirs.map(Kind::kind).collect();
    format!("{}, or Hold for orphaned custody", theirs.join(", "))
}

/// A plan, named so that nothing else can be meant.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PlanReference {
    /// Name of the ResponsePlan.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Its UID.
    #[schemars(length(min = 1, max = 64))]
    pub uid: String,
    /// Its digest, `sha256:` and 64 hexadecimal digits.
    #[schemars(length(min = 71, max = 71))]
    #[x_kube(validation = Rule::new("self.matches('^sha256:[0-9a-f]{64}$')").message("digest is sha256: and 64 hexadecimal digits, as kubectl firebreak plan prints it"))]
    pub digest: String,
}
