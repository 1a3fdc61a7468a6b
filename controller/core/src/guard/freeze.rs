//! Freeze windows stop what nobody approved.

use super::Scene;
use crate::blocked::Blocked;
use firebreak_crds::{FreezeWindow, Reason};
use jiff::Timestamp;

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.approved {
        return None;
    }
    let window = scene
        .guardrails
        .iter()
        .flat_map(|g| &g.freeze_windows)
        .find(|window| contains(window, scene.now))?;
    let message = format!(
        "freeze window {} lasts until {}: approve this run, or wait",
        window.name, window.until
    );
    Some(Blocked::new(Reason::FreezeWindow, message))
}

/// A window whose times cannot be read counts as being in force: it was meant to stop something.
fn contains(window: &FreezeWindow, now: Timestamp) -> bool {
    match (window.from.parse::<Timestamp>(), window.until.parse::<Timestamp>()) {
        (Ok(from), Ok(until)) => from <= now && now < until,
        _ => true,
    }
}
