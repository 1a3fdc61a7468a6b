//! GuardDuty: the findings of a region.

use super::{MemoryAws, state::State};
use firebreak_core::aws::{
    access::Access,
    failure::Failure,
    guardduty::{FindingsAsked, no_detector},
};
use jiff::Timestamp;
use serde_json::Value;

impl MemoryAws {
    /// GuardDuty tells of a finding in a region of an account from now on, or of its update where it told of it before.
    pub fn put_finding(&self, account: &str, region: &str, finding: Value) {
        self.change(|world| {
            let known = world.accounts.entry(account.to_owned()).or_default();
            known.id = account.to_owned();
            known.region_or_empty(region).put_finding(finding);
        });
    }
}

/// What is no time, or no number, is kept back by nothing: AWS would not say it, and who reads it must bear it.
pub(super) fn list(state: &State, access: &Access, asked: &FindingsAsked) -> Result<Vec<Value>, Failure> {
    let region = state.region(access, &access.region);
    if region.without_detector {
        return Err(no_detector(&access.region));
    }
    let since = asked.updated_since.as_millisecond();
    let mut found: Vec<Value> = region.findings;
    found.retain(|finding| {
        !is_archived(finding) && updated(finding).is_none_or(|at| at >= since) && is_bad(finding, asked)
    });
    found.sort_by_key(updated);
    found.truncate(asked.most);
    Ok(found)
}

fn is_archived(finding: &Value) -> bool {
    finding["service"]["archived"] == true
}

fn is_bad(finding: &Value, asked: &FindingsAsked) -> bool {
    let severity = finding["severity"].as_f64();
    severity.is_none_or(|severity| severity >= f64::from(asked.lowest()))
}

/// In milliseconds since 1970, as GuardDuty compares it.
fn updated(finding: &Value) -> Option<i64> {
    let at: Timestamp = finding["updatedAt"].as_str()?.parse().ok()?;
    Some(at.as_millisecond())
}
