//! FailoverPlans: an ECS service, a database and a switch, over two regions.

mod fences;
mod steps;

use crate::{
    fake_api::{Effect, Match},
    support::{
        Bench,
        words::{self, AUTHOR, TEAM},
    },
};
use firebreak_cloud::memory::{
    ACCOUNT, Call, Fault, Outcome, Request, sample,
    world::{Bucket, DbInstance, Region, Service, World},
};
use firebreak_core::respond::failover::conduct::Rest;
use firebreak_crds::{
    DecisionTarget, FailoverPlan, FailoverPlanStatus, Incident, PlanOutcome, REQUESTED_BY, ResponsePlan, Start, Verb,
    failover_plan::FailoverPhase,
};
use firebreak_executor::ReconcileError;
use jiff::SignedDuration;
use serde_json::{Value, json};

const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";
const PLAN: &str = "orders";

fn world() -> World {
    let east = |region: Region| {
        region
            .with_database("orders", DbInstance::default())
            .with_bucket("runs-east", Bucket::default())
    };
    let west = |region: Region| {
        region
            .with_database("orders-west", DbInstance::default().replica_of(ACCOUNT, EAST, "orders"))
            .with_bucket("runs-west", Bucket::default())
            .with_bucket("switches", Bucket::default())
            .with_task_definition("api:1", "payments-task", "task-execution")
            .with_service("prod", "api", Service::of("api:1", 1))
            .with_scalable_target("prod", "api", 1, 6)
    };
    sample().with_account(ACCOUNT, |account| {
        account.with_region(EAST, east).with_region(WEST, west)
    })
}

fn steps() -> Value {
    json!([
        {"name": "scale", "ecsScale": {
            "primary": {"cluster": "prod", "service": "api"}, "standby": {"cluster": "prod", "service": "api"},
            "desired": "MatchActive"}},
        {"name": "database", "rdsPromoteReplica": {"primary": "orders", "standby": "orders-west"}},
        {"name": "traffic", "dependsOn": ["scale", "database"], "healthCheckSwitch": {"bucket": "switches", "key": "west"}},
    ])
}

fn object(steps: Value) -> FailoverPlan {
    serde_json::from_value(json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "FailoverPlan",
        "metadata": {"name": PLAN, "namespace": TEAM, "annotations": {REQUESTED_BY: AUTHOR}},
        "spec": {
            "accountRef": {"name": "production"}, "regions": {"primary": EAST, "standby": WEST},
            "runStore": {"primary": {"bucket": "runs-east"}, "standby": {"bucket": "runs-west"}}, "steps": steps,
        },
    }))
    .unwrap()
}

/// A plan that was seen: both regions were sampled, and serial 0 is recorded.
async fn bench(required: u8) -> Bench {
    bench_of(world(), steps(), required).await
}

async fn bench_of(world: World, steps: Value, required: u8) -> Bench {
    let bench = Bench::of(world);
    let mut account = words::account();
    account.spec.regions = vec![EAST.into(), WEST.into()];
    bench.api.seed(&account);
    bench.api.seed(&words::guardrail_all(required));
    bench.api.seed(&object(steps));
    keep(&bench, 90).await;
    assert_eq!(status(&bench).serial, Some(0));
    bench
}

fn status(bench: &Bench) -> FailoverPlanStatus {
    let object: FailoverPlan = bench.api.get(Some(TEAM), PLAN).unwrap();
    object.status.unwrap_or_default()
}

async fn look(bench: &Bench) -> Result<Option<Rest>, ReconcileError> {
    bench.executor.fail_over(TEAM, PLAN, None).await
}

/// Looks as often as is asked for, for so many seconds.
async fn keep(bench: &Bench, seconds: i64) {
    let end = bench.now() + SignedDuration::from_secs(seconds);
    while bench.now() < end {
        let wish = match look(bench).await {
            Ok(None) => return,
            Ok(Some(rest)) => rest.wake.duration_since(bench.now()).as_secs(),
            Err(ReconcileError::Restless) => panic!("it did not come to rest in one pass"),
            Err(_) => 1,
        };
        let left = end.as_second() - bench.now().as_second();
        bench.pass(wish.clamp(1, left.max(1)));
    }
}

/// The spec asks for a region; what a promotion takes is acknowledged.
fn ask(bench: &Bench, region: &str, serial: u64) {
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        object.spec.activation = serde_json::from_value(json!({
            "region": region, "serial": serial, "acknowledgeSplitBrain": {"serial": serial},
            "acknowledgeDataLoss": {"serial": serial, "extent": "Unbounded"},
        }))
        .unwrap();
    });
}

