//! Cutting off: make a plan, record it, wait for whom it needs, then carry it out and hold it.

use super::{
    Effect, asked, carry, evidence, intent, journal,
    report::{self, Look},
    standing::{self, Standing},
    world::World,
};
use crate::{
    aws::{
        Query, Site,
        sts::{CallerIdentity, StsRead},
    },
    blocked::{Blocked, Stop},
    facts::{Ask, Facts},
    guard::{self, Asker, Scene},
    respond::{Design, Draft},
    run::{
        Run, custody,
        plan::{Plan, Step, VERSION},
    },
};
use firebreak_crds::{
    Action, GuardrailSpec, HoldSpec, PlanOutcome, Reason, ResponsePlanSpec, ResponsePlanStatus, text,
};
use jiff::Timestamp;
use serde_json::Value;

pub(super) fn turn(world: &World, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    let open = open_run(world);
    if let Some(run) = open.filter(|run| run.has_begun()) {
        return carry_on(world, run, facts, now);
    }
    if let Some(effect) = hold_earlier(world, facts, now)? {
        return Ok(effect);
    }
    if let Some(rejected) = rejection(world, now) {
        return rejected;
    }
    match open {
        Some(run) => begin(world, run, facts, now),
        None => again(world, facts, now),
    }
}

/// What an earlier run has written stays as it is while a new one waits for people.
fn hold_earlier(world: &World, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    match world.containment() {
        Some(earlier) => carry::hold(world, earlier, facts, now),
        None => Ok(None),
    }
}

/// A new run. A release that was under way is over: the object wants to be contained again.
fn again(world: &World, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    if let Some(run) = world.latest().filter(|run| run.is_open() && !run.is_completed()) {
        return Ok(close(
            world,
            run,
            PlanOutcome::Superseded,
            "the object is to be contained again".into(),
            now,
        ));
    }
    let plan = fresh(world, facts)?;
    Ok(Effect::CreatePlan(Box::new(run_spec(
        world,
        plan,
        standing::requester(world),
    ))))
}

fn open_run(world: &World) -> Option<&Run> {
    world
        .latest()
        .filter(|run| run.spec.action == Action::Contain && run.is_open())
}

/// A rejected run is closed, and nothing new is planned until the spec changes.
fn rejection(world: &World, now: Timestamp) -> Option<Result<Effect, Stop>> {
    let run = world.latest().filter(|run| run.spec.action == Action::Contain)?;
    if run.status.outcome == Some(PlanOutcome::Rejected) && run.spec.owner_generation == world.subject.generation {
        let why = run.status.message.clone().unwrap_or_default();
        return Some(Err(Blocked::new(
            Reason::Rejected,
            format!("{why}; change the spec to plan again"),
        )
        .into()));
    }
    let by = Standing::of(world, run, now).voices.rejected?;
    (run.is_open() && !run.is_completed() && !run.has_begun()).then(|| {
        Ok(close(
            world,
            run,
            PlanOutcome::Rejected,
            format!("rejected by {by}"),
            now,
        ))
    })
}

/// Writes a run's record.
pub(super) fn update(run: &Run, status: ResponsePlanStatus) -> Effect {
    Effect::UpdatePlan {
        plan: run.reference.name.clone(),
        status: Box::new(status),
    }
}

/// Closes a run.
pub(super) fn close(world: &World, run: &Run, outcome: PlanOutcome, why: String, now: Timestamp) -> Effect {
    let mut status = run.status.clone();
    status.closed_generation = Some(world.subject.generation);
    status.outcome = Some(outcome);
    status.message = Some(text::message(&why));
    status.closed_at = Some(now.to_string());
    update(run, status)
}

