//! What is sampled while both regions answer: all that is known of one of them once it does not any more.

use super::World;
use crate::{
    aws::{Answer, Site, ecs::EcsService, rds::DbInstance},
    respond::failover::{Counted, seconds},
    run::act::{LagSight, Look, Probe, Sighting},
};
use firebreak_crds::failover_plan::{
    CountSample, EcsScale, FailoverStep, HealthCheckSwitch, LagSample, RdsPromoteReplica, StepKind,
};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// How often is sampled where the spec does not say.
const INTERVAL_SECONDS: u32 = 60;
/// From when a sample that says the same is kept in the place of the one that is recorded.
const WORTH_RECORDING: SignedDuration = SignedDuration::from_mins(5);
/// How many seconds less make another lag. A larger one is always told: data loss is judged on it.
const LESS_LAG: u32 = 5;

/// How often is sampled.
pub(super) fn interval(world: &World) -> SignedDuration {
    let said = world.subject.spec.sample_interval.as_deref().and_then(seconds);
    SignedDuration::from_secs(i64::from(said.unwrap_or(INTERVAL_SECONDS)))
}

/// The questions that are due, and when the next one is.
pub(super) fn due(world: &World, now: Timestamp) -> (Vec<Look>, Timestamp) {
    let every = interval(world);
    let mut next = now + every;
    let mut looks = Vec::new();
    for look in all(world) {
        match world.sightings.get(&look).map(|known| known.answered + every) {
            Some(at) if at > now => next = next.min(at),
            Some(_) | None => looks.push(look),
        }
    }
    (looks, next)
}

/// Every question, each once.
fn all(world: &World) -> BTreeSet<Look> {
    world
        .subject
        .spec
        .steps
        .iter()
        .flat_map(|step| of_step(world, step))
        .collect()
}

fn of_step(world: &World, step: &FailoverStep) -> Vec<Look> {
    let Some((primary, standby)) = sites(world, step) else {
        return Vec::new();
    };
    match step.kind() {
        Some(StepKind::RdsPromoteReplica(pair)) => {
            let both = [(&primary, &pair.primary), (&standby, &pair.standby)];
            both.into_iter()
                .flat_map(|(site, name)| of_instance(world, site, name))
                .collect()
        }
        Some(StepKind::EcsScale(scale)) => services(scale, (&primary, &standby)).map(|(look, _)| look).collect(),
        Some(StepKind::HealthCheckSwitch(switch)) => vec![self::switch(&standby, switch)],
        Some(
            StepKind::Elbv2Weights(_)
            | StepKind::Fence(_)
            | StepKind::LambdaAlias(_)
            | StepKind::LambdaEventSources(_)
            | StepKind::Gate(_)
            | StepKind::ManualApproval(_)
            | StepKind::Wait(_),
        )
        | None => Vec::new(),
    }
}

/// An instance, and its lag where it replicates.
fn of_instance(world: &World, site: &Site, name: &str) -> Vec<Look> {
    let itself = instance(site, name);
    let replicates = found::<DbInstance>(world, &itself).is_some_and(|(it, _)| it.source.is_some());
    core::iter::once(itself)
        .chain(replicates.then(|| lag(site, name)))
        .collect()
}

/// Where a step acts: in the primary and in the standby region. None where its AwsAccount is not known.
pub(super) fn sites(world: &World, step: &FailoverStep) -> Option<(Site, Site)> {
    let spec = &world.subject.spec;
    let name = &step.account_ref.as_ref().unwrap_or(&spec.account_ref).name;
    let id = &world.accounts.get(name)?.account_id;
    Some((
        Site::new(id, &spec.regions.primary),
        Site::new(id, &spec.regions.standby),
    ))
}

pub(super) fn instance(site: &Site, name: &str) -> Look {
    let instance = name.to_owned();
    Look::new(site, Probe::DbInstance { instance })
}

pub(super) fn switch(site: &Site, switch: &HealthCheckSwitch) -> Look {
    let (bucket, key) = (switch.bucket.clone(), switch.key.clone());
    Look::new(site, Probe::SwitchObject { bucket, key })
}

pub(super) fn lag(site: &Site, name: &str) -> Look {
    let instance = name.to_owned();
    Look::new(site, Probe::ReplicaLag { instance })
}

fn services<'a>(
    scale: &'a EcsScale,
    (primary, standby): (&'a Site, &'a Site),
) -> impl Iterator<Item = (Look, &'a Site)> {
    [(primary, &scale.primary), (standby, &scale.standby)]
        .into_iter()
        .map(|(site, name)| {
            let (cluster, service) = (name.cluster.clone(), name.service.clone());
            (Look::new(site, Probe::EcsService { cluster, service }), site)
        })
}

/// What was told, and when it was asked for.
pub(super) fn found<T: DeserializeOwned>(world: &World, look: &Look) -> Option<(T, Timestamp)> {
    let Sighting { answer, asked, .. } = world.sightings.get(look)?;
    match answer {
        Answer::Found(value) => Some((serde_json::from_value(value.clone()).ok()?, *asked)),
        Answer::NotFound | Answer::Denied(_) | Answer::Throttled | Answer::Unreachable(_) => None,
    }
}