fn runs(bench: &Bench) -> Vec<ResponsePlan> {
    let mut all: Vec<ResponsePlan> = bench.api.all();
    all.retain(|plan| plan.spec.owner.kind == "FailoverPlan");
    all.sort_by_key(|plan| plan.spec.run);
    all
}

fn outcome(bench: &Bench) -> Option<PlanOutcome> {
    runs(bench).pop()?.status?.outcome
}

fn say(bench: &Bench, by: &str, verb: Verb, bound: bool) {
    let object: FailoverPlan = bench.api.get(Some(TEAM), PLAN).unwrap();
    let target = DecisionTarget {
        kind: "FailoverPlan".into(),
        name: PLAN.into(),
        uid: object.metadata.uid.clone().unwrap(),
        generation: object.metadata.generation,
    };
    let plan = object.status.and_then(|status| status.plan).filter(|_| bound);
    bench.decision(TEAM, target, by, |spec| {
        spec.verb = verb;
        spec.plan = plan;
    });
}

fn in_west<T>(bench: &Bench, read: impl FnOnce(&Region) -> T) -> T {
    bench.aws.look(|world| read(world.region(ACCOUNT, WEST).unwrap()))
}

fn is_over(bench: &Bench) -> bool {
    in_west(bench, |west| {
        let service = west.service("prod", "api").unwrap();
        let writer = west.databases["orders-west"].facts.source.is_none();
        service.desired_count == 2 && writer && west.buckets["switches"].objects.contains_key("west")
    })
}

/// What was written with effect, without the records of serials.
fn calls(bench: &Bench) -> Vec<String> {
    let all = bench.aws.writes();
    let had_effect = |call: &&Call| call.outcome == Outcome::Done && !matches!(call.request, Request::Store(_));
    let own = all.iter().filter(had_effect);
    own.map(|call| call.permission.to_owned()).collect()
}

#[tokio::test]
async fn failover_runs_its_steps_once_each_and_tells_how_it_went() {
    let bench = bench(1).await;
    ask(&bench, WEST, 1);
    keep(&bench, 60).await;
    assert_eq!(status(&bench).phase, Some(FailoverPhase::AwaitingApproval));
    assert_eq!(calls(&bench), [""; 0]);
    say(&bench, AUTHOR, Verb::Approve, true);
    keep(&bench, 60).await;
    assert_eq!(outcome(&bench), None, "who asked approves nothing");
    say(&bench, "bob@example.com", Verb::Approve, true);
    keep(&bench, 900).await;
    let said = status(&bench);
    assert_eq!(said.phase, Some(FailoverPhase::Completed), "{said:#?}");
    assert!(is_over(&bench));
    assert_eq!(said.active_region.as_deref(), Some(WEST));
    assert_eq!(said.history.len(), 1);
    let mut once = calls(&bench);
    once.sort();
    assert_eq!(
        once,
        [
            "application-autoscaling:RegisterScalableTarget",
            "ecs:UpdateService",
            "rds:PromoteReadReplica",
            "s3:PutObject"
        ]
    );
}

#[tokio::test]
async fn start_runs_and_nothing_runs_again_when_git_follows() {
    let bench = bench(0).await;
    let object: FailoverPlan = bench.api.get(Some(TEAM), PLAN).unwrap();
    let target = DecisionTarget {
        kind: "FailoverPlan".into(),
        name: PLAN.into(),
        uid: object.metadata.uid.unwrap(),
        generation: None,
    };
    bench.decision(TEAM, target, "ann@example.com", |spec| {
        spec.verb = Verb::Start;
        spec.start = Some(Start {
            region: WEST.into(),
            serial: 1,
            acknowledge_split_brain: true,
            ..Start::default()
        });
    });
    keep(&bench, 900).await;
    assert!(is_over(&bench), "{:#?}", status(&bench));
    let made = calls(&bench).len();
    ask(&bench, WEST, 1);
    keep(&bench, 900).await;
    assert_eq!((calls(&bench).len(), runs(&bench).len()), (made, 1));
}

