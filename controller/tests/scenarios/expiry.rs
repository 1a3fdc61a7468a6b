//! An expiry ends: the containment is held and a person called, or it is released as the approval covered it.

use crate::support::{
    Bench,
    words::{self, guardrail_all},
};
use firebreak_cloud::memory::sample;
use firebreak_crds::{Expiry, OnExpiry, Quarantine};
use serde_json::Value;

fn expiring(target: Value, then: OnExpiry) -> Quarantine {
    let mut object = words::quarantine("q", target);
    object.spec.expiry = Some(expiry("1h", then));
    object
}

fn expiry(after: &str, then: OnExpiry) -> Expiry {
    Expiry {
        after: after.into(),
        then,
    }
}

async fn contained(target: Value, then: OnExpiry) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench.api.seed(&expiring(target, then));
    bench.settle("q").await;
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    assert!(bench.quarantine("q").status.unwrap().expires_at.is_some());
    bench
}

#[tokio::test]
async fn at_its_end_a_held_expiry_stays_contained_and_calls_a_person() {
    let bench = contained(words::role("payments-task"), OnExpiry::Hold).await;
    bench.keep("q", 3700).await;
    assert_eq!(bench.says("q", "Stalled"), "True/Expired");
    assert_eq!(
        bench.says("q", "Ready"),
        "False/Expired",
        "never ready and stalled at once"
    );
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
}

#[tokio::test]
async fn at_its_end_a_releasing_expiry_is_released_without_another_approval_and_stays_so() {
    let bench = contained(words::role("payments-task"), OnExpiry::Release).await;
    bench.keep("q", 3000).await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    bench.keep("q", 700).await;
    assert_eq!(bench.says("q", "Released"), "True/Released");
    assert_eq!(bench.aws.world(), sample());
    bench.keep("q", 7200).await;
    assert_eq!(
        bench.says("q", "Released"),
        "True/Released",
        "it is not contained again by itself"
    );
    assert_eq!(bench.plans("q").len(), 2);
}

#[tokio::test]
async fn what_reopens_the_compromise_is_not_released_by_an_expiry() {
    let bench = contained(
        words::role_with("payments-task", &["DenyAll", "ReplaceTrust"]),
        OnExpiry::Release,
    )
    .await;
    bench.keep("q", 4000).await;
    assert_eq!(bench.says("q", "Released"), "False/RestoreWithheld");
    assert_eq!(bench.holds().len(), 1);
}

#[tokio::test]
async fn an_expiry_that_was_made_shorter_after_the_approval_needs_people_again() {
    let bench = contained(words::role("payments-task"), OnExpiry::Hold).await;
    bench.change("q", |q| q.spec.expiry = Some(expiry("1m", OnExpiry::Release)));
    bench.keep("q", 7200).await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
}

/// Where nobody approved a plan with the expiry that the spec names now, it restores nothing: that is said before and after.
#[tokio::test]
async fn expiry_that_was_changed_since_says_what_happens_at_its_end() {
    let changes = [(None, "30m"), (Some("1h"), "30m"), (Some("1h"), "2h")];
    for (planned, named) in changes {
        let bench = Bench::of(sample());
        bench.api.seed(&words::account());
        bench.api.seed(&guardrail_all(1));
        let mut object = words::quarantine("q", words::role("payments-task"));
        object.spec.expiry = planned.map(|after| expiry(after, OnExpiry::Release));
        bench.api.seed(&object);
        assert_eq!(bench.settle_with_approvals("q").await, "Contained");
        bench.change("q", |q| q.spec.expiry = Some(expiry(named, OnExpiry::Release)));
        bench.keep("q", 60).await;
        let said = bench.message("q", "Ready");
        let end = bench.quarantine("q").status.unwrap().expires_at.unwrap();
        let stays =
            "nothing is restored by itself, because no plan with this expiry was approved: it stays contained and asks";
        assert!(
            said.contains(&format!("at {end} {stays}")),
            "{planned:?} {named}: {said}"
        );
        if named == "2h" {
            bench.keep("q", 4000).await;
            assert_eq!(bench.says("q", "Ready"), "True/Contained", "the time has not come");
        }
        bench.keep("q", 4000).await;
        assert_eq!(bench.says("q", "Stalled"), "True/Expired", "{planned:?} {named}");
        assert_eq!(bench.says("q", "Contained"), "True/Contained");
        let said = bench.message("q", "Stalled");
        assert!(
            said.contains("because no plan with this expiry was approved")
                && said.contains("for a release. Release it"),
            "{said}"
        );
        assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
    }
}

