//! A fence before the promotion: the database of the region that is left is cut off, and nothing is promoted before that is proven.

use super::*;

const FENCE: &str = "sg-quarantine";

fn fenced_steps() -> Value {
    let mut steps = steps();
    steps[1]["dependsOn"] = json!(["fence"]);
    let site = |instance: &str| json!({"instance": instance, "securityGroup": FENCE});
    let mut fence = site("orders");
    fence["service"] = json!({"cluster": "prod", "service": "api"});
    let all = steps.as_array_mut().unwrap();
    all.push(json!({"name": "fence", "fence": {"primary": fence, "standby": site("orders-west")}}));
    steps
}

/// The plan with a fence; nobody acknowledges a split brain.
async fn fenced() -> Bench {
    let bench = bench(0).await;
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        object.spec.steps = serde_json::from_value(fenced_steps()).unwrap();
    });
    keep(&bench, 90).await;
    bench
}

fn ask_for_west(bench: &Bench) {
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        object.spec.activation = serde_json::from_value(json!({"region": WEST, "serial": 1})).unwrap();
    });
}

fn in_east<T>(bench: &Bench, read: impl FnOnce(&Region) -> T) -> T {
    bench.aws.look(|world| read(world.region(ACCOUNT, EAST).unwrap()))
}

fn groups(bench: &Bench) -> Vec<String> {
    in_east(bench, |east| east.databases["orders"].groups.keys().cloned().collect())
}

fn change_east(bench: &Bench, change: impl FnOnce(&mut DbInstance)) {
    bench.aws.change(|world| {
        let east = world.region_mut(ACCOUNT, EAST).unwrap();
        change(east.database_mut("orders").unwrap());
    });
}

fn at(bench: &Bench, call: &str) -> Option<usize> {
    calls(bench).iter().position(|made| made == call)
}

fn count_of(bench: &Bench, call: &str) -> usize {
    calls(bench).iter().filter(|made| *made == call).count()
}

fn ready(bench: &Bench) -> (String, String) {
    let said = status(bench).conditions;
    let ready = said.into_iter().find(|one| one.type_ == "Ready").unwrap();
    (ready.reason, ready.message)
}

#[tokio::test]
async fn old_database_is_cut_off_before_its_replica_is_promoted() {
    let bench = fenced().await;
    ask_for_west(&bench);
    keep(&bench, 1200).await;
    let said = status(&bench);
    assert_eq!(said.phase, Some(FailoverPhase::Completed), "{said:#?}");
    assert!(is_over(&bench));
    let order = ["rds:ModifyDBInstance", "rds:RebootDBInstance", "rds:PromoteReadReplica"]
        .map(|call| at(&bench, call).unwrap());
    assert!(order.is_sorted(), "{:?}", calls(&bench));
    assert_eq!(groups(&bench), [FENCE]);
    let east = in_east(&bench, |east| {
        let minimum = east.scalable_target("prod", "api").map_or(0, |target| target.min);
        (east.service("prod", "api").unwrap().desired_count, minimum)
    });
    assert_eq!(east, (0, 0));
    let [fenced] = said.fenced.as_slice() else {
        panic!("{said:#?}")
    };
    assert_eq!(
        (
            fenced.region.as_str(),
            fenced.instance.as_str(),
            fenced.security_group.as_str()
        ),
        (EAST, "orders", FENCE)
    );
    assert_eq!(fenced.had, ["sg-api"]);
}

#[tokio::test]
async fn reboot_that_never_happens_holds_the_promotion_and_names_the_ways_forward() {
    let bench = fenced().await;
    change_east(&bench, |orders| orders.loses_reboots = true);
    ask_for_west(&bench);
    keep(&bench, 1500).await;
    assert_eq!(at(&bench, "rds:PromoteReadReplica"), None);
    let (reason, why) = ready(&bench);
    assert_eq!(reason, "StepFailed", "{why}");
    for way in ["Retry fence", "Skip fence with acknowledgeSplitBrain", "Abort"] {
        assert!(why.contains(way), "{why}");
    }
    say(&bench, "carol@example.com", Verb::Abort, true);
    keep(&bench, 300).await;
    assert_eq!(outcome(&bench), Some(PlanOutcome::RolledBack), "{:#?}", status(&bench));
    assert_eq!(
        (groups(&bench), status(&bench).fenced.len()),
        (vec!["sg-api".to_owned()], 0)
    );
}

#[tokio::test]
async fn region_that_does_not_answer_holds_the_promotion_until_the_fence_stands() {
    let bench = fenced().await;
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        object.spec.mode = firebreak_crds::failover_plan::FailoverMode::Ungraceful;
    });
    bench.aws.cut_off(EAST, true);
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        object.spec.activation = serde_json::from_value(json!({
            "region": WEST, "serial": 1, "acknowledgeDataLoss": {"serial": 1, "extent": "Unbounded"},
        }))
        .unwrap();
    });
    keep(&bench, 300).await;
    assert_eq!(at(&bench, "rds:PromoteReadReplica"), None);
    let (reason, why) = ready(&bench);
    assert_eq!(reason, "StepUnknown", "{why}");
    assert!(
        why.contains("nothing proves that the database in us-east-1 takes no writes"),
        "{why}"
    );
    bench.aws.cut_off(EAST, false);
    keep(&bench, 900).await;
    assert!(is_over(&bench), "{:#?}", status(&bench));
    assert_eq!(groups(&bench), [FENCE]);
}

