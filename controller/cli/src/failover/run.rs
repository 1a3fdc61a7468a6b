//! The run of a FailoverPlan that people speak about.

use crate::{
    exit::refused,
    records::{Records, readable},
};
use anyhow::{Result, bail};
use firebreak_core::run::{
    Run,
    act::{ActStep, order},
    plan::Plan,
};
use firebreak_crds::{FailoverPlan, PlanOutcome, PlanReference, failover_plan::StepProgress};
use kube::ResourceExt;

/// The run that the status names, else the newest one.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn current(records: &Records, object: &FailoverPlan) -> Result<Run> {
    let (uid, name) = (object.uid().unwrap_or_default(), object.name_any());
    let Some(newest) = records.runs(&uid).pop() else {
        bail!(
            "the FailoverPlan has no plan yet: kubectl firebreak failover status {name} -n {} tells why",
            object.namespace().unwrap_or_default()
        );
    };
    let named = |run: &Run| named(object).is_some_and(|plan| plan.uid == run.reference.uid);
    let told = records.runs(&uid).into_iter().flatten().find(named);
    told.map_or_else(|| readable(newest), Ok)
}

/// The plan that the status names.
fn named(object: &FailoverPlan) -> Option<&PlanReference> {
    object.status.as_ref()?.plan.as_ref()
}

/// The same, where it is not over.
///
/// # Errors
/// As [`current`]; refused when it is over.
pub fn open(records: &Records, object: &FailoverPlan) -> Result<Run> {
    let run = current(records, object)?;
    match is_over(&run) {
        false => Ok(run),
        true => Err(refused(format!(
            "run {} is over ({}): {}",
            run.spec.run,
            ended(&run),
            way_on(&run, object)
        ))),
    }
}

/// Whether nothing of it is carried out any more.
pub fn is_over(run: &Run) -> bool {
    run.status.closed_at.is_some() || !matches!(run.status.outcome, None | Some(PlanOutcome::Running))
}

fn ended(run: &Run) -> String {
    run.status
        .outcome
        .map_or_else(|| "closed".into(), |outcome| format!("{outcome:?}"))
}

fn way_on(run: &Run, object: &FailoverPlan) -> String {
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    match run.status.outcome {
        Some(PlanOutcome::Superseded) | None => "wait for the next plan".into(),
        Some(PlanOutcome::Rejected) => "another run needs a new plan: change the spec, or start again".into(),
        Some(
            PlanOutcome::Completed
            | PlanOutcome::RolledBack
            | PlanOutcome::Stopped
            | PlanOutcome::Abandoned
            | PlanOutcome::Orphaned
            | PlanOutcome::Running,
        ) => format!("kubectl firebreak failover start {name} -n {namespace} --to REGION begins another one"),
    }
}

/// The region that it leads to.
pub fn leads_to(run: &Run) -> &str {
    run.plan.leads.as_ref().map_or("", |leads| leads.to.as_str())
}

/// The acts of a plan, each after all that it waits for; those on a circle, which no plan has, come last.
pub fn in_order(plan: &Plan) -> Vec<&ActStep> {
    let needs = plan
        .acts
        .iter()
        .map(|act| (act.id.as_str(), act.needs.iter().map(String::as_str).collect()));
    let mut left: Vec<&ActStep> = plan.acts.iter().collect();
    let mut all = Vec::new();
    for id in order(&needs.collect()) {
        let (these, others) = left.into_iter().partition::<Vec<_>, _>(|act| act.id == id);
        all.extend(these);
        left = others;
    }
    all.extend(left);
    all
}

/// The names of its steps in the spec, in the order of the plan.
pub fn steps(plan: &Plan) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for act in &plan.acts {
        if !names.contains(&act.step.as_str()) {
            names.push(&act.step);
        }
    }
    names
}

/// How far a step is, as the operator says; none where it does not list it.
pub fn progress(object: &FailoverPlan, step: &str) -> Option<StepProgress> {
    let steps = &object.status.as_ref()?.steps;
    steps.iter().find(|one| one.name == step).map(|one| one.state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exit, failover::testing};

    #[test]
    fn acts_come_after_what_they_wait_for() {
        let plan = testing::plan();
        let ids: Vec<&str> = in_order(&plan).iter().map(|act| act.id.as_str()).collect();
        assert_eq!(ids, ["scale", "scale.steady", "promote", "healthy", "switch"]);
        assert_eq!(steps(&plan), ["switch", "scale", "promote", "healthy"]);
    }

    #[test]
    fn acts_on_a_circle_are_not_hidden() {
        let mut plan = testing::plan();
        plan.acts[1].needs = vec!["switch".into()];
        assert_eq!(in_order(&plan).len(), plan.acts.len());
    }

    #[test]
    fn status_names_the_run_that_is_spoken_about() {
        let mut records = testing::records();
        let mut later = records.plans[0].clone();
        (later.spec.run, later.metadata.uid) = (3, Some("p-3".into()));
        records.plans.push(later);
        assert_eq!(current(&records, &testing::running()).unwrap().spec.run, 2);
        assert_eq!(current(&records, &testing::object()).unwrap().spec.run, 3);
    }

    #[test]
    fn run_that_is_over_is_not_decided_about() {
        for (outcome, says) in [
            (PlanOutcome::Completed, "failover start orders -n payments --to REGION"),
            (PlanOutcome::Rejected, "needs a new plan"),
            (PlanOutcome::Superseded, "wait for the next plan"),
        ] {
            let mut records = testing::records();
            records.plans[0].status.get_or_insert_default().outcome = Some(outcome);
            let error = open(&records, &testing::running()).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(exit::code(&error), 3);
        }
        let error = open(&Records::default(), &testing::object()).unwrap_err();
        assert!(error.to_string().contains("has no plan yet"), "{error}");
    }
}
