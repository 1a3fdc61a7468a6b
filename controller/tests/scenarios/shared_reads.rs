//! Many contained objects of one account are looked at with few AWS calls, and nothing that is shared is said unchecked.

use crate::support::{Bench, words};
use firebreak_cloud::memory::{
    ACCOUNT, Request, sample,
    world::{IamRole, World},
};
use firebreak_core::aws::{
    Query,
    failure::{Failure, FailureClass},
};

/// One look at each takes a whole resync.
const RESYNC: i64 = 300;

fn name(number: usize) -> String {
    format!("leak-{number}")
}

fn crowd(count: usize) -> World {
    let role = || IamRole::of_service("ecs-tasks.amazonaws.com");
    (0..count).fold(sample(), |world, number| {
        world.with_account(ACCOUNT, |account| account.with_role(&name(number), role()))
    })
}

/// So many roles, each contained by an object of its own.
async fn contained(count: usize) -> Bench {
    let bench = Bench::of(crowd(count));
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    for number in 0..count {
        bench.quarantined(&name(number), words::role_with(&name(number), &["DenyAll"]));
        assert_eq!(bench.settle(&name(number)).await, "Contained");
    }
    bench.pass(600);
    look_at_all(&bench, count).await;
    bench
}

/// One look at each object, spread over a resync.
async fn look_at_all(bench: &Bench, count: usize) {
    for number in 0..count {
        bench.respond(&name(number)).await.unwrap();
        bench.pass(RESYNC / i64::try_from(count).unwrap());
    }
}

fn undo(bench: &Bench, number: usize) {
    bench.aws.change(|world| {
        let account = world.accounts.get_mut(ACCOUNT).unwrap();
        let role = account.roles.get_mut(&name(number)).unwrap();
        role.inline_policies.clear();
        role.attached_policies.clear();
    });
}

fn asked_alone(bench: &Bench) -> usize {
    let is_cell = |request: &Request| matches!(request, Request::Read(Query::Cell(_)));
    bench.aws.calls().iter().filter(|call| is_cell(&call.request)).count()
}

#[tokio::test(start_paused = true)]
async fn a_resync_of_a_crowd_costs_a_survey_each_tenth_of_it_and_no_call_of_its_own_for_any_object() {
    let bench = contained(60).await;
    bench.aws.clear_calls();
    look_at_all(&bench, 60).await;
    let surveys = bench.aws.calls().len();
    assert_eq!(asked_alone(&bench), 0);
    assert!((9..=11).contains(&surveys), "{surveys}");
}

#[tokio::test(start_paused = true)]
async fn drift_that_a_survey_shows_is_read_again_and_put_right() {
    let bench = contained(25).await;
    undo(&bench, 7);
    bench.aws.clear_calls();
    look_at_all(&bench, 25).await;
    assert_eq!(bench.wrote().len(), 1);
    bench.keep(&name(7), 120).await;
    assert_eq!(bench.ready_reason(&name(7)), "Contained");
    assert!(asked_alone(&bench) > 0, "what a survey says is not acted on");
}

#[tokio::test(start_paused = true)]
async fn drift_after_a_survey_is_seen_with_the_next_one() {
    let bench = contained(25).await;
    look_at_all(&bench, 25).await;
    undo(&bench, 24);
    bench.aws.clear_calls();
    bench.respond(&name(24)).await.unwrap();
    assert_eq!(bench.wrote().len(), 0, "the answer that it shares is from before");
    bench.pass(31);
    bench.respond(&name(24)).await.unwrap();
    assert_eq!(bench.wrote().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_survey_shows_wrongly_is_not_put_right() {
    let bench = contained(25).await;
    undo(&bench, 3);
    bench.pass(31);
    bench.respond(&name(2)).await.unwrap();
    let whole = bench.aws.world();
    bench.aws.change(|world| *world = whole_again(whole.clone()));
    bench.aws.clear_calls();
    bench.respond(&name(3)).await.unwrap();
    assert_eq!(bench.wrote().len(), 0);
    assert_eq!(bench.says(&name(3), "InSync").split('/').next(), Some("True"));
}

/// Somebody else put the policies of the third role back.
fn whole_again(mut world: World) -> World {
    let roles = &mut world.accounts.get_mut(ACCOUNT).unwrap().roles;
    let like = roles[&name(2)].clone();
    let third = roles.get_mut(&name(3)).unwrap();
    third.inline_policies.clone_from(&like.inline_policies);
    third.attached_policies.clone_from(&like.attached_policies);
    world
}

#[tokio::test(start_paused = true)]
async fn without_the_permission_to_survey_each_object_asks_by_itself() {
    let bench = contained(25).await;
    bench.aws.deny("iam:GetAccountAuthorizationDetails");
    bench.pass(31);
    bench.aws.clear_calls();
    look_at_all(&bench, 25).await;
    assert_eq!(asked_alone(&bench), 25);
    assert!((0..25).all(|number| bench.ready_reason(&name(number)) == "Contained"));
}

fn throttled() -> Failure {
    Failure {
        class: FailureClass::Throttled,
        call: "iam:GetAccountAuthorizationDetails".into(),
        code: "Throttling".into(),
        message: "Rate exceeded".into(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_survey_that_fails_is_made_up_for_by_single_reads() {
    let bench = contained(25).await;
    bench.pass(31);
    bench.aws.clear_calls();
    bench.aws.fail_next(throttled());
    bench.respond(&name(0)).await.unwrap();
    assert_eq!(asked_alone(&bench), 1);
    assert_eq!(bench.ready_reason(&name(0)), "Contained");
}

#[tokio::test(start_paused = true)]
async fn a_few_objects_are_not_worth_a_survey() {
    let bench = contained(5).await;
    bench.aws.clear_calls();
    look_at_all(&bench, 5).await;
    assert_eq!(asked_alone(&bench), 5);
    assert_eq!(bench.aws.calls().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_survey_that_failed_in_passing_is_tried_again_before_the_next_tenth_of_the_resync() {
    let bench = contained(25).await;
    bench.pass(31);
    bench.aws.fail_next(throttled());
    bench.respond(&name(0)).await.unwrap();
    bench.aws.clear_calls();
    bench.pass(6);
    bench.respond(&name(1)).await.unwrap();
    assert_eq!(asked_alone(&bench), 0);
    assert_eq!(bench.aws.calls().len(), 1, "one survey for all");
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_a_crowd_that_is_looked_at_all_at_once_is_surveyed() {
    let mut bench = contained(60).await;
    bench.restart();
    bench.aws.clear_calls();
    let names: Vec<String> = (0..60).map(name).collect();
    let looks = names.iter().map(|name| bench.respond(name));
    for look in futures::future::join_all(looks).await {
        look.unwrap();
    }
    assert!(bench.aws.calls().len() < 60 / 2, "{}", bench.aws.calls().len());
    assert!((0..60).all(|number| bench.ready_reason(&name(number)) == "Contained"));
}