#[tokio::test]
async fn skip_of_a_fence_takes_the_acknowledgement_and_the_people_of_a_start() {
    let bench = fenced().await;
    change_east(&bench, |orders| orders.loses_reboots = true);
    ask_for_west(&bench);
    keep(&bench, 1500).await;
    skip(&bench, "bob@example.com", false);
    keep(&bench, 120).await;
    assert_eq!(
        at(&bench, "rds:PromoteReadReplica"),
        None,
        "nobody said that the old one may take writes"
    );
    skip(&bench, "carol@example.com", true);
    keep(&bench, 600).await;
    assert!(is_over(&bench), "{:#?}", status(&bench));
}

fn skip(bench: &Bench, by: &str, acknowledges: bool) {
    let object: FailoverPlan = bench.api.get(Some(TEAM), PLAN).unwrap();
    let target = DecisionTarget {
        kind: "FailoverPlan".into(),
        name: PLAN.into(),
        uid: object.metadata.uid.clone().unwrap(),
        generation: object.metadata.generation,
    };
    let plan = object.status.and_then(|status| status.plan);
    bench.decision(TEAM, target, by, |spec| {
        (spec.verb, spec.plan, spec.step) = (Verb::Skip, plan, Some("fence".into()));
        (spec.acknowledge_split_brain, spec.reason) = (acknowledges, Some("it is late".into()));
    });
}

#[tokio::test]
async fn group_that_lets_something_in_is_refused_before_anything_is_written() {
    let bench = fenced().await;
    bench.api.edit::<FailoverPlan>(Some(TEAM), PLAN, |object| {
        let fence = object
            .spec
            .steps
            .iter_mut()
            .find_map(|step| step.fence.as_mut())
            .unwrap();
        fence.primary.security_group = "sg-lb".into();
    });
    ask_for_west(&bench);
    keep(&bench, 300).await;
    let (reason, why) = ready(&bench);
    assert_eq!((reason.as_str(), calls(&bench).len()), ("InvalidStep", 0), "{why}");
    assert!(
        why.contains("spec.steps[fence].fence: security group sg-lb has ingress rules (1)"),
        "{why}"
    );
}

#[tokio::test]
async fn fence_joins_a_quarantine_that_keeps_the_service_at_the_same_count() {
    let bench = fenced().await;
    bench.api.seed(&words::quarantine("q", words::service("ScaleToZero")));
    assert_eq!(bench.settle("q").await, "Contained");
    ask_for_west(&bench);
    // What served before the quarantine was sampled, and is scaled to.
    keep(&bench, 1200).await;
    assert_eq!(
        status(&bench).phase,
        Some(FailoverPhase::Completed),
        "{:#?}",
        status(&bench)
    );
    assert_eq!(
        in_east(&bench, |east| east.service("prod", "api").unwrap().desired_count),
        0
    );
}

/// The operator dies at each of its calls in turn: the run ends all the same, and the fence stands before the one promotion.
#[tokio::test]
async fn operator_that_dies_at_any_call_fences_before_it_promotes_once() {
    for nth in 1..48 {
        let mut bench = fenced().await;
        bench.aws.clear_calls();
        ask_for_west(&bench);
        match nth % 2 {
            0 => bench.aws.fail_nth_call(nth / 2 + 1, Fault::Crash),
            _ => bench.api.fault(
                Match::writes().nth(usize::try_from(nth / 2 + 1).unwrap()),
                Effect::Crash,
            ),
        }
        for _ in 0..300 {
            let pass = async { keep(&bench, 10).await };
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
        assert_eq!(groups(&bench), [FENCE], "{nth}");
        assert_eq!(count_of(&bench, "rds:PromoteReadReplica"), 1, "{nth}");
        assert!(
            at(&bench, "rds:RebootDBInstance") < at(&bench, "rds:PromoteReadReplica"),
            "{nth}: {:?}",
            calls(&bench)
        );
    }
}

#[tokio::test]
async fn abort_between_fence_and_promotion_takes_effect_at_their_end() {
    let bench = fenced().await;
    ask_for_west(&bench);
    while at(&bench, "rds:ModifyDBInstance").is_none() {
        keep(&bench, 2).await;
    }
    say(&bench, "carol@example.com", Verb::Abort, true);
    keep(&bench, 1200).await;
    assert_eq!(outcome(&bench), Some(PlanOutcome::Stopped), "{:#?}", status(&bench));
    assert_eq!(
        (count_of(&bench, "rds:PromoteReadReplica"), groups(&bench)),
        (1, vec![FENCE.to_owned()])
    );
    assert_eq!(at(&bench, "s3:PutObject"), None, "traffic stays where it is");
}
