//! Access keys of an IAM user: an attacker who makes more of them, and what a release does about them.

use crate::support::{Bench, words, worlds::ci};
use firebreak_cloud::memory::{Fault, sample, world::IamUser};
use firebreak_core::aws::failure::{Failure, FailureClass};
use firebreak_crds::Reopens;

const OLD: &str = "AKIASAMPLEONE";
const NEW: &str = "AKIAATTACKER";

fn target() -> serde_json::Value {
    words::user("ci-deploy", &["DeactivateKeys", "DenyAll"], "Managed")
}

async fn contained() -> Bench {
    let bench = Bench::free();
    bench.quarantined("q", target());
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 400).await;
    bench.aws.clear_calls();
    bench
}

fn make_key(bench: &Bench) {
    bench.aws.change(|world| {
        let made = IamUser::with_keys(&[(NEW, "Active")]).access_keys;
        ci(world).access_keys.extend(made);
    });
}

fn status(bench: &Bench, id: &str) -> String {
    let look = |world: &firebreak_cloud::memory::World| {
        let user = world.user(firebreak_cloud::memory::ACCOUNT, "ci-deploy").unwrap();
        user.access_keys.get(id).map(|key| key.status.clone())
    };
    bench.aws.look(look).unwrap_or_default()
}

fn restore(bench: &Bench, what: &[Reopens]) {
    bench.let_go("q");
    bench.change("q", |q| q.spec.restore_on_release = what.to_vec());
}

#[tokio::test]
async fn a_key_that_is_made_while_contained_is_deactivated_and_said() {
    let bench = contained().await;
    make_key(&bench);
    bench.keep("q", 400).await;
    assert_eq!(status(&bench, NEW), "Inactive");
    assert_eq!(bench.says("q", "InSync"), "True/DriftReasserted");
    assert!(bench.message("q", "InSync").contains("deactivate-keys"));
    let kept = bench.holds();
    let keys = kept.iter().find(|hold| hold.spec.key.field == "AccessKeys").unwrap();
    assert_eq!(keys.spec.before["appeared"], serde_json::json!([NEW]));
    assert_eq!(keys.spec.before["active"], serde_json::json!([OLD]));
}

#[tokio::test]
async fn a_key_that_appeared_is_not_activated_even_on_the_word_for_keys() {
    let bench = contained().await;
    make_key(&bench);
    bench.keep("q", 400).await;
    restore(&bench, &[Reopens::AccessKeys]);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(
        (status(&bench, OLD), status(&bench, NEW)),
        ("Active".into(), "Inactive".into())
    );
    let release = bench.plan("q").spec.payload.to_string();
    assert!(
        release.contains(&format!("{NEW} appeared while the user was contained")),
        "{release}"
    );
}

#[tokio::test]
async fn a_key_that_is_made_while_people_approve_is_deactivated_under_their_approval() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_contain(1));
    bench.quarantined("q", target());
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    make_key(&bench);
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.plans("q").len(), 1, "the approval stands");
    assert_eq!(status(&bench, NEW), "Inactive");
}

#[tokio::test]
async fn a_key_stays_inactive_until_the_word_is_given_and_the_deny_is_lifted_without() {
    let bench = contained().await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    assert_eq!(bench.wrote(), ["iam:DetachUserPolicy"]);
    assert_eq!(status(&bench, OLD), "Inactive");
    assert!(bench.message("q", "Released").contains("AccessKeys"));
    restore(&bench, &[Reopens::Sessions]);
    assert_eq!(bench.settle("q").await, "RestoreWithheld", "a word for something else");
    restore(&bench, &[Reopens::AccessKeys]);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn a_key_that_somebody_deleted_is_simply_not_activated() {
    let bench = contained().await;
    bench.aws.change(|world| ci(world).access_keys.remove(OLD));
    bench.keep("q", 400).await;
    assert_eq!(bench.says("q", "InSync"), "True/InSync");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released", "there is nothing left to withhold");
    assert_eq!(bench.holds(), []);
}

#[tokio::test]
async fn a_key_that_is_deleted_in_the_middle_of_its_release_does_not_hold_it_up() {
    let bench = contained().await;
    let late = Failure {
        class: FailureClass::Transient,
        call: "test".into(),
        code: "Http504".into(),
        message: "injected".into(),
    };
    bench.aws.fail_on("iam:UpdateAccessKey", Fault::Error(late));
    restore(&bench, &[Reopens::AccessKeys]);
    for _ in 0..3 {
        let _ = bench.respond("q").await;
    }
    bench.aws.change(|world| ci(world).access_keys.remove(OLD));
    bench.pass(5);
    assert_eq!(bench.settle("q").await, "Released");
}

#[tokio::test]
async fn the_deny_is_written_before_the_keys_so_that_nobody_makes_a_new_one_in_between() {
    let bench = Bench::free();
    bench.quarantined("q", target());
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.wrote(), ["iam:AttachUserPolicy", "iam:UpdateAccessKey"]);
}

#[tokio::test]
async fn no_secret_of_a_user_is_kept_and_its_keys_are_named() {
    let bench = contained().await;
    let everything = bench.everything();
    assert!(everything.contains(OLD), "an id is an identifier");
    assert!(!everything.to_lowercase().contains("secretaccesskey"));
}
