//! A target group is never left without a healthy target before the approval that it needs.

use super::Scene;
use crate::blocked::Blocked;
use firebreak_crds::{Action, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if !scene.contain_now || scene.plan.action == Action::Release {
        return None;
    }
    let group = scene.plan.empties.first()?;
    let message =
        format!("{group} would be left without a healthy target: that takes approval even where containNow is granted");
    Some(Blocked::new(Reason::AwaitingApproval, message))
}
