//! A FailoverPlan as a tree: which region is active, how its run goes, who has said what, and the runs that are over.

use super::{history, readiness, start, watch::step_line};
use crate::{
    failover::{run::current, standing},
    records::{Records, condition, not_counted},
    render::{
        Paint, harmless, short_digest,
        status::{conditions, deleted, stale, word},
        tree::Tree,
    },
};
use firebreak_core::run::Run;
use firebreak_crds::{Decision, FailoverPlan, FailoverPlanStatus, text};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Value, json};

/// Conditions in the order in which a person asks for them. Ready stands in the first line.
const TOLD: [&str; 9] = [
    "Stalled",
    "Halted",
    "Reconciling",
    "Approved",
    "FailedOver",
    "Protected",
    "StandbyReady",
    "DrillFresh",
    "WithinObjectives",
];

/// The object as a tree.
pub fn tree(object: &FailoverPlan, records: &Records, now: Timestamp, paint: Paint) -> String {
    let (object, records) = (&harmless::cleaned(object), &records.for_people());
    let status = object.status.clone().unwrap_or_default();
    let run = current(records, object).ok();
    let mut branches = vec![regions(object, &status)];
    branches.extend(stale(&object.metadata, status.observed_generation, paint));
    branches.extend(deleted(
        &object.metadata,
        "its run is closed, no traffic and no capacity is moved, and what stays is named",
        paint,
    ));
    branches.extend(conditions(object, &TOLD, paint));
    branches.extend(run_of(&status, run.as_ref(), paint));
    branches.extend(list(
        "lag, while the source answered",
        status.lags.iter().map(start::lag),
    ));
    let findings = status.readiness.iter().flat_map(|it| readiness::findings(it, paint));
    branches.extend(list("stands in the way of a run", findings));
    branches.extend(decisions(object, records, run.as_ref(), now, paint));
    branches.extend(list("notes", status.notes.iter().cloned()));
    branches.extend(list(
        "history",
        history::lines(&status, paint).lines().map(str::to_owned),
    ));
    Tree::with(headline(object, paint), branches).text()
}

fn headline(object: &FailoverPlan, paint: Paint) -> String {
    let name = format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any());
    let ready = match condition(object, "Ready") {
        Some(ready) => format!("{}: {}", word(ready, true, paint), ready.message),
        None => paint.wait("nothing reported yet: the operator has not looked at it"),
    };
    format!("FailoverPlan {}  {ready}", paint.bold(&name))
}

fn regions(object: &FailoverPlan, status: &FailoverPlanStatus) -> Tree {
    let (spec, regions) = (&object.spec, &object.spec.regions);
    let active = status.active_region.as_deref().unwrap_or("not known");
    let serial = status
        .serial
        .map_or_else(|| "not known".into(), |serial| serial.to_string());
    let wanted = spec.activation.as_ref().map_or_else(
        || "only observes".into(),
        |wanted| format!("wants {} (serial {})", wanted.region, wanted.serial),
    );
    Tree::leaf(format!(
        "{} and {}: active is {active}, the last serial is {serial}; {wanted}, mode {:?}, in {}",
        regions.primary, regions.standby, spec.mode, spec.account_ref.name
    ))
}

fn run_of(status: &FailoverPlanStatus, run: Option<&Run>, paint: Paint) -> Option<Tree> {
    let number = status.run.or(run.map(|run| run.spec.run))?;
    let phase = status
        .phase
        .map_or_else(String::new, |phase| format!("  {}", history::phase(phase, paint)));
    let direction = status.direction.map_or_else(String::new, |way| format!(" {way:?}"));
    let took = match (&status.elapsed, &status.started_at) {
        (Some(elapsed), _) => format!("  took {elapsed}"),
        (None, Some(started)) => format!("  since {}", text::recorded(started)),
        (None, None) => String::new(),
    };
    let rto = status
        .rto
        .as_ref()
        .map_or_else(String::new, |rto| format!("  RTO {rto}"));
    let plan = run.map_or_else(String::new, |run| {
        let digest = paint.dim(&short_digest(&run.reference.digest));
        format!("  {} {digest}", run.reference.name)
    });
    let line = format!("run {number}{direction}{phase}{took}{rto}{plan}");
    let waits = status
        .waiting_for
        .iter()
        .map(|waits| Tree::leaf(format!("waits for {waits}")));
    let steps = status.steps.iter().map(|step| Tree::leaf(step_line(step, paint)));
    Some(Tree::with(line, waits.chain(steps).collect()))
}

fn list(title: &str, lines: impl Iterator<Item = String>) -> Option<Tree> {
    let lines: Vec<Tree> = lines.map(Tree::leaf).collect();
    (!lines.is_empty()).then(|| Tree::with(title, lines))
}

fn decisions(
    object: &FailoverPlan,
    records: &Records,
    run: Option<&Run>,
    now: Timestamp,
    paint: Paint,
) -> Option<Tree> {
    let all = records.decisions_about(&object.uid().unwrap_or_default());
    let refused = run.map(|run| standing::of_run(records, object, run, now).voices.refused);
    let lines = all.iter().map(|decision| {
        let of_run = refused.iter().flatten();
        let mark = format!("{} by {}: ", decision.name_any(), decision.spec.by);
        let why = not_counted(object, decision).or_else(|| of_run.filter_map(|line| line.strip_prefix(&mark)).next());
        decision_line(decision, about(decision, run), why, paint)
    });
    list("decisions", lines)
}

/// Whether it is about the current run: a Start is about none.
fn about(decision: &Decision, run: Option<&Run>) -> bool {
    let named = decision.spec.plan.as_ref().map(|plan| &plan.uid);
    named.is_none_or(|uid| run.is_some_and(|run| run.reference.uid == *uid))
}

fn decision_line(decision: &Decision, is_current: bool, why_not: Option<&str>, paint: Paint) -> String {
    let spec = &decision.spec;
    let given = decision.creation_timestamp();
    let given = given.map_or_else(String::new, |time| format!(" {}", text::seconds(time.0)));
    let start = spec.start.as_ref();
    let start = start.map_or_else(String::new, |start| {
        format!(" to {} (serial {})", start.region, start.serial)
    });
    let step = spec.step.as_ref().map_or_else(String::new, |step| format!(" {step}"));
    let counts = match (why_not, is_current) {
        (Some(why), _) => format!("  {}", paint.wait(&format!("not counted: {why}"))),
        (None, false) => format!("  {}", paint.dim("about an earlier run")),
        (None, true) => String::new(),
    };
    let reason = spec
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(" \"{reason}\""));
    format!(
        "{:?}{start}{step} by {} ({}){given}{counts}{reason}",
        spec.verb, spec.by, spec.approver_role
    )
}

/// For machines.
pub fn json(object: &FailoverPlan, records: &Records) -> Value {
    let uid = object.uid().unwrap_or_default();
    let plans: Vec<_> = records.plans.iter().filter(|plan| plan.spec.owner.uid == uid).collect();
    json!({"failoverPlan": object, "plans": plans, "decisions": records.decisions_about(&uid)})
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
