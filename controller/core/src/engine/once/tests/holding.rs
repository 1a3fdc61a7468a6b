//! What holds a run: people, a stop, silence, a deletion.

use super::bench::Bench;
use crate::{
    engine::once::Hold,
    run::act::testing::{gate, promote, switch},
};
use firebreak_crds::{PlanOutcome, StepState, Verb};

/// Two branches: one of them not told of by AWS.
fn branches() -> Bench {
    let mut bench = Bench::new(vec![
        switch("far", &[]),
        switch("behind", &["far"]),
        switch("near", &[]),
        switch("next", &["near"]),
    ]);
    bench.faults.silent.insert("far".into());
    bench
}

#[test]
fn silent_subject_delays_only_what_needs_it() {
    let mut bench = branches();
    bench.pass(10);
    assert_eq!(
        (bench.is("near"), bench.is("next")),
        (StepState::Verified, StepState::Verified)
    );
    assert_eq!(
        (bench.is("far"), bench.is("behind")),
        (StepState::Pending, StepState::Pending)
    );
    bench.faults.silent.clear();
    bench.pass(30);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn many_silent_subjects_take_no_place_from_the_others() {
    let far: Vec<String> = (0..20).map(|n| format!("far{n}")).collect();
    let near: Vec<String> = (0..20).map(|n| format!("near{n}")).collect();
    let mut bench = Bench::new(far.iter().chain(&near).map(|id| switch(id, &[])).collect());
    for _ in 0..200 {
        if far.iter().all(|id| bench.is(id) != StepState::Pending) {
            break;
        }
        while bench.advance() {}
        bench.calls.retain(|call| !call.step.starts_with("far"));
        bench.run.status.journal.retain(|id, _| id.starts_with("far"));
        bench.tick();
    }
    bench.faults.silent.extend(far);
    bench.pass(60);
    near.iter()
        .for_each(|id| assert_eq!(bench.is(id), StepState::Verified, "{id}"));
}

#[test]
fn step_that_fell_silent_after_its_begin_is_unknown_and_neither_done_nor_failed() {
    let mut bench = Bench::new(vec![switch("traffic", &[]), switch("behind", &["traffic"])]);
    while bench.calls.is_empty() {
        assert!(bench.advance());
    }
    bench.complete(0);
    bench.faults.silent.insert("traffic".into());
    bench.pass(3000);
    assert!(
        matches!(&bench.state.holds[..], [Hold::Unknown(step, _)] if step == "traffic"),
        "{:?}",
        bench.state
    );
    assert_eq!(
        (bench.record("traffic").failed_at, bench.is("behind")),
        (None, StepState::Pending)
    );
    bench.faults.silent.clear();
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn pause_finishes_what_was_called_and_begins_nothing_until_resumed() {
    let mut bench = Bench::new(vec![switch("first", &[]), switch("second", &["first"])]);
    while bench.calls.is_empty() {
        assert!(bench.advance());
    }
    bench.say(Verb::Pause, None);
    bench.pass(60);
    assert_eq!(
        (bench.is("first"), bench.is("second")),
        (StepState::Verified, StepState::Pending)
    );
    assert_eq!(bench.state.holds, [Hold::Paused("ann".into())]);
    bench.say(Verb::Resume, None);
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn pause_stands_while_words_cannot_be_read() {
    let mut bench = Bench::new(vec![switch("first", &[])]);
    bench.say(Verb::Pause, None);
    bench.pass(5);
    bench.words.clear();
    bench.pass(60);
    assert_eq!(
        (bench.made("first"), bench.state.holds.clone()),
        (0, vec![Hold::Paused("ann".into())])
    );
}

#[test]
fn resume_that_expires_pauses_nothing_again() {
    let mut bench = Bench::new(vec![switch("first", &[]), switch("second", &["first"])]);
    bench.say(Verb::Pause, None);
    bench.pass(5);
    bench.say(Verb::Resume, None);
    bench.quiet();
    bench.words.pop();
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn rejected_run_begins_nothing_and_no_resume_helps() {
    let mut bench = Bench::new(vec![switch("first", &[])]);
    bench.say(Verb::Reject, None);
    bench.say(Verb::Resume, None);
    bench.pass(60);
    assert_eq!((bench.made("first"), bench.state.holds.len()), (0, 1));
}

#[test]
fn emergency_stop_holds_each_step_also_one_that_was_begun_and_never_called() {
    let mut bench = Bench::new(vec![switch("first", &[])]);
    while bench.is("first") == StepState::Pending {
        assert!(bench.advance());
    }
    bench.stop = Some("a bad deployment");
    bench.pass(600);
    assert_eq!((bench.made("first"), bench.is("first")), (0, StepState::Pending));
    bench.stop = None;
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.made("first")),
        (Some(PlanOutcome::Completed), 1)
    );
}

#[test]
fn deletion_moves_nothing_and_names_what_stays() {
    let mut bench = Bench::new(vec![
        switch("first", &[]),
        promote("db", &["first"]),
        switch("last", &["db"]),
    ]);
    bench.pass(30);
    assert_eq!(
        (bench.is("first"), bench.is("db")),
        (StepState::Verified, StepState::Applied)
    );
    let before = bench.aws.objects.clone();
    bench.is_deleted = true;
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.aws.objects.clone()),
        (Some(PlanOutcome::Stopped), before)
    );
    let said = bench.run.status.message.unwrap();
    assert!(said.contains("Stays as it is: first; unknown: db"), "{said}");
}

#[test]
fn skipping_takes_enough_people_and_goes_on_without_the_step() {
    let mut bench = Bench::new(vec![gate("well", &[]), switch("traffic", &["well"])]);
    bench.aws.alarms.insert("well".into(), "INSUFFICIENT_DATA");
    bench.say(Verb::Skip, Some("well"));
    bench.pass(30);
    assert_eq!(
        bench.is("traffic"),
        StepState::Pending,
        "one person does not skip a gate"
    );
    bench.skipped.insert("well".into());
    bench.pass(30);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
    assert!(bench.record("well").message.unwrap().contains("nothing was done"));
}

#[test]
fn no_one_way_step_begins_while_a_failure_waits_for_a_person() {
    let mut bench = Bench::new(vec![switch("bad", &[]), gate("well", &[]), promote("db", &["well"])]);
    bench.faults.refused.insert("bad".into());
    bench.pass(120);
    assert_eq!(
        (bench.is("well"), bench.is("db")),
        (StepState::Verified, StepState::Pending)
    );
    bench.faults.refused.clear();
    bench.say(Verb::Retry, Some("bad"));
    bench.pass(600);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}