/// Before the first write: observe again, and compare with what was approved.
fn begin(world: &World, run: &Run, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    let fresh = fresh(world, facts)?;
    if run.plan.lacks_warnings_of(&fresh) && !Standing::of(world, run, now).has_been_heard() {
        let why = "something warns since it was planned, and nobody has approved it yet";
        return Ok(close(world, run, PlanOutcome::Superseded, why.into(), now));
    }
    if !run.plan.covers(&fresh) {
        let why = "AWS or the object has changed in a way that matters since it was planned";
        return Ok(close(world, run, PlanOutcome::Superseded, why.into(), now));
    }
    if let Some(blocked) = absolute(world, &run.plan) {
        return Err(blocked.into());
    }
    if let Some(status) = journal::slowed(run, &fresh) {
        return Ok(update(run, status));
    }
    carry_on(world, run, facts, now)
}

fn carry_on(world: &World, run: &Run, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    let standing = Standing::of(world, run, now);
    if let Some(status) = standing::rejection(run, &standing) {
        return Ok(update(run, status));
    }
    match carry::turn(world, run, &standing, facts, now)? {
        carry::Carried::Do(effect) => Ok(effect),
        carry::Carried::Replan => {
            let why = "what the remaining steps were planned on has changed in AWS";
            Ok(close(world, run, PlanOutcome::Superseded, why.into(), now))
        }
        carry::Carried::Rest(look) => settle(world, run, &standing, look, facts, now),
    }
}

/// Every step that may run has run: is the target cut off beyond what its cells show?
fn settle(
    world: &World,
    run: &Run,
    standing: &Standing,
    look: Look,
    facts: &Facts,
    now: Timestamp,
) -> Result<Effect, Stop> {
    let look = proven(world, look, facts)?;
    let status = progress(run, standing, &look, now);
    if status != run.status {
        return Ok(update(run, status));
    }
    let complete = look.contained() && look.unsealed.is_none();
    if let Some(effect) = evidence::later(world, run, complete, &look.notes, now) {
        return Ok(effect);
    }
    Ok(Effect::Rest(Box::new(report::containment(
        world, run, standing, &look, now,
    ))))
}

/// What a read shows of a containment, without doing anything about it.
pub(super) fn look(world: &World, run: &Run, facts: &Facts, now: Timestamp) -> Result<Look, Stop> {
    proven(world, carry::look(world, run, facts, now)?, facts)
}

/// Where every step is seen, the target's own proof is part of what was seen.
fn proven(world: &World, mut look: Look, facts: &Facts) -> Result<Look, Stop> {
    if look.all_verified() {
        let proof = world.subject.response.proof(&world.scope()?, facts)?;
        look.waiting_for = proof.waiting_for;
        look.bypassed = proof.bypassed;
        look.notes = proof.notes;
        look.unsealed = proof.unsealed;
    }
    Ok(look)
}

/// The run remembers that it was completed, and who approved it, also if that was in a later review.
fn progress(run: &Run, standing: &Standing, look: &Look, now: Timestamp) -> ResponsePlanStatus {
    let mut status = run.status.clone();
    if look.contained() && !run.is_completed() {
        status.outcome = Some(PlanOutcome::Completed);
        status.contained_at.get_or_insert(text::seconds(now));
    }
    if standing.all {
        standing.take(&mut status, now);
    }
    status
}

/// The record of a new run; runs are numbered per owner.
pub(super) fn run_spec(world: &World, plan: Plan, requested_by: Option<String>) -> ResponsePlanSpec {
    ResponsePlanSpec {
        owner: world.subject.owner.clone(),
        owner_generation: world.subject.generation,
        run: world.latest().map_or(1, |run| run.spec.run + 1),
        action: plan.action,
        digest: plan.digest(),
        requested_by,
        asked: asked::asked(world),
        payload: serde_json::to_value(&plan).unwrap_or(Value::Null),
    }
}

/// What would be done now.
pub(super) fn fresh(world: &World, facts: &Facts) -> Result<Plan, Stop> {
    let (subject, scope) = (&world.subject, world.scope()?);
    let response = &subject.response;
    let asker = Asker {
        namespace: &subject.owner.namespace,
        response,
        scope,
        kind: response.granted_as()?,
    };
    if let Some(blocked) = asker.may_ask() {
        return Err(blocked.into());
    }
    expected_account(&world.site()?, facts)?;
    asker.may_know(facts)?;
    let plan = assemble(world, asker.kind, response.design(&scope, facts)?, facts)?;
    match absolute(world, &plan) {
        Some(blocked) => Err(blocked.into()),
        None => Ok(warned(world, plan).shortened().bounded()?),
    }
}

