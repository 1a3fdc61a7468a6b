use super::*;
use crate::run::Run;
use firebreak_crds::{PlanReference, ResponsePlanSpec, ResponsePlanStatus, StepRecord, StepState};
use serde_json::{Value, json};

/// A run of an object that wants a role's trust policy to have a version.
pub fn run(uid: &str, version: &str, hold: &str) -> Run {
    let step = json!({"id": "trust", "site": {"accountId": "123456789012", "region": "us-east-1"}, "cell": {"iam": {"kind": "roleTrustPolicy", "role": "r"}}, "hold": hold, "before": null,
        "after": {"Version": version, "Statement": []}, "undo": "Reversible", "summary": "", "permissions": [],
        "idempotence": "Idempotent"});
    let plan = json!({"version": 2, "action": "Contain", "accountId": "1", "accountName": "production",
        "environment": "Production", "region": "us-east-1", "kind": "iamRole", "arn": "arn:aws:iam::1:role/r",
        "title": "", "steps": [step]});
    let spec = json!({"owner": {"kind": "Quarantine", "namespace": "team", "name": uid, "uid": uid}, "ownerGeneration": 1,
        "run": 1, "action": "Contain", "digest": "", "payload": plan});
    let spec: ResponsePlanSpec = serde_json::from_value(spec).unwrap();
    Run {
        reference: PlanReference::default(),
        plan: serde_json::from_value(spec.payload.clone()).unwrap(),
        spec,
        status: ResponsePlanStatus::default(),
    }
}

pub fn begun(mut run: Run) -> Run {
    let state = StepState::Started;
    let record = StepRecord {
        state,
        ..StepRecord::default()
    };
    run.status.journal.insert("trust".into(), record);
    run
}

#[test]
fn begun_run_claims_every_cell_until_it_is_done() {
    let run = run("a", "1", "hold-1");
    assert_eq!(of(&run), [], "it was not begun");
    let mut run = begun(run);
    assert_eq!(of(&run), intended(&run));
    assert_eq!(of(&run)[0].arn, "arn:aws:iam::1:role/r");
    run.status.outcome = Some(PlanOutcome::Completed);
    assert_eq!(of(&run), [], "its Holds keep it from now on");
}

#[test]
fn release_claims_nothing_beyond_its_holds() {
    let mut run = begun(run("a", "1", "hold-1"));
    run.spec.action = Action::Release;
    assert_eq!(intended(&run), []);
}

#[test]
fn another_value_of_the_same_cell_is_claimed_against() {
    let (mine, theirs) = (run("a", "1", "hold-1"), run("b", "2", "hold-1"));
    let mut claims = Claims::default();
    claims.set("b", intended(&theirs));
    let against = |claims: &Claims, run: &Run| against(&claims.on("hold-1", "a"), &run.plan.steps[0]).cloned();
    assert_eq!(against(&claims, &mine).map(|claim| claim.owner.name), Some("b".into()));
    assert_eq!(
        against(&claims, &run("a", "2", "hold-1")),
        None,
        "the same value is shared"
    );
    assert_eq!(claims.on("hold-1", "b"), [], "nobody stands in their own way");
    claims.set("b", Vec::new());
    assert_eq!((against(&claims, &mine), claims), (None, Claims::default()));
}

#[test]
fn claims_name_their_account_and_other_kinds() {
    let mut other = run("f", "1", "hold-1");
    other.spec.owner.kind = "FailoverPlan".into();
    let mut claims = Claims::default();
    claims.set("f", intended(&other));
    assert!(claims.any_in("1") && !claims.any_in("2"));
    assert_eq!(claims.beside("Quarantine", "1").count(), 1);
    assert_eq!(claims.beside("FailoverPlan", "1").count(), 0);
    assert_eq!(claims.beside("Quarantine", "2").count(), 0);
}

#[test]
fn late_bound_values_are_claimed_as_templates() {
    let of_time = |text: &str| json!({"Version": text, "Statement": []});
    let mut runs = [run("a", "1", "hold-1"), run("b", "1", "hold-1")];
    runs.iter_mut()
        .for_each(|run| run.plan.steps[0].after = of_time(crate::aws::APPLY_TIME));
    assert_eq!(intended(&runs[0])[0].wanted, intended(&runs[1])[0].wanted);
    assert_ne!(runs[0].plan.steps[0].after, Value::Null);
}

#[test]
fn run_of_acts_claims_each_value_and_job_until_it_is_over() {
    use crate::run::act::testing::{gate, promote, scale, switch};
    let mut run = run("f", "1", "hold-1");
    run.plan.steps.clear();
    run.spec.action = Action::FailOver;
    run.plan.acts = vec![
        promote("db", &[]),
        scale("api", 5, &[]),
        switch("traffic", &[]),
        gate("well", &[]),
    ];
    let arns: Vec<String> = intended(&run).into_iter().map(|claim| claim.arn).collect();
    assert_eq!(
        arns,
        [
            "arn:aws:rds:us-west-2:222222222222:db:db",
            "arn:aws:ecs:us-west-2:222222222222:service/web/api",
            "arn:aws:s3:::b"
        ]
    );
    let count = &intended(&run)[1];
    assert!(
        count.hold.as_ref().is_some_and(|hold| hold.starts_with("hold-")),
        "a quarantine of the service meets it there"
    );
    assert_eq!(of(&run), [], "it was not begun");
    let mut run = begun(run);
    assert_eq!(of(&run).len(), 3);
    run.status.outcome = Some(PlanOutcome::Stopped);
    assert_eq!(of(&run), [], "a run that is over claims nothing");
}