#[tokio::test]
async fn approved_expiry_says_that_it_releases_by_itself() {
    let bench = contained(words::role("payments-task"), OnExpiry::Release).await;
    let said = bench.message("q", "Ready");
    assert!(said.contains("it is released at"), "{said}");
    bench.change("q", |q| q.spec.expiry = None);
    bench.keep("q", 4000).await;
    assert_eq!(bench.says("q", "Ready"), "True/Contained", "no time is named any more");
    assert_eq!(bench.message("q", "Ready"), "contained, and held so");
}

#[tokio::test]
async fn contained_again_after_an_early_release_the_expiry_begins_again() {
    let bench = contained(words::role("payments-task"), OnExpiry::Release).await;
    bench.let_go("q");
    bench.settle("q").await;
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Released");
    bench.keep("q", 7200).await;
    bench.contain_again("q");
    assert_eq!(
        bench.settle("q").await,
        "AwaitingApproval",
        "the first run's expiry is over, this one has not begun"
    );
    assert_eq!(bench.quarantine("q").status.unwrap().expires_at, None);
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 3000).await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    bench.keep("q", 700).await;
    assert_eq!(bench.says("q", "Released"), "True/Released");
}

#[tokio::test]
async fn after_its_end_a_longer_expiry_contains_again() {
    let bench = contained(words::role("payments-task"), OnExpiry::Release).await;
    bench.keep("q", 3700).await;
    assert_eq!(bench.says("q", "Released"), "True/Released");
    bench.change("q", |q| q.spec.expiry = Some(expiry("2h", OnExpiry::Release)));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn an_expiry_that_nobody_approved_does_not_release() {
    for rejected in [false, true] {
        let bench = Bench::of(sample());
        bench.api.seed(&words::account());
        bench.api.seed(&words::guardrail("now", |spec| {
            spec.approvals = vec![words::rule(1)];
            spec.contain_now = vec![firebreak_crds::Severity::Critical];
        }));
        let mut object = expiring(words::role("payments-task"), OnExpiry::Release);
        object.spec.severity = firebreak_crds::Severity::Critical;
        bench.api.seed(&object);
        assert_eq!(bench.settle("q").await, "Contained");
        if rejected {
            bench.say("q", "ann@example.com", |d| d.verb = firebreak_crds::Verb::Reject);
        }
        bench.keep("q", 4000).await;
        assert_eq!(bench.says("q", "Contained"), "True/Contained");
        assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
        assert_eq!(bench.says("q", "Stalled").split('/').next(), Some("True"));
    }
}

#[tokio::test]
async fn an_expiry_that_was_approved_in_the_review_releases() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail("now", |spec| {
        spec.approvals = vec![words::rule(1)];
        spec.contain_now = vec![firebreak_crds::Severity::Critical];
    }));
    let mut object = expiring(words::role("payments-task"), OnExpiry::Release);
    object.spec.severity = firebreak_crds::Severity::Critical;
    bench.api.seed(&object);
    assert_eq!(bench.settle("q").await, "Contained");
    bench.approve("q", "ann@example.com");
    bench.keep("q", 4000).await;
    assert_eq!(bench.says("q", "Released"), "True/Released");
}