/// The plan with what warns. The tags have been looked at then, and are not kept: others write them, as many as they like.
fn warned(world: &World, mut plan: Plan) -> Plan {
    plan.warnings = guard::warnings(&speaking(world), &plan);
    plan.warnings.extend(world.another_cluster.clone());
    plan.touches.iter_mut().for_each(|touched| touched.tags.clear());
    plan
}

/// The credentials must lead to the account that the AwsAccount names.
fn expected_account(site: &Site, facts: &Facts) -> Result<(), Stop> {
    let asked = facts.at(site).need(Query::Sts(StsRead::CallerIdentity))?;
    let (caller, id): (CallerIdentity, _) = (asked.unwrap_or_default(), &site.account_id);
    if caller.account == *id {
        return Ok(());
    }
    let message = format!(
        "the AwsAccount's spec.roles.read leads to account {} instead of {id}: correct the role or spec.accountId",
        caller.account
    );
    Err(Blocked::new(Reason::WrongAccount, message).into())
}

fn assemble(world: &World, kind: &str, design: Design, facts: &Facts) -> Result<Plan, Stop> {
    let (access, terms) = (world.access()?, world.subject.terms());
    facts.ask(design.drafts.iter().map(Draft::read))?;
    let name = |draft: &Draft| custody::name(&custody::key(access.partition(), &draft.site, &draft.cell));
    world.know(design.drafts.iter().map(name))?;
    let steps = design
        .drafts
        .iter()
        .map(|draft| step(world, draft, name(draft), facts))
        .collect::<Result<Vec<Step>, Stop>>()?;
    let unheld = steps.iter().filter(|step| is_unheld_denial(world, step));
    let notes = design.notes.into_iter().chain(unheld.map(unheld_denial)).collect();
    Ok(Plan {
        version: VERSION,
        action: Action::Contain,
        account_id: access.account.account_id.clone(),
        account_name: terms.account.to_owned(),
        environment: access.account.environment,
        region: access.region,
        kind: kind.to_owned(),
        arn: design.arn,
        title: world.subject.response.title()?,
        steps,
        acts: Vec::new(),
        leads: None,
        touches: design.touches,
        dependents: design.dependents,
        more_dependents: 0,
        empties: design.empties,
        notes,
        warnings: Vec::new(),
        expiry: terms.expiry.cloned(),
        mode: terms.mode,
        severity: asked::asked(world).highest(),
        reason: terms.reason.map(str::to_owned),
        restore: intent::sorted(terms.restore.iter().copied()),
    })
}

/// Whether a denial of Firebreak's kind is there already that nobody in this cluster holds.
fn is_unheld_denial(world: &World, step: &Step) -> bool {
    let held = step.hold.as_ref().is_some_and(|name| world.hold(name).is_some());
    !held && step.cell.is_denial() && step.cell.same(&step.before, &step.after)
}

fn unheld_denial(step: &Step) -> String {
    format!(
        "{} is so already and no Hold of this cluster says why: a release leaves it. If another cluster did it, release it there; if custody was lost, adopt it first (kubectl firebreak adopt)",
        step.cell.field()
    )
}

