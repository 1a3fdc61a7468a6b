//! What an Incident reports of its findings in the product that found them, once it is over.

use super::status::shorten;
use crate::{bounds, text};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const FINDINGS: usize = 64;
const ID: usize = 512;

/// The close-out of an incident's findings: they are archived in the product that found them, and marked by the outcome.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CloseOutStatus {
    /// The moment of the end that it is for (RFC 3339).
    #[schemars(length(max = 40))]
    pub resolved_at: String,
    /// How findings are marked; absent in a drill, whose findings are archived and not marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<FindingFeedback>,
    /// When it was begun (RFC 3339), before the first call; absent while nothing could be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub begun_at: Option<String>,
    /// What becomes of each finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".to_owned()]))]
    pub findings: Vec<ClosingFinding>,
    /// When the last of those was closed out that are (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub closed_at: Option<String>,
    /// What stands against the others; absent where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub problem: Option<String>,
    /// When it was last tried in vain (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub failed_at: Option<String>,
    /// How many tries in a row were in vain: each makes the pause before the next one longer.
    #[serde(default, skip_serializing_if = "is_none_failed")]
    #[schemars(extend("format" = "int64"))]
    pub failures: u32,
}

/// A finding that is closed out.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ClosingFinding {
    /// Its id in spec.findings.
    #[schemars(length(max = 512))]
    pub id: String,
    /// How far it is.
    pub state: ClosingState,
}

/// How far a finding is on its way out.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingState {
    /// It is about to be archived: written before the call.
    Begun,
    /// It is archived, and marked.
    Archived,
    /// Its product does not have it any more.
    Gone,
}

/// How a finding is marked in its product.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingFeedback {
    /// It told of something that happened.
    Useful,
    /// It told of something that did not happen.
    NotUseful,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none_failed(failures: &u32) -> bool {
    *failures == 0
}

impl CloseOutStatus {
    pub(super) fn bound(&mut self) {
        self.findings.truncate(FINDINGS);
        self.findings
            .iter_mut()
            .for_each(|one| one.id = text::bounded(&one.id, ID));
        shorten(&mut self.problem, bounds::MESSAGE);
    }
}
