//! Steps beside those of the plan of this story: each with what can go wrong in the middle of it.

use super::*;
use firebreak_cloud::memory::world::{Alias, Function, FunctionVersion, MappingState};
use firebreak_core::aws::cloudwatch::AlarmState;

const LISTENER: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/shop/1/2";
const TO_EAST: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/to-east/1";
const TO_WEST: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/to-west/2";
const CANARY: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/canary/3";
const OF_EAST: &str = "0e57a000-0000-4000-8000-000000000001";
const OF_WEST: &str = "3e570000-0000-4000-8000-000000000002";

fn shop() -> World {
    let weights = [(TO_EAST, 100), (TO_WEST, 0), (CANARY, 3)];
    let east = |region: Region| {
        region
            .with_function("orders", "payments-task")
            .with_event_source(OF_EAST, "orders", "orders", true)
    };
    let west = |region: Region| {
        region
            .with_forward(LISTENER, &weights)
            .with_function("orders", "payments-task")
            .with_event_source(OF_WEST, "orders", "orders", false)
            .with_function_like("orders", published)
            .with_alarm("never", AlarmState::Alarm)
    };
    world().with_account(ACCOUNT, |account| {
        account.with_region(EAST, east).with_region(WEST, west)
    })
}

/// Versions 6 and 7, and an alias that invokes the older one.
fn published(function: &mut Function) {
    for version in ["6", "7"] {
        function.versions.insert(version.into(), FunctionVersion::default());
    }
    let alias = Alias {
        version: "6".into(),
        ..Alias::default()
    };
    function.aliases.insert("live".into(), alias);
}

fn alias() -> Value {
    let of = |version: &str| json!({"function": "orders", "alias": "live", "version": version});
    json!({"name": "alias", "lambdaAlias": {"primary": of("6"), "standby": of("7")}})
}

fn version(bench: &Bench) -> String {
    in_west(bench, |west| west.functions["orders"].aliases["live"].version.clone())
}

fn weights() -> Value {
    json!({"name": "weights", "elbv2Weights": {"listener": LISTENER, "primary": TO_EAST, "standby": TO_WEST}})
}

fn sources() -> Value {
    let of = |uuid: &str| json!({"function": "orders", "mappings": [uuid]});
    json!({"name": "sources", "lambdaEventSources": {"primary": of(OF_EAST), "standby": of(OF_WEST)}})
}

/// A gate that never passes, after these.
fn never(after: &[&str]) -> Value {
    json!({"name": "never", "dependsOn": after, "gate": {"alarm": {"primary": "never", "standby": "never"}}})
}

fn is_enabled(bench: &Bench, region: &str, uuid: &str) -> (bool, bool) {
    bench.aws.look(|world| {
        let mapping = &world.region(ACCOUNT, region).unwrap().event_source_mappings[uuid];
        (mapping.enabled, mapping.state == MappingState::Settled)
    })
}

fn shares(bench: &Bench) -> Vec<i32> {
    in_west(bench, |west| {
        let weights = &west.forwards[LISTENER];
        [TO_EAST, TO_WEST, CANARY].map(|group| weights[group]).into()
    })
}

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

/// Carries on after each death of the operator, until the run has ended.
async fn survive(bench: &mut Bench) {
    for _ in 0..200 {
        let living: &Bench = bench;
        let died = tokio::select! {
            biased;
            () = keep(living, 5) => false,
            () = living.api.crashed() => true,
            () = living.aws.crashed() => true,
        };
        if died {
            bench.restart();
            bench.recount().await;
            bench.pass(30);
        }
        if outcome(bench).is_some_and(|outcome| outcome != PlanOutcome::Running) {
            return;
        }
    }
}

