//! What Firebreak reports of an Incident.

use super::{CloseOutStatus, Deadline, IncidentIntent, IncidentOutcome, LedgerStatus};
use crate::{Asked, Condition, Severity, Verb, bounds, text};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many entries of a timeline are kept, the newest, once they are in the ledger.
pub const MAX_TIMELINE: usize = 100;
/// The most entries of a timeline while its ledger is behind.
pub const MAX_BEHIND: usize = 250;
const RESPONSES: usize = 16;
const DEADLINES: usize = 64;
const SEVERITIES: usize = 16;
const LEFT: usize = 64;
const NAME: usize = 253;
const WHAT: usize = 512;
const WAITS: usize = 256;
const COLUMN: usize = 64;
const DEADLINE: usize = 96;

/// What Firebreak reports. It never writes the spec.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct IncidentStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, Confirmed, Acknowledged, Contained, Recovered, Resolved, Reviewed, Ledgered where an
    /// evidence bucket is named, and ClosedOut after the end where a FindingSource says onResolve Archive.
    #[serde(default)]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// How far it is, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<IncidentState>,
    /// How many responses are contained at the last read, of how many, such as `1/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub contained: Option<String>,
    /// What it waits for, in a few words; absent when it waits for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub waiting_for: Option<String>,
    /// The earliest deadline that is not met, with its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 160))]
    pub next_deadline: Option<String>,
    /// How each response stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub responses: Vec<ResponseStatus>,
    /// Objects that were created here and whose responses are not in the spec any more: nothing of them is released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 253)))]
    pub left: Vec<String>,
    /// When what happened.
    #[serde(default)]
    pub clocks: Clocks,
    /// By when what must be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub deadlines: Vec<Deadline>,
    /// Who did what, and when: the newest 100, oldest first. Where there is a ledger, older ones leave once they are in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 250))]
    pub timeline: Vec<TimelineEntry>,
    /// Everybody who has asked for what is here: none of them counts as an approver of a response that is created here.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub asked: Asked,
    /// The generation of the spec up to which `asked` is complete: it was recorded who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributed_generation: Option<i64>,
    /// The severities that it had, each with the moment since when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub severities: Vec<SeveritySince>,
    /// The Decision that outranks `spec.state`, until that changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
    /// The activity (RFC 3339) for which findings last opened it again: only later activity does so once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub reopened_for: Option<String>,
    /// Since when it is being resolved (RFC 3339): from then on what happens to a response does not open it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub resolving_since: Option<String>,
    /// The ledger in the evidence bucket, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerStatus>,
    /// What became of its findings in the product that found them, where a FindingSource says onResolve Archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_out: Option<CloseOutStatus>,
}

/// How far an incident is.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentState {
    /// Nobody has acknowledged it, and not every response is contained.
    Open,
    /// A person has it, and not every response is contained.
    Acknowledged,
    /// Every response is contained at the last read.
    Contained,
    /// It is to be resolved, and waits for releases.
    Resolving,
    /// It is over.
    Resolved,
    /// It is over, a person has reviewed it, and every task is done.
    Reviewed,
}

/// How one response stands.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ResponseStatus {
    /// Its name in the spec.
    #[schemars(length(max = 32))]
    pub name: String,
    /// The kind of its object.
    #[schemars(length(max = 63))]
    pub kind: String,
    /// The name of its object.
    #[schemars(length(max = 253))]
    pub object: String,
    /// The object's UID, once it exists: what was deleted is not created again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uid: Option<String>,
    /// How it stands, in one word.
    pub state: ResponseState,
    /// What it waits for, or why it is as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub waits_for: Option<String>,
    /// Whether it is contained, at the last read; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contained: Option<bool>,
    /// Whether somebody else edited its spec: then it is theirs, and Firebreak applies nothing to it any more.
    #[serde(default)]
    pub edited: bool,
}

/// How a response stands.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResponseState {
    /// Not created yet: it waits for others, or the incident is over.
    Pending,
    /// There is no object of the name that quarantineRef gives.
    Missing,
    /// An object of that name exists that was not created here: it is not taken over.
    NotOurs,
    /// The API server refuses to create or to change it.
    Refused,
    /// It waits for approvals.
    Waiting,
    /// It is being contained.
    Acting,
    /// It only observes.
    Observing,
    /// Contained, at the last read.
    Contained,
    /// A person must do something about it.
    Failed,
    /// Nothing certain is known of it.
    Unknown,
    /// It is being released.
    Releasing,
    /// Released.
    Released,
    /// Its custody was given up, on people's word.
    Abandoned,
    /// It was created, and somebody deleted it. It is not created again.
    Deleted,
}

/// When what happened (RFC 3339). What has not happened, or is not known, is absent.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Clocks {
    /// The earliest activity that a finding names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub first_activity: Option<String>,
    /// When the earliest finding was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub reported: Option<String>,
    /// When the Incident was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub declared: Option<String>,
    /// When a person first acknowledged or resolved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub acknowledged: Option<String>,
    /// When the first write to AWS of any response was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub first_write: Option<String>,
    /// When for the first time every response was contained; opening the incident again starts it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub contained: Option<String>,
    /// When for the first time every response was released again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub recovered: Option<String>,
    /// When it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub resolved: Option<String>,
}

