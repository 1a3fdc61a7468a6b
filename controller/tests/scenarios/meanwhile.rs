//! What somebody does in AWS between two steps of a release gives nothing up that nobody agreed to.

use super::people::{ANN, contained, waits};
use crate::support::{
    Bench,
    words::{self, guardrail_all},
    worlds::{self, payments},
};
use firebreak_cloud::memory::{ACCOUNT, World, sample};
use firebreak_core::aws::failure::{Failure, FailureClass};
use firebreak_crds::{Action, HoldState, StepState};
use serde_json::Value;

/// The trust policy as it was, put back by somebody in AWS.
fn undo_the_trust_policy(bench: &Bench) {
    let before = sample().role(ACCOUNT, "payments-task").unwrap().facts.trust.clone();
    bench
        .aws
        .change(move |world| payments(world).facts.trust = before.clone());
}

/// A release that was begun and withholds the trust policy, stopped between its two steps.
async fn half_released() -> Bench {
    let bench = contained(guardrail_all(1), words::quarantine("q", denial_and_trust()), &[ANN]).await;
    bench.let_go("q");
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", ANN);
    stop_at_the_first_write(&bench, "iam:DeleteRolePolicy").await;
    bench
}

/// A release begins, and does not get through its first write.
async fn stop_at_the_first_write(bench: &Bench, call: &str) {
    bench.aws.fail_next_write(Failure {
        class: FailureClass::Transient,
        call: call.into(),
        code: "InternalFailure".into(),
        message: "try again".into(),
    });
    bench.respond("q").await.unwrap();
    assert_eq!(bench.wrote().last(), Some(&call));
}

fn denial_and_trust() -> Value {
    words::role_with("payments-task", &["DenyAll", "ReplaceTrust"])
}

/// The dispositions in the newest plan, by field.
fn planned(bench: &Bench) -> Vec<String> {
    let payload = bench.plan("q").spec.payload;
    let steps = payload["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| step["disposition"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_a_release_withholds_stays_in_custody_when_it_is_undone() {
    let bench = half_released().await;
    undo_the_trust_policy(&bench);
    bench.keep("q", 120).await;
    let states: Vec<HoldState> = bench.holds().into_iter().map(|hold| hold.spec.state).collect();
    assert_eq!(states, [HoldState::Withheld], "nobody said that it may be put back");
    assert_eq!(bench.says("q", "Released"), "False/RestoreWithheld");
    let trust = bench
        .aws
        .world()
        .role(ACCOUNT, "payments-task")
        .unwrap()
        .facts
        .trust
        .clone();
    assert_ne!(trust, sample().role(ACCOUNT, "payments-task").unwrap().facts.trust);
}

#[tokio::test]
async fn release_of_what_was_deleted_in_aws_asks_as_many_people() {
    let target = words::role_with("payments-task", &["DenyAll"]);
    let bench = contained(guardrail_all(1), words::quarantine("q", target), &[ANN]).await;
    bench
        .aws
        .change(|world| drop(world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("payments-task")));
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.aws.change(|world| *world = sample());
    assert_eq!(bench.holds().len(), 1, "what comes back is in custody still");
}

#[tokio::test]
async fn what_a_release_withholds_stays_in_custody_when_it_is_deleted() {
    let bench = half_released().await;
    let deleted = |world: &mut World| drop(world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("payments-task"));
    bench.aws.change(deleted);
    bench.keep("q", 120).await;
    let fields: Vec<String> = bench.holds().into_iter().map(|hold| hold.spec.key.field).collect();
    assert!(fields.contains(&"TrustPolicy".to_owned()), "{fields:?}");
    assert_eq!(bench.says("q", "Released"), "False/AwaitingApproval");
}

/// A release that leaves the trust policy to another object, stopped before it comes to that; the other one has let go since.
async fn left_to_nobody() -> Bench {
    let bench = contained(guardrail_all(1), words::quarantine("q", denial_and_trust()), &[ANN]).await;
    bench.quarantined("r", words::role_with("payments-task", &["ReplaceTrust"]));
    assert_eq!(bench.settle_with_approvals("r").await, "Contained");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(planned(&bench), ["Restore", "Leave"]);
    bench.approve("q", ANN);
    stop_at_the_first_write(&bench, "iam:DeleteRolePolicy").await;
    bench.let_go("r");
    assert_eq!(bench.settle("r").await, "Released");
    bench
}

#[tokio::test]
async fn what_a_release_leaves_to_others_stays_in_force_when_it_is_undone() {
    let bench = left_to_nobody().await;
    undo_the_trust_policy(&bench);
    bench.keep("q", 120).await;
    assert_eq!(bench.holds().len(), 1, "nobody said that it may end");
    assert_eq!(bench.says("q", "Released"), "False/AwaitingApproval");
    let mut world = bench.aws.world();
    let trust = payments(&mut world).facts.trust.to_string();
    assert!(
        trust.contains("FirebreakQuarantine"),
        "it is put right while people are waited for: {trust}"
    );
}

#[tokio::test]
async fn what_a_release_leaves_in_conflict_ends_by_a_plan_of_its_own() {
    let bench = Bench::free();
    bench.quarantined("q", denial_and_trust());
    assert_eq!(bench.settle("q").await, "Contained");
    bench
        .aws
        .change(|world| payments(world).facts.trust = worlds::denied("s3:*", None));
    bench.let_go_of_everything("q");
    stop_at_the_first_write(&bench, "iam:DeleteRolePolicy").await;
    assert_eq!(planned(&bench), ["Restore", "Conflict"]);
    undo_the_trust_policy(&bench);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
    let releases: Vec<_> = bench
        .plans("q")
        .into_iter()
        .filter(|plan| plan.spec.action == Action::Release)
        .collect();
    let [first, second] = releases.as_slice() else {
        panic!("the value that came back has a plan of its own: {}", releases.len());
    };
    let states = first
        .status
        .as_ref()
        .unwrap()
        .journal
        .values()
        .map(|record| record.state);
    assert_eq!(states.collect::<Vec<_>>(), [StepState::Skipped, StepState::Verified]);
    assert_eq!(second.spec.payload["steps"][0]["disposition"], "Back");
}
