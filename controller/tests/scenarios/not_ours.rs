//! What people wrote stays as they wrote it, word for word, whatever the operator does with the object.

use crate::{
    fake_api::Match,
    support::{
        Bench,
        words::{self, AUTHOR, TEAM},
    },
};
use firebreak_crds::{REQUESTED_BY, Verb};
use serde_json::{Value, json};

/// A Quarantine with everything that a typed object would lose.
fn odd(name: &str) -> Value {
    json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": {
            "name": name, "namespace": TEAM,
            "labels": {"team": "payments", "x.firebreak.dev/y": "z"},
            "annotations": {REQUESTED_BY: AUTHOR, "example.com/note": "n"},
            "finalizers": ["example.com/a", "example.com/b"],
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "u"}],
            "managedFields": [{"manager": "argocd", "operation": "Apply", "time": "9999-12-31T23:59:59Z"}],
        },
        "spec": {
            "accountRef": {"name": "production"}, "region": "us-east-1", "target": words::role("payments-task"),
            "reason": null, "expiry": null, "restoreOnRelease": [], "evidence": null,
            "later": {"a": null, "b": [], "c": [{"d": {}}]},
        },
    })
}

fn theirs(bench: &Bench, resource: &str, namespace: Option<&str>, name: &str) -> Value {
    let mut object = bench.api.raw(resource, namespace, name).unwrap();
    object.as_object_mut().unwrap().remove("status");
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.remove("resourceVersion");
    let ours = |one: &Value| one.as_str().unwrap().starts_with("firebreak.dev/");
    let finalizers = metadata.remove("finalizers").unwrap_or(json!([]));
    let others: Vec<Value> = finalizers
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| !ours(one))
        .cloned()
        .collect();
    object["metadata"]["finalizers"] = json!(others);
    object
}

#[tokio::test]
async fn an_object_is_as_people_wrote_it_through_its_whole_life() {
    let bench = Bench::free();
    let mut account = serde_json::to_value(words::account()).unwrap();
    bench.api.remove::<firebreak_crds::AwsAccount>(None, "production");
    account["metadata"] = odd("x")["metadata"].clone();
    account["metadata"]["name"] = json!("production");
    account["metadata"].as_object_mut().unwrap().remove("namespace");
    account["spec"]["externalId"] = Value::Null;
    account["spec"]["later"] = json!({"a": null});
    bench.api.seed_raw(&account);
    bench.api.seed_raw(&odd("q"));
    let seen = || {
        (
            theirs(&bench, "quarantines", Some(TEAM), "q"),
            theirs(&bench, "awsaccounts", None, "production"),
        )
    };
    let before = seen();
    assert_eq!(bench.settle("q").await, "Contained");
    bench.executor.look_at_account("production").await.unwrap();
    assert!(
        bench
            .quarantine("q")
            .metadata
            .finalizers
            .unwrap()
            .contains(&"firebreak.dev/custody".to_owned())
    );
    assert_eq!(seen(), before);
    bench.decide("q", "ann@example.com", |spec| spec.verb = Verb::Release);
    assert_eq!(bench.settle("q").await, "Released");
    bench.executor.look_at_account("production").await.unwrap();
    assert_eq!(seen(), before, "generation and requested-by have not moved either");
    assert_eq!(
        bench
            .api
            .count(&Match::verb(crate::fake_api::Verb::Update, "quarantines")),
        0
    );
    assert_eq!(
        bench
            .api
            .count(&Match::verb(crate::fake_api::Verb::Update, "awsaccounts")),
        0
    );
}

#[tokio::test]
async fn a_finalizer_is_not_written_over_what_somebody_wrote_meanwhile() {
    let bench = Bench::free();
    bench.api.seed_raw(&odd("q"));
    let patch = Match::verb(crate::fake_api::Verb::Patch, "quarantines").main_only();
    bench.api.just_before(patch, |api| {
        api.edit_raw("quarantines", Some(TEAM), "q", |object| {
            object["metadata"]["finalizers"] = json!(["example.com/b"])
        });
    });
    assert_eq!(bench.settle("q").await, "Contained");
    let finalizers = bench.quarantine("q").metadata.finalizers.unwrap();
    assert_eq!(finalizers, ["example.com/b", "firebreak.dev/custody"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_is_not_let_go_while_custody_in_it_is_being_taken() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    let kept = || {
        bench
            .api
            .get::<firebreak_crds::AwsAccount>(None, "production")
            .unwrap()
            .metadata
            .finalizers
            .is_some()
    };
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert!(kept() && bench.holds().is_empty());
    let taking = bench.executor.records.taking_custody("production").await;
    let look = bench.executor.look_at_account("production");
    let waited = tokio::time::timeout(std::time::Duration::from_secs(60), look).await;
    assert!(
        waited.is_err() && kept(),
        "the list shows no Hold, and one is being created"
    );
    drop(taking);
    bench.executor.look_at_account("production").await.unwrap();
    assert!(!kept());
}

#[tokio::test]
async fn an_account_is_kept_between_the_custody_of_two_steps() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    let hold = bench.holds().pop().unwrap();
    // Its custody is not listed, but its run goes on.
    bench
        .api
        .remove::<firebreak_crds::Hold>(None, hold.metadata.name.as_deref().unwrap());
    bench.executor.look_at_account("production").await.unwrap();
    let account: firebreak_crds::AwsAccount = bench.api.get(None, "production").unwrap();
    assert_eq!(
        account.metadata.finalizers,
        Some(vec!["firebreak.dev/in-use".to_owned()])
    );
}
