//! An object as a tree: how it is, its run and steps, what is in custody, and who has said what.

use super::{Paint, harmless, short_digest, tree::Tree};
use crate::records::{Records, Reported, condition, not_counted};
use firebreak_core::{
    engine::{Standing, World},
    respond::Object,
    run::Run,
};
use firebreak_crds::{
    Condition, Decision, Hold, HoldState, ObjectMeta, PlanOutcome, StepRecord, StepState, Verb, text,
};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Value, json};

/// Conditions in the order in which a person asks for them. Ready stands in the first line.
const TOLD: [&str; 10] = [
    "Stalled",
    "Halted",
    "Reconciling",
    "Approved",
    "Applied",
    "Verified",
    "InSync",
    "Contained",
    "Enforced",
    "Released",
];

/// What becomes of an object that is being deleted.
const DELETED: &str = "it is released first; where people must approve that, it goes and its custody is left behind";

/// The object as a tree.
pub fn tree(object: &(impl Into<Object> + Clone), records: &Records, now: Timestamp, paint: Paint) -> String {
    let (object, records) = (&cleaned(&object.clone().into()), &records.for_people());
    let uid = object.uid();
    let world = records.world(object, now);
    let mut branches = vec![target(object)];
    branches.extend(stale(object.metadata(), object.observed(), paint));
    branches.extend(deleted(object.metadata(), DELETED, paint));
    branches.extend(conditions(object, &TOLD, paint));
    branches.extend(run(&records.runs(uid), paint));
    branches.extend(holds(&records.holds_of(uid), paint));
    branches.extend(decisions(object, &world, now, paint));
    branches.extend(notes(object));
    Tree::with(headline(object, paint), branches).text()
}

fn cleaned(object: &Object) -> Object {
    match object {
        Object::Quarantine(object) => harmless::cleaned(&**object).into(),
        Object::TrafficPolicy(object) => harmless::cleaned(&**object).into(),
    }
}

fn headline(object: &Object, paint: Paint) -> String {
    let name = format!("{}/{}", object.namespace(), object.name());
    let ready = match condition(object, "Ready") {
        Some(ready) => format!("{}: {}", word(ready, true, paint), ready.message),
        None => paint.wait("nothing reported yet: the operator has not looked at it"),
    };
    format!("{} {}  {ready}", object.respondent().kind(), paint.bold(&name))
}

/// Reason in the colour of its status; for most types True is as it should be.
pub(super) fn word(condition: &Condition, good: bool, paint: Paint) -> String {
    match (condition.status.as_str(), good) {
        ("True", true) | ("False", false) => paint.good(&condition.reason),
        ("True", false) => paint.bad(&condition.reason),
        ("Unknown", _) => paint.wait(&format!("Unknown {}", condition.reason)),
        _ => paint.wait(&condition.reason),
    }
}

fn target(object: &Object) -> Tree {
    let status = object.status().unwrap_or_default();
    let target = status["target"].as_str().unwrap_or("target not read yet").to_owned();
    let wanted = match object {
        Object::Quarantine(object) => format!("{:?}", object.spec.state),
        Object::TrafficPolicy(object) => format!("{:?}", object.spec.state),
    };
    let subject = object.subject();
    let terms = subject.terms();
    Tree::leaf(format!(
        "{target} in {}/{}; wants {wanted}, mode {:?}, severity {:?}",
        terms.account, terms.region, terms.mode, terms.severity
    ))
}

pub(super) fn stale(meta: &ObjectMeta, seen: Option<i64>, paint: Paint) -> Option<Tree> {
    let seen = seen?;
    let now = meta.generation.unwrap_or(seen);
    let text = match seen {
        // The API server's default, until the operator has written a status.
        ..=0 => "the operator has not looked at it yet".into(),
        seen if seen < now => format!("what follows is about generation {seen}; the spec is at {now} by now"),
        _ => return None,
    };
    Some(Tree::leaf(paint.wait(&text)))
}

pub(super) fn deleted(meta: &ObjectMeta, follows: &str, paint: Paint) -> Option<Tree> {
    let since = text::seconds(meta.deletion_timestamp.as_ref()?.0);
    let text = format!("is being deleted since {since}: {follows}");
    Some(Tree::leaf(paint.wait(&text)))
}

