//! `Playbook`: which findings open an Incident, and which responses it asks for.

mod matching;
mod responses;
#[cfg(test)]
mod tests;

pub use matching::{FindingResource, PlaybookMatch, SeverityRange, Suppression};
pub use responses::{
    Ec2InstanceChoice, EcsServiceChoice, FindingInput, IamRoleChoice, IamUserChoice, PlaybookResponse, S3BucketChoice,
};

use crate::{
    AccountRef, Condition,
    incident::{IncidentTask, OnResolve},
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of a finding: which of them it speaks of, and which responses the Incident names that they open. It changes
/// nothing in AWS, and gives no response more authority than the Guardrails do.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "Playbook",
    namespaced,
    status = "PlaybookStatus",
    shortname = "pb",
    category = "firebreak",
    derive = "PartialEq",
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode"),
    printcolumn(name = "Priority", type_ = "integer", json_path = ".spec.priority"),
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
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.responses) || self.responses.all(r, !has(r.dependsOn) || r.dependsOn.all(d, self.responses.exists(o, o.name == d)))")
    .message("spec.responses[].dependsOn names a response that is not in spec.responses: correct the name, or add the response"))]
pub struct PlaybookSpec {
    /// How far its responses go by themselves. Propose (default): they wait for people, also where a Guardrail asks for nobody.
    #[serde(default)]
    pub mode: PlaybookMode,
    /// Of several playbooks that speak of a finding, the one with the lowest number counts, and of those the first by name.
    #[serde(default = "PlaybookSpec::default_priority")]
    #[schemars(range(min = 0, max = 1000), extend("format" = "int64"))]
    pub priority: u32,
    /// Which findings it speaks of. What is absent narrows nothing.
    #[serde(default, rename = "match")]
    pub matches: PlaybookMatch,
    /// Findings that open nothing, for a while. They never cover Critical findings, attack sequences, or findings about detection
    /// that was switched off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub suppressions: Vec<Suppression>,
    /// What the Incident says besides its findings.
    #[serde(default)]
    pub incident: PlaybookIncident,
    /// What is done about a finding, each for every resource of its kind that the finding names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub responses: Vec<PlaybookResponse>,
}

impl PlaybookSpec {
    fn default_priority() -> u32 {
        100
    }
}

/// How far the responses of a playbook go by themselves.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaybookMode {
    /// They only observe: a plan is made, and nothing is written.
    Observe,
    /// They wait until a person has approved, whatever the Guardrails ask for.
    #[default]
    Propose,
    /// They do what the Guardrails let a response of that severity do, and wait where these ask for people.
    Act,
}

/// What an Incident says that a playbook opens.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct PlaybookIncident {
    /// Who leads: a username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub commander: Option<String>,
    /// Where the runbook is: an https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    #[x_kube(validation = Rule::new("self.startsWith('https://') && isURL(self)").message("runbook is an https URL"))]
    pub runbook: Option<String>,
    /// What people have to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub tasks: Vec<IncidentTask>,
    /// What becomes of the responses when it is resolved.
    #[serde(default)]
    pub on_resolve: OnResolve,
    /// The AwsAccount whose evidence bucket keeps the record of the incident. Default: that of the first response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger_account_ref: Option<AccountRef>,
}

/// What Firebreak reports about a playbook.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct PlaybookStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready: findings are matched against it. Stalled: a person must correct it, as the message says.
    #[serde(default)]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// The people who have edited it, as far as the API server vouches for them: none of them counts as an approver of what it
    /// asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 256)))]
    pub editors: Vec<String>,
}
