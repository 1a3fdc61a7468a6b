//! What the operator has made of a word about a FailoverPlan, as its reports show.

use crate::{
    cmd::after::{After, heard},
    failover::{
        run::{current, is_over, leads_to},
        standing,
        steering::is_followed,
    },
    records::{Records, condition, not_counted},
};
use firebreak_core::run::Run;
use firebreak_crds::{Decision, FailoverPlan, Verb, failover_plan::StepProgress, text};
use jiff::Timestamp;
use kube::ResourceExt;

/// How it stands, once the operator has taken note. `before` is the object as it was when the word was given.
pub fn noted(before: &FailoverPlan, object: &FailoverPlan, records: &Records, decision: &Decision) -> Option<After> {
    if let Some(why) = not_counted(object, decision) {
        return Some(After::not(why));
    }
    if decision.spec.verb == Verb::Start {
        return started(before, object, records, decision).map(After::counts);
    }
    let run = named(records, object, decision)?;
    if is_over(&run) {
        return Some(After::counts(over(&run)));
    }
    let judges =
        decision.spec.step.is_none() && matches!(decision.spec.verb, Verb::Approve | Verb::Reject | Verb::BreakGlass);
    let followed = is_followed(&run, decision) || (judges && heard(object, &run, decision));
    followed.then(|| After::counts(stands(object, records, &run)))
}

/// The run that the word is about.
fn named(records: &Records, object: &FailoverPlan, decision: &Decision) -> Option<Run> {
    let plan = decision.spec.plan.as_ref()?;
    let mut runs = records.runs(&object.uid().unwrap_or_default()).into_iter().flatten();
    runs.find(|run| run.reference.uid == plan.uid)
}

fn over(run: &Run) -> String {
    let outcome = run
        .status
        .outcome
        .map_or_else(|| "closed".into(), |outcome| format!("{outcome:?}"));
    let why = run
        .status
        .message
        .as_ref()
        .map_or_else(String::new, |why| format!(": {why}"));
    format!("run {} to {} is over ({outcome}){why}", run.spec.run, leads_to(run))
}

/// A Start is noted by its run, by its serial, or by what keeps it from beginning.
fn started(before: &FailoverPlan, object: &FailoverPlan, records: &Records, decision: &Decision) -> Option<String> {
    let start = decision.spec.start.as_ref()?;
    let is_its = |run: &Run| {
        run.plan
            .leads
            .as_ref()
            .is_some_and(|leads| leads.serial == start.serial)
    };
    if let Some(run) = current(records, object).ok().filter(is_its) {
        return Some(stands(object, records, &run));
    }
    let serial = object.status.as_ref().and_then(|status| status.serial);
    if serial.is_some_and(|serial| serial >= start.serial) {
        return Some(format!("serial {} was consumed", start.serial));
    }
    let ready = condition(object, "Ready")?;
    let same =
        condition(before, "Ready").is_some_and(|was| (&was.reason, &was.message) == (&ready.reason, &ready.message));
    (!same && ready.status != "True").then(|| format!("{}: {}", ready.reason, ready.message))
}

/// The run in words: where it leads, how far it is, and whom or what it waits for.
pub fn stands(object: &FailoverPlan, records: &Records, run: &Run) -> String {
    let status = object.status.clone().unwrap_or_default();
    let phase = status
        .phase
        .map_or_else(|| "not reported yet".into(), |phase| format!("{phase:?}"));
    let begun = run.has_begun();
    let done = status
        .steps
        .iter()
        .filter(|step| step.state == StepProgress::Done)
        .count();
    let how_far = match begun {
        true => format!("{done} of {} done", text::counted(status.steps.len(), "step")),
        false => standing::of_run(records, object, run, Timestamp::now()).sentence(),
    };
    let waits = status.waiting_for.filter(|_| begun);
    let waits = waits.map_or_else(String::new, |waits| format!("; waits for {waits}"));
    format!("run {} to {}: {phase}; {how_far}{waits}", run.spec.run, leads_to(run))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exit, failover::testing};
    use firebreak_crds::{ConditionType, PlanOutcome, Reason, Start, StepRecord, condition::Wanted};

    fn told(records: &Records, object: &FailoverPlan, decision: &Decision) -> Option<String> {
        noted(&testing::object(), object, records, decision).map(|after| after.text)
    }

    fn start(serial: u64) -> Decision {
        let mut decision = testing::said("d-1", Verb::Start, "bob", None);
        decision.spec.plan = None;
        decision.spec.start = Some(Start {
            region: "us-west-2".into(),
            serial,
            ..Start::default()
        });
        decision
    }

    #[test]
    fn start_is_noted_by_its_run() {
        let (records, object) = (testing::records(), testing::running());
        let said = told(&records, &object, &start(8)).unwrap();
        assert_eq!(
            said,
            "run 2 to us-west-2: Running; 1 of 4 steps done; waits for approvals of promote"
        );
        assert_eq!(noted(&object, &object, &records, &start(9)), None, "another run");
    }

    #[test]
    fn start_is_noted_by_what_keeps_it_from_beginning() {
        let why = "step promote promotes a database without a fence";
        let wanted = Wanted::no(ConditionType::Ready, Reason::SplitBrainNotAcknowledged, why);
        let object = testing::reported(&[wanted]);
        let said = told(&Records::default(), &object, &start(8)).unwrap();
        assert_eq!(said, format!("SplitBrainNotAcknowledged: {why}"));
        let same = noted(&object, &object, &Records::default(), &start(8));
        assert_eq!(same, None, "it was said before");
    }

    #[test]
    fn word_is_noted_once_the_record_shows_it() {
        let mut records = testing::records();
        let pause = testing::said("d-1", Verb::Pause, "bob", None);
        let retry = testing::said("d-2", Verb::Retry, "bob", Some("scale"));
        assert_eq!(told(&records, &testing::running(), &pause), None);
        let status = records.plans[0].status.get_or_insert_default();
        status.control.paused_by = Some("bob".into());
        assert!(told(&records, &testing::running(), &pause).is_some());
        assert_eq!(told(&records, &testing::running(), &retry), None);
        let again = StepRecord {
            retried_by: Some("d-2".into()),
            ..StepRecord::default()
        };
        let status = records.plans[0].status.get_or_insert_default();
        status.journal.insert("scale".into(), again);
        assert!(told(&records, &testing::running(), &retry).is_some());
    }

    #[test]
    fn word_that_does_not_count_is_refused() {
        let pause = testing::said("d-1", Verb::Pause, "bob", None);
        let why = "0 of 2 approvals; not counted: d-1 by bob: it was given by a machine";
        let object = testing::reported(&[Wanted::no(ConditionType::Approved, Reason::AwaitingApproval, why)]);
        let after = noted(&object, &object, &testing::records(), &pause).unwrap();
        assert_eq!(exit::code(&after.counted(&pause).unwrap_err()), 3);
    }

    #[test]
    fn reject_is_noted_by_the_end_of_its_run() {
        let mut records = testing::records();
        let reject = testing::said("d-1", Verb::Reject, "eve", None);
        let status = records.plans[0].status.get_or_insert_default();
        (status.outcome, status.message) = (Some(PlanOutcome::Rejected), Some("eve rejected it".into()));
        let said = told(&records, &testing::object(), &reject).unwrap();
        assert_eq!(said, "run 2 to us-west-2 is over (Rejected): eve rejected it");
    }
}
