//! The cluster is lost, and custody is rebuilt from the mirror and from AWS.

use super::evidence::account;
use crate::{
    fake_api::FakeApi,
    support::{
        Bench,
        words::{self, HOME},
        worlds::{self, inline},
    },
};
use firebreak_aws::{
    memory::{ACCOUNT, REGION, access, sample},
    mirror::{Found, salvage},
};
use firebreak_core::{access::Access, adoption::Finding};
use firebreak_crds::{DecisionTarget, Hold, HoldState, Verb};

fn place() -> Access {
    Access {
        account: account().spec,
        ..access(ACCOUNT, REGION)
    }
}

async fn contained(target: serde_json::Value) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&account());
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", target);
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench
}

/// A new cluster with nothing in it but what Git has, and the custody that was found.
async fn rebuilt(mut lost: Bench) -> (Bench, Vec<Found>) {
    lost.api = FakeApi::new();
    lost.api.set_now(lost.aws.now());
    lost.restart();
    lost.api.seed(&account());
    lost.api.seed(&words::guardrail_free());
    let found = salvage(&*lost.aws, &place(), lost.now()).await.unwrap();
    for one in &found {
        if let Finding::Kept { name, hold } = &one.finding {
            lost.api.seed(&Hold::new(name, (**hold).clone()));
        }
    }
    (lost, found)
}

#[tokio::test]
async fn a_quarantine_that_is_applied_again_takes_its_custody_up_and_its_release_restores_exactly() {
    for target in [
        words::role_with("payments-task", &["DenyAll", "ReplaceTrust"]),
        words::bucket(&["BlockPublicAccess", "DenyAll"]),
        words::function("payments-nightly"),
        words::instance("Isolate"),
        words::user("ci-deploy", &["DenyAll", "DeactivateKeys"], "Inline"),
    ] {
        let (bench, found) = rebuilt(contained(target.clone()).await).await;
        let kept = |found: &&Found| matches!(found.finding, Finding::Kept { .. });
        assert!(found.iter().filter(kept).count() > 0, "{target}");
        let before = bench.holds();
        bench.aws.clear_calls();
        bench.quarantined("q", target.clone());
        assert_eq!(bench.settle("q").await, "Contained", "{target}");
        assert_eq!(bench.wrote(), [""; 0], "{target}: everything is in place");
        let names = |holds: &[Hold]| holds.iter().map(|hold| hold.metadata.name.clone()).collect::<Vec<_>>();
        let now = names(&bench.holds());
        assert!(names(&before).iter().all(|name| now.contains(name)), "{target}");
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "Released", "{target}");
        bench.pass(300);
        assert_eq!(bench.aws.world(), sample(), "{target}");
    }
}

#[tokio::test]
async fn rebuilt_custody_is_orphaned_and_people_may_release_it() {
    let (bench, _) = rebuilt(contained(words::role("payments-task")).await).await;
    let hold = bench.holds().remove(0);
    assert_eq!(hold.spec.state, HoldState::Orphaned);
    bench.pass(1);
    let target = DecisionTarget {
        kind: "Hold".into(),
        name: hold.metadata.name.clone().unwrap(),
        uid: hold.metadata.uid.clone().unwrap(),
        generation: None,
    };
    bench.decision(HOME, target, "ann@example.com", |word| word.verb = Verb::Release);
    bench.tend_all().await;
    bench.tend_all().await;
    bench.pass(60);
    bench.tend_all().await;
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn what_somebody_changed_since_is_in_conflict_and_what_is_back_is_left_alone() {
    let bench = contained(words::role_with("payments-task", &["DenyAll", "ReplaceTrust"])).await;
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.aws.change(|world| {
        let trust = sample().role(ACCOUNT, "payments-task").unwrap().facts.trust.clone();
        worlds::payments(world).facts.trust = trust;
    });
    let (bench, found) = rebuilt(bench).await;
    assert_eq!(bench.holds()[0].spec.state, HoldState::Conflict);
    assert!(found.iter().any(|one| one.finding == Finding::Back), "{found:?}");
    bench.aws.clear_calls();
    bench.tend_all().await;
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn what_was_released_is_not_taken_up_again() {
    let bench = contained(words::role("payments-task")).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    let (_, found) = rebuilt(bench).await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn what_aws_does_not_tell_is_unknown_and_a_plan_that_was_changed_is_refused() {
    let bench = contained(words::role("payments-task")).await;
    bench.aws.deny("iam:ListAttachedRolePolicies");
    let found = salvage(&*bench.aws, &place(), bench.now()).await.unwrap();
    assert!(matches!(found[0].finding, Finding::Unknown(_)), "{found:?}");
    bench
        .aws
        .tamper(|body| body.replace("FirebreakDenyAll", "AdministratorAccess"));
    let refused = salvage(&*bench.aws, &place(), bench.now()).await.unwrap_err();
    assert!(refused.message.contains("was changed"), "{refused}");
}
