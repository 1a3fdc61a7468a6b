//! An EmergencyStop: the next AWS write does not happen, a section that was begun is finished, and every object says so.

use crate::{
    fake_api::{Effect, Match, Verb},
    support::{
        Bench,
        words::{self, Having, guardrail_contain},
        worlds::{self, inline},
    },
};
use firebreak_cloud::memory::{Fault, sample};
use firebreak_crds::{EmergencyStop, EmergencyStopSpec};

/// A stop that somebody creates just before the n-th AWS write.
fn stop_before_write(bench: &Bench, n: usize) {
    let (api, aws) = (bench.api.clone(), bench.aws.clone());
    let seen = std::sync::atomic::AtomicUsize::new(0);
    aws.on_call(move |call| {
        if call.is_write() && seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 2 == n {
            let reason = "drill".to_owned();
            api.seed(&EmergencyStop::new("stop", EmergencyStopSpec { reason }));
        }
    });
}

#[tokio::test]
async fn a_stop_before_the_run_lets_nothing_happen() {
    let bench = Bench::free();
    bench.stop();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "EmergencyStop");
    assert_eq!(bench.says("q", "Halted"), "True/EmergencyStop");
    bench.keep("q", 900).await;
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.holds(), []);
    bench.go_on();
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.says("q", "Halted"), "");
}

#[tokio::test]
async fn a_stop_within_a_run_stops_it_before_the_next_write() {
    let bench = Bench::free();
    bench.quarantined(
        "q",
        words::role_with("payments-task", &["DenyAll", "RevokeSessions", "ReplaceTrust"]),
    );
    stop_before_write(&bench, 2);
    assert_eq!(bench.settle("q").await, "EmergencyStop");
    bench.keep("q", 900).await;
    assert_eq!(bench.wrote().len(), 1);
    assert_eq!(bench.says("q", "Halted"), "True/EmergencyStop");
    bench.go_on();
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn a_section_that_was_begun_is_finished_to_its_safe_end() {
    for method in ["SwapSecurityGroups", "ScaleToZero"] {
        let bench = Bench::free();
        bench.quarantined("q", words::service(method));
        stop_before_write(&bench, 2);
        let reason = bench.settle("q").await;
        assert_eq!(reason, "Contained", "{method}: every step belongs to the section");
        assert_eq!(bench.says("q", "Halted"), "True/EmergencyStop", "{method}");
        bench.aws.clear_calls();
        bench.let_go("q");
        bench.keep("q", 600).await;
        assert_eq!(
            bench.wrote(),
            [""; 0],
            "{method}: nothing is put back while the stop is there"
        );
        assert_eq!(bench.ready_reason("q"), "EmergencyStop", "{method}");
        bench.go_on();
        assert_eq!(bench.settle("q").await, "Released", "{method}");
    }
}

#[tokio::test]
async fn drift_is_reported_and_sessions_are_not_renewed_while_the_stop_is_there() {
    let bench = Bench::free();
    bench.quarantined("q", words::role_with("payments-task", &["DenyAll", "RevokeSessions"]));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.stop();
    bench.aws.clear_calls();
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.keep("q", 900).await;
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.says("q", "InSync"), "False/DriftDetected");
    assert_eq!(bench.says("q", "Halted"), "True/EmergencyStop");
    bench.go_on();
    bench.keep("q", 60).await;
    assert_eq!(bench.says("q", "InSync"), "True/DriftReasserted");
}

#[tokio::test]
async fn every_object_says_that_it_is_halted_whatever_it_waits_for() {
    let bench = Bench::free();
    bench.stop();
    bench.quarantined("waits", words::role("payments-task"));
    bench.quarantined("blocked", words::role("no-such-role"));
    bench.quarantined("elsewhere", words::role_with("orders-task", &["DenyAll"]));
    bench
        .api
        .seed(&words::quarantine("observes", words::role("orders-task")).observing());
    for name in ["waits", "blocked", "elsewhere"] {
        bench.keep(name, 60).await;
        assert_eq!(bench.says(name, "Halted"), "True/EmergencyStop", "{name}");
    }
    bench.keep("observes", 60).await;
    assert_eq!(bench.says("observes", "Halted"), "", "it would not write anyway");
}

