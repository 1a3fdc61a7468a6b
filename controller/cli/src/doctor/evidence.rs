//! What was seen: data only, so that every verdict can be tested without a cluster.

use super::reviews::Right;
use firebreak_core::{
    aws::{access::RoleKind, failure::Failure, sts::CallerIdentity},
    installation::Identity,
    simulation::Verdict,
};
use firebreak_crds::{
    AwsAccount, EmergencyStop, FailoverPlan, FindingSource, Hold, NotificationChannel, Playbook, Unreadable,
};
use jiff::Timestamp;
use k8s_openapi::{
    api::{apps::v1::Deployment, coordination::v1::Lease, core::v1::ServiceAccount},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use serde_json::Value;

/// Something that was looked for, or why it could not be.
pub type Look<T> = Result<T, String>;

/// Something that this version ships, and what is in the cluster in its place.
pub struct Shipped<T> {
    /// As it is shipped.
    pub ours: T,
    /// As it is there; none where there is nothing of that name.
    pub live: Look<Option<T>>,
}

/// Everything that the checks judge.
pub struct Evidence {
    /// Who the operator is in the cluster.
    pub identity: Identity,
    /// The version of this command.
    pub version: String,
    /// The API server.
    pub server: Look<Server>,
    /// Every kind.
    pub crds: Vec<Shipped<CustomResourceDefinition>>,
    /// Policies and bindings for Decisions and records.
    pub policies: Vec<Shipped<Value>>,
    /// Policy and binding that stamp requesters.
    pub requester: Vec<Shipped<Value>>,
    /// Whether the operator may do what its roles say.
    pub rights: Vec<(Right, Look<bool>)>,
    /// The roles for people.
    pub roles: Vec<Shipped<Value>>,
    /// The operator's Deployment.
    pub deployment: Look<Option<Deployment>>,
    /// The operator's Lease.
    pub lease: Look<Option<Lease>>,
    /// The operator's service account.
    pub service_account: Look<Option<ServiceAccount>>,
    /// Every EmergencyStop.
    pub stops: Look<Vec<EmergencyStop>>,
    /// Every Hold.
    pub holds: Look<Vec<Hold>>,
    /// Every FindingSource.
    pub sources: Look<Vec<FindingSource>>,
    /// Every Playbook.
    pub playbooks: Look<Vec<Playbook>>,
    /// Every NotificationChannel.
    pub channels: Look<Vec<NotificationChannel>>,
    /// Every FailoverPlan.
    pub failovers: Look<Vec<FailoverPlan>>,
    /// The notifier's Deployment.
    pub notifier: Look<Option<Deployment>>,
    /// Who asks.
    pub you: Look<String>,
    /// What they may do in the namespace.
    pub powers: Vec<(&'static str, Look<bool>)>,
    /// The namespace.
    pub namespace: String,
    /// Every AwsAccount.
    pub accounts: Look<Vec<AwsAccount>>,
    /// The objects of ours that this version cannot read.
    pub unreadable: Look<Vec<Unreadable>>,
    /// The operator's AWS account, where somebody named it.
    pub operator_account: Option<String>,
    /// What AWS says; none where it was not to be asked.
    pub aws: Option<AwsEvidence>,
}

/// What the API server says of itself.
#[derive(Clone, Debug)]
pub struct Server {
    /// Such as v1.36.1.
    pub version: String,
    /// Such as 36.
    pub minor: Option<u32>,
    /// Its clock, in whole seconds.
    pub date: Option<Timestamp>,
    /// Our clock at that moment.
    pub at: Timestamp,
}

/// What AWS says.
pub struct AwsEvidence {
    /// Who one is with the credentials at hand.
    pub you: Result<CallerIdentity, Failure>,
    /// The roles of every account.
    pub roles: Vec<RoleEvidence>,
    /// The evidence buckets.
    pub stores: Vec<StoreEvidence>,
}

/// What AWS says of an evidence bucket.
pub struct StoreEvidence {
    /// Name of the AwsAccount.
    pub account: String,
    /// Name of the bucket.
    pub bucket: String,
    /// The lock that each new object gets; none without one.
    pub lock: Result<Option<String>, Failure>,
}

/// What AWS says of a role that an AwsAccount names.
pub struct RoleEvidence {
    /// Name of the AwsAccount.
    pub account: String,
    /// The account that it must lead to.
    pub account_id: String,
    /// What it is for.
    pub role: RoleKind,
    /// ARN of the role.
    pub arn: String,
    /// Who one is with it.
    pub identity: Result<CallerIdentity, Failure>,
    /// Whether its trust policy lets a session carry tags (`sts:TagSession`); none when the policy could not be read.
    pub takes_tags: Option<bool>,
    /// What IAM's simulator says of what Firebreak needs.
    pub simulated: Result<Vec<Verdict>, Failure>,
}

impl RoleEvidence {
    /// The role in the words of the manifest.
    pub fn field(&self) -> &'static str {
        match self.role {
            RoleKind::Read => "roles.read",
            RoleKind::Contain => "roles.contain",
            RoleKind::ContainIdentity => "roles.containIdentity",
            RoleKind::Evidence => "evidence.roleArn",
            RoleKind::Failover => "roles.failover",
            RoleKind::Queue => "roles.queue",
        }
    }
}

impl Evidence {
    /// The role that the operator's service account is given by IRSA.
    pub fn operator_role(&self) -> Option<&str> {
        let account = self.service_account.as_ref().ok()?.as_ref()?;
        let annotations = account.metadata.annotations.as_ref()?;
        annotations.get("eks.amazonaws.com/role-arn").map(String::as_str)
    }
}