/// One step. Where custody exists already, what was there before it began is what counts.
fn step(world: &World, draft: &Draft, hold: String, facts: &Facts) -> Result<Step, Stop> {
    let current = current(draft.read(), facts)?;
    let held = world.hold(&hold).filter(|_| draft.undo.keeps_custody());
    if let Some(held) = held.filter(|held| custody::in_conflict(held, &draft.cell, &current)) {
        return Err(conflict(world, &hold, held).into());
    }
    let before = custody::before(held, &draft.cell, &current);
    let (permissions, idempotence) = Step::describe_writes(&draft.cell, &current, &draft.after);
    let step = Step {
        id: draft.id.to_owned(),
        site: draft.site.clone(),
        summary: summary(draft, &current, held.is_some()),
        cell: draft.cell.clone(),
        hold: draft.undo.keeps_custody().then_some(hold),
        before,
        after: draft.after.clone(),
        undo: draft.undo,
        section: draft.section.map(str::to_owned),
        reopens: draft.reopens,
        reopens_for_seconds: draft.reopens_for_seconds,
        settling: draft.settling.clone(),
        renew: draft.renew,
        disposition: None,
        permissions,
        idempotence,
    };
    match world.contested(&step) {
        Some(blocked) => Err(blocked.into()),
        None => Ok(step),
    }
}

fn summary(draft: &Draft, current: &Value, held: bool) -> String {
    let sentence = draft.cell.sentence(&draft.after);
    match (held, draft.cell.same(current, &draft.after)) {
        (true, _) => format!("{sentence} (shares the custody that exists)"),
        (false, true) => format!("{sentence} (is so already)"),
        (false, false) => sentence,
    }
}

pub(super) fn current(read: Ask, facts: &Facts) -> Result<Value, Stop> {
    let subject = read.query.subject();
    facts.at(&read.site).need(read.query)?.ok_or_else(|| {
        Blocked::new(
            Reason::TargetGone,
            format!("{subject}: the resource does not exist any more"),
        )
        .into()
    })
}

/// Custody in conflict waits for a person, until the value is back.
pub(super) fn conflict(world: &World, name: &str, hold: &HoldSpec) -> Blocked {
    let command = match hold.holders.first().map(|holder| &holder.owner) {
        Some(owner) => format!(
            "kubectl firebreak abandon {} -n {}",
            custody::spoken(owner),
            owner.namespace
        ),
        None => custody::command("abandon", name, &world.settings.home),
    };
    let message = format!(
        "{name} is in conflict: somebody changed {} since; put it back by hand, or give custody up with a Decision Abandon first: {command} --reason \"...\"",
        hold.key.field
    );
    Blocked::new(Reason::HeldByAnother, message)
}

pub(super) fn speaking(world: &World) -> Vec<&GuardrailSpec> {
    let environment = world.account().map(|account| account.environment).unwrap_or_default();
    crate::approval::speaking(&world.guardrails, environment).collect()
}

fn absolute(world: &World, plan: &Plan) -> Option<Blocked> {
    scene(world, plan, &Standing::free(), Timestamp::UNIX_EPOCH, guard::absolute)
}

/// What stands in the way of the first write now.
pub(super) fn timely(world: &World, run: &Run, standing: &Standing, now: Timestamp) -> Option<Blocked> {
    scene(world, &run.plan, standing, now, guard::timely)
}

/// What stands in the way of a destructive step of a run that was begun.
pub(super) fn lasting(world: &World, plan: &Plan, standing: &Standing, now: Timestamp) -> Option<Blocked> {
    scene(world, plan, standing, now, guard::lasting)
}

/// What would be set now.
pub(super) fn design(world: &World, facts: &Facts) -> Result<Design, Stop> {
    world.subject.response.design(&world.scope()?, facts)
}

fn scene(
    world: &World,
    plan: &Plan,
    standing: &Standing,
    now: Timestamp,
    guards: fn(&Scene<'_>) -> Option<Blocked>,
) -> Option<Blocked> {
    let account = match world.account() {
        Ok(account) => account,
        Err(blocked) => return Some(blocked),
    };
    guards(&Scene {
        namespace: &world.subject.owner.namespace,
        account,
        guardrails: &speaking(world),
        plan,
        own: &world.own,
        own_is_known: world.own_is_known,
        claims: &world.claims,
        usage: world.usage,
        approved: standing.has_a_word(),
        contain_now: standing.contain_now,
        now,
    })
}
