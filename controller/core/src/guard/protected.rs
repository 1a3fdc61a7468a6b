//! What a Guardrail protects by ARN is never cut off. Tags only warn ([`super::warnings`]): others set them.

use super::Scene;
use crate::{blocked::Blocked, pattern};
use firebreak_crds::{Action, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.plan.action == Action::Release {
        return None;
    }
    let patterns = || scene.guardrails.iter().flat_map(|rail| &rail.protected.arns);
    let touched = scene.plan.touches.iter().map(|touched| touched.arn.as_str());
    let (arn, pattern) = touched
        .chain([scene.plan.arn.as_str()])
        .find_map(|arn| Some((arn, patterns().find(|p| pattern::matches_arn(p, arn))?)))?;
    Some(Blocked::new(
        Reason::Protected,
        format!(
            "{}: {arn} is protected by a Guardrail (ARN pattern {pattern})",
            scene.field()
        ),
    ))
}
