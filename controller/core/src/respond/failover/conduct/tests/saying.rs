//! What is said while no run is under way.

use super::bench::{Bench, EAST, WEST, switch};
use crate::{blocked::Blocked, respond::failover::serials::Kept};
use firebreak_crds::{PlanOutcome, Reason, failover_plan::FailoverMode};
use serde_json::json;

fn condition(bench: &mut Bench, kind: &str) -> String {
    let status = bench.pass(120).status;
    let said = status.conditions.iter().find(|one| one.type_ == kind).unwrap();
    format!("{} {}", said.status, said.reason)
}

#[test]
fn plan_is_protected_by_a_replica_that_follows_closely() {
    for (lag, says) in [
        (Some(2.0), "True Replicating"),
        (Some(901.0), "False Unprotected"),
        (Some(-1.0), "False Unprotected"),
        (None, "False Unprotected"),
    ] {
        let mut bench = Bench::new();
        bench.lag = lag;
        assert_eq!(condition(&mut bench, "Protected"), says, "{lag:?}");
    }
}

#[test]
fn region_that_does_not_answer_leaves_unknown_what_only_it_can_tell() {
    let mut bench = Bench::new();
    bench.pass(120);
    bench.silent.insert(WEST);
    let status = bench.pass(120).status;
    assert_eq!(status.active_region, None, "the switch lies there");
    assert_eq!(condition(&mut bench, "Protected"), "Unknown ActiveUnknown");
}

#[test]
fn last_lag_outlives_the_source_and_is_not_taken_from_a_replica_alone() {
    let mut bench = Bench::new();
    bench.lag = Some(3.0);
    let before = bench.pass(120).status.lags;
    assert_eq!((before[0].seconds, before[0].region.as_str()), (3, WEST));
    bench.silent.insert(EAST);
    bench.lag = Some(500.0);
    assert_eq!(bench.pass(3600).status.lags, before);
}

#[test]
fn run_that_cannot_be_read_is_said_and_not_run_over() {
    let mut bench = Bench::new();
    bench.ask(WEST, 1);
    bench.world.unusable = Some(Blocked::new(Reason::PlanInvalid, "ResponsePlan run-1 was forged"));
    assert_eq!(condition(&mut bench, "Ready"), "False PlanInvalid");
    assert_eq!((bench.run(), bench.calls.len()), (None, 0));
}

#[test]
fn region_whose_lag_nobody_saw_keeps_no_objective() {
    let mut bench = Bench::unseen();
    bench.world.subject.spec.mode = FailoverMode::Ungraceful;
    bench.lag = None;
    bench.settle();
    bench.ask(WEST, 1);
    let activation = bench.world.subject.spec.activation.as_mut().unwrap();
    activation.acknowledge_data_loss = serde_json::from_value(json!({"serial": 1, "extent": "Unbounded"})).unwrap();
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    assert_eq!(condition(&mut bench, "WithinObjectives"), "Unknown NotMeasured");
    assert_eq!(bench.run().unwrap().status.outcome, Some(PlanOutcome::Completed));
}

#[test]
fn status_does_not_change_while_nothing_happens() {
    let mut bench = Bench::new();
    bench.lag = Some(2.0);
    let first = bench.pass(120).status;
    bench.lag = Some(1.0);
    assert_eq!(bench.pass(120).status, first, "a second less is no news");
    bench.lag = Some(3.0);
    assert_eq!(bench.pass(120).status.lags[0].seconds, 3, "a second more is");
}

#[test]
fn what_stands_in_the_way_names_the_field() {
    let mut bench = Bench::new();
    bench.world.accounts.get_mut("production").unwrap().roles.failover = None;
    bench.ask(WEST, 1);
    let status = bench.settle().status;
    let ready = status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    assert!(ready.message.contains("spec.roles.failover"), "{}", ready.message);
    bench.ask(EAST, 2);
    bench.world.subject.spec.steps = serde_json::from_value(json!([
        {"name": "a", "dependsOn": ["b"], "healthCheckSwitch": {"bucket": "b", "key": "k"}},
        {"name": "b", "dependsOn": ["a"], "healthCheckSwitch": {"bucket": "b", "key": "k"}},
    ]))
    .unwrap();
    let status = bench.settle().status;
    let ready = status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    assert_eq!(ready.reason, "DependencyCycle");
}

#[test]
fn standby_is_ready_where_a_run_could_begin() {
    assert_eq!(condition(&mut Bench::new(), "StandbyReady"), "True StandbyReady");
    let mut late = Bench::new();
    late.lag = Some(901.0);
    late.pass(600);
    assert_eq!(condition(&mut late, "StandbyReady"), "False StandbyNotReady");
    let found = late.world.subject.status.readiness.clone().unwrap();
    assert_eq!((found.region.as_str(), found.findings.len()), (WEST, 1));
    assert_eq!(found.findings[0].step.as_deref(), Some("database"));
    late.pass(120);
    let still = late.world.subject.status.readiness.clone().unwrap();
    assert_eq!(still, found, "nothing is news");
    late.lag = Some(2.0);
    assert_eq!(
        condition(&mut late, "StandbyReady"),
        "True StandbyReady",
        "people wait for it"
    );
}

#[test]
fn what_no_approval_overrules_is_found_beforehand() {
    let mut bench = Bench::unseen();
    bench.world.accounts.get_mut("production").unwrap().roles.failover = None;
    bench.settle();
    assert_eq!(condition(&mut bench, "StandbyReady"), "False StandbyNotReady");
    let found = bench.world.subject.status.readiness.clone().unwrap().findings;
    assert!(found[0].message.contains("spec.roles.failover"), "{found:?}");
}

#[test]
fn run_store_that_cannot_be_read_leaves_readiness_unknown() {
    let mut bench = Bench::unseen();
    bench.buckets.insert(WEST, Kept::Unreadable("access denied".into()));
    bench.settle();
    assert_eq!(condition(&mut bench, "StandbyReady"), "Unknown StandbyNotReady");
}

#[test]
fn edit_and_a_change_of_the_active_region_are_looked_at_at_once() {
    let mut bench = Bench::with_steps(&json!([switch()]));
    let looked_at = |bench: &Bench| bench.world.subject.status.readiness.clone().unwrap();
    let first = looked_at(&bench);
    bench.pass(120);
    assert_eq!(looked_at(&bench), first, "it is not due");
    bench.world.subject.generation += 1;
    bench.settle();
    assert_ne!(looked_at(&bench).checked_at, first.checked_at);
    bench.switch = true;
    bench.pass(120);
    assert_eq!(looked_at(&bench).region, EAST, "the way back");
}

#[test]
fn readiness_that_nobody_looked_at_for_long_is_not_known() {
    let mut bench = Bench::new();
    bench.silent.insert(WEST);
    bench.pass(3600);
    assert_eq!(condition(&mut bench, "StandbyReady"), "Unknown ActiveUnknown");
}
