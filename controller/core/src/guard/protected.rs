//! What a Guardrail protects by ARN or by tag is never cut off.

use super::Scene;
use crate::{blocked::Blocked, pattern, quarantine::Touched};
use firebreak_crds::{Action, Protected, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.plan.action == Action::Release {
        return None;
    }
    let why = |touched: &Touched| scene.guardrails.iter().find_map(|g| protection(&g.protected, touched));
    let (arn, why) = scene
        .plan
        .touches
        .iter()
        .find_map(|touched| Some((&touched.arn, why(touched)?)))?;
    Some(Blocked::new(
        Reason::Protected,
        format!("spec.target: {arn} is protected by a Guardrail ({why})"),
    ))
}

fn protection(protected: &Protected, touched: &Touched) -> Option<String> {
    let arn = protected
        .arns
        .iter()
        .find(|p| pattern::matches(p, &touched.arn))
        .map(|p| format!("ARN pattern {p}"));
    arn.or_else(|| {
        protected
            .tags
            .iter()
            .find(|tag| {
                touched
                    .tags
                    .get(&tag.key)
                    .is_some_and(|v| tag.value.as_ref().is_none_or(|want| want == v))
            })
            .map(|tag| format!("tag {}", tag.key))
    })
}