/// An Incident of ann's that asks for a run.
fn incident() -> Incident {
    serde_json::from_value(json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
        "metadata": {"name": "region-down", "namespace": TEAM, "annotations": {REQUESTED_BY: "ann@example.com"}},
        "spec": {"title": "us-east-1 is failing", "state": "Open", "startFailover": {
            "name": PLAN, "region": WEST, "serial": 1, "acknowledgeSplitBrain": true}},
    }))
    .unwrap()
}

#[tokio::test]
async fn incident_begins_a_run_once_it_is_known_who_declared_it() {
    let bench = bench(1).await;
    bench.api.seed(&incident());
    keep(&bench, 60).await;
    assert_eq!(runs(&bench), [], "nobody has looked at the Incident yet");
    bench.executor.coordinate(TEAM, "region-down", None).await.unwrap();
    keep(&bench, 60).await;
    assert_eq!(status(&bench).phase, Some(FailoverPhase::AwaitingApproval));
    say(&bench, "ann@example.com", Verb::Approve, true);
    keep(&bench, 60).await;
    assert_eq!(outcome(&bench), None, "who declared it approves nothing of it");
    say(&bench, "bob@example.com", Verb::Approve, true);
    keep(&bench, 900).await;
    assert!(is_over(&bench), "{:#?}", status(&bench));
    assert_eq!(runs(&bench)[0].spec.requested_by.as_deref(), Some("ann@example.com"));
    keep(&bench, 900).await;
    assert_eq!(runs(&bench).len(), 1, "it asks for one run");
}

/// The operator dies at each of its calls in turn, of AWS and of Kubernetes: the run ends all the same, and promotes once.
#[tokio::test]
async fn operator_that_dies_at_any_call_finishes_and_promotes_once() {
    for nth in 1..40 {
        let mut bench = bench(0).await;
        bench.aws.clear_calls();
        ask(&bench, WEST, 1);
        match nth % 2 {
            0 => bench.aws.fail_nth_call(nth / 2 + 1, Fault::Crash),
            _ => bench.api.fault(
                Match::writes().nth(usize::try_from(nth / 2 + 1).unwrap()),
                Effect::Crash,
            ),
        }
        for _ in 0..200 {
            let pass = async { keep(&bench, 5).await };
            let died = tokio::select! {
                biased;
                () = pass => false,
                () = bench.api.crashed() => true,
                () = bench.aws.crashed() => true,
            };
            if died {
                bench.restart();
                bench.recount().await;
                bench.pass(30);
            }
            if outcome(&bench) == Some(PlanOutcome::Completed) {
                break;
            }
        }
        assert!(is_over(&bench), "{nth}: {:#?}", status(&bench));
        let promoted = calls(&bench)
            .iter()
            .filter(|call| *call == "rds:PromoteReadReplica")
            .count();
        assert_eq!(promoted, 1, "{nth}");
        assert_eq!(runs(&bench).len(), 1, "{nth}");
    }
}

#[tokio::test]
async fn lost_region_delays_nothing_that_does_not_need_it() {
    let bench = bench(0).await;
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        object.spec.mode = firebreak_crds::failover_plan::FailoverMode::Ungraceful;
    });
    bench.aws.cut_off(EAST, true);
    ask(&bench, WEST, 1);
    keep(&bench, 900).await;
    assert!(is_over(&bench), "{:#?}", status(&bench));
    let took = status(&bench).elapsed.unwrap();
    assert!(
        took.starts_with("2m") || took.starts_with("3m"),
        "the promotion takes 2 minutes: {took}"
    );
}

#[tokio::test]
async fn standby_bucket_that_does_not_answer_keeps_the_run_from_beginning() {
    let bench = bench(0).await;
    bench.aws.deny("s3:GetObject");
    ask(&bench, WEST, 1);
    keep(&bench, 300).await;
    assert_eq!((calls(&bench).len(), outcome(&bench)), (0, None));
    bench.aws.allow("s3:GetObject");
    keep(&bench, 900).await;
    assert!(is_over(&bench));
}

#[tokio::test]
async fn two_operators_promote_once() {
    let bench = bench(0).await;
    let rival = bench.rival();
    ask(&bench, WEST, 1);
    for _ in 0..120 {
        let (one, other) = tokio::join!(look(&bench), rival.fail_over(TEAM, PLAN, None));
        drop((one, other));
        bench.pass(5);
    }
    assert!(is_over(&bench), "{:#?}", status(&bench));
    let promoted = calls(&bench)
        .iter()
        .filter(|call| *call == "rds:PromoteReadReplica")
        .count();
    assert_eq!(promoted, 1);
}

