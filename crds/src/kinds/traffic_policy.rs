//! `TrafficPolicy`: addresses that AWS WAF blocks, held so, and let in again exactly.

mod status;
#[cfg(test)]
mod tests;

pub use status::{TrafficPolicyStatus, TrafficState};

use crate::{AccountRef, Expiry, Mode, Severity};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Addresses that a web ACL of AWS WAF blocks. Firebreak plans, waits for the approvals that the Guardrails require, adds them to the
/// IP sets that were prepared for it, verifies, keeps them there, and takes exactly those out again that it added when `state`
/// becomes Released, when a Decision says so, or when it is deleted. It never writes the web ACL.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "TrafficPolicy",
    plural = "trafficpolicies",
    namespaced,
    status = "TrafficPolicyStatus",
    shortname = "tp",
    category = "firebreak",
    derive = "PartialEq",
    selectable = ".spec.accountRef.name",
    selectable = ".spec.state",
    printcolumn(name = "Target", type_ = "string", json_path = ".status.target"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason"),
    printcolumn(name = "WaitingFor", type_ = "string", json_path = ".status.waitingFor"),
    printcolumn(name = "Expires", type_ = "string", json_path = ".status.expiresAt"),
    printcolumn(name = "Wanted", type_ = "string", json_path = ".spec.state", priority = 1),
    printcolumn(name = "Enforced", type_ = "string", json_path = ".status.conditions[?(@.type=='Enforced')].status", priority = 1),
    printcolumn(name = "Approvals", type_ = "string", json_path = ".status.approvals", priority = 1),
    printcolumn(name = "Halted", type_ = "string", json_path = ".status.conditions[?(@.type=='Halted')].status", priority = 1),
    printcolumn(name = "InSync", type_ = "string", json_path = ".status.conditions[?(@.type=='InSync')].status", priority = 1),
    printcolumn(name = "Plan", type_ = "string", json_path = ".status.plan.name", priority = 1),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 200").message("metadata.name has at most 200 characters: plans are named after it")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.accountRef == oldSelf.accountRef").message("spec.accountRef is immutable: create a new TrafficPolicy instead"))]
#[x_kube(validation = Rule::new("self.region == oldSelf.region").message("spec.region is immutable: create a new TrafficPolicy instead"))]
#[x_kube(validation = Rule::new("self.scope == oldSelf.scope && self.webAcl == oldSelf.webAcl").message("spec.scope and spec.webAcl are immutable: create a new TrafficPolicy instead"))]
#[x_kube(validation = Rule::new("self.block == oldSelf.block").message("spec.block is immutable: create a second TrafficPolicy for more addresses; to block fewer, wait until a second one with those is Enforced, then release this one"))]
#[x_kube(validation = Rule::new("self.scope != 'CLOUDFRONT' || self.region == 'us-east-1'").message("spec.region is us-east-1 where spec.scope is CLOUDFRONT: AWS WAF keeps what is in front of CloudFront there"))]
pub struct TrafficPolicySpec {
    /// The AWS account in which the web ACL is.
    pub account_ref: AccountRef,
    /// The web ACL's region, one of the account's regions; us-east-1 where the scope is CLOUDFRONT.
    #[schemars(length(min = 5, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z]{2,4}(-[a-z]+)+-[0-9]+$')").message("region looks like us-east-1"))]
    pub region: String,
    /// REGIONAL for load balancers, API Gateway and their like; CLOUDFRONT for distributions.
    #[serde(default)]
    pub scope: WafScope,
    /// The web ACL, which exists and was prepared: `kubectl firebreak traffic prepare` prints how.
    pub web_acl: WebAclRef,
    /// The addresses to block. It cannot be changed: what people approved is what is blocked.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["cidr".to_owned()]))]
    pub block: Vec<BlockedRange>,
    /// Enforce writes and re-asserts; Observe plans and reports drift, and writes nothing.
    #[serde(default)]
    pub mode: Mode,
    /// Active blocks the addresses; Released takes out exactly those that were added.
    #[serde(default)]
    pub state: TrafficWish,
    /// How bad it is. Guardrails may let reversible steps run before approval at some severities.
    #[serde(default)]
    pub severity: Severity,
    /// Why, in a sentence: shown to approvers and kept in the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// How long the addresses are meant to be blocked, counted from the moment that all of them are, and what happens then. Default:
    /// until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
}

/// In front of what a web ACL stands. The words are those of AWS.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WafScope {
    /// Load balancers, API Gateway stages and other resources of one region.
    #[default]
    #[serde(rename = "REGIONAL")]
    Regional,
    /// CloudFront distributions.
    #[serde(rename = "CLOUDFRONT")]
    CloudFront,
}

/// A web ACL by the name and the id that AWS gave it.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct WebAclRef {
    /// Its name.
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9_-]+$')").message("webAcl.name has letters, digits, _ and -: it is the name, not the ARN"))]
    pub name: String,
    /// Its id: the last part of its ARN.
    #[schemars(length(min = 36, max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$')").message("webAcl.id is the last part of the web ACL's ARN, such as a1b2c3d4-5678-90ab-cdef-0123456789ab"))]
    pub id: String,
}

/// A range of addresses that is blocked.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct BlockedRange {
    /// The range as AWS WAF takes it, such as 198.51.100.7/32 or 2001:db8:17::/64: written in full, and without bits behind the prefix.
    /// At least /16 for IPv4 and /32 for IPv6: what is wider is cut off elsewhere.
    #[schemars(length(min = 4, max = 43))]
    #[x_kube(validation = Rule::new("isCIDR(self) && string(cidr(self).masked()) == self").message("block[].cidr is a range in its canonical form, such as 198.51.100.7/32 or 2001:db8:17::/64"))]
    #[x_kube(validation = Rule::new("!isCIDR(self) || cidr(self).prefixLength() >= (cidr(self).ip().family() == 4 ? 16 : 32)").message("block[].cidr is too wide: at least /16 for IPv4 and /32 for IPv6"))]
    pub cidr: String,
    /// Why this one, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub reason: Option<String>,
}

/// What the object asks for.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrafficWish {
    /// The addresses are blocked.
    #[default]
    Active,
    /// As it was before.
    Released,
}
