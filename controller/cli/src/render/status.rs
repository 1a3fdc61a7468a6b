//! An object as a tree: how it is, its run and steps, what is in custody, and who has said what.

use super::{Paint, short_digest, tree::Tree};
use crate::records::{Records, condition, not_counted};
use firebreak_core::engine::{Run, Standing, World};
use firebreak_crds::{Condition, Decision, Hold, HoldState, Quarantine, StepRecord, StepState, Verb};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Value, json};

/// Conditions in the order in which a person asks for them. Ready stands in the first line.
const TOLD: [&str; 9] = [
    "Stalled",
    "Halted",
    "Reconciling",
    "Approved",
    "Applied",
    "Verified",
    "InSync",
    "Contained",
    "Released",
];

/// The object as a tree.
pub fn text(object: &Quarantine, records: &Records, now: Timestamp, paint: Paint) -> String {
    let uid = object.uid().unwrap_or_default();
    let world = records.world(object, now);
    let mut branches = vec![target(object)];
    branches.extend(stale(object, paint));
    branches.extend(conditions(object, paint));
    branches.extend(run(&records.runs(&uid), paint));
    branches.extend(holds(&records.holds_of(&uid), paint));
    branches.extend(decisions(object, &world, now, paint));
    branches.extend(notes(object));
    Tree::with(headline(object, paint), branches).text()
}

fn headline(object: &Quarantine, paint: Paint) -> String {
    let name = format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any());
    let ready = match condition(object, "Ready") {
        Some(ready) => format!("{}: {}", word(ready, true, paint), ready.message),
        None => paint.wait("nothing reported yet: is the operator running?"),
    };
    format!("Quarantine {}  {ready}", paint.bold(&name))
}

/// Reason in the colour of its status; for most types True is as it should be.
fn word(condition: &Condition, good: bool, paint: Paint) -> String {
    match (condition.status.as_str(), good) {
        ("True", true) | ("False", false) => paint.good(&condition.reason),
        ("True", false) => paint.bad(&condition.reason),
        ("Unknown", _) => paint.wait(&format!("Unknown {}", condition.reason)),
        _ => paint.wait(&condition.reason),
    }
}

fn target(object: &Quarantine) -> Tree {
    let spec = &object.spec;
    let named = object.status.as_ref().and_then(|status| status.target.clone());
    let target = named.unwrap_or_else(|| "target not read yet".into());
    let account = &spec.account_ref.name;
    Tree::leaf(format!(
        "{target} in {account}/{}; wants {:?}, mode {:?}, severity {:?}",
        spec.region, spec.state, spec.mode, spec.severity
    ))
}

fn stale(object: &Quarantine, paint: Paint) -> Option<Tree> {
    let seen = object.status.as_ref()?.observed_generation?;
    let now = object.metadata.generation.unwrap_or(seen);
    (seen < now).then(|| {
        Tree::leaf(paint.wait(&format!(
            "what follows is about generation {seen}; the spec is at {now} by now"
        )))
    })
}

fn conditions(object: &Quarantine, paint: Paint) -> Option<Tree> {
    let told = TOLD
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
    let outcome = run
        .status
        .outcome
        .map_or("not started".into(), |outcome| format!("{outcome:?}"));
    let steps = run.plan.steps.iter().map(|step| {
        let record = run.status.journal.get(&step.id).cloned().unwrap_or_default();
        step_line(&step.id, &step.summary, &record, paint)
    });
    let line = format!(
        "run {} {:?}  {outcome}  {} {}",
        run.spec.run,
        run.spec.action,
        run.reference.name,
        paint.dim(&short_digest(&run.reference.digest))
    );
    let message = run.status.message.iter().map(Tree::leaf);
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
    let at = at.map(|at| format!(" {at}")).unwrap_or_default();
    let mut below: Vec<Tree> = record.message.iter().map(Tree::leaf).collect();
    below.extend(
        record
            .reasserted_at
            .last()
            .map(|at| Tree::leaf(format!("drift put right at {at}"))),
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

fn decisions(object: &Quarantine, world: &World, now: Timestamp, paint: Paint) -> Option<Tree> {
    let lines: Vec<Tree> = world
        .decisions
        .iter()
        .map(|decision| Tree::leaf(decision_line(object, world, decision, now, paint)))
        .collect();
    (!lines.is_empty()).then(|| Tree::with("decisions", lines))
}

fn decision_line(object: &Quarantine, world: &World, decision: &Decision, now: Timestamp, paint: Paint) -> String {
    let spec = &decision.spec;
    let given = decision
        .creation_timestamp()
        .map(|time| format!(" {}", time.0))
        .unwrap_or_default();
    let counts = match why_not(object, world, decision, now) {
        None => paint.good("counted"),
        Some(why) => paint.wait(&format!("not counted: {why}")),
    };
    let reason = spec
        .reason
        .as_ref()
        .map(|reason| format!(" \"{reason}\""))
        .unwrap_or_default();
    format!(
        "{:?} by {} ({}){given}  {counts}{reason}",
        spec.verb, spec.by, spec.capacity
    )
}

/// Why a Decision does not count for the current run: in the controller's words where there are some.
pub fn why_not(object: &Quarantine, world: &World, decision: &Decision, now: Timestamp) -> Option<String> {
    if let Some(why) = not_counted(object, decision) {
        return Some(why.to_owned());
    }
    if matches!(decision.spec.verb, Verb::Release | Verb::Abandon) {
        let about = decision.spec.target.generation;
        let stale = about != Some(world.subject.generation);
        let stale = stale.then(|| "the spec has changed since".to_owned());
        return stale.or_else(|| firebreak_core::approval::bound(decision, world.admission, now));
    }
    let Some(run) = world.latest() else {
        return Some("there is no run".into());
    };
    let named = decision.spec.plan.as_ref().map(|plan| (&plan.uid, &plan.digest));
    if named != Some((&run.reference.uid, &run.reference.digest)) {
        return Some("it is about another run".into());
    }
    let voices = Standing::of(world, run, now).voices;
    let mark = format!("{} by {}: ", decision.name_any(), decision.spec.by);
    voices
        .refused
        .iter()
        .find_map(|line| line.strip_prefix(&mark).map(str::to_owned))
}

fn notes(object: &Quarantine) -> Option<Tree> {
    let notes = object.status.as_ref().map(|status| &status.notes)?;
    (!notes.is_empty()).then(|| Tree::with("notes", notes.iter().map(Tree::leaf).collect()))
}

/// For machines.
pub fn json(object: &Quarantine, records: &Records) -> Value {
    let uid = object.uid().unwrap_or_default();
    let plans: Vec<_> = records.plans.iter().filter(|plan| plan.spec.owner.uid == uid).collect();
    json!({
        "quarantine": object, "plans": plans, "holds": records.holds_of(&uid), "decisions": records.decisions_about(&uid),
    })
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
