//! Caps on how much is contained at once, dependants counted.

use super::Scene;
use crate::blocked::Blocked;
use firebreak_crds::{Action, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.plan.action == Action::Release {
        return None;
    }
    let dependants = u32::try_from(scene.plan.dependants.len()).unwrap_or(u32::MAX);
    scene.guardrails.iter().find_map(|guardrail| {
        let over = |cap: Option<u32>, value: u32| cap.filter(|cap| value > *cap);
        if let Some(cap) = over(guardrail.caps.max_contained, scene.usage.contained + 1) {
            return Some(exceeded(format!(
                "{} targets are contained in the account (caps.maxContained {cap})",
                scene.usage.contained
            )));
        }
        let cap = over(guardrail.caps.max_dependants, dependants)?;
        Some(exceeded(format!(
            "{dependants} dependants would be affected (caps.maxDependants {cap})"
        )))
    })
}

fn exceeded(what: String) -> Blocked {
    Blocked::new(
        Reason::CapExceeded,
        format!("{what}: release something, or raise the Guardrail's cap"),
    )
}
