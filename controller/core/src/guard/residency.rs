//! Data stays where it may rest: Firebreak never starts a workload, nor stores anything, in a region outside of it. Cutting
//! off in place moves no data, so it is never refused for residency.

use super::Scene;
use crate::{blocked::Blocked, run::plan::Step};
use firebreak_crds::{Action, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.plan.action == Action::Release {
        return None;
    }
    let rule = broken(scene, &scene.plan.region)?;
    let step = scene.plan.steps.iter().find(|step| places_data(step))?;
    Some(Blocked::new(
        Reason::DataResidency,
        format!(
            "spec.region: step {} would start a workload or store something in {}, and {rule}: choose a method that cuts off in place, or leave that step out where the target lets you",
            step.id, scene.plan.region
        ),
    ))
}

fn places_data(step: &Step) -> bool {
    step.cell
        .writes(&step.before, &step.after)
        .iter()
        .any(|write| write.call().places_data)
}

/// The first rule, of the account or of a Guardrail, that does not list the region.
fn broken(scene: &Scene<'_>, region: &str) -> Option<String> {
    let named = |whose: &str, regions: &[String]| {
        let breaks = !regions.is_empty() && !regions.iter().any(|allowed| allowed == region);
        breaks.then(|| format!("{whose} keeps data in {}", regions.join(", ")))
    };
    named("the AwsAccount's spec.dataResidency", &scene.account.data_residency).or_else(|| {
        scene
            .guardrails
            .iter()
            .find_map(|rail| named("a Guardrail's spec.residency", &rail.residency))
    })
}
