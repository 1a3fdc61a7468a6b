//! Abort and Compensate, on both sides of the first one-way step.

use super::bench::Bench;
use crate::run::act::testing::{promote, scale, switch};
use firebreak_crds::{PlanOutcome, StepState, Verb, failover_plan::OnFailure};

fn before_the_promotion() -> Bench {
    let mut waits = promote("db", &["api", "traffic"]);
    waits.approval = true;
    Bench::new(vec![
        scale("api", 5, &[]),
        switch("traffic", &["api"]),
        waits,
        switch("last", &["db"]),
    ])
}

#[test]
fn abort_before_the_first_one_way_step_restores_in_reverse_order() {
    let mut bench = before_the_promotion();
    let start = bench.aws.clone();
    bench.pass(60);
    assert_eq!((bench.aws.counts["api"], bench.aws.objects.len()), (5, 1));
    bench.say(Verb::Abort, None);
    let mut order = Vec::new();
    for _ in 0..100 {
        bench.advance();
        order.extend(bench.calls.iter().map(|call| call.step.clone()));
        while !bench.calls.is_empty() {
            bench.complete(0);
        }
        bench.tick();
    }
    assert_eq!(
        (bench.outcome(), order),
        (
            Some(PlanOutcome::RolledBack),
            vec!["traffic".to_owned(), "api".to_owned()]
        )
    );
    assert_eq!(bench.aws, start);
}

#[test]
fn abort_leaves_alone_what_somebody_changed_and_names_it() {
    let mut bench = before_the_promotion();
    bench.pass(60);
    bench.aws.counts.insert("api".into(), 7);
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::RolledBack), 7)
    );
    assert!(bench.aws.objects.is_empty());
    let said = bench.run.status.message.clone().unwrap();
    assert!(
        said.contains("back: traffic") && said.contains("left alone: api"),
        "{said}"
    );
    assert!(
        bench
            .record("api")
            .message
            .unwrap()
            .contains("it is 7, and this run set 5")
    );
}

#[test]
fn what_is_unknown_is_not_put_back_until_it_can_be_read() {
    let mut bench = before_the_promotion();
    bench.pass(60);
    bench.faults.silent.insert("api".into());
    bench.say(Verb::Abort, None);
    bench.pass(600);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"], bench.aws.objects.len()),
        (None, 5, 0)
    );
    bench.faults.silent.clear();
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::RolledBack), 1)
    );
}

#[test]
fn abort_from_the_first_one_way_step_on_puts_nothing_back_and_names_the_way_forward() {
    let mut bench = before_the_promotion();
    bench.approved.insert("db".into());
    bench.pass(60);
    assert_eq!(bench.is("db"), StepState::Applied);
    bench.say(Verb::Abort, None);
    bench.pass(600);
    assert_eq!(bench.outcome(), Some(PlanOutcome::Stopped));
    assert_eq!(
        (bench.aws.counts["api"], bench.aws.objects.len(), bench.is("last")),
        (5, 1, StepState::Pending)
    );
    let said = bench.run.status.message.clone().unwrap();
    assert!(
        said.contains("The way forward is a new run") && said.contains("Stays as it is: api, traffic, db"),
        "{said}"
    );
}

#[test]
fn abort_between_intent_and_call_of_a_one_way_step_goes_back() {
    let mut bench = before_the_promotion();
    bench.pass(60);
    bench.approved.insert("db".into());
    while bench.is("db") != StepState::Started {
        assert!(
            bench.advance() || {
                bench.tick();
                true
            }
        );
    }
    assert!(bench.uncalled.contains("db"));
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_eq!((bench.outcome(), bench.made("db")), (Some(PlanOutcome::RolledBack), 0));
}

#[test]
fn abort_after_a_crash_between_intent_and_call_stops() {
    let mut bench = before_the_promotion();
    bench.pass(60);
    bench.approved.insert("db".into());
    while bench.is("db") != StepState::Started {
        assert!(
            bench.advance() || {
                bench.tick();
                true
            }
        );
    }
    bench.crash(false);
    bench.say(Verb::Abort, None);
    bench.faults.silent.insert("db".into());
    bench.pass(600);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::Stopped), 5),
        "nobody knows whether it was called"
    );
}

#[test]
fn one_way_step_that_aws_refused_and_that_had_no_effect_leaves_the_way_back_open() {
    let mut bench = before_the_promotion();
    bench.approved.insert("db".into());
    bench.faults.refused.insert("db".into());
    bench.pass(120);
    assert_eq!((bench.is("db"), bench.made("db")), (StepState::Pending, 1));
    assert!(bench.record("db").failed_at.is_some());
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::RolledBack), 1)
    );
}

