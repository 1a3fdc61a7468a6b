//! What `start` asks for: the serial that comes next, and what a person should know before they ask.

use crate::{exit::refused, records::condition};
use anyhow::{Result, anyhow};
use firebreak_core::run::Run;
use firebreak_crds::{
    Condition, Decision, FailoverPlan, PlanOutcome, Start,
    failover_plan::{DataLossExtent, FailoverMode, FailoverPhase, FailoverStep, StepKind, StepWhen},
};
use kube::ResourceExt;

/// Where to, and what that may cost.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The region that is to be active.
    pub to: String,
    /// How much data may be lost.
    pub data_loss: Option<DataLossExtent>,
    /// Whether the database of the region that is left may still take writes.
    pub split_brain: bool,
}

/// The Start that begins it: the highest serial that was consumed, plus 1.
///
/// # Errors
/// When it cannot begin a run, with the remedy.
pub fn start(object: &FailoverPlan, runs: &[Run], wish: &Wish) -> Result<Start> {
    let regions = &object.spec.regions;
    if object.metadata.deletion_timestamp.is_some() {
        return Err(refused("the FailoverPlan is being deleted: create another one first"));
    }
    if !regions.contains(&wish.to) {
        return Err(anyhow!(
            "--to: {} is neither {} nor {}: name one of the two",
            wish.to,
            regions.primary,
            regions.standby
        ));
    }
    is_free(object, runs)?;
    let serial = consumed(object)? + 1;
    was_not_rejected(runs, &wish.to, serial)?;
    Ok(Start {
        region: wish.to.clone(),
        serial,
        acknowledge_data_loss: wish.data_loss,
        acknowledge_split_brain: wish.split_brain,
    })
}

/// The highest serial that was consumed, as the operator read it from the run store.
fn consumed(object: &FailoverPlan) -> Result<u64> {
    let known = object.status.as_ref().and_then(|status| status.serial);
    known.ok_or_else(|| {
        let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
        let why = about_serials(object).map_or_else(
            || "the operator has not read the records in spec.runStore yet; see that it runs (kubectl firebreak doctor), and that the buckets of both regions can be read".to_owned(),
            |said| format!("{}: {}", said.reason, said.message),
        );
        refused(format!(
            "which serial was consumed is not known, so that none can be named: {why}; then say it again (kubectl firebreak failover status {name} -n {namespace})"
        ))
    })
}

/// What the operator says of serials that it cannot read, or that are behind.
fn about_serials(object: &FailoverPlan) -> Option<&Condition> {
    let said = ["Ready", "Stalled"].iter().filter_map(|kind| condition(object, kind));
    said.into_iter()
        .find(|one| ["SerialUnknown", "SerialBehind", "SerialConflict"].contains(&one.reason.as_str()))
}

/// Whether no run was begun that has not ended.
fn is_free(object: &FailoverPlan, runs: &[Run]) -> Result<()> {
    let at = format!("{} -n {}", object.name_any(), object.namespace().unwrap_or_default());
    match runs.iter().find(|run| run.is_running()) {
        None => Ok(()),
        Some(run) => Err(refused(format!(
            "run {} is under way: kubectl firebreak failover watch {at} follows it, and kubectl firebreak failover abort {at} --reason '...' ends it",
            run.spec.run
        ))),
    }
}

/// What was rejected stays so until another serial is asked for, and a Start can name no other.
fn was_not_rejected(runs: &[Run], to: &str, serial: u64) -> Result<()> {
    let same = |run: &&Run| {
        let leads = run.plan.leads.as_ref();
        run.status.outcome == Some(PlanOutcome::Rejected)
            && leads.is_some_and(|leads| (leads.to.as_str(), leads.serial) == (to, serial))
    };
    match runs.last().filter(same) {
        None => Ok(()),
        Some(run) => Err(refused(format!(
            "run {} to {to} with serial {serial} was rejected, and a Start can name no other serial: to ask again, set spec.activation to region {to} and serial {}",
            run.spec.run,
            serial + 1
        ))),
    }
}

/// What a person should know before they ask for it.
pub fn warnings(object: &FailoverPlan, said: &[Decision], start: &Start) -> Vec<String> {
    let all = [
        earlier(said, start),
        about_serials(object).map(|said| format!("{}: {}", said.reason, said.message)),
        stale(object),
        waiting(object),
        active(object, start),
        missing_data_loss(object, start),
        missing_split_brain(object, start),
    ];
    all.into_iter().flatten().collect()
}

