//! Two objects and one thing in AWS: who holds it is named, and nobody joins what cannot be kept.

use crate::support::{
    Bench, words,
    worlds::{self, inline},
};
use firebreak_cloud::memory::sample;
use firebreak_core::run::ledger::Ledger;
use firebreak_crds::{ApprovalRule, HoldState};
use serde_json::{Value, json};

fn into_group(group: &str) -> Value {
    let mut target = words::service("SwapSecurityGroups");
    target["ecsService"]["securityGroupId"] = json!(group);
    target
}

/// A second group that lets nothing through.
fn another_group(bench: &Bench) {
    bench.aws.change(|world| {
        let groups = &mut worlds::region(world).security_groups;
        let empty = groups["sg-dark"].clone();
        groups.insert("sg-darker".into(), empty);
    });
}

#[tokio::test]
async fn who_wants_another_value_is_told_who_holds_it_and_goes_on_when_it_is_released() {
    let bench = Bench::free();
    another_group(&bench);
    bench.quarantined("first", into_group("sg-dark"));
    assert_eq!(bench.settle("first").await, "Contained");
    bench.aws.clear_calls();
    bench.quarantined("second", into_group("sg-darker"));
    assert_eq!(bench.settle("second").await, "HeldByAnother");
    let message = bench.message("second", "Ready");
    assert!(message.contains("team/first holds"), "{message}");
    assert!(message.contains("release it first"), "{message}");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.let_go("first");
    assert_eq!(bench.settle("first").await, "Released");
    bench.keep("second", 120).await;
    assert_eq!(bench.settle("second").await, "Contained");
}

#[tokio::test]
async fn custody_in_conflict_is_not_joined_until_somebody_gives_it_up() {
    let bench = Bench::free();
    let target = || words::role_with("payments-task", &["DenyAll"]);
    bench.quarantined("first", target());
    assert_eq!(bench.settle("first").await, "Contained");
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.let_go("first");
    assert_eq!(bench.settle("first").await, "ReleaseConflict");
    bench.aws.clear_calls();
    bench.quarantined("second", target());
    assert_eq!(bench.settle("second").await, "HeldByAnother");
    let message = bench.message("second", "Ready");
    assert!(message.contains("is in conflict"), "{message}");
    assert!(message.contains("Decision Abandon"), "{message}");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.decide("first", "ann@example.com", |word| {
        word.verb = firebreak_crds::Verb::Abandon
    });
    assert_eq!(bench.settle("first").await, "Abandoned");
    bench.keep("second", 120).await;
    assert_eq!(bench.settle("second").await, "Contained");
}

#[tokio::test]
async fn conflict_that_is_over_stands_in_nobodys_way() {
    let target = || words::role_with("payments-task", &["DenyAll"]);
    for who in ["first", "second"] {
        let bench = Bench::free();
        bench.quarantined("first", target());
        assert_eq!(bench.settle("first").await, "Contained");
        bench
            .aws
            .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
        bench.let_go("first");
        assert_eq!(bench.settle("first").await, "ReleaseConflict");
        bench.aws.change(|world| *world = sample());
        match who {
            "first" => bench.contain_again("first"),
            _ => drop(bench.quarantined("second", target())),
        }
        assert_eq!(bench.settle(who).await, "Contained", "{who}");
        assert_eq!(bench.holds()[0].spec.state, HoldState::Held, "{who}");
        bench.let_go("first");
        bench.let_go_if_there(who);
        assert_eq!(bench.settle("first").await, "Released", "{who}");
        assert_eq!(bench.settle(who).await, "Released", "{who}");
        assert_eq!((bench.holds(), bench.aws.world()), (vec![], sample()), "{who}");
    }
}

impl Bench {
    fn let_go_if_there(&self, name: &str) {
        if self.exists(name) {
            self.let_go(name);
        }
    }
}

/// Reversible steps run at once; what destroys waits, and what comes after it.
fn in_tranches(bench: &Bench) {
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail("tranches", |spec| {
        let of = |destructive, required| ApprovalRule {
            destructive: Some(destructive),
            ..words::rule(required)
        };
        spec.approvals = vec![of(false, 0), of(true, 1)];
    }));
}