#[tokio::test]
async fn approvals_are_heard_while_the_stop_is_there() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_contain(1));
    bench.quarantined("q", words::role("payments-task"));
    bench.stop();
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "EmergencyStop");
    assert_eq!(bench.says("q", "Approved"), "True/Approved");
    bench.go_on();
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_section_of_which_nothing_was_written_yet_is_not_begun() {
    for method in ["SwapSecurityGroups", "ScaleToZero"] {
        for nth in 1..=2 {
            let bench = Bench::free();
            bench.quarantined("q", words::service(method));
            let journal = Match::verb(Verb::Update, "responseplans").subresource("status");
            bench.api.just_before(journal.nth(nth), |api| {
                let reason = "drill".to_owned();
                api.seed(&EmergencyStop::new("stop", EmergencyStopSpec { reason }));
            });
            let reason = bench.settle("q").await;
            if nth == 1 {
                assert_eq!(reason, "EmergencyStop", "{method}");
                bench.keep("q", 600).await;
                assert_eq!(bench.wrote(), [""; 0], "{method}");
            }
            bench.go_on();
            assert_eq!(bench.settle("q").await, "Contained", "{method}");
        }
    }
}

#[tokio::test]
async fn a_section_whose_first_write_never_reached_aws_is_left_for_another_wish() {
    for method in ["SwapSecurityGroups", "ScaleToZero"] {
        let wishes: [fn(&Bench); 2] = [
            |bench| bench.let_go("q"),
            |bench| bench.change("q", |q| q.spec.mode = firebreak_crds::Mode::Observe),
        ];
        for wish in wishes {
            let mut bench = Bench::free();
            bench.quarantined("q", words::service(method));
            bench.aws.fail_nth_write(1, Fault::Crash);
            while bench.respond_or_die("q").await.is_some() {
                bench.pass(1);
            }
            bench.restart();
            bench.aws.clear_calls();
            wish(&bench);
            bench.keep("q", 600).await;
            assert_eq!(bench.wrote(), [""; 0], "{method}");
        }
    }
}

#[tokio::test]
async fn a_stop_that_cannot_be_read_stops_too() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    bench
        .api
        .fault(Match::verb(Verb::List, "emergencystops").always(), Effect::Refuse(500));
    bench.keep("q", 60).await;
    assert_eq!(bench.wrote(), [""; 0]);
    bench.api.heal();
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn an_object_deleted_under_a_stop_is_let_go_after_five_minutes_and_nothing_is_written() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.stop();
    bench.aws.clear_calls();
    bench.delete("q");
    bench.keep("q", 400).await;
    assert!(!bench.exists("q"));
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.holds()[0].spec.state, firebreak_crds::HoldState::Orphaned);
}

#[tokio::test]
async fn a_release_that_a_stop_holds_back_does_not_say_that_the_containment_is_lost() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.stop();
    bench.let_go("q");
    bench.keep("q", 120).await;
    assert_eq!(bench.says("q", "Stalled"), "False/EmergencyStop");
    assert_eq!(bench.says("q", "Released"), "False/EmergencyStop");
    assert_ne!(bench.says("q", "Contained"), "False/EmergencyStop");
}

/// The backup says Contained; since it was made, people have released it, so that AWS is as it was before.
#[tokio::test]
async fn a_cluster_that_was_restored_from_an_older_backup_is_looked_at_under_a_stop_and_released_without_a_write() {
    let mut bench = Bench::free();
    bench.quarantined("q", words::role_with("payments-task", &["DenyAll", "ReplaceTrust"]));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.stop();
    bench.aws.change(|world| *world = sample());
    bench.restart();
    bench.aws.clear_calls();
    bench.keep("q", 900).await;
    assert_eq!(
        bench.says("q", "InSync"),
        "False/DriftDetected",
        "the difference is told"
    );
    bench.let_go_of_everything("q");
    bench.keep("q", 300).await;
    assert_eq!(bench.wrote(), [""; 0]);
    bench.go_on();
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!((bench.wrote(), bench.aws.world()), (vec![], sample()));
}
