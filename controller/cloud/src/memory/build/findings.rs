//! What GuardDuty has found.

use super::super::world::Region;
use serde_json::Value;

impl Region {
    /// Adds a finding, as EventBridge delivers it.
    #[must_use]
    pub fn with_finding(mut self, finding: Value) -> Self {
        self.put_finding(finding);
        self
    }

    /// Adds a finding, or puts it in the place of the one with its id.
    pub fn put_finding(&mut self, finding: Value) {
        self.findings
            .retain(|known| known["id"].is_null() || known["id"] != finding["id"]);
        self.findings.push(finding);
    }

    /// Has GuardDuty off: no detector tells anything of the region.
    #[must_use]
    pub fn without_detector(mut self) -> Self {
        self.without_detector = true;
        self
    }
}
