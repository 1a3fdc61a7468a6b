//! From what is asked for to a plan that people approved.

use super::{Move, World, asked::Wish, barriers, idle, record, samples, standing::Standing};
use crate::{
    aws::partition,
    blocked::Blocked,
    respond::failover::{Blueprint, Course, Halt, design, seconds, serials::SerialRecord},
    run::{
        Run,
        act::{Act, ActStep, Leads, Settable},
        plan::{Plan, VERSION},
        step::Touched,
    },
};
use firebreak_crds::{
    Action, Mode, PlanOutcome, Reason, ResponsePlanSpec, ResponsePlanStatus, Severity, asked::Asked, text,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;

/// What leads to a run: a plan that is recorded, approved, and let begin.
pub(super) fn prepare(world: &World, wish: &Wish, serial: &SerialRecord, now: Timestamp) -> Move {
    let leads = wish.leads(world, serial);
    if let Some(blocked) = rejected(world, wish, &leads).or_else(|| too_soon(world, now)) {
        return idle::rest(world, Some(&blocked), now);
    }
    let blueprint = match blueprint(world, &leads, now) {
        Ok(blueprint) => blueprint,
        Err(Halt::Look(looks)) => return Move::Look(looks),
        Err(Halt::Blocked(blocked)) => return idle::rest(world, Some(&blocked), now),
    };
    let plan = match plan(world, leads, blueprint).and_then(Plan::bounded) {
        Ok(plan) => plan,
        Err(blocked) => return idle::rest(world, Some(&blocked), now),
    };
    if let Some(blocked) = barriers::absolute(world, &plan) {
        return idle::rest(world, Some(&blocked), now);
    }
    match world.proposed() {
        None => Move::Create(Box::new(run_spec(world, wish, serial, plan))),
        Some(run) if !run.plan.covers(&plan) => superseded(run, "what it was planned on has changed", now),
        Some(run) => proposed(world, run, &wish.who(world, serial), now),
    }
}

fn proposed(world: &World, run: &Run, asked: &Asked, now: Timestamp) -> Move {
    if let Some(status) = remembered(run, asked) {
        return record(run, status);
    }
    let standing = Standing::of(world, run, now);
    if let Some(by) = &standing.voices.rejected {
        let why = format!("{by} rejected it; raise spec.activation.serial to ask again");
        return record(run, closed(run, PlanOutcome::Rejected, &why, now));
    }
    let stop = world
        .stop
        .as_ref()
        .map(|why| Blocked::new(Reason::EmergencyStop, why.clone()));
    let in_the_way = stop.or_else(|| barriers::timely(world, &run.plan, standing.has_a_word(), now));
    match (in_the_way, standing.satisfied) {
        (Some(blocked), _) => idle::rest(world, Some(&blocked), now),
        (None, false) => idle::rest(world, None, now),
        (None, true) => Move::Begin {
            plan: run.reference.name.clone(),
            status: Box::new(standing.begin(run, now)),
        },
    }
}

/// An edit makes nobody forget who asked before.
fn remembered(run: &Run, asked: &Asked) -> Option<ResponsePlanStatus> {
    let known = run.spec.asked.clone().with(&run.status.asked);
    let grown = known.clone().with(asked);
    (grown != known).then(|| ResponsePlanStatus {
        asked: run.status.asked.clone().with(asked),
        ..run.status.clone()
    })
}

/// What was rejected stays so until another serial is asked for, or until somebody says Start again.
fn rejected(world: &World, wish: &Wish, leads: &Leads) -> Option<Blocked> {
    let last = world.runs.last()?;
    let same = last.status.outcome == Some(PlanOutcome::Rejected)
        && last
            .plan
            .leads
            .as_ref()
            .is_some_and(|was| (was.serial, &was.to) == (leads.serial, &leads.to));
    let why = last.status.message.clone().unwrap_or_default();
    let again = wish.starts_after(last.status.closed_at.as_deref());
    (same && !again).then(|| Blocked::new(Reason::Rejected, why))
}

fn too_soon(world: &World, now: Timestamp) -> Option<Blocked> {
    let least = world.subject.spec.minimum_interval.as_deref().and_then(seconds)?;
    let ended = world.runs.iter().rev().find_map(ended_at)?;
    let free = ended.checked_add(SignedDuration::from_secs(i64::from(least))).ok()?;
    (now < free).then(|| {
        let why = format!(
            "spec.minimumInterval: the last run ended at {}, and the next one begins at {} at the earliest",
            text::seconds(ended),
            text::seconds(free)
        );
        Blocked::new(Reason::TooSoon, why)
    })
}

/// When a run that was begun ended.
fn ended_at(run: &Run) -> Option<Timestamp> {
    run.status.control.begun_at.as_ref()?;
    run.status.closed_at.as_ref()?.parse().ok()
}

pub(super) fn blueprint(world: &World, leads: &Leads, now: Timestamp) -> Result<Blueprint, Halt> {
    with_course(world, leads, now, |course| design(course, &world.sightings))
}

/// Does something with all that a design may know besides what was read.
pub(super) fn with_course<T>(
    world: &World,
    leads: &Leads,
    now: Timestamp,
    designs: impl FnOnce(&Course<'_>) -> T,
) -> T {
    let spec = &world.subject.spec;
    let left = spec.regions.other(&leads.to);
    designs(&Course {
        spec,
        accounts: &world.accounts,
        leads,
        counts: &samples::counted(world, left),
        bound: &bound(world, leads),
        writers: &writers(world),
        lags: &samples::lags(world),
        now,
    })
}

/// The counts that the recorded plan has bound, as long as it leads to the same.
fn bound(world: &World, leads: &Leads) -> BTreeMap<String, i64> {
    let same = |run: &&Run| run.plan.leads.as_ref() == Some(leads);
    let acts = world.proposed().filter(same).into_iter().flat_map(|run| &run.plan.acts);
    acts.filter_map(|act| Some((act.step.clone(), count(act)?))).collect()
}

fn count(act: &ActStep) -> Option<i64> {
    match &act.act {
        Act::Set(setting) if matches!(setting.what, Settable::Cell(_)) && act.id == act.step => setting.after.as_i64(),
        Act::Set(_) | Act::Do(_) | Act::Await(_) => None,
    }
}

/// The database that the latest promotion of each step made a writer.
pub(super) fn writers(world: &World) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for run in &world.runs {
        for act in &run.plan.acts {
            let done = run
                .status
                .journal
                .get(&act.id)
                .is_some_and(|record| record.verified_at.is_some());
            if let (true, Act::Do(crate::run::act::Job::RdsPromotion(promotion))) = (done, &act.act) {
                all.insert(act.step.clone(), promotion.resource_id.clone());
            }
        }
    }
    all
}

pub(super) fn plan(world: &World, leads: Leads, blueprint: Blueprint) -> Result<Plan, Blocked> {
    let (spec, owner) = (&world.subject.spec, &world.subject.owner);
    let name = &spec.account_ref.name;
    let account = world.accounts.get(name).ok_or_else(|| {
        let why = format!("spec.accountRef.name: there is no AwsAccount {name}");
        Blocked::new(Reason::AccountNotFound, why)
    })?;
    let touch = |arn: String| Touched {
        arn,
        ..Touched::default()
    };
    let partition = partition::of_arn(&account.roles.read);
    Ok(Plan {
        version: VERSION,
        action: Action::FailOver,
        account_id: account.account_id.clone(),
        account_name: name.clone(),
        environment: account.environment,
        region: leads.to.clone(),
        kind: KIND.to_owned(),
        arn: format!(
            "arn:{partition}:firebreak:{}:{}:failoverplan/{}",
            leads.to, account.account_id, owner.name
        ),
        title: format!("fail over to {} (serial {})", leads.to, leads.serial),
        steps: Vec::new(),
        acts: blueprint.acts,
        leads: Some(leads),
        touches: blueprint.touches.into_iter().map(touch).collect(),
        dependents: Vec::new(),
        more_dependents: 0,
        empties: Vec::new(),
        notes: blueprint.notes,
        warnings: Vec::new(),
        expiry: None,
        mode: Mode::Enforce,
        severity: Severity::Critical,
        reason: None,
        restore: Vec::new(),
    }
    .shortened())
}

/// The word by which grants know what a FailoverPlan acts on.
pub(super) const KIND: &str = "failoverPlan";

fn run_spec(world: &World, wish: &Wish, serial: &SerialRecord, plan: Plan) -> ResponsePlanSpec {
    ResponsePlanSpec {
        owner: world.subject.owner.clone(),
        owner_generation: world.subject.generation,
        run: world.runs.last().map_or(1, |run| run.spec.run + 1),
        action: plan.action,
        digest: plan.digest(),
        requested_by: wish.requester(world, serial),
        asked: wish.who(world, serial),
        payload: serde_json::to_value(&plan).unwrap_or(Value::Null),
    }
}

/// Closes a plan that was never let begin.
pub(super) fn superseded(run: &Run, why: &str, now: Timestamp) -> Move {
    record(run, closed(run, PlanOutcome::Superseded, why, now))
}

pub(super) fn closed(run: &Run, outcome: PlanOutcome, why: &str, now: Timestamp) -> ResponsePlanStatus {
    ResponsePlanStatus {
        outcome: Some(outcome),
        message: Some(text::message(why)),
        closed_at: Some(now.to_string()),
        ..run.status.clone()
    }
}
