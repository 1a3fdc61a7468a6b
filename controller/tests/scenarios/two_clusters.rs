//! Two clusters respond in one account: each takes the other's containment for the value from before. The evidence bucket tells.

use super::evidence::account;
use crate::{
    fake_api::FakeApi,
    support::{Bench, words},
};
use firebreak_cloud::{
    Cloud,
    memory::{ACCOUNT, REGION, access, sample},
};
use firebreak_core::{aws::access::Access, run::archive};
use firebreak_crds::{AwsAccount, Condition};

fn bench() -> Bench {
    let bench = Bench::of(sample());
    populate(&bench);
    bench
}

fn populate(bench: &Bench) {
    bench.api.seed(&account());
    bench.api.seed(&words::guardrail_free());
    bench.namespace("kube-system");
}

/// Another cluster, with the same AWS.
fn another(mut bench: Bench) -> Bench {
    bench.api = FakeApi::new();
    bench.api.set_now(bench.aws.now());
    bench.restart();
    bench.namespace("something-else");
    populate(&bench);
    bench
}

async fn exclusive(bench: &Bench) -> Condition {
    bench.executor.look_at_account("production").await.unwrap();
    let account = bench.api.all::<AwsAccount>().remove(0);
    let conditions = account.status.unwrap().conditions;
    conditions.into_iter().find(|it| it.type_ == "Exclusive").unwrap()
}

fn says(condition: &Condition) -> (&str, &str) {
    (&condition.status, &condition.reason)
}

#[tokio::test]
async fn first_cluster_is_named_and_second_one_is_told() {
    let first = bench();
    for _ in 0..3 {
        assert_eq!(says(&exclusive(&first).await), ("True", "Exclusive"));
    }
    let puts = first
        .aws
        .calls()
        .iter()
        .filter(|call| call.permission == "s3:PutObject")
        .count();
    assert_eq!(puts, 1, "it is put once");
    let second = another(first);
    let told = exclusive(&second).await;
    assert_eq!(says(&told), ("False", "AnotherCluster"));
    assert!(
        told.message.contains("adopt production --take-over"),
        "{}",
        told.message
    );
}

#[tokio::test]
async fn second_cluster_shows_it_in_its_plans_and_asks_for_one_more_approver() {
    let first = bench();
    exclusive(&first).await;
    let second = another(first);
    exclusive(&second).await;
    second.quarantined("q", words::role("payments-task"));
    assert_eq!(second.settle("q").await, "AwaitingApproval");
    let notes = second.quarantine("q").status.unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("names the cluster")), "{notes:?}");
    second.approve("q", "ann@example.com");
    assert_eq!(second.settle("q").await, "Contained");
}

#[tokio::test]
async fn cluster_that_took_the_account_over_is_named() {
    let first = bench();
    exclusive(&first).await;
    let second = another(first);
    exclusive(&second).await;
    let place = Access {
        account: account().spec,
        ..access(ACCOUNT, REGION)
    };
    let own = second.executor.records.cluster_uid().await.unwrap().unwrap();
    let marker = archive::cluster(account().spec.evidence.as_ref().unwrap(), ACCOUNT, &own);
    second.aws.replace(&place, &marker).await.unwrap();
    assert_eq!(says(&exclusive(&second).await), ("True", "Exclusive"));
}

#[tokio::test]
async fn bucket_that_does_not_answer_is_unknown_and_a_stop_writes_nothing() {
    let bench = bench();
    bench.stop();
    assert_eq!(exclusive(&bench).await.status, "Unknown");
    assert!(bench.aws.objects().is_empty());
    bench.go_on();
    bench.aws.deny("s3:PutObject");
    assert_eq!(says(&exclusive(&bench).await), ("Unknown", "AccessDenied"));
    bench.aws.allow("s3:PutObject");
    assert_eq!(says(&exclusive(&bench).await), ("True", "Exclusive"));
}

#[tokio::test]
async fn marker_that_is_no_cluster_is_not_believed_to_be_this_one() {
    let bench = bench();
    bench
        .aws
        .plant(&format!("acme-evidence/firebreak/{ACCOUNT}/cluster.json"), "\u{1b}[2K");
    let told = exclusive(&bench).await;
    assert_eq!(says(&told), ("False", "AnotherCluster"));
    assert!(!told.message.contains('\u{1b}'));
}
