//! Steps that are not parted: pause, stop, abort and failures inside of them.

use super::bench::Bench;
use crate::run::act::{
    ActStep,
    testing::{gate, promote, scale, switch},
};
use firebreak_crds::{PlanOutcome, StepState, Verb, failover_plan::OnFailure};

fn section(mut step: ActStep) -> ActStep {
    step.section = Some("fence".into());
    step
}

/// A fence, a gate behind it that does not pass yet, its promotion, and what comes after.
fn fenced() -> Bench {
    let mut bench = Bench::new(vec![
        section(switch("fence", &[])),
        section(gate("proof", &["fence"])),
        section(promote("db", &["proof"])),
        scale("web", 5, &["db"]),
        scale("beside", 5, &["fence"]),
    ]);
    bench.aws.alarms.insert("proof".into(), "INSUFFICIENT_DATA");
    bench.pass(30);
    assert_eq!(bench.is("fence"), StepState::Verified);
    assert_eq!(
        (bench.is("proof"), bench.is("db")),
        (StepState::Started, StepState::Pending)
    );
    bench
}

fn prove(bench: &mut Bench) {
    bench.aws.alarms.insert("proof".into(), "OK");
    bench.pass(40);
}

#[test]
fn pause_in_a_section_takes_effect_at_its_end() {
    let mut bench = fenced();
    bench.say(Verb::Pause, None);
    prove(&mut bench);
    assert_eq!(bench.is("db"), StepState::Applied, "the promotion is asked for");
    bench.pass(600);
    assert_eq!(
        (bench.is("db"), bench.is("web")),
        (StepState::Verified, StepState::Pending)
    );
    bench.say(Verb::Resume, None);
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn pause_before_the_fence_keeps_the_whole_section_back() {
    let mut bench = Bench::new(vec![section(switch("fence", &[])), section(promote("db", &["fence"]))]);
    bench.say(Verb::Pause, None);
    bench.pass(60);
    assert_eq!((bench.is("fence"), bench.made("fence")), (StepState::Pending, 0));
}

#[test]
fn abort_in_a_section_stops_once_the_promotion_is_asked_for() {
    let mut bench = fenced();
    bench.say(Verb::Abort, None);
    bench.pass(20);
    assert_eq!(bench.run.status.control.abort_asked_by.as_deref(), Some("ann"));
    assert_eq!(
        bench.run.status.control.aborted_by, None,
        "between fence and promotion nothing serves"
    );
    prove(&mut bench);
    bench.pass(600);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Stopped));
    assert_eq!(
        (bench.is("db"), bench.is("web")),
        (StepState::Verified, StepState::Pending)
    );
    assert!(bench.aws.objects.contains("fence"), "the fence stays");
}

#[test]
fn abort_that_was_asked_for_stands_although_its_word_is_gone() {
    let mut bench = fenced();
    bench.say(Verb::Abort, None);
    bench.pass(5);
    bench.words.clear();
    bench.crash(true);
    prove(&mut bench);
    bench.pass(600);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Stopped));
}

#[test]
fn abort_of_a_section_that_cannot_go_on_takes_the_fence_back() {
    let mut bench = fenced();
    bench.say(Verb::Abort, None);
    bench.pass(5);
    bench.aws.alarms.insert("proof".into(), "ALARM");
    bench.pass(120);
    let status = &bench.run.status;
    assert_eq!(bench.outcome(), Some(PlanOutcome::RolledBack), "{status:#?}");
    assert!(bench.aws.objects.is_empty(), "the fence is open again");
    assert_eq!(bench.made("db"), 0);
}

#[test]
fn abort_while_nothing_is_known_goes_back_only_once_it_is_read() {
    let mut bench = fenced();
    bench.faults.silent.extend(["fence".to_owned(), "proof".to_owned()]);
    bench.pass(15);
    bench.say(Verb::Abort, None);
    bench.pass(300);
    assert_eq!(bench.outcome(), None, "Unknown never rolls back");
    assert!(bench.aws.objects.contains("fence"));
    bench.faults.silent.clear();
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::RolledBack));
    assert!(bench.aws.objects.is_empty());
}

#[test]
fn emergency_stop_holds_a_new_section_back_and_lets_a_begun_one_finish() {
    let mut bench = Bench::new(vec![section(switch("fence", &[])), section(promote("db", &["fence"]))]);
    bench.stop = Some("drill");
    bench.pass(60);
    assert_eq!(bench.made("fence"), 0);
    bench.stop = None;
    while bench.is("fence") != StepState::Verified {
        if !bench.advance() {
            match bench.calls.is_empty() {
                true => bench.tick(),
                false => bench.complete(0),
            }
        }
    }
    bench.stop = Some("drill");
    bench.may_call_under_a_stop = true;
    bench.pass(600);
    assert_eq!(bench.is("db"), StepState::Verified);
}

#[test]
fn failure_beside_a_begun_section_does_not_part_it() {
    let mut bench = fenced();
    bench.faults.refused.insert("beside".into());
    bench.pass(60);
    prove(&mut bench);
    assert_eq!(bench.is("db"), StepState::Applied);
}

#[test]
fn failure_beside_keeps_a_section_from_beginning() {
    let mut bench = Bench::new(vec![
        scale("bad", 5, &[]),
        gate("wait", &[]),
        section(switch("fence", &["wait"])),
        section(promote("db", &["fence"])),
    ]);
    bench.faults.refused.insert("bad".into());
    bench.aws.alarms.insert("wait".into(), "INSUFFICIENT_DATA");
    bench.pass(60);
    bench.aws.alarms.insert("wait".into(), "OK");
    bench.pass(60);
    assert!(bench.record("bad").failed_at.is_some());
    assert_eq!((bench.is("wait"), bench.made("fence")), (StepState::Verified, 0));
}

#[test]
fn section_waits_for_the_approvals_of_all_its_steps() {
    let mut held = section(promote("db", &["fence"]));
    held.approval = true;
    let mut bench = Bench::new(vec![section(switch("fence", &[])), held]);
    bench.pass(60);
    assert_eq!(bench.made("fence"), 0, "nobody is fenced while people sleep");
    bench.approved.insert("db".into());
    bench.pass(600);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn compensation_in_a_section_takes_the_fence_back() {
    let mut proof = section(gate("proof", &["fence"]));
    proof.on_failure = OnFailure::Compensate;
    let mut bench = Bench::new(vec![
        section(switch("fence", &[])),
        proof,
        section(promote("db", &["proof"])),
    ]);
    bench.aws.alarms.insert("proof".into(), "ALARM");
    bench.pass(120);
    assert_eq!(bench.outcome(), Some(PlanOutcome::RolledBack));
    assert!(bench.aws.objects.is_empty());
}
