//! What an Incident reports of its ledger: the hash chain in the evidence bucket.

use super::status::shorten;
use crate::{bounds, text};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The most marks of entries that left the timeline.
const LEFT: usize = 512;
const MARK: usize = 16;
const PLACE: usize = 512;
/// The most reports that are remembered: the newest.
const REPORTS: usize = 16;
/// The most offers of one file that are remembered: the newest.
const OFFERS: usize = 8;

/// The ledger of an incident: one hash chain of objects in an evidence bucket.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LedgerStatus {
    /// Name of the AwsAccount whose evidence bucket it is in. Once there is an entry it stays there.
    #[schemars(length(max = 253))]
    pub account: String,
    /// What the URL of every entry begins with, such as `s3://acme-evidence/firebreak/ledger/payments/UID/`.
    #[schemars(length(max = 512))]
    pub place: String,
    /// How many entries are in it.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub entries: u32,
    /// The hash of the last one: who has it can tell whether the chain is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    pub head: Option<String>,
    /// When the last one was put (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub at: Option<String>,
    /// What stands against the next one; absent where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub problem: Option<String>,
    /// When the next one was last tried in vain (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub failed_at: Option<String>,
    /// How many entries had to leave the timeline before they were in the ledger.
    #[serde(default, skip_serializing_if = "is_none_missed")]
    #[schemars(extend("format" = "int64"))]
    pub missed: u32,
    /// Marks of entries that are in the ledger and have left the timeline, so that none is recorded twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512), inner(length(max = 16)))]
    pub left: Vec<String>,
    /// The reports that were put beside it, the oldest first: one each time that the incident was resolved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub reports: Vec<StoredReport>,
}

/// A report beside the ledger.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct StoredReport {
    /// Its number, from 1.
    #[schemars(extend("format" = "int64"))]
    pub number: u32,
    /// The moment of the end that it tells of (RFC 3339).
    #[schemars(length(max = 40))]
    pub resolved_at: String,
    /// Hashes of what was about to be put as Markdown, before it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 80)))]
    pub offered_markdown: Vec<String>,
    /// The same of the HTML file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 80)))]
    pub offered_html: Vec<String>,
    /// The hash of the Markdown file, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    pub markdown: Option<String>,
    /// The hash of the HTML file, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    pub html: Option<String>,
    /// When both were there (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub stored_at: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none_missed(missed: &u32) -> bool {
    *missed == 0
}

impl LedgerStatus {
    pub(super) fn bound(&mut self) {
        self.place = text::bounded(&self.place, PLACE);
        shorten(&mut self.problem, bounds::MESSAGE);
        let surplus = self.left.len().saturating_sub(LEFT);
        self.left.drain(..surplus);
        self.left.iter_mut().for_each(|mark| *mark = bounds::cut(mark, MARK));
        let surplus = self.reports.len().saturating_sub(REPORTS);
        self.reports.drain(..surplus);
        self.reports.iter_mut().for_each(StoredReport::bound);
    }
}

impl StoredReport {
    fn bound(&mut self) {
        for offered in [&mut self.offered_markdown, &mut self.offered_html] {
            let surplus = offered.len().saturating_sub(OFFERS);
            offered.drain(..surplus);
        }
    }
}
