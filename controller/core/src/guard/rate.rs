//! A cap on how fast unapproved containments start: an approved one is not stopped by it.

use super::Scene;
use crate::blocked::Blocked;
use firebreak_crds::{Action, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.approved || scene.plan.action == Action::Release {
        return None;
    }
    scene.guardrails.iter().find_map(|guardrail| {
        let cap = guardrail.caps.max_starts_per_hour?;
        (scene.usage.started_last_hour + 1 > cap).then(|| {
            let message = format!("{} containments were started in the account within an hour (caps.maxStartsPerHour {cap}): approve this one, or wait", scene.usage.started_last_hour);
            Blocked::new(Reason::RateExceeded, message)
        })
    })
}