#[test]
fn skipped_promotion_that_may_have_been_asked_for_closes_the_way_back() {
    let mut bench = before_the_promotion();
    bench.approved.insert("db".into());
    bench.pass(40);
    bench.skipped.insert("db".into());
    bench.pass(2);
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_ne!(bench.outcome(), Some(PlanOutcome::RolledBack));
    assert_eq!(bench.aws.counts["api"], 5);
}

#[test]
fn compensation_goes_back_before_the_first_one_way_step_and_holds_after_it() {
    let mut failing = switch("bad", &["api"]);
    failing.on_failure = OnFailure::Compensate;
    let mut bench = Bench::new(vec![scale("api", 5, &[]), failing.clone()]);
    bench.faults.refused.insert("bad".into());
    bench.pass(120);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::RolledBack), 1)
    );
    assert_eq!(
        bench.run.status.control.aborted_by.as_deref(),
        Some("the failure of bad")
    );

    let mut bench = Bench::new(vec![promote("db", &[]), scale("api", 5, &["db"]), failing]);
    bench.faults.refused.insert("bad".into());
    bench.pass(900);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"], bench.state.holds.len()),
        (None, 5, 1)
    );
}

/// A count that was written, of which the answer and the read stayed away until its time was up.
fn failed_after_its_write() -> Bench {
    let mut short = scale("api", 5, &[]);
    short.timeout_seconds = 20;
    let mut bench = Bench::new(vec![short]);
    while bench.calls.is_empty() {
        assert!(bench.advance());
    }
    bench.complete(0);
    bench.aws.counts.insert("api".into(), 3);
    bench.pass(40);
    assert!(bench.record("api").failed_at.is_some());
    bench
}

#[test]
fn abort_after_a_retry_puts_back_what_was_found_first_and_leaves_what_others_wrote() {
    let mut bench = failed_after_its_write();
    bench.aws.counts.insert("api".into(), 5);
    bench.say(Verb::Retry, Some("api"));
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::RolledBack), 1),
        "it was our own 5"
    );

    let mut bench = failed_after_its_write();
    bench.aws.counts.insert("api".into(), 9);
    bench.say(Verb::Retry, Some("api"));
    bench.pass(5);
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_eq!(bench.aws.counts["api"], 9, "somebody else wrote 9");
}

#[test]
fn retry_of_what_somebody_changed_goes_back_to_their_value() {
    let mut held = switch("last", &["api"]);
    held.approval = true;
    let mut bench = failed_after_its_write();
    bench.run.plan.acts.push(held);
    bench.say(Verb::Retry, Some("api"));
    bench.pass(15);
    assert_eq!((bench.is("api"), bench.aws.counts["api"]), (StepState::Verified, 5));
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::RolledBack), 3)
    );
}

#[test]
fn retried_promotion_that_was_never_called_keeps_the_way_back_closed() {
    let mut bench = Bench::new(vec![scale("api", 5, &[]), promote("db", &["api"])]);
    bench.pass(30);
    bench.aws.promoting.clear();
    bench.aws.databases.get_mut("db").unwrap().status = "failed".into();
    bench.pass(30);
    assert!(bench.record("db").failed_at.is_some());
    bench.aws.databases.get_mut("db").unwrap().status = "available".into();
    bench.say(Verb::Retry, Some("db"));
    while bench.is("db") != StepState::Started {
        assert!(
            bench.advance() || {
                bench.tick();
                true
            }
        );
    }
    bench.say(Verb::Abort, None);
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.aws.counts["api"]),
        (Some(PlanOutcome::Stopped), 5)
    );
}

#[test]
fn retry_after_an_abort_begins_nothing() {
    let mut bench = before_the_promotion();
    bench.faults.refused.insert("traffic".into());
    bench.pass(60);
    bench.say(Verb::Abort, None);
    bench.say(Verb::Retry, Some("traffic"));
    bench.pass(60);
    assert_eq!(
        (bench.outcome(), bench.made("traffic")),
        (Some(PlanOutcome::RolledBack), 1)
    );
}

#[test]
fn emergency_stop_holds_the_way_back_too() {
    let mut bench = before_the_promotion();
    bench.pass(60);
    bench.say(Verb::Abort, None);
    bench.stop = Some("wait");
    bench.pass(60);
    assert_eq!((bench.outcome(), bench.aws.counts["api"]), (None, 5));
    bench.stop = None;
    bench.pass(60);
    assert_eq!(bench.outcome(), Some(PlanOutcome::RolledBack));
}