fn isolated(method: &str, group: &str) -> Value {
    let mut target = words::instance("Isolate");
    target["ec2Instance"]["method"] = json!(method);
    target["ec2Instance"]["isolationSecurityGroupId"] = json!(group);
    target["ec2Instance"]["protectTermination"] = json!(false);
    target["ec2Instance"]["snapshots"] = json!(true);
    target
}

/// `first` has begun, and waits for people before it stops the instance; it has not reached the network interfaces.
async fn waiting() -> Bench {
    let bench = Bench::of(sample());
    another_group(&bench);
    // Where an instance must stand by first, what comes after the stop does not wait for it.
    bench
        .aws
        .change(|world| worlds::region(world).auto_scaling_groups.clear());
    in_tranches(&bench);
    bench.quarantined("first", isolated("Stop", "sg-dark"));
    assert_eq!(bench.settle("first").await, "AwaitingApproval");
    assert!(!bench.wrote().is_empty(), "it was begun");
    assert!(!bench.wrote().contains(&"ec2:ModifyNetworkInterfaceAttribute"));
    bench.quarantined("second", isolated("Isolate", "sg-darker"));
    bench
}

#[tokio::test]
async fn run_that_was_begun_claims_what_it_has_not_reached() {
    let mut bench = waiting().await;
    bench.aws.clear_calls();
    for leader in ["the same", "a new one"] {
        assert_eq!(bench.settle("second").await, "HeldByAnother", "{leader}");
        let message = bench.message("second", "Ready");
        assert!(message.contains("team/first is about to hold"), "{message}");
        assert_eq!(bench.wrote(), [""; 0], "{leader}");
        bench.restart();
    }
    bench.approve("first", "ann@example.com");
    assert_eq!(bench.settle("first").await, "Contained");
    bench.keep("second", 120).await;
    assert!(bench.message("second", "Ready").contains("team/first holds"));
    bench.let_go_of_everything("first");
    assert_eq!(bench.settle("first").await, "Released");
    bench.pass(300);
    bench.keep("second", 120).await;
    assert_eq!(bench.settle_with_approvals("second").await, "Contained");
}

/// A run of an earlier version claimed nothing: the first one who took custody keeps it as it is.
#[tokio::test]
async fn late_run_does_not_take_another_holders_value_over() {
    let bench = waiting().await;
    *bench.executor.ledger.lock().unwrap() = Ledger::default();
    assert_eq!(bench.settle("second").await, "Contained");
    let held = |bench: &Bench| {
        let mut holds = bench.holds();
        holds.retain(|hold| hold.spec.key.field.contains("Groups"));
        holds.into_iter().map(|hold| hold.spec.after).collect::<Vec<Value>>()
    };
    assert_eq!(held(&bench), [json!(["sg-darker"]), json!(["sg-darker"])]);
    bench.approve("first", "ann@example.com");
    assert_eq!(bench.settle("first").await, "HeldByAnother");
    let message = bench.message("first", "Ready");
    assert!(message.contains("team/second holds"), "{message}");
    assert_eq!(bench.says("first", "Contained").split('/').next(), Some("False"));
    bench.keep("second", 400).await;
    assert_eq!(held(&bench), [json!(["sg-darker"]), json!(["sg-darker"])]);
    assert_eq!(bench.ready_reason("second"), "Contained");
}

/// Somebody changes it after the plan, and another object takes custody of that before the run gets there.
#[tokio::test]
async fn late_run_on_other_ground_than_it_was_planned_is_planned_again() {
    let bench = waiting().await;
    *bench.executor.ledger.lock().unwrap() = Ledger::default();
    bench.aws.change(|world| {
        let interfaces = &mut worlds::region(world).network_interfaces;
        interfaces.get_mut("eni-1bastion").unwrap().groups = ["sg-lb".to_owned()].into();
    });
    bench.change("second", |q| {
        let instance = q.spec.target.ec2_instance.as_mut().unwrap();
        instance.isolation_security_group_id = Some("sg-dark".into());
    });
    assert_eq!(bench.settle("second").await, "Contained");
    bench.aws.change(|world| {
        let interfaces = &mut worlds::region(world).network_interfaces;
        interfaces.get_mut("eni-1bastion").unwrap().groups = ["sg-lb".to_owned()].into();
    });
    bench.approve("first", "ann@example.com");
    assert_eq!(
        bench.settle("first").await,
        "AwaitingApproval",
        "what was there is not what people read"
    );
    assert_eq!(bench.plans("first").len(), 2);
}
