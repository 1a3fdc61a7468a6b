//! An expiry restores alone only what the approved plan listed, if as many people approved that as a release needs.

use super::people::{ANN, BOB, contained, waits};
use crate::support::{
    Bench,
    words::{self, guardrail, guardrail_all, rule},
};
use firebreak_cloud::memory::sample;
use firebreak_crds::{Action, ApprovalRule, Expiry, OnExpiry, Quarantine, Reopens, Verb};

fn public_bucket() -> Quarantine {
    words::quarantine("q", words::bucket(&["BlockPublicAccess"]))
}

fn expiring(mut object: Quarantine) -> Quarantine {
    object.spec.expiry = Some(Expiry {
        after: "1h".into(),
        then: OnExpiry::Release,
    });
    object
}

#[tokio::test]
async fn expiry_restores_nothing_that_was_added_to_the_list_since() {
    let bench = contained(guardrail_all(1), expiring(public_bucket()), &[ANN]).await;
    let before = bench.aws.world();
    bench.change("q", |q| q.spec.restore_on_release = words::EVERYTHING.to_vec());
    bench.keep("q", 4000).await;
    assert_eq!(bench.aws.world(), before, "public access is not reopened alone");
    assert_eq!(bench.says("q", "Released"), "False/RestoreWithheld");
    bench.let_go_of_everything("q");
    waits(&bench, "that takes a release").await;
    bench.approve("q", BOB);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn expiry_restores_what_the_approved_plan_listed() {
    let mut object = expiring(public_bucket());
    object.spec.restore_on_release = vec![Reopens::PublicAccess];
    let bench = contained(guardrail_all(1), object, &[ANN]).await;
    bench.keep("q", 4000).await;
    assert_eq!(bench.says("q", "Released"), "True/Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn list_of_what_is_restored_is_part_of_what_is_approved() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench.api.seed(&expiring(public_bucket()));
    bench.settle("q").await;
    let first = bench.plan("q").spec.digest;
    bench.change("q", |q| q.spec.restore_on_release = vec![Reopens::PublicAccess]);
    bench.settle("q").await;
    assert_ne!(bench.plan("q").spec.digest, first);
    assert_eq!(
        bench.plan("q").spec.payload["restore"],
        serde_json::json!(["PublicAccess"])
    );
}

#[tokio::test]
async fn expiry_asks_where_fewer_approved_than_a_release_needs() {
    let rules = guardrail("release-asks-more", |spec| {
        let of = |action, required| ApprovalRule {
            action: Some(action),
            ..rule(required)
        };
        spec.approvals = vec![of(Action::Contain, 1), of(Action::Release, 2)];
    });
    let bench = contained(
        rules,
        expiring(words::quarantine("q", words::role("payments-task"))),
        &[ANN],
    )
    .await;
    bench.keep("q", 4000).await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    assert_eq!(bench.says("q", "Stalled"), "True/Expired");
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn expiry_is_not_covered_by_broken_glass() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench
        .api
        .seed(&expiring(words::quarantine("q", words::role("payments-task"))));
    bench.settle("q").await;
    bench.say("q", ANN, |d| d.verb = Verb::BreakGlass);
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 4000).await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
}
