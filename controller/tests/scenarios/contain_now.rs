//! Reversible steps may run before people have spoken, where the Guardrail grants it; what destroys never does.

use crate::support::{
    Bench,
    words::{self, Having, guardrail, rule},
    worlds::{rebuilt, region},
};
use firebreak_cloud::memory::{ACCOUNT, REGION, sample, world::Service};
use firebreak_crds::{Severity, Verb};
use serde_json::Value;

fn bench(target: Value) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail("now", |spec| {
        spec.approvals = vec![rule(1)];
        spec.contain_now = vec![Severity::Critical];
    }));
    bench
        .api
        .seed(&words::quarantine("q", target).severity(Severity::Critical));
    bench
}

#[tokio::test]
async fn reversible_steps_run_at_once_and_are_reviewed_within_thirty_minutes() {
    let bench = bench(words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.says("q", "Approved"), "False/AwaitingReview");
    bench.keep("q", 1801).await;
    assert_eq!(bench.says("q", "Approved"), "False/ReviewOverdue");
    assert_eq!(bench.says("q", "Stalled"), "True/ReviewOverdue");
    assert_eq!(bench.says("q", "Contained"), "True/Contained", "it stays contained");
    bench.approve("q", "ann@example.com");
    bench.keep("q", 1).await;
    assert_eq!(bench.says("q", "Approved"), "True/Approved");
    assert_eq!(bench.says("q", "Stalled").split('/').next(), Some("False"));
}

#[tokio::test]
async fn what_is_rejected_in_review_stays_contained_and_calls_a_person() {
    let bench = bench(words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.say("q", "ann@example.com", |d| d.verb = Verb::Reject);
    bench.keep("q", 10).await;
    assert_eq!(bench.says("q", "Stalled"), "True/Rejected");
    assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
}

#[tokio::test]
async fn another_severity_waits() {
    let bench = bench(words::role("payments-task"));
    bench.change("q", |q| q.spec.severity = Severity::High);
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn a_section_with_a_destructive_step_waits_as_a_whole() {
    for method in ["ScaleToZero", "SwapSecurityGroups"] {
        let bench = bench(words::service(method));
        bench.aws.change(|world| {
            let alone = Service::of("api:1", 2).network(&["subnet-a"], &["sg-api"]);
            rebuilt(region(world), alone);
        });
        bench.keep("q", 600).await;
        assert_eq!(bench.wrote(), [""; 0], "{method}");
        assert_eq!(bench.ready_reason("q"), "AwaitingApproval", "{method}");
        bench.approve("q", "ann@example.com");
        assert_eq!(bench.settle("q").await, "Contained", "{method}");
    }
}

#[tokio::test]
async fn a_target_group_is_not_emptied_without_a_word() {
    let bench = bench(words::service("Isolate"));
    bench.keep("q", 600).await;
    assert_eq!(bench.ready_reason("q"), "AwaitingApproval");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    let left = bench.aws.look(|world| {
        let region = world.region(ACCOUNT, REGION).unwrap();
        region.target_group_named("api").unwrap().targets.len()
    });
    assert_eq!(left, 0);
}