/// The last lag of each replica: what was just sampled, or what is recorded.
pub(super) fn lags(world: &World) -> Vec<LagSample> {
    let mut all: BTreeMap<(String, String), LagSample> = BTreeMap::new();
    let recorded = world.subject.status.lags.iter().cloned();
    let sampled = world.subject.spec.steps.iter().flat_map(|step| sampled(world, step));
    for sample in recorded.chain(sampled) {
        let key = (sample.region.clone(), sample.replica.clone());
        if all.get(&key).is_none_or(|known| is_news_of_lag(known, &sample)) {
            all.insert(key, sample);
        }
    }
    all.into_values().collect()
}

/// A record that changes with every sample would be written for ever.
fn is_news_of_lag(known: &LagSample, sample: &LagSample) -> bool {
    let differs = sample.seconds > known.seconds || known.seconds - sample.seconds >= LESS_LAG;
    is_later(&known.at, &sample.at, differs)
}

fn is_later(known: &str, sample: &str, differs: bool) -> bool {
    let (Ok(known), Ok(sample)) = (known.parse::<Timestamp>(), sample.parse::<Timestamp>()) else {
        return true;
    };
    let pause = sample.duration_since(known);
    pause >= WORTH_RECORDING || (differs && pause.is_positive())
}

fn sampled(world: &World, step: &FailoverStep) -> Vec<LagSample> {
    let pair = step.rds_promote_replica.as_ref().zip(sites(world, step));
    pair.map(|(pair, (primary, standby))| {
        let both = [
            of_pair(world, (&standby, &pair.standby), (&primary, &pair.primary)),
            of_pair(world, (&primary, &pair.primary), (&standby, &pair.standby)),
        ];
        both.into_iter().flatten().collect()
    })
    .unwrap_or_default()
}

/// A lag counts only where the source answered at the same time, and is the writer that the replica follows.
fn of_pair(world: &World, replica: (&Site, &String), source: (&Site, &String)) -> Option<LagSample> {
    let (writer, writer_at): (DbInstance, _) = found(world, &instance(source.0, source.1))?;
    let (follower, _): (DbInstance, _) = found(world, &instance(replica.0, replica.1))?;
    let (seen, at): (LagSight, _) = found(world, &lag(replica.0, replica.1))?;
    let together = at.duration_since(writer_at).abs() <= interval(world);
    let follows = follower.follows(&source.0.account_id, &source.0.region, source.1);
    (together && follows && writer.source.is_none() && seen.seconds >= 0.0).then(|| LagSample {
        region: replica.0.region.clone(),
        replica: replica.1.clone(),
        seconds: whole(seen.seconds),
        at: at.to_string(),
    })
}

/// Rounded up: a lag is never told as smaller than it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is clamped before"
)]
fn whole(seconds: f64) -> u32 {
    seconds.ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// Whether every database has a replica in the region that is not active, and none is further behind than that.
pub(super) fn replicas<'a>(
    world: &'a World,
    active: &'a str,
) -> impl Iterator<Item = (&'a RdsPromoteReplica, Option<LagSample>)> {
    let regions = &world.subject.spec.regions;
    world.subject.spec.steps.iter().filter_map(move |step| {
        let pair = step.rds_promote_replica.as_ref()?;
        let (primary, standby) = sites(world, step)?;
        let sample = match active == regions.primary {
            true => of_pair(world, (&standby, &pair.standby), (&primary, &pair.primary)),
            false => of_pair(world, (&primary, &pair.primary), (&standby, &pair.standby)),
        };
        Some((pair, sample))
    })
}

/// The last steady count of each service: what was just sampled, or what is recorded. While a run goes on nothing is taken: it
/// may be what scales the service.
pub(super) fn counts(world: &World) -> Vec<CountSample> {
    let mut all: BTreeMap<(String, String), CountSample> = BTreeMap::new();
    let sampled = world.subject.spec.steps.iter().flat_map(|step| steady(world, step));
    let sampled = sampled.filter(|_| world.begun().is_none());
    for sample in world.subject.status.counts.iter().cloned().chain(sampled) {
        let key = (sample.step.clone(), sample.region.clone());
        if all
            .get(&key)
            .is_none_or(|known| is_later(&known.at, &sample.at, known.count != sample.count))
        {
            all.insert(key, sample);
        }
    }
    all.into_values().collect()
}

fn steady(world: &World, step: &FailoverStep) -> Vec<CountSample> {
    let Some((scale, (primary, standby))) = step.ecs_scale.as_ref().zip(sites(world, step)) else {
        return Vec::new();
    };
    let sample = |(look, site): (Look, &Site)| {
        let (service, at): (EcsService, _) = found(world, &look)?;
        let count = u32::try_from(service.desired_count).ok().filter(|count| *count > 0)?;
        let steady = service.running_count == service.desired_count && service.deployments.len() <= 1;
        steady.then(|| CountSample {
            step: step.name.clone(),
            region: site.region.clone(),
            count,
            at: at.to_string(),
        })
    };
    services(scale, (&primary, &standby)).filter_map(sample).collect()
}

/// The last steady counts of a region, by the step's name.
pub(super) fn counted(world: &World, region: &str) -> BTreeMap<String, Counted> {
    let of = |sample: CountSample| {
        let at = sample.at.parse().ok()?;
        let count = i64::from(sample.count);
        Some((sample.step, Counted { count, at }))
    };
    let all = counts(world).into_iter().filter(|sample| sample.region == region);
    all.filter_map(of).collect()
}
