//! The status says what a read shows, whatever the object waits for, and what is not read is Unknown in time.

use crate::support::{
    Bench,
    words::{self, guardrail, rule},
};
use firebreak_cloud::memory::{Call, Fault, Request, sample};
use firebreak_crds::{Action, ApprovalRule, AwsAccount, Mode, QuarantineState, Verb};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, timeout};

/// Contained by nobody's leave, and to be released with one person's.
async fn contained() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail("release", |spec| {
        let of = |action, required| ApprovalRule {
            action: Some(action),
            ..rule(required)
        };
        spec.approvals = vec![of(Action::Contain, 0), of(Action::Release, 1)];
    }));
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 310).await;
    bench
}

fn open(bench: &Bench) {
    bench.aws.change(|world| *world = sample());
}

fn state(bench: &Bench) -> Option<QuarantineState> {
    bench.quarantine("q").status.unwrap().state
}

#[tokio::test]
async fn a_release_in_mode_observe_reports_what_a_read_shows() {
    let bench = contained().await;
    bench.change("q", |q| q.spec.mode = Mode::Observe);
    bench.let_go("q");
    bench.respond("q").await.unwrap();
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    assert_eq!(bench.says("q", "Ready"), "False/Observing");
    open(&bench);
    bench.respond("q").await.unwrap();
    assert_eq!(bench.says("q", "Contained"), "False/NotContained");
    assert_eq!(bench.says("q", "InSync"), "False/DriftDetected");
    assert_eq!(bench.wrote().len(), 1, "mode Observe writes nothing");
}

#[tokio::test]
async fn a_release_that_waits_under_a_stop_reports_drift() {
    let bench = contained().await;
    bench.let_go("q");
    bench.stop();
    bench.respond("q").await.unwrap();
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    open(&bench);
    bench.respond("q").await.unwrap();
    assert_eq!(bench.says("q", "Contained"), "False/NotContained");
    assert_eq!(bench.says("q", "InSync"), "False/DriftDetected");
    assert_eq!(bench.says("q", "Released"), "False/AwaitingApproval");
}

#[tokio::test]
async fn a_release_that_waits_tells_of_drift_put_right_and_fought() {
    let bench = contained().await;
    bench.let_go("q");
    bench.respond("q").await.unwrap();
    open(&bench);
    bench.keep("q", 35).await;
    assert_eq!(
        bench.says("q", "InSync"),
        "True/DriftReasserted",
        "it is not put right silently"
    );
    for _ in 0..6 {
        open(&bench);
        bench.keep("q", 35).await;
    }
    assert_eq!(bench.says("q", "Stalled"), "True/DriftFight");
    assert_eq!(bench.says("q", "Contained"), "False/NotContained");
    assert_eq!(
        bench.ready_reason("q"),
        "AwaitingApproval",
        "what it waits for is still said"
    );
}

#[tokio::test]
async fn a_rejected_release_reports_what_a_read_shows() {
    let bench = contained().await;
    bench.let_go("q");
    bench.settle("q").await;
    bench.say("q", "ann@example.com", |spec| spec.verb = Verb::Reject);
    bench.stop();
    bench.settle("q").await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    open(&bench);
    bench.keep("q", 61).await;
    assert_eq!(bench.says("q", "Contained"), "False/NotContained");
}

#[tokio::test]
async fn an_unreadable_release_does_not_say_that_nothing_was_written() {
    let bench = Bench::free();
    bench.quarantined("q", words::role_with("payments-task", &["DenyAll", "RevokeSessions"]));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go_of_everything("q");
    bench.stop();
    let _ = bench.respond("q").await;
    bench.go_on();
    bench.aws.fail_nth_write(2, Fault::Error(refused()));
    let _ = bench.respond("q").await;
    bench.aws.throttle(firebreak_cloud::memory::ACCOUNT, true);
    bench.respond("q").await.unwrap();
    assert_eq!(bench.says("q", "Contained"), "Unknown/Throttled");
    assert_eq!(bench.message("q", "Released"), "not everything is back");
    bench.aws.throttle(firebreak_cloud::memory::ACCOUNT, false);
    assert_eq!(bench.settle("q").await, "Released");
}

fn refused() -> firebreak_core::aws::failure::Failure {
    firebreak_core::aws::failure::Failure {
        class: firebreak_core::aws::failure::FailureClass::Throttled,
        call: "test".into(),
        code: "Throttling".into(),
        message: "injected".into(),
    }
}

