//! Runs that Incidents ask for.

use super::bench::{Bench, WEST};
use crate::respond::failover::conduct::Asking;
use firebreak_crds::{Incident, PlanOutcome};
use serde_json::{Value, json};

/// An Incident of ann's that asks for serial 1.
fn incident(change: impl FnOnce(&mut Value)) -> Option<Asking> {
    let mut object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
        "metadata": {"name": "region-down", "namespace": "payments", "generation": 3},
        "spec": {"title": "us-east-1 is failing", "startFailover": {
            "name": "orders", "region": WEST, "serial": 1, "acknowledgeSplitBrain": true}},
        "status": {"attributedGeneration": 3, "asked": {"by": ["ann", "dan"]}},
    });
    change(&mut object);
    let incident: Incident = serde_json::from_value(object).unwrap();
    Asking::of(&incident, "orders")
}

fn asked(change: impl FnOnce(&mut Value)) -> Bench {
    let mut bench = Bench::new();
    bench.world.incidents = incident(change).into_iter().collect();
    bench.settle();
    bench
}

#[test]
fn only_an_open_incident_that_names_the_plan_asks_for_a_run() {
    assert!(incident(|_| ()).is_some());
    let resolved = json!({"title": "t", "state": "Resolved", "outcome": "Benign", "startFailover": {"name": "orders", "region": WEST, "serial": 1}});
    for change in [
        |it: &mut Value| it["spec"]["startFailover"]["name"] = json!("another"),
        |it: &mut Value| it["spec"]["drill"] = json!(true),
        |it: &mut Value| it["metadata"]["deletionTimestamp"] = json!("2026-03-01T08:00:00Z"),
        |it: &mut Value| it["status"]["state"] = json!("Resolved"),
        |it: &mut Value| drop(it["spec"].as_object_mut().unwrap().remove("startFailover")),
    ] {
        assert_eq!(incident(change), None);
    }
    assert_eq!(incident(|it| it["spec"] = resolved), None);
}

#[test]
fn everybody_who_asked_for_the_incident_asked_for_the_run() {
    let mut bench = asked(|_| ());
    let run = bench.run().unwrap();
    assert_eq!(run.spec.requested_by.as_deref(), Some("ann"));
    assert_eq!(run.spec.asked.by, ["ann", "dan"]);
    for (who, begins) in [("dan", false), ("bob", true)] {
        bench.say(who, "Approve", json!({}));
        bench.pass(120);
        assert_eq!(!bench.calls.is_empty(), begins, "{who}");
    }
    assert_eq!(bench.run().unwrap().status.outcome, Some(PlanOutcome::Completed));
    bench.pass(600);
    assert_eq!(bench.world.runs.len(), 1, "its serial is consumed");
}

#[test]
fn unattributed_incident_costs_one_more_approver() {
    let mut bench = asked(|it| it["status"]["asked"] = json!({"unattributed": true}));
    bench.say("bob", "Approve", json!({}));
    bench.pass(60);
    assert_eq!(bench.world.subject.status.approvals.as_deref(), Some("1/2"));
}

#[test]
fn edit_of_the_incident_voids_no_approval_and_nothing_begins_before_its_author_is_known() {
    let mut bench = asked(|_| ());
    bench.world.incidents = incident(|it| it["metadata"]["generation"] = json!(4))
        .into_iter()
        .collect();
    bench.say("bob", "Approve", json!({}));
    bench.pass(120);
    assert!(bench.calls.is_empty());
    assert_eq!(bench.run().unwrap().status.closed_at, None);
    bench.world.incidents = incident(|it| {
        it["metadata"]["generation"] = json!(4);
        it["status"] = json!({"attributedGeneration": 4, "asked": {"by": ["ann", "dan", "bob"]}});
    })
    .into_iter()
    .collect();
    bench.pass(120);
    assert!(bench.calls.is_empty(), "bob asks by now, and approves nothing");
    bench.say("sue", "Approve", json!({}));
    bench.pass(120);
    assert!(!bench.calls.is_empty());
}

#[test]
fn incident_that_asks_no_more_takes_its_proposal_back() {
    let mut bench = asked(|_| ());
    bench.world.incidents.clear();
    bench.settle();
    assert_eq!(bench.run().unwrap().status.outcome, Some(PlanOutcome::Superseded));
}
