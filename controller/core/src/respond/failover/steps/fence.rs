//! `fence`: the database of the region that is left is cut off before its replica is promoted. Its security groups give way to one
//! that lets nothing in, a reboot ends the connections that stay open in spite of that, and a minute without a connection proves it.

use super::{
    act,
    sight::{perhaps, told},
};
use crate::{
    aws::{
        Cell, Site, application_autoscaling::ApplicationAutoScalingCell, ecs::EcsCell, partition, rds::RdsCell,
        rds::Reboot,
    },
    blocked::Blocked,
    respond::failover::{Course, Halt, design::Part},
    run::act::{Act, ActStep, Gate, GateSubject, Job, Look, Probe, Rule, Settable, Setting, Sightings, Verdict},
};
use firebreak_crds::{
    Reason,
    failover_plan::{EcsServiceName, FailoverStep, Fence, FenceSite},
};
use jiff::Timestamp;
use serde_json::{Value, json};

const TIMEOUT_SECONDS: u32 = 900;

pub(super) fn design(
    course: &Course<'_>,
    step: &FailoverStep,
    fence: &Fence,
    sightings: &Sightings,
) -> Result<Part, Halt> {
    let (_, cut) = course.names(&fence.primary, &fence.standby);
    let site = course.site(step, course.left())?;
    leads_to_a_promotion(course, step, cut)?;
    asked(&site, cut, sightings)?;
    let doubt = checked(course, step, cut, &site, sightings)?;
    let partition = partition::of_arn(&course.account(step)?.roles.read);
    let of = |cell: &Cell| cell.resource(partition, &site.account_id, &site.region);
    let mut all = of_service(course, step, cut, &site, sightings)?;
    let touched = cut.service.iter().map(count).chain([groups(cut)]);
    let touches = touched.map(|cell| of(&cell)).collect();
    all.extend(of_database(
        step,
        cut,
        &site,
        perhaps(sightings, &Look::new(&site, Probe::Cell(groups(cut))))?,
    ));
    // The proof comes last: what waits for the fence waits for all of it.
    let proof = proof(step, cut, &site, &all);
    all.push(proof);
    // What was acknowledged is not waited for, and stays a duty of the run.
    all.iter_mut()
        .for_each(|act| act.best_effort |= course.leads.split_brain);
    Ok(Part {
        acts: all,
        touches,
        notes: notes(step, cut, &site, doubt),
    })
}

fn groups(cut: &FenceSite) -> Cell {
    Cell::Rds(RdsCell::InstanceSecurityGroups {
        instance: cut.instance.clone(),
    })
}

fn count(name: &EcsServiceName) -> Cell {
    Cell::Ecs(EcsCell::ServiceDesiredCount {
        cluster: name.cluster.clone(),
        service: name.service.clone(),
    })
}

fn minimum(name: &EcsServiceName) -> Cell {
    Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum {
        cluster: name.cluster.clone(),
        service: name.service.clone(),
    })
}

fn gate(subject: GateSubject) -> Gate {
    Gate {
        subject,
        consecutive: 1,
        failure_limit: None,
        interval_seconds: 10,
    }
}

fn lets_nothing_in(cut: &FenceSite) -> Gate {
    let (group, instance) = (cut.security_group.clone(), cut.instance.clone());
    gate(GateSubject::LetsNothingIn { group, instance })
}

/// A fence without a promotion behind it would only end the service.
fn leads_to_a_promotion(course: &Course<'_>, step: &FailoverStep, cut: &FenceSite) -> Result<(), Blocked> {
    let is_behind = |other: &&FailoverStep| course.has(other) && course.waits_for(other, &step.name);
    let of_it = |other: &FailoverStep| {
        let pair = other.rds_promote_replica.as_ref();
        pair.is_some_and(|pair| *course.names(&pair.primary, &pair.standby).1 == cut.instance)
    };
    if course.spec.steps.iter().filter(is_behind).any(of_it) {
        return Ok(());
    }
    let (field, instance) = (course.field(step, "fence"), &cut.instance);
    let why = format!(
        "{field}: no step of this direction promotes a replica of {instance} behind it: name {} in dependsOn of that step, or take the fence out",
        step.name
    );
    Err(Blocked::new(Reason::InvalidStep, why))
}

/// Every question at once: a region that does not answer is waited for only once.
fn asked(site: &Site, cut: &FenceSite, sightings: &Sightings) -> Result<(), Halt> {
    let cells = cut
        .service
        .iter()
        .flat_map(|it| [count(it), minimum(it)])
        .chain([groups(cut)]);
    let cells = cells.map(|cell| Look::new(site, Probe::Cell(cell)));
    let all = cells.chain(lets_nothing_in(cut).looks(site));
    let missing: Vec<Look> = all.filter(|look| sightings.get(look).is_none()).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Halt::Look(missing)),
    }
}