pub(super) fn conditions(object: &impl Reported, told: &[&str], paint: Paint) -> Option<Tree> {
    let told = told
        .iter()
        .filter_map(|kind| condition(object, kind))
        .filter(|c| matters(c));
    let lines: Vec<Tree> = told
        .map(|c| {
            let good = !matches!(c.type_.as_str(), "Stalled" | "Halted");
            Tree::leaf(format!(
                "{:<11} {:<7} {}: {}",
                c.type_,
                c.status,
                word(c, good, paint),
                c.message
            ))
        })
        .collect();
    (!lines.is_empty()).then(|| Tree::with("conditions", lines))
}

/// What only says that nothing is the matter is left out.
fn matters(condition: &Condition) -> bool {
    match condition.type_.as_str() {
        "Stalled" | "Halted" | "Released" => condition.status != "False",
        _ => true,
    }
}

fn run(runs: &[Result<Run, firebreak_core::blocked::Blocked>], paint: Paint) -> Option<Tree> {
    let run = match runs.last()? {
        Ok(run) => run,
        Err(blocked) => return Some(Tree::leaf(paint.bad(&blocked.message))),
    };
    let (plan, status) = (harmless::cleaned(&run.plan), harmless::cleaned(&run.status));
    let outcome = status
        .outcome
        .map_or("not started".into(), |outcome| format!("{outcome:?}"));
    let steps = plan.steps.iter().map(|step| {
        let record = status.journal.get(&step.id).cloned().unwrap_or_default();
        step_line(&step.id, &step.summary, &record, paint)
    });
    let line = format!(
        "run {} {:?}  {outcome}  {} {}",
        run.spec.run,
        run.spec.action,
        run.reference.name,
        paint.dim(&short_digest(&run.reference.digest))
    );
    let message = status.message.iter().map(Tree::leaf);
    Some(Tree::with(line, message.chain(steps).collect()))
}

fn step_line(id: &str, summary: &str, record: &StepRecord, paint: Paint) -> Tree {
    let state = format!("{:?}", record.state);
    let state = match record.state {
        StepState::Verified => paint.good(&state),
        StepState::Started | StepState::Applied => paint.wait(&state),
        StepState::Pending | StepState::Skipped => state,
    };
    let at = record
        .verified_at
        .as_ref()
        .or(record.applied_at.as_ref())
        .or(record.started_at.as_ref());
    let at = at.map_or_else(String::new, |at| format!(" {}", text::recorded(at)));
    let mut below: Vec<Tree> = record.message.iter().map(Tree::leaf).collect();
    below.extend(
        record
            .reasserted_at
            .last()
            .map(|at| Tree::leaf(format!("drift put right at {}", text::recorded(at)))),
    );
    if !record.request_ids.is_empty() {
        below.push(Tree::leaf(
            paint.dim(&format!("AWS request {}", record.request_ids.join(", "))),
        ));
    }
    Tree::with(format!("{state}{at}  {id}: {summary}"), below)
}

fn holds(holds: &[&Hold], paint: Paint) -> Option<Tree> {
    let lines: Vec<Tree> = holds
        .iter()
        .map(|hold| {
            let state = format!("{:?}", hold.spec.state);
            let state = match hold.spec.state {
                HoldState::Held => state,
                HoldState::Withheld => paint.wait(&state),
                HoldState::Orphaned | HoldState::Conflict => paint.bad(&state),
            };
            let line = format!("{state}  {} of {}", hold.spec.key.field, hold.spec.key.resource);
            let mut below: Vec<Tree> = hold.spec.message.iter().map(Tree::leaf).collect();
            below.push(Tree::leaf(paint.dim(&hold.name_any())));
            Tree::with(line, below)
        })
        .collect();
    (!lines.is_empty()).then(|| Tree::with("custody", lines))
}

fn decisions(object: &Object, world: &World, now: Timestamp, paint: Paint) -> Option<Tree> {
    let lines: Vec<Tree> = world
        .decisions
        .iter()
        .map(|decision| Tree::leaf(decision_line(object, world, decision, now, paint)))
        .collect();
    (!lines.is_empty()).then(|| Tree::with("decisions", lines))
}

fn decision_line(object: &Object, world: &World, decision: &Decision, now: Timestamp, paint: Paint) -> String {
    let spec = &decision.spec;
    let given = decision.creation_timestamp();
    let given = given.map_or_else(String::new, |time| format!(" {}", text::seconds(time.0)));
    let counts = match count(object, world, decision, now) {
        Count::Now => paint.good("counted"),
        Count::Then(run) => paint.good(&format!("counted for run {run}")),
        Count::Over(about) => paint.dim(&about),
        Count::Not(why) => paint.wait(&format!("not counted: {why}")),
    };
    let reason = spec
        .reason
        .as_ref()
        .map(|reason| format!(" \"{reason}\""))
        .unwrap_or_default();
    format!(
        "{:?} by {} ({}){given}  {counts}{reason}",
        spec.verb, spec.by, spec.approver_role
    )
}

