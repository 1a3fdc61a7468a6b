//! Each act from its begin to its end.

use super::bench::{Bench, PROMOTION_SECONDS};
use crate::{
    aws::Idempotence,
    engine::once::Hold,
    run::act::testing::{gate, promote, scale, switch},
};
use firebreak_crds::{PlanOutcome, StepState, Verb, failover_plan::OnFailure};

#[test]
fn all_three_acts_run_in_the_order_of_their_needs() {
    let mut bench = Bench::new(vec![
        promote("db", &[]),
        scale("api", 5, &["db"]),
        gate("well", &["api"]),
        switch("traffic", &["well"]),
    ]);
    bench.pass(1000);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
    assert_eq!(
        (bench.aws.counts["api"], bench.aws.objects.contains("traffic")),
        (5, true)
    );
    assert!(bench.aws.databases["db"].source.is_none());
    let times = ["db", "api", "well", "traffic"].map(|id| bench.record(id).verified_at.unwrap());
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "{times:?}");
    assert!(bench.run.status.message.unwrap().ends_with("left to do: nothing"));
}

#[test]
fn seventeen_ready_steps_begin_sixteen_at_once() {
    let mut bench = Bench::new((0..17).map(|n| switch(&format!("s{n}"), &[])).collect());
    while bench.calls.is_empty() {
        assert!(bench.advance());
    }
    assert_eq!(bench.calls.len(), 16);
    bench.pass(30);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
    assert_eq!(bench.aws.objects.len(), 17);
}

#[test]
fn intent_of_a_step_holds_what_was_found_before_its_call() {
    let mut bench = Bench::new(vec![scale("api", 5, &[])]);
    bench.aws.counts.insert("api".into(), 2);
    while bench.calls.is_empty() {
        assert!(bench.advance());
    }
    let record = bench.record("api");
    assert_eq!((record.state, record.attempts), (StepState::Started, 1));
    assert_eq!((record.found, record.bound), (Some(2.into()), Some(5.into())));
    assert_eq!(bench.aws.counts["api"], 2, "nothing was written yet");
}

#[test]
fn service_that_has_more_keeps_it_and_zero_is_refused() {
    let mut bench = Bench::new(vec![scale("api", 5, &[]), scale("none", 0, &[])]);
    bench.aws.counts.extend([("api".to_owned(), 9), ("none".to_owned(), 0)]);
    bench.pass(10);
    assert_eq!((bench.aws.counts["api"], bench.made("api")), (9, 0));
    assert_eq!(
        bench.record("api").message.unwrap(),
        "was so already: nothing was written"
    );
    assert!(
        bench
            .record("none")
            .message
            .unwrap()
            .contains("a count of 0 is refused")
    );
    assert_eq!(bench.made("none"), 0);
}

#[test]
fn promotion_that_this_run_did_not_ask_for_is_foreign_and_holds() {
    let mut bench = Bench::new(vec![promote("db", &[]), switch("traffic", &["db"])]);
    bench.aws.databases.get_mut("db").unwrap().source = None;
    bench.pass(60);
    assert!(
        matches!(&bench.state.holds[..], [Hold::Foreign(step, why)] if step == "db" && why.contains("did not promote it"))
    );
    assert_eq!((bench.made("db"), bench.is("traffic")), (0, StepState::Pending));
}

#[test]
fn promotion_takes_its_time_and_is_asked_for_once() {
    let mut slow = promote("db", &[]);
    slow.timeout_seconds = 60;
    let mut bench = Bench::new(vec![slow]);
    bench.pass(100);
    assert_eq!(
        bench.state.holds,
        [Hold::Overdue("db".into())],
        "it is late, and goes on"
    );
    bench.pass(PROMOTION_SECONDS);
    assert_eq!((bench.outcome(), bench.made("db")), (Some(PlanOutcome::Completed), 1));
}

#[test]
fn lost_answer_of_a_promotion_is_found_out_by_reading() {
    let mut bench = Bench::new(vec![promote("db", &[])]);
    while bench.calls.is_empty() {
        assert!(bench.advance());
    }
    bench.crash(true);
    bench.pass(1200);
    assert_eq!((bench.outcome(), bench.made("db")), (Some(PlanOutcome::Completed), 1));
}

