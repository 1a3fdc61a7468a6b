//! `FindingSource`: where findings come from.

#[cfg(test)]
mod tests;

use crate::{AccountRef, Condition, Severity, text};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const POLLS: usize = 256;
const ACCOUNTS: usize = 16;

/// Findings that are read from their product, account by account and region by region, or when a message on a queue tells of them,
/// and matched against the Playbooks of the source's namespace. The AwsAccounts grant it by the word `findings` in
/// spec.grants[].kinds, and the queue by `findingQueue`.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "FindingSource",
    namespaced,
    status = "FindingSourceStatus",
    shortname = "fs",
    category = "firebreak",
    derive = "PartialEq",
    printcolumn(
        name = "Receiving",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Receiving')].status"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason"
    ),
    printcolumn(name = "Read", type_ = "integer", json_path = ".status.counts.read"),
    printcolumn(name = "Opened", type_ = "integer", json_path = ".status.counts.opened"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.guardDuty) || has(self.sqs)").message("spec names a way by which findings come: guardDuty, sqs, or both"))]
pub struct FindingSourceSpec {
    /// Amazon GuardDuty, polled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard_duty: Option<GuardDutySource>,
    /// A queue on which Amazon EventBridge puts what GuardDuty finds: sooner than by polling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqs: Option<SqsSource>,
    /// What becomes of findings when their Incident is resolved with an outcome. Archive archives them in the product that found
    /// them, and marks them by the outcome; the AwsAccounts grant that by the word `findingsCloseOut` in spec.grants[].kinds. Where
    /// several sources of a namespace name an account, one that says Archive is enough.
    #[serde(default)]
    pub on_resolve: FindingsOnResolve,
    /// What becomes of samples, which somebody asked the product for to try something out. Drill opens Incidents for them that are
    /// drills, apart from those of real findings: their responses observe and write nothing. Real findings are treated as always.
    #[serde(default)]
    pub samples: Samples,
}

/// What becomes of sample findings.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Samples {
    /// They are left out.
    #[default]
    Ignore,
    /// They open Incidents that are drills.
    Drill,
}

/// What becomes of findings whose Incident is resolved.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FindingsOnResolve {
    /// They stay as they are in the product that found them.
    #[default]
    Leave,
    /// They are archived there, and marked as useful or not useful.
    Archive,
}

/// Amazon GuardDuty, by ListFindings and GetFindings in each account and region.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct GuardDutySource {
    /// The AwsAccounts whose findings are read, with their read roles. Each must grant `findings` to the namespace.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub accounts: Vec<AccountRef>,
    /// The regions. Absent: all of each account's spec.regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(regex(pattern = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")))]
    pub regions: Vec<String>,
    /// The least severity that is read. Default: Low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_severity: Option<Severity>,
    /// How often it is asked. Default: 1m. GuardDuty itself tells of a new finding within 5 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('5s') && duration(self) <= duration('1h')")
        .message("interval is a duration between 5s and 1h, such as 1m"))]
    pub interval: Option<String>,
    /// How far back the first look goes, counted from the creation of the FindingSource. Default: 1h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) <= duration('2160h')")
        .message("lookback is a duration of at most 2160h, for which GuardDuty keeps findings, such as 24h"))]
    pub lookback: Option<String>,
}

/// An Amazon SQS queue with events of Amazon EventBridge. A message is a hint: the finding that it names is read from GuardDuty, and
/// nothing else of the message counts.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SqsSource {
    /// The AwsAccount in which the queue is. It must name spec.roles.queue, and grant `findingQueue` on the queue's ARN to the
    /// namespace.
    pub account_ref: AccountRef,
    /// The queue's ARN: a standard queue, with a dead-letter queue for messages that tell of no finding.
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:sqs:[a-z]{2,4}(-[a-z]+)+-[0-9]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}$')")
        .message("queueArn is the ARN of a standard queue, such as arn:aws:sqs:us-east-1:123456789012:firebreak-findings"))]
    pub queue_arn: String,
    /// The AwsAccounts whose findings count: each finding is read with the read role of its own. Each must grant `findings` to the
    /// namespace. Messages about other accounts open nothing.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub accounts: Vec<AccountRef>,
}

/// What Firebreak reports about a source.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FindingSourceStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready: every account and region, and the queue, is granted and answers. Receiving: at least one of them does. Stalled: a person
    /// must correct something, as the message says.
    #[serde(default)]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// How each account and region stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub polls: Vec<PollStatus>,
    /// How the queue stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueStatus>,
    /// What became of what was read.
    #[serde(default)]
    pub counts: FindingCounts,
    /// Ids of accounts of which findings were read, and of which the source names no AwsAccount: those findings open nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 12)))]
    pub undeclared_accounts: Vec<String>,
}

/// How far findings of one account and region were read.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PollStatus {
    /// The AwsAccount.
    #[schemars(length(max = 253))]
    pub account: String,
    /// The region.
    #[schemars(length(max = 32))]
    pub region: String,
    /// The latest update (RFC 3339) up to which every finding was handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub up_to: Option<String>,
    /// Whether there was more than one look takes: the next one follows at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// Why it could not be read the last time; absent where it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub problem: Option<String>,
}

/// How a queue stands.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct QueueStatus {
    /// The ARN of its dead-letter queue, as its redrive policy names it; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub dead_letter_queue: Option<String>,
    /// When messages came the last time (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub last_message_at: Option<String>,
    /// How many messages were handled and deleted. One that comes twice counts twice.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub handled: u64,
    /// How many messages were put on the dead-letter queue, each with the attribute `reason`.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub rejected: u64,
    /// Why messages could not be received or handled the last time; absent where they could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub problem: Option<String>,
}

/// What became of findings. An update of a finding counts again.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct FindingCounts {
    /// Joined an Incident that was there.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub joined: u64,
    /// Were left out: samples, archived ones, those of undeclared accounts, and what is no valid finding.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub left_out: u64,
    /// Opened an Incident.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub opened: u64,
    /// Were read.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub read: u64,
    /// A suppression covers them.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub suppressed: u64,
    /// No playbook speaks of them.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub unmatched: u64,
}

impl FindingSourceStatus {
    /// The same within the bounds of its schema, in text that forges nothing.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.polls.truncate(POLLS);
        for poll in &mut self.polls {
            poll.problem = poll.problem.take().map(|why| text::bounded(&why, 512));
        }
        if let Some(queue) = &mut self.queue {
            queue.problem = queue.problem.take().map(|why| text::bounded(&why, 512));
            queue.dead_letter_queue = queue.dead_letter_queue.take().map(|arn| text::bounded(&arn, 256));
        }
        self.undeclared_accounts.truncate(ACCOUNTS);
        self
    }
}
