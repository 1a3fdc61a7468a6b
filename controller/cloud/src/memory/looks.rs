//! What failovers ask and do: the answers to probes, and the deeds that are no writes of cells.

use super::{
    databases, reads, reads::found, refusal, refusal::Refusal, s3, state::State, world::Region, world::Website,
};
use firebreak_core::{
    aws::{
        Answer,
        access::Access,
        cloudwatch::{AlarmState, Datapoint},
    },
    run::act::{Deed, LagSight, Metric, Probe},
};

/// Answers a question that nothing stands in the way of.
pub(super) fn answer(state: &mut State, access: &Access, probe: &Probe) -> Answer {
    let region = state.region(access, &access.region);
    match probe {
        Probe::Cell(_) | Probe::EcsService { .. } | Probe::TargetHealth { .. } => probe
            .query()
            .map_or(Answer::NotFound, |query| reads::answer(state, access, &query)),
        Probe::SwitchObject { bucket, key } => switch(state, access, bucket, key),
        Probe::DbInstance { instance } => found(region.databases.get(instance).map(|it| &it.facts)),
        Probe::TaskReferences { task_definition } => found(region.task_references.get(task_definition)),
        Probe::ReplicaLag { instance } => found(lag(&region, instance)),
        Probe::Alarm { name } => found(alarm(&region, name)),
        Probe::Metric(metric) => found(datapoint(&region, metric)),
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
    }
}

fn switch(state: &State, access: &Access, bucket: &str, key: &str) -> Answer {
    match s3::object(&state.world, access, bucket, key) {
        Ok(object) => Answer::found(&object.is_some()),
        Err(refused) => refusal::answer(&refused.in_call("s3:ListBucket")),
    }
}

fn lag(region: &Region, instance: &str) -> Option<LagSight> {
    let seconds = region.databases.get(instance)?.lag_seconds?;
    Some(LagSight { seconds })
}

fn alarm(region: &Region, name: &str) -> Option<AlarmState> {
    match region.firing_alarms.contains(name) {
        true => Some(AlarmState::Alarm),
        false => region.alarms.get(name).copied(),
    }
}

/// The order of dimensions does not count.
fn datapoint(region: &Region, metric: &Metric) -> Option<Datapoint> {
    let wanted = sorted(metric);
    let datum = region.metrics.iter().find(|datum| sorted(&datum.metric) == wanted)?;
    Some(Datapoint { value: datum.value })
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
