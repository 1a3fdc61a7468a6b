//! `ecsScale`: the service of the region that becomes active is scaled up, never down; its autoscaling may not scale it in again;
//! and the step is done once it is steady.

use super::{
    act,
    sight::{both, perhaps, read, told},
};
use crate::{
    aws::{
        Cell, Site,
        application_autoscaling::ApplicationAutoScalingCell,
        ecs::{EcsCell, EcsService},
    },
    blocked::Blocked,
    respond::failover::{Counted, Course, Halt, design::Part},
    run::act::{Act, ActStep, Gate, GateSubject, Look, Probe, Rule, Settable, Setting, Sightings},
};
use firebreak_crds::{
    Reason,
    failover_plan::{Desired, EcsScale, EcsServiceName, FailoverStep},
};
use serde_json::{Value, json};

const TIMEOUT_SECONDS: u32 = 900;

pub(super) fn design(
    course: &Course<'_>,
    step: &FailoverStep,
    scale: &EcsScale,
    sightings: &Sightings,
) -> Result<Part, Halt> {
    let (target, source) = course.names(&scale.primary, &scale.standby);
    let site = course.site(step, &course.leads.to)?;
    let (count, minimum) = cells(target);
    let here = |cell: &Cell| told(sightings, &Look::new(&site, Probe::Cell(cell.clone())), &named(target));
    let wanted = wanted(course, step, scale, source, sightings);
    let ((to, said), (now, floor)) = both(wanted, both(here(&count), here(&minimum)))?;
    let Some(now) = now else {
        let why = format!(
            "{}: there is no service {} in {}: correct the name",
            course.field(step, "ecsScale"),
            named(target),
            site.region
        );
        return Err(Blocked::new(Reason::InvalidStep, why).into());
    };
    let arn = count.resource(
        crate::aws::partition::of_arn(&course.account(step)?.roles.read),
        &site.account_id,
        &site.region,
    );
    Ok(Part {
        acts: acts(
            step,
            &site,
            target,
            [(count, now), (minimum, floor.unwrap_or(Value::Null))],
            to,
        ),
        touches: vec![arn],
        notes: vec![format!("{}: {}", step.name, said)],
    })
}

fn cells(name: &EcsServiceName) -> (Cell, Cell) {
    let (cluster, service) = (name.cluster.clone(), name.service.clone());
    let minimum = ApplicationAutoScalingCell::ScalingMinimum {
        cluster: cluster.clone(),
        service: service.clone(),
    };
    (
        Cell::Ecs(EcsCell::ServiceDesiredCount { cluster, service }),
        Cell::ApplicationAutoScaling(minimum),
    )
}

fn named(name: &EcsServiceName) -> String {
    format!("{}/{}", name.cluster, name.service)
}

/// The count first and then the floor: on the way back the floor goes first, so that nothing scales the service out again.
fn acts(
    step: &FailoverStep,
    site: &Site,
    name: &EcsServiceName,
    [(count, now), (minimum, floor)]: [(Cell, Value); 2],
    to: i64,
) -> Vec<ActStep> {
    let raise = |cell: Cell, before: Value| {
        Act::Set(Setting {
            what: Settable::Cell(cell),
            before,
            after: json!(to),
            rule: Rule::AtLeast,
        })
    };
    let sentence = count.sentence(&json!(to));
    let first = act(
        step,
        None,
        site.clone(),
        raise(count, now),
        format!("{sentence}, if it has fewer"),
        TIMEOUT_SECONDS,
    );
    let mut all = vec![first];
    if !floor.is_null() {
        let sentence = minimum.sentence(&json!(to));
        let mut second = act(
            step,
            Some("floor"),
            site.clone(),
            raise(minimum, floor),
            format!("{sentence}, if it is lower"),
            TIMEOUT_SECONDS,
        );
        second.needs = vec![step.name.clone()];
        second.approval = false;
        all.push(second);
    }
    let mut steady = act(
        step,
        Some("steady"),
        site.clone(),
        steady(name),
        format!("Wait until {} is steady", named(name)),
        TIMEOUT_SECONDS,
    );
    steady.needs = all.last().map(|last| last.id.clone()).into_iter().collect();
    steady.approval = false;
    all.push(steady);
    all
}

fn steady(name: &EcsServiceName) -> Act {
    Act::Await(Gate {
        subject: GateSubject::EcsSteady {
            cluster: name.cluster.clone(),
            service: name.service.clone(),
        },
        consecutive: 2,
        failure_limit: None,
        interval_seconds: 10,
    })
}

/// How many tasks, and where that comes from.
fn wanted(
    course: &Course<'_>,
    step: &FailoverStep,
    scale: &EcsScale,
    source: &EcsServiceName,
    sightings: &Sightings,
) -> Result<(i64, String), Halt> {
    match &scale.desired {
        Desired::Count(0) => Err(refused(course, step, "a service is never scaled to 0")),
        Desired::Count(count) => Ok((i64::from(*count), format!("{count} tasks, as spec.steps says"))),
        Desired::Word(word) if word == Desired::MATCH_ACTIVE => matched(course, step, source, sightings),
        Desired::Word(word) => Err(refused(
            course,
            step,
            &format!("{word} is neither a number nor MatchActive"),
        )),
    }
}

fn refused(course: &Course<'_>, step: &FailoverStep, why: &str) -> Halt {
    let field = course.field(step, "ecsScale.desired");
    Blocked::new(
        Reason::InvalidStep,
        format!("{field}: {why}; set a number of at least 1, or MatchActive"),
    )
    .into()
}

/// The last steady count of the service in the region that is left. A plan that was recorded keeps its count as long as that is
/// enough: scaling by itself must not void the approvals.
fn matched(
    course: &Course<'_>,
    step: &FailoverStep,
    source: &EcsServiceName,
    sightings: &Sightings,
) -> Result<(i64, String), Halt> {
    let site = course.site(step, course.left())?;
    let probe = Probe::EcsService {
        cluster: source.cluster.clone(),
        service: source.service.clone(),
    };
    let look = Look::new(&site, probe);
    let told = perhaps(sightings, &look)?;
    let asked = sightings.get(&look).map_or(course.now, |sighting| sighting.asked);
    let fresh = told
        .map(|value| read::<EcsService>(value, &named(source)))
        .transpose()?
        .filter(is_steady);
    let fresh = fresh.map(|service| Counted {
        count: i64::from(service.desired_count),
        at: asked,
    });
    let known = fresh
        .or_else(|| course.counts.get(&step.name).copied())
        .filter(|known| known.count > 0);
    let Some(known) = known else {
        return Err(unknown(course, step, source));
    };
    let said = format!(
        "{} ran {} tasks in {} at {}",
        named(source),
        known.count,
        site.region,
        known.at
    );
    let bound = course
        .bound
        .get(&step.name)
        .copied()
        .filter(|bound| *bound >= known.count);
    Ok((bound.unwrap_or(known.count), said))
}

fn is_steady(service: &EcsService) -> bool {
    service.desired_count > 0 && service.running_count == service.desired_count && service.deployments.len() <= 1
}

fn unknown(course: &Course<'_>, step: &FailoverStep, source: &EcsServiceName) -> Halt {
    let why = format!(
        "{}: MatchActive needs the steady count of {} in {}, and none above 0 was ever read: set a number",
        course.field(step, "ecsScale.desired"),
        named(source),
        course.left()
    );
    Blocked::new(Reason::ActiveUnknown, why).into()
}