#[tokio::test]
async fn run_waits_for_people_and_then_for_its_time_and_a_restart_makes_neither_longer() {
    let mut bench = bench_of(
        shop(),
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

/// The operator dies at each of its calls in turn: every value is set once, what nobody named stays, and the two regions never take
/// events at the same time.
#[tokio::test]
async fn weights_and_event_sources_move_once_wherever_the_operator_dies() {
    for nth in 1..30 {
        let mut bench = bench_of(shop(), json!([weights(), sources()]), 0).await;
        bench.aws.clear_calls();
        ask(&bench, WEST, 1);
        match nth % 3 {
            0 => bench.aws.fail_nth_call(nth / 3 + 1, Fault::Crash),
            1 => bench.aws.fail_nth_call(nth / 3 + 1, Fault::CrashAfterEffect),
            _ => bench.api.fault(
                Match::writes().nth(usize::try_from(nth / 3 + 1).unwrap()),
                Effect::Crash,
            ),
        }
        survive(&mut bench).await;
        assert_eq!(
            outcome(&bench),
            Some(PlanOutcome::Completed),
            "{nth}: {:#?}",
            status(&bench)
        );
        assert_eq!(shares(&bench), [0, 100, 3], "{nth}");
        assert_eq!(is_enabled(&bench, EAST, OF_EAST), (false, true), "{nth}");
        assert_eq!(is_enabled(&bench, WEST, OF_WEST), (true, true), "{nth}");
        // The call at which it died is not among those that were answered.
        let named = ["elasticloadbalancing:ModifyListener", "lambda:UpdateEventSourceMapping"];
        let made = calls(&bench);
        assert!(
            made.iter().all(|call| named.contains(&call.as_str())),
            "{nth}: {made:?}"
        );
    }
}

#[tokio::test]
async fn abort_puts_weights_and_event_sources_back() {
    let bench = bench_of(shop(), json!([weights(), sources(), never(&["weights", "sources"])]), 0).await;
    ask(&bench, WEST, 1);
    keep(&bench, 120).await;
    assert_eq!(
        (shares(&bench), is_enabled(&bench, WEST, OF_WEST)),
        (vec![0, 100, 3], (true, true))
    );
    // Somebody else's change beside it stays.
    bench.aws.change(|world| {
        let west = world.region_mut(ACCOUNT, WEST).unwrap();
        for weights in west.forwards.values_mut() {
            weights.insert(CANARY.into(), 9);
        }
    });
    say(&bench, "carol@example.com", Verb::Abort, true);
    keep(&bench, 300).await;
    assert_eq!(outcome(&bench), Some(PlanOutcome::RolledBack), "{:#?}", status(&bench));
    assert_eq!(shares(&bench), [100, 0, 9]);
    assert_eq!(is_enabled(&bench, EAST, OF_EAST), (true, true));
    assert_eq!(is_enabled(&bench, WEST, OF_WEST), (false, true));
}

#[tokio::test]
async fn lost_region_keeps_no_function_of_the_other_one_from_its_events() {
    let bench = bench_of(shop(), json!([sources()]), 0).await;
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        object.spec.mode = firebreak_crds::failover_plan::FailoverMode::Ungraceful;
    });
    bench.aws.cut_off(EAST, true);
    ask(&bench, WEST, 1);
    keep(&bench, 300).await;
    assert_eq!(outcome(&bench), Some(PlanOutcome::Completed), "{:#?}", status(&bench));
    assert_eq!(is_enabled(&bench, WEST, OF_WEST), (true, true));
    assert_eq!(
        is_enabled(&bench, EAST, OF_EAST),
        (true, true),
        "nothing is known of it"
    );
    let ended = runs(&bench).pop().unwrap().status.unwrap().message.unwrap();
    assert!(ended.contains("left to do: sources.off-1"), "{ended}");
}

#[tokio::test]
async fn mapping_that_aws_is_changing_is_waited_for() {
    let bench = bench_of(shop(), json!([sources()]), 0).await;
    let updating = |on: bool| {
        bench.aws.change(|world| {
            let west = world.region_mut(ACCOUNT, WEST).unwrap();
            let state = if on {
                MappingState::Updating
            } else {
                MappingState::Settled
            };
            west.event_source_mappings.get_mut(OF_WEST).unwrap().state = state;
        });
    };
    updating(true);
    ask(&bench, WEST, 1);
    keep(&bench, 120).await;
    assert_eq!(
        (outcome(&bench), is_enabled(&bench, WEST, OF_WEST).0),
        (Some(PlanOutcome::Running), false)
    );
    updating(false);
    keep(&bench, 120).await;
    assert_eq!(outcome(&bench), Some(PlanOutcome::Completed), "{:#?}", status(&bench));
    assert_eq!(is_enabled(&bench, WEST, OF_WEST), (true, true));
}

/// A deployment changes the alias between the read and the write: AWS refuses the write, and what the deployment made stays.
#[tokio::test]
async fn deployment_that_comes_in_between_is_not_overwritten() {
    let bench = bench_of(shop(), json!([alias()]), 0).await;
    let world = bench.aws.clone();
    bench.aws.on_call(move |call| {
        if call.permission == "lambda:UpdateAlias" {
            world.change(|world| {
                let west = world.region_mut(ACCOUNT, WEST).unwrap();
                let alias = west
                    .functions
                    .get_mut("orders")
                    .unwrap()
                    .aliases
                    .get_mut("live")
                    .unwrap();
                (alias.version, alias.revision) = ("5".into(), 40);
            });
        }
    });
    ask(&bench, WEST, 1);
    keep(&bench, 120).await;
    assert_eq!(version(&bench), "5");
    let said = status(&bench);
    assert_eq!(outcome(&bench), Some(PlanOutcome::Running), "{said:#?}");
    assert!(
        said.steps[0]
            .message
            .as_ref()
            .unwrap()
            .contains("neither what was there"),
        "{said:#?}"
    );
}

#[tokio::test]
async fn alias_moves_and_an_abort_moves_it_back() {
    let bench = bench_of(shop(), json!([alias(), never(&["alias"])]), 0).await;
    ask(&bench, WEST, 1);
    keep(&bench, 60).await;
    assert_eq!(version(&bench), "7");
    say(&bench, "carol@example.com", Verb::Abort, true);
    keep(&bench, 120).await;
    assert_eq!(
        (outcome(&bench), version(&bench)),
        (Some(PlanOutcome::RolledBack), "6".into())
    );
}
