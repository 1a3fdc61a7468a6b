//! What people say about a run that was begun: what it would do, what is known to be in vain, and when it may be said again.

use super::run::{in_order, is_over, progress, steps};
use crate::exit::refused;
use anyhow::Result;
use firebreak_core::run::{
    Run,
    act::{Act, ActStep},
};
use firebreak_crds::{Decision, FailoverPlan, StepRecord, StepState, Verb, failover_plan::StepProgress};
use jiff::Timestamp;
use kube::ResourceExt;

/// What can be known to be in vain is not said.
///
/// # Errors
/// Refused, with what to say instead.
pub fn may_say(object: &FailoverPlan, run: &Run, verb: Verb, step: Option<&str>) -> Result<()> {
    let name = object.name_any();
    if let Some(step) = step {
        is_a_step(run, step)?;
    }
    match (verb, step) {
        (Verb::Retry, Some(step)) => has_failed(object, step),
        (Verb::Skip, Some(step)) if progress(object, step) == Some(StepProgress::Done) => {
            Err(refused(format!("step {step} is done: there is nothing to skip")))
        }
        (Verb::Approve, Some(step)) if !run.plan.acts.iter().any(|act| act.step == step && act.approval) => {
            Err(refused(format!(
                "step {step} needs no approvals of its own (spec.steps[].approval): approve the run, kubectl firebreak failover approve {name}"
            )))
        }
        _ => Ok(()),
    }
}

/// A fence is skipped only with an acknowledgement, and nothing else is skipped with one.
///
/// # Errors
/// Refused, with what to say instead.
pub fn acknowledges(run: &Run, verb: Verb, step: Option<&str>, said: bool) -> Result<()> {
    let mut own = run.plan.acts.iter().filter(|act| Some(act.step.as_str()) == step);
    let is_fence = own.any(ActStep::is_proof_of_fence);
    match (verb, is_fence, said) {
        (Verb::Skip, true, false) => Err(refused(
            "a fence is not skipped without --acknowledge-split-brain: the database of the region that is left may still take writes, which are lost",
        )),
        (Verb::Skip, false, true) => Err(refused(
            "--acknowledge-split-brain belongs to a fence, and this step is none",
        )),
        _ => Ok(()),
    }
}

fn is_a_step(run: &Run, step: &str) -> Result<()> {
    let names = steps(&run.plan);
    match names.contains(&step) {
        true => Ok(()),
        false => Err(refused(format!(
            "run {} has no step {step}: there are {}",
            run.spec.run,
            names.join(", ")
        ))),
    }
}

/// A call that must not be made again by itself is under way as far as the status knows: a person may have looked.
fn has_failed(object: &FailoverPlan, step: &str) -> Result<()> {
    match progress(object, step) {
        Some(state @ (StepProgress::NotBegun | StepProgress::Done | StepProgress::Restored)) => Err(refused(format!(
            "step {step} is {state:?}: only a step that failed, or may have been asked for, begins again"
        ))),
        Some(StepProgress::Underway | StepProgress::Failed | StepProgress::Unknown | StepProgress::Foreign) | None => {
            Ok(())
        }
    }
}

/// What the word would do, for people.
pub fn meaning(object: &FailoverPlan, run: &Run, verb: Verb, step: Option<&str>) -> String {
    let step = step.unwrap_or_default();
    match verb {
        Verb::Pause => "what was called is finished, and no other step begins".into(),
        Verb::Resume => "steps that are ready begin".into(),
        Verb::Retry => format!("step {step} begins again"),
        Verb::Skip => skipped(run, step),
        Verb::Approve => format!("step {step} may begin at its turn; this does not approve the run"),
        Verb::Abort => aborted(object, run),
        Verb::Start
        | Verb::Reject
        | Verb::BreakGlass
        | Verb::Release
        | Verb::Abandon
        | Verb::Acknowledge
        | Verb::Note
        | Verb::Resolve
        | Verb::Reopen
        | Verb::Review => String::new(),
    }
}

fn skipped(run: &Run, step: &str) -> String {
    let own = |need: &String| run.plan.acts.iter().any(|act| act.id == *need && act.step == step);
    let acts = in_order(&run.plan).into_iter();
    let waiting = acts.filter(|act| act.step != step && act.needs.iter().any(own));
    let names: Vec<&str> = waiting.map(|act| act.step.as_str()).collect();
    let goes_on = match names.as_slice() {
        [] => "nothing waits for it".into(),
        [one] => format!("{one} no longer waits for it"),
        several => format!("{} no longer wait for it", several.join(", ")),
    };
    format!(
        "the run goes on without step {step}, and what it may have done stays; {goes_on}. A gate, a fence, a promotion and a step with approvals of its own take as many people as the start"
    )
}

