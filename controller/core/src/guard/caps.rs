//! Caps on how much is contained at once.

use super::Scene;
use crate::blocked::Blocked;
use firebreak_crds::{Action, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.plan.action == Action::Release {
        return None;
    }
    let caps = scene.guardrails.iter().filter_map(|g| g.caps.max_contained);
    let cap = caps.min().filter(|cap| scene.usage.contained >= *cap)?;
    Some(Blocked::new(
        Reason::CapExceeded,
        format!(
            "{} targets are contained in the account (caps.maxContained {cap}): release something, or raise the Guardrail's cap",
            scene.usage.contained
        ),
    ))
}
