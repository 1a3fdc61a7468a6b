//! `rdsPromoteReplica`: the read replica of the region that becomes active is made a writer. One way. A replica that does not
//! follow the active writer has old data, and is never promoted.

use super::{
    act,
    sight::{both, perhaps, read, told},
};
use crate::{
    aws::{
        Site,
        rds::{DbInstance, Promotion},
    },
    blocked::Blocked,
    respond::failover::{Course, Halt, data_loss, design::Part},
    run::act::{Act, ActStep, Gate, GateSubject, Job, Look, Probe, Sightings},
};
use firebreak_crds::{
    Reason,
    failover_plan::{FailoverMode, FailoverStep, RdsPromoteReplica},
};

const TIMEOUT_SECONDS: u32 = 2700;
const BACKUP_RETENTION_DAYS: u32 = 7;

/// The two instances of a promotion.
struct Pair<'a> {
    site: Site,
    source_site: Site,
    replica: &'a str,
    source: &'a str,
}

pub(super) fn design(
    course: &Course<'_>,
    step: &FailoverStep,
    promote: &RdsPromoteReplica,
    sightings: &Sightings,
) -> Result<Part, Halt> {
    let (replica, source) = course.names(promote.primary.as_str(), promote.standby.as_str());
    let pair = Pair {
        site: course.site(step, &course.leads.to)?,
        source_site: course.site(step, course.left())?,
        replica,
        source,
    };
    let instance = |site: &Site, name: &str| {
        Look::new(
            site,
            Probe::DbInstance {
                instance: name.to_owned(),
            },
        )
    };
    let here = told(sightings, &instance(&pair.site, replica), replica);
    let there = perhaps(sightings, &instance(&pair.source_site, source));
    let (here, there) = both(here, there)?;
    let there: Option<DbInstance> = there.map(|value| read(value, source)).transpose()?;
    let Some(here) = here else {
        return Err(not_a_replica(course, step, &pair, "does not exist"));
    };
    let here: DbInstance = read(here, replica)?;
    if here.source.is_none() && course.writers.get(&step.name) == Some(&here.resource_id) {
        let note = format!(
            "{}: {replica} is the writer already, since an earlier run promoted it",
            step.name
        );
        return Ok(Part {
            notes: vec![note],
            ..Part::default()
        });
    }
    follows(course, step, &pair, &here, there.as_ref())?;
    acknowledged(course, step, &pair)?;
    let cost = data_loss::judge(course, replica)?;
    graceful_can_wait(course, step, &pair, there.is_some())?;
    let partition = crate::aws::partition::of_arn(&course.account(step)?.roles.read);
    let job = job(&pair, promote, &here);
    let arn = job.resource(partition, &pair.site);
    Ok(Part {
        acts: acts(course, step, &pair, job, &cost),
        touches: vec![arn],
        notes: vec![format!("{}: {cost}", step.name)],
    })
}

/// The replica must follow the instance of the region that is left, and that must not be a replica itself.
fn follows(
    course: &Course<'_>,
    step: &FailoverStep,
    pair: &Pair<'_>,
    here: &DbInstance,
    there: Option<&DbInstance>,
) -> Result<(), Halt> {
    let (account, region) = (&pair.source_site.account_id, &pair.source_site.region);
    if here.source.is_none() {
        return Err(not_a_replica(
            course,
            step,
            pair,
            "replicates from nothing: it may have old data",
        ));
    }
    if !here.follows(account, region, pair.source) {
        return Err(not_a_replica(course, step, pair, "replicates from another instance"));
    }
    match there.is_some_and(|there| there.source.is_some()) {
        true => Err(not_a_replica(
            course,
            step,
            pair,
            "replicates from an instance that is a replica itself",
        )),
        false => Ok(()),
    }
}

fn not_a_replica(course: &Course<'_>, step: &FailoverStep, pair: &Pair<'_>, why: &str) -> Halt {
    let message = format!(
        "{}: {} in {} {why}; make it a read replica of {} in {} first",
        course.field(step, "rdsPromoteReplica"),
        pair.replica,
        pair.site.region,
        pair.source,
        pair.source_site.region
    );
    Blocked::new(Reason::NotAReplicaOfActive, message).into()
}