fn aborted(object: &FailoverPlan, run: &Run) -> String {
    let past: Vec<&str> = run
        .plan
        .acts
        .iter()
        .filter(|act| act.is_one_way() && may_have_effect(run, act))
        .map(|act| act.step.as_str())
        .collect();
    let serial = object.status.as_ref().and_then(|status| status.serial);
    let next = serial.map_or_else(|| "a new serial".into(), |serial| format!("serial {}", serial + 1));
    if !past.is_empty() {
        return format!(
            "{} was begun, which is one way: the run stops, nothing is put back, and capacity and traffic stay as they are; the way forward is {next}",
            past.join(", ")
        );
    }
    let set: Vec<&str> = in_order(&run.plan)
        .into_iter()
        .rev()
        .filter(|act| matches!(act.act, Act::Set(_)) && may_have_effect(run, act))
        .map(|act| act.id.as_str())
        .collect();
    match set.is_empty() {
        true => "no step has changed anything, and the run ends".into(),
        false => format!(
            "no one-way step was begun, and the run goes back, in this order: {}; what is not any more as the run wrote it is left alone. If a one-way step begins before the operator reads this, it stops instead",
            set.join(", ")
        ),
    }
}

fn record<'a>(run: &'a Run, act: &ActStep) -> Option<&'a StepRecord> {
    run.status.journal.get(&act.id)
}

/// What was found before its call is kept until a read proves that it had no effect.
fn may_have_effect(run: &Run, act: &ActStep) -> bool {
    record(run, act).is_some_and(|record| record.found.is_some() && record.rolled_back_at.is_none())
}

/// Whether an earlier word was overtaken by what was said or happened since, so that it may be said again.
pub fn is_overtaken(run: &Run, said: &[Decision], earlier: &Decision) -> bool {
    let given = earlier.creation_timestamp().map(|time| time.0);
    let since = |verb: Verb| {
        said.iter().any(|one| {
            one.spec.verb == verb
                && one.spec.plan == earlier.spec.plan
                && one.creation_timestamp().map(|time| time.0) >= given
        })
    };
    match earlier.spec.verb {
        Verb::Pause => since(Verb::Resume),
        Verb::Resume => since(Verb::Pause),
        Verb::Retry => was_followed(run, earlier, given),
        Verb::Approve
        | Verb::Reject
        | Verb::BreakGlass
        | Verb::Release
        | Verb::Abandon
        | Verb::Start
        | Verb::Skip
        | Verb::Abort
        | Verb::Acknowledge
        | Verb::Note
        | Verb::Resolve
        | Verb::Reopen
        | Verb::Review => false,
    }
}

/// A Retry serves one failure: that before it.
fn was_followed(run: &Run, earlier: &Decision, given: Option<Timestamp>) -> bool {
    let own = run
        .plan
        .acts
        .iter()
        .filter(|act| Some(&act.step) == earlier.spec.step.as_ref());
    own.filter_map(|act| record(run, act)).any(|record| {
        let failed = record.failed_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
        let later = failed
            .zip(given)
            .is_some_and(|(failed, given)| failed.as_second() > given.as_second());
        record.retried_by.as_deref() == Some(&earlier.name_any()) || later
    })
}

/// Whether the run's record shows that the operator followed a word.
pub fn is_followed(run: &Run, decision: &Decision) -> bool {
    let (control, name) = (&run.status.control, decision.name_any());
    let own = || {
        run.plan
            .acts
            .iter()
            .filter(|act| Some(&act.step) == decision.spec.step.as_ref())
    };
    let any = |which: fn(&StepRecord, &str) -> bool| {
        own()
            .filter_map(|act| record(run, act))
            .any(|record| which(record, &name))
    };
    match decision.spec.verb {
        Verb::Pause => control.paused_by.is_some(),
        Verb::Resume => control.paused_by.is_none() && was_steered(run, decision),
        Verb::Abort => control.aborted_by.is_some() || is_over(run),
        Verb::Retry => any(|record, name| record.retried_by.as_deref() == Some(name)),
        Verb::Skip => any(|record, _| record.state == StepState::Skipped),
        Verb::Approve => any(|record, _| record.started_at.is_some()),
        Verb::Reject => control.paused_by.is_some(),
        Verb::Start
        | Verb::BreakGlass
        | Verb::Release
        | Verb::Abandon
        | Verb::Acknowledge
        | Verb::Note
        | Verb::Resolve
        | Verb::Reopen
        | Verb::Review => false,
    }
}

/// Whether this Pause or Resume, or a later one, was taken into the record.
fn was_steered(run: &Run, decision: &Decision) -> bool {
    let steered = run.status.control.steered_at.as_ref();
    let steered = steered.and_then(|at| at.parse::<Timestamp>().ok());
    let given = decision.creation_timestamp().map(|time| time.0);
    steered.zip(given).is_some_and(|(steered, given)| steered >= given)
}

#[cfg(test)]
#[path = "steering_tests.rs"]
mod tests;