/// One entry of the timeline.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// When (RFC 3339).
    #[schemars(length(max = 40))]
    pub at: String,
    /// What happened, in one word.
    pub event: TimelineEvent,
    /// Who did it: a username, or `firebreak`; absent where nobody is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub who: Option<String>,
    /// What it is about: a response, a finding, a Decision, a deadline.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 253))]
    pub about: String,
    /// What happened, in a line.
    #[schemars(length(max = 512))]
    pub what: String,
    /// Its number in the ledger; it is there once `status.ledger.entries` has reached it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub entry: Option<u32>,
}

/// What an entry of the timeline tells.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimelineEvent {
    /// Activity that a finding names began.
    Activity,
    /// A product reported a finding.
    Reported,
    /// The Incident was created.
    Declared,
    /// The severity was changed.
    Severity,
    /// A person acknowledged it.
    Acknowledged,
    /// A person noted something.
    Note,
    /// A response was created.
    Response,
    /// A person approved a response's plan.
    Approved,
    /// A person rejected a response's plan.
    Rejected,
    /// A person ran a response without the other approvals.
    BreakGlass,
    /// A person asked for a release, or gave custody up.
    ReleaseAsked,
    /// The first write to AWS of a response was started.
    FirstWrite,
    /// A response was contained.
    Contained,
    /// A response was seen not to be contained any more.
    NotContained,
    /// A response was released.
    Released,
    /// A deadline passed.
    Overdue,
    /// An authority was told.
    Filed,
    /// A person said that it is over.
    ResolveAsked,
    /// It was resolved.
    Resolved,
    /// It was opened again.
    Reopened,
    /// A person reviewed it.
    Reviewed,
    /// A run of a response that had begun is over.
    RunEnded,
    /// The report was put beside the ledger.
    ReportStored,
    /// Its findings are about to be archived in the product that found them.
    ClosingOut,
    /// Its findings were archived in the product that found them.
    ClosedOut,
}

/// A severity, and since when it was the incident's.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SeveritySince {
    /// The severity.
    pub severity: Severity,
    /// Since when (RFC 3339).
    #[schemars(length(max = 40))]
    pub since: String,
    /// Who set it, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub by: Option<String>,
}

/// A Decision that outranks `spec.state`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Ruling {
    /// Resolve or Reopen.
    pub verb: Verb,
    /// By whom.
    #[schemars(length(max = 256))]
    pub by: String,
    /// When (RFC 3339).
    #[schemars(length(max = 40))]
    pub at: String,
    /// Name of the Decision.
    #[schemars(length(max = 253))]
    pub decision: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// With Resolve: what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<IncidentOutcome>,
    /// What `spec.state` was then: the Decision outranks it until it is changed.
    pub spec_state: IncidentIntent,
    /// What `spec.mergedInto` was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub merged_into: Option<String>,
}

impl IncidentStatus {
    /// The same within the bounds of its schema, in text that forges nothing.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        shorten(&mut self.waiting_for, COLUMN);
        shorten(&mut self.next_deadline, COLUMN);
        self.responses.truncate(RESPONSES);
        self.left.truncate(LEFT);
        self.left.iter_mut().for_each(|name| *name = text::bounded(name, NAME));
        self.deadlines.truncate(DEADLINES);
        self.deadlines
            .iter_mut()
            .for_each(|one| one.name = text::bounded(&one.name, DEADLINE));
        newest(&mut self.timeline, MAX_BEHIND);
        newest(&mut self.severities, SEVERITIES);
        self.responses
            .iter_mut()
            .for_each(|one| shorten(&mut one.waits_for, WAITS));
        self.timeline.iter_mut().for_each(TimelineEntry::bound);
        self.severities
            .iter_mut()
            .for_each(|one| shorten(&mut one.by, bounds::USERNAME));
        if let Some(ledger) = &mut self.ledger {
            ledger.bound();
        }
        if let Some(close_out) = &mut self.close_out {
            close_out.bound();
        }
        if let Some(ruling) = &mut self.ruling {
            // The very name: it is compared with those of approvers, and made harmless where it is shown.
            ruling.by = bounds::cut(&ruling.by, bounds::USERNAME);
            shorten(&mut ruling.reason, bounds::MESSAGE);
        }
        self
    }
}

impl TimelineEntry {
    /// The same within the bounds of its schema, in text that forges nothing.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.bound();
        self
    }

    fn bound(&mut self) {
        shorten(&mut self.who, bounds::USERNAME);
        self.about = text::bounded(&self.about, NAME);
        self.what = text::bounded(&self.what, WHAT);
    }
}

pub(super) fn shorten(value: &mut Option<String>, longest: usize) {
    if let Some(value) = value {
        *value = text::bounded(value, longest);
    }
}

fn newest<T>(list: &mut Vec<T>, most: usize) {
    let surplus = list.len().saturating_sub(most);
    list.drain(..surplus);
}