/// The first word that names a serial counts for it.
fn earlier(said: &[Decision], start: &Start) -> Option<String> {
    let other = |one: &&Decision| {
        let named = one.spec.start.as_ref();
        named.is_some_and(|named| named.serial == start.serial && named != start)
    };
    let one = said.iter().find(other)?;
    Some(format!(
        "{} by {} names serial {} too, and says something else: the first word counts for as long as it is there; what spec.activation says with this serial counts before both",
        one.name_any(),
        one.spec.by,
        start.serial
    ))
}

fn stale(object: &FailoverPlan) -> Option<String> {
    let (seen, now) = (
        object.status.as_ref()?.observed_generation?,
        object.metadata.generation?,
    );
    (seen < now).then(|| {
        format!("the operator has seen generation {seen} of the spec, and it is at {now} by now: what is said here may be old")
    })
}

fn waiting(object: &FailoverPlan) -> Option<String> {
    let status = object.status.as_ref()?;
    let run = status
        .run
        .filter(|_| status.phase == Some(FailoverPhase::AwaitingApproval))?;
    Some(format!(
        "run {run} waits for approvals (kubectl firebreak failover plan {} -n {}): this asks for another run",
        object.name_any(),
        object.namespace().unwrap_or_default()
    ))
}

fn active(object: &FailoverPlan, start: &Start) -> Option<String> {
    let active = object.status.as_ref()?.active_region.as_ref()?;
    (*active == start.region).then(|| format!("{active} is active already, as far as was observed"))
}

fn missing_data_loss(object: &FailoverPlan, start: &Start) -> Option<String> {
    let is_missing = object.spec.mode == FailoverMode::Ungraceful && start.acknowledge_data_loss.is_none();
    let step = promotion(object, start).filter(|_| is_missing)?;
    Some(format!(
        "spec.mode is Ungraceful, and step {step} promotes a database: no plan is made without --acknowledge-data-loss WithinObjective or Unbounded"
    ))
}

fn missing_split_brain(object: &FailoverPlan, start: &Start) -> Option<String> {
    let fences = fences(object, start);
    let step = promotion(object, start).filter(|_| !start.acknowledge_split_brain && !fences)?;
    Some(format!(
        "step {step} promotes a database, and nothing fences the old one: stop what writes to it; no plan is made without --acknowledge-split-brain, or a step fence before it"
    ))
}

/// A step of that direction that promotes a database.
fn promotion<'a>(object: &'a FailoverPlan, start: &Start) -> Option<&'a str> {
    of_direction(object, start)
        .find(|step| matches!(step.kind(), Some(StepKind::RdsPromoteReplica(_))))
        .map(|step| step.name.as_str())
}

/// Whether any step of that direction is a fence. Whether it is the right one is said when the plan is made.
fn fences(object: &FailoverPlan, start: &Start) -> bool {
    of_direction(object, start).any(|step| matches!(step.kind(), Some(StepKind::Fence(_))))
}

