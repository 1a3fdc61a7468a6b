//! What one act of a step relies on when its turn comes.

use crate::{
    aws::{
        Cell, Question,
        ecs::{EcsCell, EcsService, Reference},
        rds::DbInstance,
    },
    blocked::Blocked,
    respond::failover::{
        Course, Halt,
        steps::sight::{both, read, told},
    },
    run::act::{Act, ActStep, Gate, Job, Look, Probe, Settable, Sightings},
};
use firebreak_crds::Reason;
use serde::de::DeserializeOwned;

/// How many references of one task definition are named.
const MOST_NAMED: usize = 5;

/// Whether what an act relies on is there.
///
/// # Errors
/// [`Halt`] where it is not, or while it must be asked first.
pub(super) fn examine(course: &Course<'_>, act: &ActStep, sightings: &Sightings) -> Result<(), Halt> {
    match &act.act {
        // What is done in the region that is left needs nothing there: its design looks at what it names.
        _ if act.site.region != course.leads.to => Ok(()),
        Act::Await(gate) => subjects(act, gate, sightings),
        Act::Do(Job::RdsPromotion(promotion)) => available(act, &promotion.instance, sightings),
        Act::Do(Job::RdsReboot(_)) => Ok(()),
        Act::Set(setting) => match &setting.what {
            Settable::Cell(Cell::Ecs(EcsCell::ServiceDesiredCount { cluster, service })) => {
                stands_alone(course, act, (cluster, service), sightings)
            }
            Settable::Cell(_) => Ok(()),
            Settable::SwitchObject { bucket, key } => switchable(act, bucket, key, sightings),
        },
    }
}

/// A gate whose subject is not there waits in vain. Whether it would pass now says nothing: what it waits for comes before it.
fn subjects(act: &ActStep, gate: &Gate, sightings: &Sightings) -> Result<(), Halt> {
    let looks = gate.looks(&act.site).into_iter();
    let asked = looks.filter(|look| !matches!(look.probe, Probe::Http { .. }));
    let seen = asked.map(|look| subject(&look, sightings));
    seen.reduce(|all, one| both(all, one).map(drop)).unwrap_or(Ok(()))
}

fn subject(look: &Look, sightings: &Sightings) -> Result<(), Halt> {
    let what = named(&look.probe);
    match told(sightings, look, &what)? {
        Some(_) => Ok(()),
        None => Err(missing(format!(
            "{what} in {} shows nothing: the gate would wait until its time is up; create it, or correct the name",
            look.site.region
        ))),
    }
}

fn named(probe: &Probe) -> String {
    match probe {
        Probe::Alarm { name } => format!("alarm {name}"),
        Probe::Metric(metric) => format!("metric {} {}", metric.namespace, metric.name),
        Probe::EcsService { cluster, service } => format!("service {cluster}/{service}"),
        Probe::TargetHealth { target_group } => format!("target group {target_group}"),
        Probe::ReplicaLag { instance } => format!("the replica lag of {instance}"),
        Probe::DbInstance { instance } | Probe::DbRestart { instance } => format!("database {instance}"),
        Probe::SecurityGroup { group_id } | Probe::SecurityGroupRules { group_id } => {
            format!("security group {group_id}")
        }
        Probe::TaskReferences { task_definition } => format!("task definition {task_definition}"),
        Probe::SwitchObject { bucket, .. } => format!("bucket {bucket}"),
        Probe::Cell(cell) => cell.subject(),
        Probe::Http { url } => url.clone(),
    }
}

/// AWS promotes a replica only while it is available (RDS API reference, PromoteReadReplica).
fn available(act: &ActStep, instance: &str, sightings: &Sightings) -> Result<(), Halt> {
    let instance = instance.to_owned();
    match seen::<DbInstance>(act, Probe::DbInstance { instance }, sightings)? {
        Some(here) if here.status != "available" => Err(missing(format!(
            "the replica in {} is {}: RDS promotes one only while it is available",
            act.site.region, here.status
        ))),
        Some(_) | None => Ok(()),
    }
}

fn switchable(act: &ActStep, bucket: &str, key: &str, sightings: &Sightings) -> Result<(), Halt> {
    let probe = Probe::SwitchObject {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
    };
    match seen::<bool>(act, probe, sightings)? {
        Some(_) => Ok(()),
        None => Err(missing(format!(
            "bucket {bucket} in {} does not exist: create it, or correct the name",
            act.site.region
        ))),
    }
}

/// What its tasks fetch or talk to must not lie in the region that is left: on that day it does not answer.
fn stands_alone(
    course: &Course<'_>,
    act: &ActStep,
    (cluster, service): (&str, &str),
    sightings: &Sightings,
) -> Result<(), Halt> {
    let probe = Probe::EcsService {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
    };
    let Some(here) = seen::<EcsService>(act, probe, sightings)? else {
        return Ok(());
    };
    let task_definition = here.task_definition;
    let probe = Probe::TaskReferences {
        task_definition: task_definition.clone(),
    };
    match seen::<Vec<Reference>>(act, probe, sightings)? {
        Some(all) => tied(course, &task_definition, &all),
        None => Err(missing(format!(
            "task definition {task_definition} does not exist: the service starts no task; register a revision, and deploy it"
        ))),
    }
}

fn tied(course: &Course<'_>, task_definition: &str, all: &[Reference]) -> Result<(), Halt> {
    let left = course.left();
    let tied: Vec<&Reference> = all.iter().filter(|reference| reference.names(left)).collect();
    if tied.is_empty() {
        return Ok(());
    }
    let named = tied.iter().take(MOST_NAMED);
    let named: Vec<String> = named.map(|it| format!("{} ({})", it.what, it.at)).collect();
    let more = match tied.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(missing(format!(
        "{task_definition} relies on {left}, which would be left: {}{more}; register a revision that names {}, and deploy it",
        named.join(", "),
        course.leads.to
    )))
}

fn seen<T: DeserializeOwned>(act: &ActStep, probe: Probe, sightings: &Sightings) -> Result<Option<T>, Halt> {
    let what = named(&probe);
    let told = told(sightings, &Look::new(&act.site, probe), &what)?;
    Ok(told.map(|value| read(value, &what)).transpose()?)
}

fn missing(why: String) -> Halt {
    Blocked::new(Reason::InvalidStep, why).into()
}
