//! Which databases are fenced: a fence stays when its run is over.

use super::World;
use crate::{
    aws::{Cell, rds::RdsCell},
    run::{
        Run,
        act::{Act, ActStep, Settable},
    },
};
use firebreak_crds::{PlanOutcome, StepRecord, StepState, failover_plan::FencedDatabase};
use jiff::Timestamp;
use serde_json::Value;

/// The databases that runs have cut off. What a run towards their region ended is none any more, nor what was put back.
pub(super) fn all(world: &World) -> Vec<FencedDatabase> {
    let mut all = world.subject.status.fenced.clone();
    for run in &world.runs {
        all.retain(|known| !has_come_back(run, known));
        for act in &run.plan.acts {
            let record = run.status.journal.get(&act.id).cloned().unwrap_or_default();
            take(&mut all, act, &record);
        }
    }
    all
}

fn take(all: &mut Vec<FencedDatabase>, act: &ActStep, record: &StepRecord) {
    let Some((instance, group)) = fence(act) else { return };
    let is_same = |known: &FencedDatabase| known.region == act.site.region && known.instance == *instance;
    if record.rolled_back_at.is_some() {
        all.retain(|known| !is_same(known) || known.since > record.rolled_back_at.clone().unwrap_or_default());
    }
    let (StepState::Verified, Some(since), None) = (record.state, &record.verified_at, &record.rolled_back_at) else {
        return;
    };
    let known = all.iter().find(|known| is_same(known));
    if known.is_some_and(|known| known.since >= *since) {
        return;
    }
    let had = record
        .found
        .as_ref()
        .map(ids)
        .or_else(|| known.map(|known| known.had.clone()));
    all.retain(|known| !is_same(known));
    all.push(FencedDatabase {
        region: act.site.region.clone(),
        instance: instance.clone(),
        had: had.unwrap_or_default(),
        security_group: group,
        since: since.clone(),
    });
}

/// The database that an act cuts off, and the group that it gives it.
fn fence(act: &ActStep) -> Option<(&String, String)> {
    let Act::Set(setting) = &act.act else { return None };
    match &setting.what {
        Settable::Cell(Cell::Rds(RdsCell::InstanceSecurityGroups { instance })) => {
            Some((instance, ids(&setting.after).into_iter().next()?))
        }
        Settable::Cell(_) | Settable::SwitchObject { .. } => None,
    }
}

fn ids(value: &Value) -> Vec<String> {
    value
        .as_object()
        .map(|groups| groups.keys().cloned().collect())
        .unwrap_or_default()
}

/// Whether a run made the region of a database active again after it was fenced: then another one takes its place there.
fn has_come_back(run: &Run, known: &FencedDatabase) -> bool {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let led_there = run.plan.leads.as_ref().is_some_and(|leads| leads.to == known.region);
    let ended = run.status.closed_at.as_deref().and_then(time);
    led_there && run.status.outcome == Some(PlanOutcome::Completed) && ended > time(&known.since)
}
