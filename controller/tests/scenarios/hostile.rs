//! Objects that cannot be read: each is named on itself and stops no other; limits are never laxer for it.

use crate::support::{
    Bench,
    words::{self, TEAM, quarantine},
};
use firebreak_cloud::memory::ACCOUNT;
use firebreak_crds::{AwsAccount, Guardrail, Hold, HoldState, ResponsePlan};
use serde_json::{Value, json};

fn raw(kind: &str, name: &str, spec: Value) -> Value {
    let mut object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec,
    });
    if ["Quarantine", "Decision", "ResponsePlan"].contains(&kind) {
        object["metadata"]["namespace"] = json!(TEAM);
    }
    object
}

/// `True/Contained` of a condition of an object that cannot be read.
fn says(bench: &Bench, name: &str, kind: &str) -> String {
    let object = bench.api.raw("quarantines", Some(TEAM), name).unwrap();
    let conditions = object["status"]["conditions"].as_array().unwrap().clone();
    let found = conditions.iter().find(|one| one["type"] == kind).unwrap();
    format!(
        "{}/{}",
        found["status"].as_str().unwrap(),
        found["reason"].as_str().unwrap()
    )
}

#[tokio::test]
async fn an_unreadable_quarantine_says_so_and_claims_nothing() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.api.edit_raw("quarantines", Some(TEAM), "q", |object| {
        object["spec"]["severity"] = json!("Apocalyptic")
    });
    bench.quarantined("other", words::role("orders-task"));
    assert!(bench.respond("q").await.is_err());
    for kind in ["Ready", "Contained", "Verified", "InSync"] {
        assert_eq!(says(&bench, "q", kind), "Unknown/Unreadable");
    }
    assert_eq!(says(&bench, "q", "Stalled"), "True/Unreadable");
    let version = bench.api.raw("quarantines", Some(TEAM), "q").unwrap()["metadata"]["resourceVersion"].clone();
    assert!(bench.respond("q").await.is_err());
    assert_eq!(
        bench.api.raw("quarantines", Some(TEAM), "q").unwrap()["metadata"]["resourceVersion"],
        version
    );
    assert_eq!(bench.holds().len(), 1, "its custody stays");
    bench.api.remove_raw("quarantines", Some(TEAM), "q");
    assert_eq!(bench.settle("other").await, "Contained");
}

#[tokio::test]
async fn an_unreadable_quarantine_that_is_deleted_leaves_its_custody_behind() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.api.edit_raw("quarantines", Some(TEAM), "q", |object| {
        object["spec"]["severity"] = json!("Apocalyptic")
    });
    bench.delete("q");
    assert!(bench.respond("q").await.is_err());
    assert!(bench.api.raw("quarantines", Some(TEAM), "q").is_none());
    let hold = bench.holds().pop().unwrap();
    assert_eq!(hold.spec.state, HoldState::Orphaned);
    assert!(hold.spec.holders.is_empty() && hold.spec.orphaned.unwrap().from.name == "q");
}

