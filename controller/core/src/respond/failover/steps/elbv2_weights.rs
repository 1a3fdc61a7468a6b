//! `elbv2Weights`: requests go to the target group of the region that becomes active, by the weights of a forward action that has both.

use super::{act, sight::told};
use crate::{
    aws::{Cell, Site, elbv2::Elbv2Cell},
    blocked::Blocked,
    respond::failover::{Course, Halt, design::Part},
    run::act::{Act, Look, Probe, Rule, Settable, Setting, Sightings},
};
use firebreak_crds::{
    Reason,
    failover_plan::{Elbv2Weights, FailoverMode, FailoverStep},
};
use serde_json::{Value, json};

const TIMEOUT_SECONDS: u32 = 300;

pub(super) fn design(
    course: &Course<'_>,
    step: &FailoverStep,
    weights: &Elbv2Weights,
    sightings: &Sightings,
) -> Result<Part, Halt> {
    let site = site(course, step, weights)?;
    let cell = Cell::Elbv2(Elbv2Cell::ForwardWeights {
        forwards: weights.listener.clone(),
        groups: [weights.primary.clone(), weights.standby.clone()],
    });
    let look = Look::new(&site, Probe::Cell(cell.clone()));
    let before = told(sightings, &look, &weights.listener)?.unwrap_or(Value::Null);
    if before.is_null() {
        let why = format!(
            "{} has no forward action with both {} and {}: name its listener, or its rule (a default rule is changed through its listener)",
            weights.listener, weights.primary, weights.standby
        );
        return Err(refused(course, step, "listener", &why).into());
    }
    let after = after(course, step, weights)?;
    let summary = cell.sentence(&after);
    let set = Setting {
        what: Settable::Cell(cell),
        before,
        after,
        rule: Rule::Exactly,
    };
    Ok(Part {
        acts: vec![act(step, None, site, Act::Set(set), summary, TIMEOUT_SECONDS)],
        touches: vec![weights.listener.clone()],
        notes: Vec::new(),
    })
}

/// The listener says where it is. One of the region that is left may not answer: then nothing waits for it.
fn site(course: &Course<'_>, step: &FailoverStep, weights: &Elbv2Weights) -> Result<Site, Blocked> {
    let mut parts = weights.listener.split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let site = course.site(step, region)?;
    if !course.spec.regions.contains(region) {
        let why = format!("{region} is neither of the two regions");
        return Err(refused(course, step, "listener", &why));
    }
    if site.account_id != account {
        let why = format!(
            "it is in account {account}, and the step acts in {}: set accountRef",
            site.account_id
        );
        return Err(refused(course, step, "listener", &why));
    }
    let waits_in_vain = region == course.left() && course.leads.mode == FailoverMode::Ungraceful && !step.best_effort;
    match waits_in_vain {
        true => Err(refused(
            course,
            step,
            "listener",
            &format!(
                "spec.mode is Ungraceful, and it is in {region}, which is left: nothing may wait for it; set bestEffort: true"
            ),
        )),
        false => Ok(site),
    }
}

fn after(course: &Course<'_>, step: &FailoverStep, weights: &Elbv2Weights) -> Result<Value, Blocked> {
    let (active, other) = (weights.active.unwrap_or(100), weights.other.unwrap_or(0));
    if active == 0 {
        return Err(refused(
            course,
            step,
            "active",
            "0 would serve nobody: set a weight of at least 1",
        ));
    }
    if weights.primary == weights.standby {
        return Err(refused(
            course,
            step,
            "standby",
            "it is the primary target group: name two",
        ));
    }
    let (to, from) = course.names(&weights.primary, &weights.standby);
    Ok(json!({to.as_str(): active, from.as_str(): other}))
}

fn refused(course: &Course<'_>, step: &FailoverStep, field: &str, why: &str) -> Blocked {
    let field = course.field(step, &format!("elbv2Weights.{field}"));
    Blocked::new(Reason::InvalidStep, format!("{field}: {why}"))
}