#[tokio::test]
async fn abort_before_the_promotion_puts_everything_back() {
    let bench = bench(0).await;
    let east = |bench: &Bench| bench.aws.look(|world| world.region(ACCOUNT, EAST).unwrap().clone());
    // The replica is never up to date: the promotion waits.
    bench.aws.change(|world| {
        let west = world.region_mut(ACCOUNT, WEST).unwrap();
        west.database_mut("orders-west").unwrap().lag_seconds = Some(30.0);
    });
    let before = (bench.shape(), east(&bench).databases);
    ask(&bench, WEST, 1);
    keep(&bench, 300).await;
    assert_eq!(
        in_west(&bench, |west| west.service("prod", "api").unwrap().desired_count),
        2
    );
    say(&bench, "carol@example.com", Verb::Abort, true);
    keep(&bench, 600).await;
    assert_eq!(outcome(&bench), Some(PlanOutcome::RolledBack), "{:#?}", status(&bench));
    let service = in_west(&bench, |west| west.service("prod", "api").unwrap().desired_count);
    assert_eq!((service, east(&bench).databases), (1, before.1));
    assert_eq!(status(&bench).phase, Some(FailoverPhase::RolledBack));
}

#[tokio::test]
async fn quarantine_of_the_service_is_not_kept_waiting_and_the_run_waits_for_it() {
    let bench = bench(0).await;
    bench.aws.change(|world| {
        let west = world.region_mut(ACCOUNT, WEST).unwrap();
        west.database_mut("orders-west").unwrap().lag_seconds = Some(30.0);
    });
    ask(&bench, WEST, 1);
    keep(&bench, 300).await;
    bench.api.seed(&{
        let mut quarantine = words::quarantine("q", words::service("ScaleToZero"));
        quarantine.spec.region = WEST.into();
        quarantine
    });
    assert_eq!(bench.settle("q").await, "Contained");
    bench.aws.change(|world| {
        let west = world.region_mut(ACCOUNT, WEST).unwrap();
        west.database_mut("orders-west").unwrap().lag_seconds = Some(0.0);
    });
    keep(&bench, 300).await;
    let said = status(&bench);
    assert_eq!(said.phase, Some(FailoverPhase::Paused));
    let ready = said.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    assert_eq!(ready.reason, "Interlocked", "{}", ready.message);
    assert_eq!(
        in_west(&bench, |west| west.service("prod", "api").unwrap().desired_count),
        0
    );
    assert!(!calls(&bench).contains(&"rds:PromoteReadReplica".to_owned()));
}

#[tokio::test]
async fn deletion_moves_nothing_and_closes_the_run() {
    let bench = bench(0).await;
    bench.aws.change(|world| {
        let west = world.region_mut(ACCOUNT, WEST).unwrap();
        west.database_mut("orders-west").unwrap().lag_seconds = Some(30.0);
    });
    ask(&bench, WEST, 1);
    keep(&bench, 120).await;
    let made = calls(&bench).len();
    let object: FailoverPlan = bench.api.get(Some(TEAM), PLAN).unwrap();
    bench.api.delete::<FailoverPlan>(Some(TEAM), PLAN);
    let uid = object.metadata.uid.unwrap();
    bench.executor.fail_over(TEAM, PLAN, Some(&uid)).await.unwrap();
    assert_eq!(
        (outcome(&bench), calls(&bench).len()),
        (Some(PlanOutcome::Stopped), made)
    );
}

#[tokio::test]
async fn failing_back_uses_the_names_of_the_other_region() {
    let bench = bench(0).await;
    ask(&bench, WEST, 1);
    keep(&bench, 900).await;
    assert!(is_over(&bench));
    // People make the old primary a replica of the new writer.
    bench.aws.change(|world| {
        let east = world.region_mut(ACCOUNT, EAST).unwrap();
        let replica = DbInstance::default().replica_of(ACCOUNT, WEST, "orders-west");
        *east = std::mem::take(east).with_database("orders", replica);
    });
    keep(&bench, 120).await;
    ask(&bench, EAST, 2);
    keep(&bench, 900).await;
    let said = status(&bench);
    assert_eq!(
        (said.phase, said.active_region.as_deref()),
        (Some(FailoverPhase::Completed), Some(EAST)),
        "{said:#?}"
    );
    assert!(!in_west(&bench, |west| west.buckets["switches"]
        .objects
        .contains_key("west")));
    assert_eq!(said.history.len(), 2);
}
