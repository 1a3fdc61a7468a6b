//! Steps beside those of the plan of this story: each with what can go wrong in the middle of it.

use super::*;

fn approve_step(bench: &Bench, by: &str, step: &str) {
    let object: FailoverPlan = bench.api.get(Some(TEAM), PLAN).unwrap();
    let target = DecisionTarget {
        kind: "FailoverPlan".into(),
        name: PLAN.into(),
        uid: object.metadata.uid.clone().unwrap(),
        generation: object.metadata.generation,
    };
    bench.decision(TEAM, target, by, |spec| {
        spec.plan = object.status.and_then(|status| status.plan);
        spec.step = Some(step.into());
    });
}

#[tokio::test]
async fn run_waits_for_people_and_then_for_its_time_and_a_restart_makes_neither_longer() {
    let mut bench = bench_of(
        world(),
        json!([
            {"name": "people", "manualApproval": {"message": "nothing writes any more"}},
            {"name": "caches", "dependsOn": ["people"], "wait": {"duration": "5m"}},
            {"name": "traffic", "dependsOn": ["caches"], "healthCheckSwitch": {"bucket": "switches", "key": "west"}},
        ]),
        0,
    )
    .await;
    ask(&bench, WEST, 1);
    keep(&bench, 1200).await;
    assert_eq!((calls(&bench).len(), outcome(&bench)), (0, Some(PlanOutcome::Running)));
    let said = status(&bench);
    assert_eq!(said.waiting_for.as_deref(), Some("approvals of people"), "{said:#?}");
    approve_step(&bench, "bob@example.com", "people");
    keep(&bench, 60).await;
    bench.restart();
    bench.recount().await;
    keep(&bench, 200).await;
    assert_eq!(calls(&bench), [""; 0], "4m20s of 5m have passed");
    keep(&bench, 90).await;
    assert_eq!(outcome(&bench), Some(PlanOutcome::Completed), "{:#?}", status(&bench));
    assert_eq!(calls(&bench), ["s3:PutObject"]);
}
