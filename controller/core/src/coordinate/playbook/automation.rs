//! What Guardrails say of automation: the strictest of all counts, and a playbook can only add to it.

use super::Draft;
use crate::{coordinate::finding::Finding, pattern};
use firebreak_crds::GuardrailSpec;

/// Incidents in a namespace within an hour, where no Guardrail says.
const MAX_OPEN: u32 = 20;
/// Responses in an account within an hour, where no Guardrail says.
const MAX_RESPONSES: u32 = 10;

/// The limits that all Guardrails together set.
#[derive(Clone, Debug)]
pub struct Limits<'a>(pub &'a [GuardrailSpec]);

impl Limits<'_> {
    /// Incidents that findings may open in a namespace within an hour.
    pub fn max_open(&self) -> u32 {
        let said = self.0.iter().filter_map(|one| one.automation.max_open_per_hour);
        said.min().unwrap_or(MAX_OPEN)
    }

    /// Responses that may begin by themselves in an account within an hour.
    pub fn max_responses(&self) -> u32 {
        let said = self.0.iter().filter_map(|one| one.automation.max_responses_per_hour);
        said.min().unwrap_or(MAX_RESPONSES)
    }

    /// Whether a response waits for people whatever its playbook says.
    pub fn is_never_auto(&self, draft: &Draft, finding: &Finding) -> bool {
        let mut all = self.0.iter().map(|one| &one.automation.never_auto);
        all.any(|never| {
            never.kinds.iter().any(|kind| kind == draft.kind || kind == "*")
                || never
                    .arn_patterns
                    .iter()
                    .any(|one| pattern::matches_arn(one, &draft.arn))
                || never.tags.iter().any(|tag| finding.has_tag(tag))
        })
    }
}