/// What a Decision counts for.
#[derive(Debug, PartialEq)]
enum Count {
    /// The current run, or the object as it is now.
    Now,
    /// A run before it.
    Then(u32),
    /// What it was about is over, and whether it counted is not recorded.
    Over(String),
    /// Nothing, for this reason.
    Not(String),
}

/// What a Decision counts for: in the controller's words where there are some.
fn count(object: &impl Reported, world: &World, decision: &Decision, now: Timestamp) -> Count {
    if let Some(why) = not_counted(object, decision) {
        return Count::Not(why.to_owned());
    }
    match decision.spec.verb {
        Verb::Release | Verb::Abandon => about_object(world, decision, now),
        Verb::Acknowledge | Verb::Note | Verb::Resolve | Verb::Reopen | Verb::Review => {
            Count::Not("it is about an Incident (spec.verb)".into())
        }
        Verb::Start | Verb::Pause | Verb::Resume | Verb::Skip | Verb::Retry | Verb::Abort => {
            Count::Not("it is about a FailoverPlan (spec.verb)".into())
        }
        Verb::Approve | Verb::Reject | Verb::BreakGlass => about_run(world, decision, now),
    }
}

fn about_object(world: &World, decision: &Decision, now: Timestamp) -> Count {
    if decision.spec.target.generation != Some(world.subject.generation) {
        return Count::Over("about an earlier spec".into());
    }
    firebreak_core::approval::bound(decision, world.admission, now).map_or(Count::Now, Count::Not)
}

fn about_run(world: &World, decision: &Decision, now: Timestamp) -> Count {
    let named = decision.spec.plan.as_ref();
    let same = |run: &&Run| named.is_some_and(|plan| plan.uid == run.reference.uid);
    let Some(run) = world.runs.iter().find(same) else {
        return Count::Over("about a run whose record is gone".into());
    };
    let latest = world
        .latest()
        .is_some_and(|latest| latest.reference.uid == run.reference.uid);
    match (latest, took(run, decision)) {
        (true, true) => Count::Now,
        (false, true) => Count::Then(run.spec.run),
        (false, false) => Count::Over(format!("about run {}, which is over", run.spec.run)),
        (true, false) => heard(world, run, decision, now),
    }
}

/// Whether the run recorded that it was begun, or rejected, on this word: what expires later does not take that back.
fn took(run: &Run, decision: &Decision) -> bool {
    let (spec, status) = (&decision.spec, &run.status);
    match spec.verb {
        Verb::Approve => status
            .approved_by
            .contains(&format!("{} ({})", spec.by, spec.approver_role)),
        Verb::BreakGlass => status.approved_by.contains(&format!("{} (break-glass)", spec.by)),
        Verb::Reject => status.outcome == Some(PlanOutcome::Rejected),
        Verb::Release | Verb::Abandon => false,
        Verb::Acknowledge | Verb::Note | Verb::Resolve | Verb::Reopen | Verb::Review => false,
        Verb::Start | Verb::Pause | Verb::Resume | Verb::Skip | Verb::Retry | Verb::Abort => false,
    }
}

fn heard(world: &World, run: &Run, decision: &Decision, now: Timestamp) -> Count {
    let mark = format!("{} by {}: ", decision.name_any(), decision.spec.by);
    let refused = Standing::of(world, run, now).voices.refused;
    let why = refused.iter().find_map(|line| line.strip_prefix(&mark));
    why.map_or(Count::Now, |why| Count::Not(why.to_owned()))
}

fn notes(object: &Object) -> Option<Tree> {
    let notes = match object {
        Object::Quarantine(object) => &object.status.as_ref()?.notes,
        Object::TrafficPolicy(object) => &object.status.as_ref()?.notes,
    };
    (!notes.is_empty()).then(|| Tree::with("notes", notes.iter().map(Tree::leaf).collect()))
}

/// For machines.
pub fn json(object: &(impl Into<Object> + Clone), records: &Records) -> Value {
    let object: &Object = &object.clone().into();
    let uid = object.uid();
    let word = match object {
        Object::Quarantine(_) => "quarantine",
        Object::TrafficPolicy(_) => "trafficPolicy",
    };
    let plans: Vec<_> = records.plans.iter().filter(|plan| plan.spec.owner.uid == uid).collect();
    json!({
        word: object.json(), "plans": plans, "holds": records.holds_of(uid), "decisions": records.decisions_about(uid),
    })
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