fn of_direction<'a>(object: &'a FailoverPlan, start: &Start) -> impl Iterator<Item = &'a FailoverStep> {
    let fails_over = start.region == object.spec.regions.standby;
    let belongs = move |step: &&FailoverStep| match step.when {
        StepWhen::Both => true,
        StepWhen::FailingOver => fails_over,
        StepWhen::FailingBack => !fails_over,
    };
    object.spec.steps.iter().filter(belongs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        exit,
        failover::{run::current, testing},
    };
    use firebreak_crds::{ConditionType, Reason, Verb, condition::Wanted};

    fn wish(to: &str) -> Wish {
        Wish {
            to: to.into(),
            data_loss: None,
            split_brain: false,
        }
    }

    fn standing_by() -> FailoverPlan {
        let mut object = testing::object();
        let status = object.status.get_or_insert_default();
        (status.serial, status.phase) = (Some(7), Some(FailoverPhase::Standby));
        status.active_region = Some("us-east-1".into());
        object
    }

    fn refusal(object: &FailoverPlan, to: &str) -> (u8, String) {
        let error = start(object, &[], &wish(to)).unwrap_err();
        (exit::code(&error), error.to_string())
    }

    #[test]
    fn start_names_the_serial_after_the_last_one() {
        let wish = Wish {
            data_loss: Some(DataLossExtent::Unbounded),
            split_brain: true,
            ..wish("us-west-2")
        };
        let start = start(&standing_by(), &[], &wish).unwrap();
        assert_eq!((start.region.as_str(), start.serial), ("us-west-2", 8));
        assert_eq!(start.acknowledge_data_loss, Some(DataLossExtent::Unbounded));
        assert!(start.acknowledge_split_brain);
    }

    #[test]
    fn region_of_another_plan_is_refused_with_the_two() {
        let (code, said) = refusal(&standing_by(), "eu-west-1");
        assert_eq!(
            (code, said.as_str()),
            (
                1,
                "--to: eu-west-1 is neither us-east-1 nor us-west-2: name one of the two"
            )
        );
    }

    #[test]
    fn serial_that_is_not_known_is_refused_with_the_remedy() {
        let (code, said) = refusal(&testing::object(), "us-west-2");
        assert_eq!(code, 3);
        assert!(said.contains("kubectl firebreak doctor"), "{said}");
        for (reason, why) in [
            (
                Reason::SerialUnknown,
                "spec.runStore: the record in us-west-2 could not be read",
            ),
            (Reason::SerialBehind, "serial 9 was consumed, for us-west-2"),
        ] {
            let mut object = testing::reported(&[Wanted::no(ConditionType::Ready, reason, why)]);
            let (code, said) = refusal(&object, "us-west-2");
            assert!(
                code == 3 && said.contains(&format!("{}: {why}", reason.as_str())),
                "{said}"
            );
            object.status.get_or_insert_default().serial = Some(9);
            let start = start(&object, &[], &wish("us-west-2")).unwrap();
            assert_eq!(start.serial, 10);
            assert!(warnings(&object, &[], &start)[0].contains(why));
        }
    }

    #[test]
    fn run_that_was_begun_is_ended_first_and_a_plan_that_is_blocked_is_not() {
        let run = current(&testing::records(), &testing::running()).unwrap();
        let error = start(&standing_by(), &[run], &wish("us-west-2")).unwrap_err();
        assert!(error.to_string().starts_with("run 2 is under way: "), "{error}");
        assert_eq!(exit::code(&error), 3);
        let mut object = standing_by();
        object.status.get_or_insert_default().phase = Some(FailoverPhase::Stalled);
        assert!(
            start(&object, &[], &wish("us-west-2")).is_ok(),
            "it says what was missing"
        );
    }

    #[test]
    fn what_was_rejected_is_asked_for_in_the_spec() {
        let mut run = current(&testing::records(), &testing::running()).unwrap();
        run.status.outcome = Some(PlanOutcome::Rejected);
        let error = start(&standing_by(), &[run.clone()], &wish("us-west-2")).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("set spec.activation to region us-west-2 and serial 9"),
            "{error}"
        );
        assert!(start(&standing_by(), &[run], &wish("us-east-1")).is_ok());
    }

    #[test]
    fn first_word_for_a_serial_counts() {
        let object = standing_by();
        let start = start(&object, &[], &wish("us-west-2")).unwrap();
        let mut said = testing::said("d-1", Verb::Start, "sue", None);
        said.spec.start = Some(start.clone());
        assert!(earlier(&[said.clone()], &start).is_none(), "the same word");
        said.spec.start.as_mut().unwrap().region = "us-east-1".into();
        let warned = warnings(&object, &[said.clone()], &start);
        assert!(warned[0].starts_with("d-1 by sue names serial 8 too"), "{warned:?}");
        said.spec.start.as_mut().unwrap().serial = 7;
        assert!(earlier(&[said], &start).is_none());
    }

    #[test]
    fn what_a_plan_would_lack_is_said_before() {
        let mut object = standing_by();
        let mut start = start(&object, &[], &wish("us-west-2")).unwrap();
        assert_eq!(
            warnings(&object, &[], &start).len(),
            1,
            "Graceful: only the split brain"
        );
        object.spec.mode = FailoverMode::Ungraceful;
        let said = warnings(&object, &[], &start);
        assert!(said[0].contains("--acknowledge-data-loss") && said[1].contains("--acknowledge-split-brain"));
        (start.acknowledge_data_loss, start.acknowledge_split_brain) = (Some(DataLossExtent::WithinObjective), true);
        assert!(warnings(&object, &[], &start).is_empty());
        start.region = "us-east-1".into();
        assert_eq!(
            warnings(&object, &[], &start),
            ["us-east-1 is active already, as far as was observed"]
        );
    }

    #[test]
    fn promotion_of_the_other_direction_asks_for_nothing() {
        let mut object = standing_by();
        for step in &mut object.spec.steps {
            step.when = StepWhen::FailingBack;
        }
        let start = start(&object, &[], &wish("us-west-2")).unwrap();
        assert!(warnings(&object, &[], &start).is_empty());
    }
}