/// A fence that stands before it is proven at run time; without one people say that the old writer may take writes.
fn acknowledged(course: &Course<'_>, step: &FailoverStep, pair: &Pair<'_>) -> Result<(), Blocked> {
    let fences = fences(course, pair);
    if course.leads.split_brain || is_fenced(course, step, pair) {
        return Ok(());
    }
    let (name, serial) = (&step.name, course.leads.serial);
    let put_right = match fences.first() {
        Some(fence) => format!("add {fence} to spec.steps[{name}].dependsOn"),
        None => format!("put a fence of {} before it (a step fence, in dependsOn)", pair.source),
    };
    let why = format!(
        "spec.steps[{name}] promotes a database without a proven fence before it: {put_right}; or stop what writes to the old one, then set spec.activation.acknowledgeSplitBrain {{serial: {serial}}} (a Start says it in spec.start)"
    );
    Err(Blocked::new(Reason::SplitBrainNotAcknowledged, why))
}

/// The steps that cut its source off.
fn fences(course: &Course<'_>, pair: &Pair<'_>) -> Vec<String> {
    let of_source = |step: &FailoverStep| {
        course
            .site(step, course.left())
            .is_ok_and(|site| site == pair.source_site)
    };
    let own = course
        .fences()
        .filter(|(step, cut)| cut.instance == pair.source && of_source(step));
    own.map(|(step, _)| step.name.clone()).collect()
}

fn is_fenced(course: &Course<'_>, step: &FailoverStep, pair: &Pair<'_>) -> bool {
    fences(course, pair).iter().any(|fence| course.waits_for(step, fence))
}

/// Waiting for the replica takes a source that answers: without one it would wait in vain until its time is up.
fn graceful_can_wait(course: &Course<'_>, step: &FailoverStep, pair: &Pair<'_>, answers: bool) -> Result<(), Blocked> {
    if course.leads.mode == FailoverMode::Ungraceful || answers {
        return Ok(());
    }
    let why = format!(
        "spec.mode Graceful: spec.steps[{}] waits until {} has everything, and {} in {} does not answer; wait for it, or set mode Ungraceful with an acknowledgement",
        step.name, pair.replica, pair.source, pair.source_site.region
    );
    Err(Blocked::new(Reason::Unreachable, why))
}

fn job(pair: &Pair<'_>, promote: &RdsPromoteReplica, here: &DbInstance) -> Job {
    Job::RdsPromotion(Promotion {
        instance: pair.replica.to_owned(),
        resource_id: here.resource_id.clone(),
        source: pair.source.to_owned(),
        source_region: pair.source_site.region.clone(),
        source_account: pair.source_site.account_id.clone(),
        backup_retention_days: promote.backup_retention_days.unwrap_or(BACKUP_RETENTION_DAYS),
    })
}

fn acts(course: &Course<'_>, step: &FailoverStep, pair: &Pair<'_>, job: Job, cost: &str) -> Vec<ActStep> {
    let summary = format!("Promote {} to a writer; this cannot be undone; {cost}", pair.replica);
    let mut promotion = act(step, None, pair.site.clone(), Act::Do(job), summary, TIMEOUT_SECONDS);
    if course.leads.mode == FailoverMode::Ungraceful {
        return vec![promotion];
    }
    let mut caught_up = act(
        step,
        Some("caught-up"),
        pair.site.clone(),
        caught_up(pair, !course.leads.split_brain && is_fenced(course, step, pair)),
        format!("Wait until {} has everything", pair.replica),
        TIMEOUT_SECONDS,
    );
    caught_up.approval = false;
    promotion.needs = vec![caught_up.id.clone()];
    vec![caught_up, promotion]
}

/// Behind a fence only minutes count that began after it: then nothing is written any more that the replica could miss.
fn caught_up(pair: &Pair<'_>, since_begin: bool) -> Act {
    Act::Await(Gate {
        subject: GateSubject::ReplicaLag {
            instance: pair.replica.to_owned(),
            max_seconds: 0,
            source_site: pair.source_site.clone(),
            source: pair.source.to_owned(),
            since_begin,
        },
        consecutive: if since_begin { 1 } else { 2 },
        failure_limit: None,
        interval_seconds: 10,
    })
}