#[test]
fn call_that_must_not_be_repeated_waits_for_a_person() {
    let mut once = promote("db", &[]);
    once.idempotence = Idempotence::AtLeastOnce;
    let mut bench = Bench::new(vec![once]);
    while bench.calls.is_empty() {
        assert!(bench.advance());
    }
    bench.crash(false);
    bench.pass(60);
    assert_eq!(
        (bench.state.holds.clone(), bench.made("db")),
        (vec![Hold::NeedsAWord("db".into())], 0)
    );
    bench.say(Verb::Retry, Some("db"));
    bench.pass(1000);
    assert_eq!((bench.outcome(), bench.made("db")), (Some(PlanOutcome::Completed), 1));
    assert_eq!(bench.record("db").attempts, 2);
}

#[test]
fn gate_passes_after_enough_samples_in_a_row() {
    let mut bench = Bench::new(vec![gate("well", &[])]);
    bench.pass(5);
    assert_eq!((bench.is("well"), bench.record("well").passes), (StepState::Started, 1));
    bench.aws.alarms.insert("well".into(), "ALARM");
    bench.pass(10);
    let record = bench.record("well");
    assert_eq!((record.passes, record.failures), (0, 1));
    bench.aws.alarms.insert("well".into(), "OK");
    bench.pass(20);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}

#[test]
fn gate_fails_at_its_limit_and_only_by_failures() {
    let mut bench = Bench::new(vec![gate("well", &[])]);
    bench.aws.alarms.insert("well".into(), "INSUFFICIENT_DATA");
    bench.pass(200);
    assert_eq!(bench.record("well").failures, 0, "what is not known is no failure");
    bench.aws.alarms.insert("well".into(), "ALARM");
    bench.pass(60);
    assert!(bench.record("well").message.unwrap().starts_with("3 samples failed"));
    assert!(matches!(&bench.state.holds[..], [Hold::Failed(step, _)] if step == "well"));
}

#[test]
fn timeout_of_a_gate_fires_also_where_nothing_is_ever_told() {
    let mut bench = Bench::new(vec![gate("well", &[])]);
    bench.faults.silent.insert("well".into());
    bench.pass(599);
    assert_eq!(bench.record("well").failed_at, None);
    bench.pass(2);
    assert!(
        bench
            .record("well")
            .message
            .unwrap()
            .contains("did not pass within 600 s")
    );
}

#[test]
fn refused_call_fails_its_step_and_a_retry_begins_it_again() {
    let mut bench = Bench::new(vec![switch("traffic", &[])]);
    bench.faults.refused.insert("traffic".into());
    bench.pass(60);
    assert!(matches!(&bench.state.holds[..], [Hold::Failed(_, why)] if why.contains("a:Call")));
    assert_eq!(
        bench.made("traffic"),
        1,
        "what is refused for good is not asked again by itself"
    );
    bench.faults.refused.clear();
    bench.pass(60);
    assert_eq!(bench.made("traffic"), 1);
    bench.say(Verb::Retry, Some("traffic"));
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.made("traffic")),
        (Some(PlanOutcome::Completed), 2)
    );
}

#[test]
fn clock_of_the_run_starts_with_its_first_step_and_no_retry_moves_it() {
    let mut bench = Bench::new(vec![switch("traffic", &[])]);
    let begin = bench.now;
    bench.faults.refused.insert("traffic".into());
    bench.pass(60);
    bench.faults.refused.clear();
    bench.say(Verb::Retry, Some("traffic"));
    bench.pass(60);
    assert_eq!(bench.run.status.control.begun_at, Some(begin.to_string()));
    assert_ne!(bench.record("traffic").started_at, Some(begin.to_string()));
}

#[test]
fn failure_of_a_step_that_may_fail_lets_the_run_go_on() {
    let mut optional = switch("optional", &[]);
    optional.on_failure = OnFailure::Continue;
    let mut bench = Bench::new(vec![optional, switch("traffic", &["optional"])]);
    bench.faults.refused.insert("optional".into());
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
    assert!(bench.run.status.message.unwrap().ends_with("left to do: optional"));
}

#[test]
fn best_effort_step_is_waited_for_by_nobody_and_named_at_the_end() {
    let mut effort = switch("old-region", &[]);
    effort.best_effort = true;
    let mut bench = Bench::new(vec![effort, switch("traffic", &["old-region"])]);
    bench.faults.silent.insert("old-region".into());
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
    assert!(bench.run.status.message.unwrap().ends_with("left to do: old-region"));
}

#[test]
fn step_with_approvals_of_its_own_waits_for_them() {
    let mut asked = switch("traffic", &[]);
    asked.approval = true;
    let mut bench = Bench::new(vec![asked]);
    bench.pass(60);
    assert_eq!(
        (bench.state.holds.clone(), bench.made("traffic")),
        (vec![Hold::Approval("traffic".into())], 0)
    );
    bench.approved.insert("traffic".into());
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Completed));
}
