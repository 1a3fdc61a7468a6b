//! Every condition type and reason, and the one way to set them: a transition time moves only when the status does.

use crate::text;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The standard Kubernetes condition.
pub type Condition = k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// What a condition is about.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionType {
    /// The object is in the state that its spec asks for.
    Ready,
    /// Present and True only while Firebreak acts.
    Reconciling,
    /// True when a person must do something.
    Stalled,
    /// The current plan has the approvals that it needs.
    Approved,
    /// Every step of the plan was written to AWS.
    Applied,
    /// A fresh read showed every step's effect.
    Verified,
    /// AWS still shows what was written.
    InSync,
    /// The target is cut off, and the service's settling time has passed. Of an Incident: every response is, at the last read.
    Contained,
    /// Of a TrafficPolicy: the addresses are in the IP sets, the rules that block them stand where no rule before them can let a request
    /// in, and the settling time has passed.
    Enforced,
    /// Everything that Firebreak changed is back.
    Released,
    /// True while an EmergencyStop holds this object's writes back.
    Halted,
    /// What was there before the first write is in the evidence bucket: the point in time is fixed.
    Captured,
    /// The evidence is complete, and a manifest with the hash of each part is in the bucket.
    Sealed,
    /// Of an AwsAccount: no other cluster responds in it.
    Exclusive,
    /// Of an Incident: it is real, on a person's word or by what it turned out to be.
    Confirmed,
    /// Of an Incident: a person has it.
    Acknowledged,
    /// Of an Incident: everything that was cut off is back.
    Recovered,
    /// Of an Incident: it is over.
    Resolved,
    /// Of an Incident: a person has reviewed it, and every task is done.
    Reviewed,
    /// Of an Incident: its timeline is in the ledger of the evidence bucket.
    Ledgered,
    /// Of an Incident: its findings are archived in the product that found them.
    ClosedOut,
    /// Of a FindingSource: findings can be read.
    Receiving,
    /// Of a FailoverPlan: the region that was last activated is active, as far as was observed.
    FailedOver,
    /// Of a FailoverPlan: every database that it would promote has a replica in the other region, which follows it closely enough.
    Protected,
    /// Of a FailoverPlan: nothing stands in the way of a run to the region that is not active, as far as reading shows.
    StandbyReady,
    /// Of a FailoverPlan: the last good drill is recent enough.
    DrillFresh,
    /// Of a FailoverPlan: the last run kept to spec.objectives.
    WithinObjectives,
}

impl ConditionType {
    /// The word as it stands in `status.conditions[].type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::Approved => "Approved",
            Self::Applied => "Applied",
            Self::Verified => "Verified",
            Self::InSync => "InSync",
            Self::Contained => "Contained",
            Self::Enforced => "Enforced",
            Self::Released => "Released",
            Self::Halted => "Halted",
            Self::Captured => "Captured",
            Self::Sealed => "Sealed",
            Self::Exclusive => "Exclusive",
            Self::Confirmed => "Confirmed",
            Self::Acknowledged => "Acknowledged",
            Self::Recovered => "Recovered",
            Self::Resolved => "Resolved",
            Self::Reviewed => "Reviewed",
            Self::Ledgered => "Ledgered",
            Self::ClosedOut => "ClosedOut",
            Self::Receiving => "Receiving",
            Self::FailedOver => "FailedOver",
            Self::Protected => "Protected",
            Self::StandbyReady => "StandbyReady",
            Self::DrillFresh => "DrillFresh",
            Self::WithinObjectives => "WithinObjectives",
        }
    }
}

/// Why a condition is what it is. Reasons are part of the API: scripts and alerts match them.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(
    missing_docs,
    reason = "the words are the documentation; docs/reasons.md explains each for people"
)]
pub enum Reason {
    Abandoned,
    Aborted,
    Accepted,
    AccessDenied,
    AccountNotFound,
    AccountNotGranted,
    Acknowledged,
    ActiveUnknown,
    AnotherCluster,
    Applied,
    Applying,
    ApprovalNotNeeded,
    Approved,
    Archived,
    AwaitingApproval,
    AwaitingReview,
    BreakGlass,
    Bypassed,
    CapExceeded,
    Captured,
    Capturing,
    Confirmed,
    Contained,
    DataLossNotAcknowledged,
    DataResidency,
    Declared,
    Delivered,
    DependencyCycle,
    DriftDetected,
    DriftFight,
    DriftReasserted,
    DrillFresh,
    DrillInvalid,
    DrillStale,
    EmergencyStop,
    Enforced,
    EvidenceMissing,
    Exclusive,
    FailedOver,
    FailingOver,
    FindingNotRead,
    FindingRead,
    FreezeWindow,
    HeldByAnother,
    InSync,
    Interlocked,
    InternalError,
    InvalidPlaybook,
    InvalidStep,
    InvalidTarget,
    LedgerForked,
    LedgerMoved,
    MirrorUnavailable,
    Expired,
    LimitExceeded,
    LogBucket,
    Merged,
    NeverBlocked,
    NoDeadLetterQueue,
    NoOutcome,
    NoResponses,
    NotAReplicaOfActive,
    NotAcknowledged,
    NotApplied,
    NotConfirmed,
    NotContained,
    NotDelivered,
    NotEnforced,
    NotFailedOver,
    NotMeasured,
    NotOurs,
    NotPrepared,
    NotRecovered,
    NotReleased,
    NotResolved,
    NotReviewed,
    ObjectivesMissed,
    Observing,
    Open,
    OwnDependency,
    Paused,
    PlanInvalid,
    PlanTooLarge,
    PollFailed,
    Polling,
    Protected,
    RateExceeded,
    Recorded,
    Recovered,
    RegionNotListed,
    Rejected,
    ReleaseConflict,
    Released,
    Releasing,
    Replicating,
    Resolved,
    ResponseFailed,
    ResponseMissing,
    ResponseRefused,
    ResponseWaiting,
    RestoreWithheld,
    ReviewOverdue,
    Reviewed,
    RolledBack,
    Sealed,
    Sealing,
    SecretUnreadable,
    SerialBehind,
    SerialConflict,
    SerialUnknown,
    Settling,
    SharedSecurityGroup,
    SplitBrainNotAcknowledged,
    Standby,
    StandbyNotReady,
    StandbyReady,
    StepFailed,
    StepUnknown,
    TargetGone,
    TargetNotFound,
    TasksOpen,
    Throttled,
    TooSoon,
    Unmodifiable,
    Unprotected,
    Unreachable,
    Unreadable,
    Verified,
    Verifying,
    WithinObjectives,
    WriteRefused,
    WrongAccount,
}

