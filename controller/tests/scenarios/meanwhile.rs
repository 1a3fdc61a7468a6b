//! What somebody does in AWS between two steps of a release gives nothing up that nobody agreed to.

use super::people::{ANN, contained, waits};
use crate::support::{
    Bench,
    words::{self, guardrail_all},
    worlds::payments,
};
use firebreak_cloud::memory::{ACCOUNT, World, sample};
use firebreak_core::aws::failure::{Failure, FailureClass};
use firebreak_crds::HoldState;

/// The trust policy as it was, put back by somebody in AWS.
fn undo_the_trust_policy(bench: &Bench) {
    let before = sample().role(ACCOUNT, "payments-task").unwrap().facts.trust.clone();
    bench
        .aws
        .change(move |world| payments(world).facts.trust = before.clone());
}

/// A release that was begun and withholds the trust policy, stopped between its two steps.
async fn half_released() -> Bench {
    let target = words::role_with("payments-task", &["DenyAll", "ReplaceTrust"]);
    let bench = contained(guardrail_all(1), words::quarantine("q", target), &[ANN]).await;
    bench.let_go("q");
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", ANN);
    bench.aws.fail_next_write(Failure {
        class: FailureClass::Transient,
        call: "iam:DeleteRolePolicy".into(),
        code: "InternalFailure".into(),
        message: "try again".into(),
    });
    bench.respond("q").await.unwrap();
    bench
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
