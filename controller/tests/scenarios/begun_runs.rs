//! Approvals are taken when a run begins: what happens to them later does not stop it between two steps. A Reject does.

use super::people::{ANN, BOB};
use crate::support::{
    Bench,
    words::{self, guardrail_all},
    worlds::spec,
};
use firebreak_cloud::memory::sample;
use firebreak_crds::Verb;

/// Contained but for its last step, which AWS refuses.
async fn half_way() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench.quarantined("q", (spec("iamRole/everything").target)());
    bench.aws.deny("iam:UpdateAssumeRolePolicy");
    bench.settle("q").await;
    let soon = bench.now() + jiff::SignedDuration::from_mins(5);
    bench.say("q", ANN, |d| d.expires_at = Some(soon.to_string()));
    bench.keep("q", 60).await;
    assert!(bench.plan("q").status.unwrap().approved_at.is_some(), "it has begun");
    bench
}

#[tokio::test]
async fn approval_that_expires_does_not_stop_a_begun_run() {
    let bench = half_way().await;
    bench.keep("q", 600).await;
    let taken = bench.plan("q").status.unwrap().decisions;
    assert_eq!(
        (taken.len(), taken[0].by.as_str(), taken[0].verb),
        (1, ANN, Verb::Approve)
    );
    assert!(taken[0].given_at.is_some() && taken[0].digest.is_some());
    bench.aws.allow("iam:UpdateAssumeRolePolicy");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn policies_that_are_unreadable_for_a_moment_do_not_stop_a_begun_run() {
    let bench = half_way().await;
    bench.admit(|admission| {
        admission.decisions_bound_since = None;
        admission.requester_stamped = false;
    });
    bench.aws.allow("iam:UpdateAssumeRolePolicy");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn rejection_of_a_begun_run_outlives_its_decision() {
    let bench = half_way().await;
    let soon = bench.now() + jiff::SignedDuration::from_mins(1);
    bench.say("q", BOB, |d| {
        d.verb = Verb::Reject;
        d.expires_at = Some(soon.to_string());
    });
    bench.keep("q", 30).await;
    bench.pass(60);
    bench.admit(|admission| admission.decisions_bound_since = None);
    bench.aws.allow("iam:UpdateAssumeRolePolicy");
    bench.aws.clear_calls();
    bench.keep("q", 600).await;
    assert_eq!(bench.says("q", "Approved"), "False/Rejected");
    // What was started may have reached AWS and is finished; nothing more is started.
    assert!(!bench.wrote().contains(&"iam:PutRolePolicy"), "{:?}", bench.wrote());
}