impl Reason {
    /// The word as it stands in `status.conditions[].reason`.
    pub fn as_str(self) -> String {
        format!("{self:?}")
    }
}

/// One condition as it should be, without times: what a decision returns.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is about.
    pub kind: ConditionType,
    /// True, False, or Unknown (`None`).
    pub status: Option<bool>,
    /// Why.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

impl Wanted {
    /// A condition that holds.
    pub fn yes(kind: ConditionType, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: Some(true),
            reason,
            message: message.into(),
        }
    }

    /// A condition that does not hold.
    pub fn no(kind: ConditionType, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: Some(false),
            reason,
            message: message.into(),
        }
    }

    /// A condition of which nothing certain is known.
    pub fn unknown(kind: ConditionType, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            reason,
            message: message.into(),
        }
    }

    fn status_word(&self) -> &'static str {
        match self.status {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        }
    }
}

/// Turns what should be said into conditions: types that are no longer said disappear, transition times are kept
/// where the status stays, and `generation` becomes each one's observedGeneration.
pub fn merge(old: &[Condition], wanted: &[Wanted], generation: i64, now: Timestamp) -> Vec<Condition> {
    wanted
        .iter()
        .map(|w| {
            let kept = old
                .iter()
                .find(|c| c.type_ == w.kind.as_str() && c.status == w.status_word());
            Condition {
                type_: w.kind.as_str().to_owned(),
                status: w.status_word().to_owned(),
                reason: w.reason.as_str(),
                message: text::message(&w.message),
                observed_generation: Some(generation),
                last_transition_time: kept.map_or(Time(now), |c| c.last_transition_time.clone()),
            }
        })
        .collect()
}

/// Whether the condition of that type is True.
pub fn is_true(conditions: &[Condition], kind: ConditionType) -> bool {
    conditions
        .iter()
        .any(|c| c.type_ == kind.as_str() && c.status == "True")
}

/// The message of the condition of that type, where it is False.
pub fn denied(conditions: &[Condition], kind: ConditionType) -> Option<&str> {
    let found = conditions
        .iter()
        .find(|c| c.type_ == kind.as_str() && c.status == "False");
    found.map(|condition| condition.message.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_transition_time_stays_while_only_the_reason_changes() {
        let first = merge(
            &[],
            &[Wanted::no(ConditionType::Ready, Reason::NotApplied, "a")],
            1,
            at(10),
        );
        let second = merge(
            &first,
            &[Wanted::no(ConditionType::Ready, Reason::AwaitingApproval, "b")],
            2,
            at(20),
        );
        assert_eq!(second[0].last_transition_time.0, at(10));
        assert_eq!(second[0].reason, "AwaitingApproval");
        assert_eq!(second[0].observed_generation, Some(2));
    }

    #[test]
    fn the_transition_time_moves_with_the_status() {
        let first = merge(
            &[],
            &[Wanted::no(ConditionType::Ready, Reason::NotApplied, "")],
            1,
            at(10),
        );
        let second = merge(
            &first,
            &[Wanted::yes(ConditionType::Ready, Reason::Contained, "")],
            1,
            at(20),
        );
        assert_eq!(second[0].last_transition_time.0, at(20));
    }

    #[test]
    fn a_long_message_is_cut_within_the_bound() {
        let long = "ä".repeat(5000);
        let made = merge(
            &[],
            &[Wanted::no(ConditionType::Ready, Reason::NotApplied, long)],
            1,
            at(1),
        );
        assert_eq!(made[0].message.chars().count(), text::MAX_MESSAGE);
    }

    #[test]
    fn hostile_text_forges_no_line_of_a_message() {
        let hostile = "stopped: \u{1b}[2K\nReady   True\u{202e}";
        let made = merge(
            &[],
            &[Wanted::no(ConditionType::Ready, Reason::EmergencyStop, hostile)],
            1,
            at(1),
        );
        assert_eq!(made[0].message, "stopped: \\u{1b}[2K Ready   True\\u{202e}");
    }
}
