//! Firebreak's Kubernetes API, `firebreak.dev/v1alpha1`: types, schemas and condition words.
//! Pure data: this crate never talks to a cluster, to AWS or to a clock.
#![allow(
    clippy::duplicated_attributes,
    reason = "kube's derive takes one printcolumn attribute per column"
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod common;
pub mod kinds;
pub mod limits;
pub mod records;
pub mod table;

pub use common::condition::{Condition, ConditionType, Reason};
pub use common::readable::Unreadable;
pub use common::reference::{AccountRef, OwnerRef};
pub use common::{bounds, condition, readable, severity::Severity, text};
pub use kinds::failover_plan::{self, FailoverPlan, FailoverPlanSpec, FailoverPlanStatus};
pub use kinds::finding_source::{self, FindingSource, FindingSourceSpec, FindingSourceStatus};
pub use kinds::incident::{self, Incident, IncidentSpec, IncidentStatus};
pub use kinds::notification_channel::{self, NotificationChannel, NotificationChannelSpec, NotificationChannelStatus};
pub use kinds::playbook::{self, Playbook, PlaybookSpec, PlaybookStatus};
pub use kinds::quarantine::target::{
    DenyPolicy, Ec2InstanceMethod, Ec2InstanceTarget, EcsMethod, EcsServiceTarget, IamRoleMethod, IamRoleTarget,
    IamUserMethod, IamUserTarget, LambdaFunctionTarget, Reopens, S3BucketMethod, S3BucketTarget,
    SecurityGroupRuleTarget, Target,
};
pub use kinds::quarantine::{
    DesiredState, Evidence, EvidenceOrder, Expiry, Mode, OnExpiry, Quarantine, QuarantineSpec, QuarantineState,
    QuarantineStatus,
};
pub use kinds::traffic_policy::{
    self, BlockedRange, TrafficPolicy, TrafficPolicySpec, TrafficPolicyStatus, TrafficState, TrafficWish, WafScope,
    WebAclRef,
};
pub use limits::aws_account::{
    AwsAccount, AwsAccountSpec, AwsAccountStatus, Environment, EvidenceStore, Grant, IsolationGroup, NeverBlock, Roles,
};
pub use limits::emergency_stop::{EmergencyStop, EmergencyStopSpec};
pub use limits::guardrail::{
    ApprovalRule, Automation, Caps, FreezeWindow, Guardrail, GuardrailSpec, MirrorUnavailable, NeverAuto, Protected,
    ResponseTime, TagMatch,
};
pub use records::asked::{self, Asked, TakenDecision};
pub use records::decision::{Decision, DecisionSpec, DecisionTarget, PlanReference, Start, Verb};
pub use records::hold::{Hold, HoldKey, HoldSpec, HoldState, Holder, Orphaned};
pub use records::response_plan::{
    Action, Archive, ArchiveRecord, Journal, PlanOutcome, ResponsePlan, ResponsePlanSpec, ResponsePlanStatus,
    RunControl, StepRecord, StepState,
};
pub use table::{Family, KINDS, Kind, Process, Writer};

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// The API group of every kind.
pub const GROUP: &str = "firebreak.dev";
/// The annotation in which the API server records who last changed a spec (a MutatingAdmissionPolicy writes it).
pub const REQUESTED_BY: &str = "firebreak.dev/requested-by";
/// The finalizer that keeps an object until its custody is released or orphaned.
pub const CUSTODY_FINALIZER: &str = "firebreak.dev/custody";
/// The finalizer that keeps an `AwsAccount` while Holds in that account exist.
pub const IN_USE_FINALIZER: &str = "firebreak.dev/in-use";
/// The label on a `ResponsePlan` that carries its owner's UID.
pub const OWNER_UID_LABEL: &str = "firebreak.dev/owner-uid";
/// The label on what an `Incident` created: the Incident's name. Reserved to the operator.
pub const INCIDENT_LABEL: &str = "firebreak.dev/incident";
/// The label on what an `Incident` created: the Incident's UID, which tells it from a later namesake. Reserved to the operator.
pub const INCIDENT_UID_LABEL: &str = "firebreak.dev/incident-uid";
/// The annotation on what an `Incident` created: everybody who asked for it, as JSON of [`Asked`]. Reserved to the operator.
pub const ASKED_ANNOTATION: &str = "firebreak.dev/asked";
/// The annotation on what an `Incident` created: the spec as it was applied last, as JSON. Another one was edited by somebody
/// else. Reserved to the operator.
pub const APPLIED_ANNOTATION: &str = "firebreak.dev/applied";
/// The annotation on an `Incident` that findings opened: what Firebreak knows of that, as JSON. Reserved to the operator.
pub const FINDINGS_ANNOTATION: &str = "firebreak.dev/findings";
/// The prefix of the label on a `Hold` that names one holder's UID; its value is always `true`.
pub const HOLDER_LABEL_PREFIX: &str = "holder.firebreak.dev/";
/// The prefix of the label on a `Hold` that names the kind of a holder; its value is always `true`.
pub const HOLDER_KIND_LABEL_PREFIX: &str = "holder-kind.firebreak.dev/";

/// The prefix of the label on an orphaned `Hold` that names the UID of its last holder; its value is always `true`.
pub const ORPHAN_LABEL_PREFIX: &str = "orphan-of.firebreak.dev/";

/// Every CustomResourceDefinition of the group, in name order.
pub fn all() -> Vec<CustomResourceDefinition> {
    KINDS.iter().map(Kind::crd).collect()
}