/// Refuses a group that is no fence. Where the region does not tell, that is looked at again before anything is written; then what
/// is not known of it is returned, for people.
fn checked(
    course: &Course<'_>,
    step: &FailoverStep,
    cut: &FenceSite,
    site: &Site,
    sightings: &Sightings,
) -> Result<Option<String>, Blocked> {
    let always = (Timestamp::MIN, Timestamp::MIN);
    match lets_nothing_in(cut).judge(site, sightings, always) {
        Some(Verdict::Pass) | None => Ok(None),
        Some(Verdict::Inconclusive(why)) => Ok(Some(why)),
        Some(Verdict::Fail(why)) => {
            let field = course.field(step, "fence");
            let why = format!(
                "{field}: {why} (in {}); name the instance, and a security group of its VPC without any ingress rule",
                site.region
            );
            Err(Blocked::new(Reason::InvalidStep, why))
        }
    }
}

/// Its minimum first, so that nothing scales it out again; then nothing of it may run any more.
fn of_service(
    course: &Course<'_>,
    step: &FailoverStep,
    cut: &FenceSite,
    site: &Site,
    sightings: &Sightings,
) -> Result<Vec<ActStep>, Halt> {
    let Some(name) = &cut.service else {
        return Ok(Vec::new());
    };
    let (count, minimum) = (count(name), minimum(name));
    let there = |cell: &Cell| Look::new(site, Probe::Cell(cell.clone()));
    if told(sightings, &there(&count), "") == Ok(None) {
        let (field, named) = (
            course.field(step, "fence"),
            format!("{}/{}", name.cluster, name.service),
        );
        let why = format!(
            "{field}: there is no service {named} in {}: correct the name",
            site.region
        );
        return Err(Blocked::new(Reason::InvalidStep, why).into());
    }
    let lowered = |part: &str, cell: &Cell| -> Result<ActStep, Halt> {
        let before = perhaps(sightings, &there(cell))?.unwrap_or(Value::Null);
        let summary = format!("{}, if it is higher", cell.sentence(&json!(0)));
        Ok(act(
            step,
            Some(part),
            site.clone(),
            set(cell, before, json!(0), Rule::AtMost),
            summary,
            TIMEOUT_SECONDS,
        ))
    };
    let stops = gate(GateSubject::EcsStopped {
        cluster: name.cluster.clone(),
        service: name.service.clone(),
    });
    let summary = format!("Wait until nothing of {}/{} runs", name.cluster, name.service);
    let stopped = act(
        step,
        Some("stopped"),
        site.clone(),
        Act::Await(stops),
        summary,
        TIMEOUT_SECONDS,
    );
    Ok(chained(vec![
        lowered("floor", &minimum)?,
        lowered("service", &count)?,
        stopped,
    ]))
}

fn set(cell: &Cell, before: Value, after: Value, rule: Rule) -> Act {
    Act::Set(Setting {
        what: Settable::Cell(cell.clone()),
        before,
        after,
        rule,
    })
}

fn of_database(step: &FailoverStep, cut: &FenceSite, site: &Site, before: Option<Value>) -> Vec<ActStep> {
    let (name, group) = (&cut.instance, &cut.security_group);
    let made = |part, doing, summary| act(step, part, site.clone(), doing, summary, TIMEOUT_SECONDS);
    let checks = made(
        Some("group"),
        Act::Await(lets_nothing_in(cut)),
        format!("Wait until {group} is known to let nothing in, and to be of the VPC of {name}"),
    );
    let after = RdsCell::only(group);
    let sentence = groups(cut).sentence(&after);
    let swap = made(
        None,
        set(&groups(cut), before.unwrap_or(Value::Null), after, Rule::Exactly),
        format!("{sentence}; it stays so when the run is over"),
    );
    let reboot = made(
        Some("reboot"),
        Act::Do(Job::RdsReboot(Reboot { instance: name.clone() })),
        format!("Reboot {name}, which ends every connection that is open"),
    );
    chained(vec![checks, swap, reboot])
}

fn proof(step: &FailoverStep, cut: &FenceSite, site: &Site, all: &[ActStep]) -> ActStep {
    let (instance, group) = (cut.instance.clone(), cut.security_group.clone());
    let summary = format!("Wait until nothing has been connected to {instance} for a whole minute since");
    let doing = Act::Await(gate(GateSubject::Fenced { instance, group }));
    let mut proof = act(step, Some("proof"), site.clone(), doing, summary, TIMEOUT_SECONDS);
    let is_last = |act: &&ActStep| !all.iter().any(|other| other.needs.contains(&act.id));
    proof.needs = all.iter().filter(is_last).map(|act| act.id.clone()).collect();
    proof.approval = false;
    proof
}

/// One after the other; people approve the first one.
fn chained(mut all: Vec<ActStep>) -> Vec<ActStep> {
    let mut before: Option<String> = None;
    for act in &mut all {
        act.approval &= before.is_none();
        act.needs = before.replace(act.id.clone()).into_iter().collect();
    }
    all
}

fn notes(step: &FailoverStep, cut: &FenceSite, site: &Site, doubt: Option<String>) -> Vec<String> {
    let (name, region, group) = (&cut.instance, &site.region, &cut.security_group);
    let stays = format!(
        "{}: {name} in {region} is unreachable from its fence on, {group} stays its only security group when the run is over, and replicas that follow it then need another source",
        step.name
    );
    let unknown = doubt.map(|why| {
        format!("{}: whether {group} lets nothing in is not known ({why}); that is looked at again before anything is written", step.name)
    });
    [stays].into_iter().chain(unknown).collect()
}
