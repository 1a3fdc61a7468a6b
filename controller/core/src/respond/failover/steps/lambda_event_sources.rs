//! `lambdaEventSources`: functions of the region that is left take events no more, and those of the region that becomes active do.

use super::{
    act,
    sight::{both, each, perhaps, told},
};
use crate::{
    aws::{Cell, Site, lambda::LambdaCell},
    blocked::Blocked,
    respond::failover::{Course, Halt, design::Part},
    run::act::{Act, ActStep, Look, Probe, Rule, Settable, Setting, Sightings},
};
use firebreak_crds::{
    Reason,
    failover_plan::{EventSourceMappings, FailoverMode, FailoverStep, LambdaEventSources},
};
use serde_json::{Value, json};

const TIMEOUT_SECONDS: u32 = 300;

/// The mappings of one region, and what becomes of them.
struct Side<'a> {
    site: Site,
    mappings: &'a EventSourceMappings,
    enabled: bool,
    /// Whether the region may be lost: then nothing that it tells is waited for.
    may_be_lost: bool,
}

pub(super) fn design(
    course: &Course<'_>,
    step: &FailoverStep,
    sources: &LambdaEventSources,
    sightings: &Sightings,
) -> Result<Part, Halt> {
    let (to, left) = course.names(&sources.primary, &sources.standby);
    let off = Side {
        site: course.site(step, course.left())?,
        mappings: left,
        enabled: false,
        may_be_lost: course.leads.mode == FailoverMode::Ungraceful,
    };
    let on = Side {
        site: course.site(step, &course.leads.to)?,
        mappings: to,
        enabled: true,
        may_be_lost: false,
    };
    let (offs, ons) = both(acts(course, step, &off, sightings), acts(course, step, &on, sightings))?;
    Ok(Part {
        acts: in_order(offs, ons),
        touches: vec![function(course, step, &off)?, function(course, step, &on)?],
        notes: Vec::new(),
    })
}

/// One after the other, so that no event is taken twice where both regions answer. For what may be lost nothing waits.
fn in_order(offs: Vec<ActStep>, ons: Vec<ActStep>) -> Vec<ActStep> {
    let mut last: Option<String> = None;
    let mut all = Vec::new();
    for mut act in offs.into_iter().chain(ons) {
        act.needs = last.clone().into_iter().collect();
        act.approval &= act.needs.is_empty();
        last = (!act.best_effort || act.id.contains(".on-")).then(|| act.id.clone());
        all.push(act);
    }
    all
}

fn acts(
    course: &Course<'_>,
    step: &FailoverStep,
    side: &Side<'_>,
    sightings: &Sightings,
) -> Result<Vec<ActStep>, Halt> {
    let uuids = side.mappings.mappings.iter().enumerate();
    each(uuids.map(|(at, uuid)| one(course, step, side, (at + 1, uuid), sightings)))
}

fn one(
    course: &Course<'_>,
    step: &FailoverStep,
    side: &Side<'_>,
    (number, uuid): (usize, &String),
    sightings: &Sightings,
) -> Result<ActStep, Halt> {
    let cell = Cell::Lambda(LambdaCell::EventSourceMapping {
        function: side.mappings.function.clone(),
        uuid: uuid.clone(),
    });
    let look = Look::new(&side.site, Probe::Cell(cell.clone()));
    let before = match side.may_be_lost {
        true => perhaps(sightings, &look)?,
        false => Some(told(sightings, &look, uuid)?.ok_or_else(|| missing(course, step, side, uuid))?),
    };
    let after = json!({"enabled": side.enabled});
    let summary = cell.sentence(&after);
    let set = Act::Set(Setting {
        what: Settable::Cell(cell),
        before: before.unwrap_or(Value::Null),
        after,
        rule: Rule::Exactly,
    });
    let part = format!("{}-{number}", if side.enabled { "on" } else { "off" });
    let mut act = act(step, Some(&part), side.site.clone(), set, summary, TIMEOUT_SECONDS);
    act.best_effort |= side.may_be_lost;
    Ok(act)
}

fn missing(course: &Course<'_>, step: &FailoverStep, side: &Side<'_>, uuid: &str) -> Blocked {
    let is_primary = side.site.region == course.spec.regions.primary;
    let field = format!(
        "lambdaEventSources.{}.mappings",
        if is_primary { "primary" } else { "standby" }
    );
    let why = format!(
        "{}: function {} in {} has no event source mapping {uuid}: correct the name or the UUID",
        course.field(step, &field),
        side.mappings.function,
        side.site.region
    );
    Blocked::new(Reason::InvalidStep, why)
}

fn function(course: &Course<'_>, step: &FailoverStep, side: &Side<'_>) -> Result<String, Blocked> {
    let partition = crate::aws::partition::of_arn(&course.account(step)?.roles.read);
    let cell = LambdaCell::EventSourceMapping {
        function: side.mappings.function.clone(),
        uuid: String::new(),
    };
    Ok(Cell::Lambda(cell).resource(partition, &side.site.account_id, &side.site.region))
}