#[tokio::test]
async fn a_status_that_cannot_be_read_is_written_again() {
    let bench = Bench::free();
    let mut object = serde_json::to_value(quarantine("q", words::role("payments-task"))).unwrap();
    object["status"] = json!({"conditions": [{"type": 7}], "run": "many"});
    bench.api.seed_raw(&object);
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn an_emergency_stop_that_cannot_be_read_stops_all_the_same() {
    let bench = Bench::free();
    bench.api.seed_raw(&raw("EmergencyStop", "odd", json!({"reason": 7})));
    bench.quarantined("q", words::role("payments-task"));
    bench.keep("q", 60).await;
    assert_eq!(bench.says("q", "Halted"), "True/EmergencyStop");
    assert!(
        bench
            .message("q", "Halted")
            .contains("EmergencyStop odd cannot be read")
    );
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn a_guardrail_that_cannot_be_read_counts_as_the_strictest_that_it_could_be() {
    let bench = Bench::free();
    bench.api.remove::<Guardrail>(None, "free");
    let rule = json!({"severities": ["Low", "Apocalyptic"], "required": 2});
    bench.api.seed_raw(&raw(
        "Guardrail",
        "odd",
        json!({"environments": ["Moonbase"], "approvals": [rule]}),
    ));
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_decision_that_cannot_be_read_does_not_count_and_is_named() {
    let bench = Bench::free();
    bench.api.remove::<Guardrail>(None, "free");
    bench.api.seed(&words::guardrail_all(1));
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    let uid = bench.quarantine("q").metadata.uid;
    let target = json!({"kind": "Quarantine", "name": "q", "uid": uid, "generation": "one"});
    let spec = json!({"by": "eve", "verb": "Reject", "approverRole": "security", "target": target});
    bench.api.seed_raw(&raw("Decision", "odd", spec));
    bench.respond("q").await.unwrap();
    let notes = bench.quarantine("q").status.unwrap().notes.join("; ");
    assert!(
        notes.contains("Decision team/odd cannot be read") && notes.contains("\"Reject\", by \"eve\""),
        "{notes}"
    );
    bench.api.remove_raw("decisions", Some(TEAM), "odd");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn an_account_that_cannot_be_read_holds_back_only_its_own_containments() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    let mut other = serde_json::to_value(words::account()).unwrap();
    (other["kind"], other["metadata"]["name"]) = (json!("AwsAccount"), json!("other"));
    other["spec"]["environment"] = json!("Moonbase");
    bench.api.seed_raw(&other);
    let mut object = quarantine("new", words::role("orders-task"));
    object.spec.account_ref.name = "other".into();
    bench.api.seed(&object);
    bench.respond("new").await.unwrap();
    assert_eq!(bench.ready_reason("new"), "Unreadable");
    assert!(
        bench
            .message("new", "Ready")
            .contains("AwsAccount other cannot be read")
    );
    assert!(bench.executor.look_at_account("other").await.is_err());
    let told = bench.api.raw("awsaccounts", None, "other").unwrap();
    assert_eq!(told["status"]["conditions"][0]["reason"], "Unreadable");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.api.get::<AwsAccount>(None, "production").map(|_| ()), Some(()));
}

#[tokio::test]
async fn a_release_needs_no_account_that_can_be_read() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.api.edit_raw("awsaccounts", None, "production", |object| {
        object["spec"]["environment"] = json!("Moonbase")
    });
    bench.let_go("q");
    assert_eq!(bench.settle_with_approvals("q").await, "Released");
}

#[tokio::test]
async fn custody_or_a_run_that_cannot_be_read_blocks_only_its_own_object() {
    for resource in ["holds", "responseplans"] {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        assert_eq!(bench.settle("q").await, "Contained");
        let (namespace, name) = match resource {
            "holds" => (None, bench.api.all::<Hold>()[0].metadata.name.clone().unwrap()),
            _ => (
                Some(TEAM),
                bench.api.all::<ResponsePlan>()[0].metadata.name.clone().unwrap(),
            ),
        };
        let field = if resource == "holds" { "state" } else { "action" };
        bench.api.edit_raw(resource, namespace, &name, |object| {
            object["spec"][field] = json!("Dreaming")
        });
        bench.aws.clear_calls();
        bench.respond("q").await.unwrap();
        assert_eq!(bench.says("q", "Contained"), "Unknown/Unreadable", "{resource}");
        assert!(bench.message("q", "Ready").contains("cannot be read"), "{resource}");
        assert_eq!(bench.wrote(), [""; 0], "{resource}");
        assert!(
            bench
                .executor
                .records
                .ledger()
                .await
                .unwrap()
                .usage(ACCOUNT, "", bench.now())
                .contained
                == 1
        );
        bench.quarantined("other", words::role("orders-task"));
        assert_eq!(bench.settle("other").await, "Contained", "{resource}");
        bench.delete("q");
        bench.pass(4000);
        let _ = bench.respond("q").await;
        let gone = bench.api.raw("quarantines", Some(TEAM), "q").is_none();
        assert_eq!(
            gone,
            resource == "responseplans",
            "custody that cannot be read is not left behind unmarked"
        );
        bench.api.remove_raw(resource, namespace, &name);
    }
}
