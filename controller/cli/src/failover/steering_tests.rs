//! What a word about a run means, and when it may be said again.

use super::*;
use crate::{
    exit,
    failover::{run::current, testing},
};
use firebreak_crds::FailoverPlanStatus;

fn run() -> Run {
    current(&testing::records(), &testing::running()).unwrap()
}

fn with_step(step: &str, state: StepProgress) -> FailoverPlan {
    let mut object = testing::running();
    let status: &mut FailoverPlanStatus = object.status.as_mut().unwrap();
    let mut steps = status.steps.iter_mut();
    steps.find(|one| one.name == step).unwrap().state = state;
    object
}

fn refusal(object: &FailoverPlan, run: &Run, verb: Verb, step: Option<&str>) -> String {
    let error = may_say(object, run, verb, step).unwrap_err();
    assert_eq!(exit::code(&error), 3);
    error.to_string()
}

#[test]
fn step_that_the_run_does_not_have_is_refused_with_those_it_has() {
    let said = refusal(&testing::running(), &run(), Verb::Skip, Some("promot"));
    assert_eq!(
        said,
        "run 2 has no step promot: there are switch, scale, promote, healthy"
    );
}

#[test]
fn only_what_failed_or_may_have_been_asked_for_begins_again() {
    for (state, may) in [
        (StepProgress::Failed, true),
        (StepProgress::Underway, true),
        (StepProgress::Unknown, true),
        (StepProgress::Foreign, true),
        (StepProgress::NotBegun, false),
        (StepProgress::Done, false),
        (StepProgress::Restored, false),
    ] {
        let said = may_say(&with_step("promote", state), &run(), Verb::Retry, Some("promote"));
        assert_eq!(said.is_ok(), may, "{state:?}");
    }
}

#[test]
fn words_in_vain_are_refused_with_what_to_say_instead() {
    let (object, run) = (testing::running(), run());
    assert!(refusal(&object, &run, Verb::Skip, Some("scale")).contains("is done"));
    assert!(refusal(&object, &run, Verb::Approve, Some("scale")).contains("needs no approvals of its own"));
    assert!(may_say(&object, &run, Verb::Approve, Some("promote")).is_ok());
    assert!(may_say(&object, &run, Verb::Resume, None).is_ok());
}

#[test]
fn abort_says_what_goes_back_and_what_stays() {
    let (object, mut run) = (testing::running(), run());
    let told = meaning(&object, &run, Verb::Abort, None);
    assert!(told.contains("the run goes back, in this order: scale;"), "{told}");
    let promoted = StepRecord {
        found: Some(serde_json::json!({})),
        ..StepRecord::default()
    };
    run.status.journal.insert("promote".into(), promoted);
    let told = meaning(&object, &run, Verb::Abort, None);
    assert!(
        told.starts_with("promote was begun, which is one way: the run stops"),
        "{told}"
    );
    assert!(told.ends_with("the way forward is serial 9"), "{told}");
    run.status.journal.clear();
    assert!(meaning(&object, &run, Verb::Abort, None).starts_with("no step has changed anything"));
}

#[test]
fn skip_names_what_no_longer_waits() {
    let (object, run) = (testing::running(), run());
    let told = meaning(&object, &run, Verb::Skip, Some("promote"));
    assert!(told.contains("healthy no longer waits for it"), "{told}");
    let told = meaning(&object, &run, Verb::Skip, Some("switch"));
    assert!(told.contains("nothing waits for it"), "{told}");
}

#[test]
fn pause_is_said_again_once_somebody_resumed() {
    let at = |second: i64| Timestamp::from_second(testing::now().as_second() + second).unwrap();
    let said = |name, verb, second| testing::said_at(name, verb, "bob", None, at(second));
    let (run, pause, resume) = (run(), said("d-1", Verb::Pause, 0), said("d-2", Verb::Resume, 5));
    let both = [pause.clone(), resume.clone()];
    assert!(!is_overtaken(&run, &both[..1], &pause));
    assert!(
        is_overtaken(&run, &both, &pause),
        "whether or not the operator has seen the Resume"
    );
    assert!(!is_overtaken(&run, &both, &resume));
    let all = [pause, resume.clone(), said("d-3", Verb::Pause, 9)];
    assert!(is_overtaken(&run, &all, &resume));
    assert!(!is_overtaken(&run, &all, &all[2]));
}

#[test]
fn retry_serves_one_failure() {
    let mut run = run();
    let retry = testing::said("d-1", Verb::Retry, "bob", Some("scale"));
    let mut record = StepRecord {
        failed_at: Some("2026-01-01T11:59:00Z".into()),
        ..StepRecord::default()
    };
    let mut overtaken = |record: &StepRecord| {
        run.status.journal.insert("scale".into(), record.clone());
        is_overtaken(&run, &[], &retry)
    };
    assert!(!overtaken(&record), "it waits for the operator");
    record.retried_by = Some("d-1".into());
    assert!(overtaken(&record), "it was followed");
    record = StepRecord {
        failed_at: Some("2026-01-01T12:01:00Z".into()),
        ..StepRecord::default()
    };
    assert!(overtaken(&record), "it was given before this failure");
}

#[test]
fn word_is_followed_where_the_record_says_so() {
    let mut run = run();
    let said = |verb, step| testing::said("d-1", verb, "bob", step);
    for (verb, step) in [
        (Verb::Pause, None),
        (Verb::Resume, None),
        (Verb::Abort, None),
        (Verb::Skip, Some("promote")),
        (Verb::Approve, Some("promote")),
    ] {
        assert!(!is_followed(&run, &said(verb, step)), "{verb:?}");
    }
    run.status.control.steered_at = Some("2026-01-01T11:00:00Z".into());
    assert!(!is_followed(&run, &said(Verb::Resume, None)), "an earlier word");
    run.status.control.steered_at = Some("2026-01-01T12:00:00Z".into());
    assert!(is_followed(&run, &said(Verb::Resume, None)));
    run.status.control.aborted_by = Some("bob".into());
    assert!(is_followed(&run, &said(Verb::Abort, None)));
    let skipped = StepRecord {
        state: StepState::Skipped,
        ..StepRecord::default()
    };
    run.status.journal.insert("promote".into(), skipped);
    assert!(is_followed(&run, &said(Verb::Skip, Some("promote"))));
}