#[tokio::test(start_paused = true)]
async fn silent_aws_is_unknown_within_fifteen_seconds() {
    let bench = contained().await;
    bench.aws.hang("");
    let begun = Instant::now();
    bench.respond("q").await.unwrap();
    assert!(begun.elapsed().as_secs() <= 15, "{:?}", begun.elapsed());
    for kind in ["Contained", "InSync", "Verified", "Ready"] {
        assert_eq!(bench.says("q", kind), "Unknown/Unreachable", "{kind}");
    }
    assert_eq!(state(&bench), Some(QuarantineState::Unknown));
    bench.aws.clear_faults();
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test(start_paused = true)]
async fn slow_aws_is_unknown_until_the_pass_is_over() {
    let bench = contained().await;
    bench.aws.fault_each(|_| Some(Fault::Late(Duration::from_secs(9))));
    assert!(
        timeout(Duration::from_secs(15), bench.respond("q")).await.is_err(),
        "the pass goes on"
    );
    assert_eq!(bench.says("q", "Contained"), "Unknown/Unreachable");
    bench.respond("q").await.unwrap();
    assert_eq!(bench.says("q", "Contained"), "True/Contained", "it was read in the end");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_does_not_answer_is_unknown_in_time() {
    let bench = Bench::free();
    let ready = |bench: &Bench| {
        let account = bench.api.get::<AwsAccount>(None, "production").unwrap();
        let all = account.status.unwrap().conditions;
        all.into_iter().find(|it| it.type_ == "Ready").unwrap().status
    };
    bench.executor.look_at_account("production").await.unwrap();
    assert_eq!(ready(&bench), "True");
    bench.aws.hang("");
    let looked = timeout(Duration::from_secs(15), bench.executor.look_at_account("production")).await;
    looked.unwrap().unwrap();
    assert_eq!(ready(&bench), "Unknown");
}

#[tokio::test(start_paused = true)]
async fn no_fact_is_older_than_two_seconds_at_a_write() {
    for nth in 1..=8 {
        for target in [words::role("payments-task"), words::bucket(&["DenyAll"])] {
            let bench = Bench::free();
            bench.aws.go_with_tokio();
            bench.quarantined("q", target.clone());
            bench.aws.fail_nth_call(nth, Fault::Late(Duration::from_secs(5)));
            let _ = bench.respond("q").await;
            let write = bench.aws.writes()[0].clone();
            for (query, asked) in last_asked(&bench.aws.calls(), write.number) {
                let age = write.at.duration_since(asked).as_secs_f64();
                assert!(
                    age <= 2.0,
                    "{target}, call {nth} is late: {query} is {age} s old at the write"
                );
            }
        }
    }
}

/// When each question was asked last, before a call.
fn last_asked(calls: &[Call], before: u64) -> BTreeMap<String, jiff::Timestamp> {
    let earlier = calls.iter().filter(|call| call.number < before);
    let reads = earlier.filter_map(|call| match &call.request {
        Request::Read(query) => Some((format!("{query:?}"), call.at)),
        _ => None,
    });
    reads.collect()
}

#[tokio::test(start_paused = true)]
async fn reads_that_all_take_long_keep_nothing_from_being_contained() {
    for target in [words::role("payments-task"), words::service("Isolate")] {
        let bench = Bench::free();
        bench.aws.go_with_tokio();
        bench.quarantined("q", target.clone());
        bench
            .aws
            .fault_each(|call| (!call.is_write()).then_some(Fault::Late(Duration::from_secs(3))));
        assert_eq!(bench.settle("q").await, "Contained", "{target}");
    }
}

#[tokio::test]
async fn columns_say_what_is_and_what_is_waited_for() {
    let bench = contained().await;
    let waits = |bench: &Bench| bench.quarantine("q").status.unwrap().waiting_for.unwrap_or_default();
    assert_eq!(
        (state(&bench), waits(&bench)),
        (Some(QuarantineState::Contained), String::new())
    );
    bench.let_go("q");
    bench.settle("q").await;
    assert_eq!(
        (state(&bench), waits(&bench)),
        (Some(QuarantineState::Contained), "approvals 0/1".into())
    );
    bench.approve("q", "ann@example.com");
    bench.stop();
    bench.respond("q").await.unwrap();
    assert_eq!(waits(&bench), "end of EmergencyStop");
    bench.go_on();
    bench.settle("q").await;
    assert_eq!(
        (state(&bench), waits(&bench)),
        (Some(QuarantineState::Released), String::new())
    );
}

#[tokio::test]
async fn stalled_says_that_people_are_waited_for() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_all(2));
    bench.quarantined("q", words::role("payments-task"));
    bench.settle("q").await;
    assert_eq!(bench.says("q", "Stalled"), "False/AwaitingApproval");
    assert!(
        bench.message("q", "Stalled").contains("0 of 2"),
        "{}",
        bench.message("q", "Stalled")
    );
    assert_eq!(state(&bench), Some(QuarantineState::NotContained));
}

#[tokio::test(start_paused = true)]
async fn orphaned_custody_that_is_not_read_says_so_and_takes_it_back() {
    let bench = contained().await;
    bench.delete("q");
    let _ = bench.respond("q").await;
    let message = |bench: &Bench| bench.holds()[0].spec.message.clone().unwrap();
    bench.aws.hang("");
    let begun = Instant::now();
    bench.tend_all().await;
    assert!(begun.elapsed().as_secs() <= 15);
    assert!(message(&bench).contains("no answer"), "{}", message(&bench));
    bench.aws.clear_faults();
    bench.tend_all().await;
    assert!(!message(&bench).contains("no answer"), "{}", message(&bench));
}

#[tokio::test(start_paused = true)]
async fn orphaned_custody_is_put_right_on_fresh_facts_only() {
    let bench = contained().await;
    bench.delete("q");
    let _ = bench.respond("q").await;
    bench.aws.go_with_tokio();
    bench.aws.clear_calls();
    open(&bench);
    let first = std::sync::atomic::AtomicBool::new(true);
    bench.aws.fault_each(move |call| {
        let late = !call.is_write() && first.swap(false, std::sync::atomic::Ordering::SeqCst);
        late.then_some(Fault::Late(Duration::from_secs(5)))
    });
    bench.tend_all().await;
    let write = bench.aws.writes()[0].clone();
    let newest = bench
        .aws
        .calls()
        .into_iter()
        .filter(|call| call.number < write.number)
        .map(|call| call.at)
        .max();
    assert!(write.at.duration_since(newest.unwrap()).as_secs_f64() <= 2.0);
}
