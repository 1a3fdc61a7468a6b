//! The responses that an Incident names: made from a template, or made by somebody else.

use crate::{AccountRef, Evidence, Expiry, Mode, QuarantineSpec, Reopens, Severity, Target};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// One response: exactly one of `quarantine` and `quarantineRef`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.quarantine) != has(self.quarantineRef)")
    .message("a response is one thing: set quarantine (Firebreak creates it) or quarantineRef (it exists), and remove the other"))]
#[x_kube(validation = Rule::new("has(self.quarantine) == has(oldSelf.quarantine)")
    .message("a response stays what it is: add another response under another name instead of changing quarantine into quarantineRef or back"))]
#[x_kube(validation = Rule::new("!has(self.dependsOn) || !(self.name in self.dependsOn)")
    .message("dependsOn names the response itself: remove it"))]
#[x_kube(validation = Rule::new("!has(self.quarantineRef) || !has(self.dependsOn) || self.dependsOn.size() == 0")
    .message("dependsOn delays the creation of a response, and what quarantineRef names exists already: remove it"))]
pub struct IncidentResponse {
    /// Its name within the incident, such as deny-role.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')").message("name has lower-case letters, digits and hyphens, such as deny-role"))]
    pub name: String,
    /// The Quarantine that Firebreak creates and keeps as it is written here, until somebody else edits it: then it is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<QuarantineTemplate>,
    /// A Quarantine of this namespace that somebody else creates. It is watched, never written and never released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine_ref: Option<ObjectName>,
    /// Responses that must be Contained, or planned where they only observe, before this one is created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 15), inner(length(min = 1, max = 32)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub depends_on: Vec<String>,
}

/// Names an object of the same namespace.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ObjectName {
    /// Its name.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
}

/// A Quarantine as its spec says it, without `severity`, which is the incident's when it is created, and without `state`,
/// which Firebreak sets only to ask for its release.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.accountRef == oldSelf.accountRef && self.region == oldSelf.region && self.target == oldSelf.target")
    .message("accountRef, region and target of a response are immutable: add another response under another name"))]
#[x_kube(validation = Rule::new("!(has(self.target.iamRole) || has(self.target.iamUser)) || !has(self.expiry) || self.expiry.then != 'Release'")
    .message("expiry.then Release is refused for identities: an unattended expiry would reopen the role or user; use Hold"))]
pub struct QuarantineTemplate {
    /// The AWS account in which the target lives.
    pub account_ref: AccountRef,
    /// The target's region, one of the account's regions. For IAM it is where AWS is asked; IAM itself is global.
    #[schemars(length(min = 5, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z]{2,4}(-[a-z]+)+-[0-9]+$')").message("region looks like us-east-1"))]
    pub region: String,
    /// The resource and the method: exactly one.
    pub target: Target,
    /// Enforce writes and re-asserts; Observe plans and reports drift, and writes nothing. In a drill it is Observe.
    #[serde(default)]
    pub mode: Mode,
    /// Why, in a sentence: shown to approvers and kept in the plan. Default: the incident's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// How long the containment is meant to last, and what happens then. Default: until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// What is kept of the target before it is cut off, where the AwsAccount names an evidence bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// What release may put back although it would reopen the compromise, as in a Quarantine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub restore_on_release: Vec<Reopens>,
}

impl QuarantineTemplate {
    /// The spec of the Quarantine, with the severity of its own and the incident's title where no reason is given.
    pub fn spec(&self, severity: Severity, title: &str) -> QuarantineSpec {
        QuarantineSpec {
            account_ref: self.account_ref.clone(),
            region: self.region.clone(),
            target: self.target.clone(),
            mode: self.mode,
            state: crate::DesiredState::Contained,
            severity,
            reason: Some(self.reason.clone().unwrap_or_else(|| title.to_owned())),
            expiry: self.expiry.clone(),
            evidence: self.evidence,
            restore_on_release: self.restore_on_release.clone(),
        }
    }
}
