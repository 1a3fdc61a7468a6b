//! What failovers ask and do: the answers to probes, and the deeds that are no writes of cells.

use super::{
    databases,
    reads::{self, found},
    refusal::{self, Refusal},
    s3,
    state::State,
    world::{DbInstance, Region, Website},
};
use firebreak_core::{
    aws::{
        Answer,
        access::Access,
        cloudwatch::{AlarmState, Datapoint},
        rds::RebootSight,
    },
    run::act::{Deed, LagSight, Metric, Probe},
};
use jiff::Timestamp;

/// Answers a question that nothing stands in the way of.
pub(super) fn answer(state: &mut State, access: &Access, probe: &Probe) -> Answer {
    let region = state.region(access, &access.region);
    let now = state.now.as_second();
    match probe {
        Probe::Cell(_)
        | Probe::EcsService { .. }
        | Probe::TargetHealth { .. }
        | Probe::SecurityGroup { .. }
        | Probe::SecurityGroupRules { .. } => probe
            .query()
            .map_or(Answer::NotFound, |query| reads::answer(state, access, &query)),
        Probe::SwitchObject { bucket, key } => switch(state, access, bucket, key),
        Probe::DbInstance { instance } => found(region.databases.get(instance).map(|it| &it.facts)),
        Probe::TaskReferences { task_definition } => found(region.task_references.get(task_definition)),
        Probe::DbRestart { instance } => found(region.databases.get(instance).map(restart)),
        Probe::ReplicaLag { instance } => found(lag(&region, instance, now)),
        Probe::Alarm { name } => found(alarm(&region, name)),
        Probe::Metric(metric) => found(datapoint(&region, metric, now)),
        Probe::Http { url } => website(state, url),
    }
}

/// Does what is no write of a cell.
pub(super) fn act(state: &mut State, access: &Access, deed: &Deed) -> Result<(), Refusal> {
    let now = state.now.as_second();
    match deed {
        Deed::Write(writes) => writes.iter().try_for_each(|write| state.effect(access, write)),
        Deed::PutObject { bucket, key } => s3::put(&mut state.world, access, bucket, key, ""),
        Deed::DeleteObject { bucket, key } => s3::delete(&mut state.world, access, bucket, key),
        Deed::PromoteReadReplica {
            instance,
            backup_retention_days,
        } => databases::promote(state.asked(access)?, instance, *backup_retention_days, now),
        Deed::RebootDbInstance { instance } => databases::reboot(state.asked(access)?, instance, now),
    }
}

fn switch(state: &State, access: &Access, bucket: &str, key: &str) -> Answer {
    match s3::object(&state.world, access, bucket, key) {
        Ok(object) => Answer::found(&object.is_some()),
        Err(refused) => refusal::answer(&refused.in_call("s3:ListBucket")),
    }
}

fn lag(region: &Region, instance: &str, now: i64) -> Option<LagSight> {
    let seconds = region.databases.get(instance)?.lag_seconds?;
    let began = time(databases::last_minute(now));
    Some(LagSight { seconds, began })
}

fn restart(instance: &DbInstance) -> RebootSight {
    RebootSight {
        resource_id: instance.facts.resource_id.clone(),
        status: instance.facts.status.clone(),
        restarted_at: instance.restarted_at.and_then(time),
    }
}

fn time(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

fn alarm(region: &Region, name: &str) -> Option<AlarmState> {
    match region.firing_alarms.contains(name) {
        true => Some(AlarmState::Alarm),
        false => region.alarms.get(name).copied(),
    }
}

/// The order of dimensions does not count.
fn datapoint(region: &Region, metric: &Metric, now: i64) -> Option<Datapoint> {
    let of_database = region.databases.iter();
    let mut of_database =
        of_database.filter(|(name, _)| sorted(&Metric::connections((*name).clone())) == sorted(metric));
    if let Some((_, instance)) = of_database.next() {
        let (value, began) = databases::connections(instance, now);
        let (value, began) = (f64::from(value), time(began));
        return Some(Datapoint { value, began });
    }
    let wanted = sorted(metric);
    let datum = region.metrics.iter().find(|datum| sorted(&datum.metric) == wanted)?;
    let began = time(databases::last_minute(now));
    Some(Datapoint {
        value: datum.value,
        began,
    })
}

fn sorted(metric: &Metric) -> Metric {
    let mut metric = metric.clone();
    metric.dimensions.sort();
    metric
}

fn website(state: &State, url: &str) -> Answer {
    match state.world.websites.get(url) {
        Some(Website::Answers(answer)) => Answer::found(answer),
        Some(Website::Silent) => Answer::Unreachable(format!("{url} does not answer within 5 s")),
        None => Answer::Unreachable(format!("{url} refuses the connection")),
    }
}
