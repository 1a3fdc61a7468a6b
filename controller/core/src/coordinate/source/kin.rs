//! Which findings may share an Incident: what is real, samples, and what only a message tells of are apart, so that nobody hides one
//! behind another.

use crate::coordinate::finding::Finding;

/// What begins the name of an Incident about what only a message tells of.
const UNCONFIRMED: &str = "unconfirmed-";
/// What begins the name of a drill.
const DRILL: &str = "drill-";

/// Findings that may share an Incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kin {
    /// Whether they are what their product says, and not only what a message says.
    pub(super) confirmed: bool,
    /// Whether they are samples, whose Incidents are drills.
    pub(super) drill: bool,
}

impl Kin {
    pub(super) fn of(finding: &Finding, confirmed: bool) -> Self {
        Self {
            confirmed,
            drill: finding.is_sample,
        }
    }

    /// What the names of their Incidents begin with.
    pub(super) fn begins(self) -> String {
        let parts = [(!self.confirmed, UNCONFIRMED), (self.drill, DRILL)];
        parts.into_iter().filter_map(|(is, word)| is.then_some(word)).collect()
    }

    /// A name without that.
    pub(super) fn strip(name: &str) -> &str {
        let name = name.strip_prefix(UNCONFIRMED).unwrap_or(name);
        name.strip_prefix(DRILL).unwrap_or(name)
    }
}
