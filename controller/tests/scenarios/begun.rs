//! A run that was begun: it counts and claims before it has custody, and what destroys is looked at again at its turn.

use crate::support::{
    Bench,
    words::{self, guardrail, rule},
    worlds,
};
use firebreak_cloud::memory::{Fault, cidr_rule, sample};
use firebreak_core::respond::Respondent;
use firebreak_crds::{ApprovalRule, AwsAccount, Caps, Guardrail, IN_USE_FINALIZER, Protected};
use serde_json::{Value, json};

const STOP: &str = "ec2:StopInstances";

fn stopped() -> Value {
    let mut target = words::instance("Stop");
    target["ec2Instance"]["isolationSecurityGroupId"] = json!("sg-dark");
    target
}

/// Reversible steps need nobody, and what destroys needs one person.
fn tranches(change: impl FnOnce(&mut firebreak_crds::GuardrailSpec)) -> Guardrail {
    guardrail("tranches", |spec| {
        let of = |destructive, required| ApprovalRule {
            destructive: Some(destructive),
            ..rule(required)
        };
        spec.approvals = vec![of(false, 0), of(true, 1)];
        change(spec);
    })
}

/// Everything that is reversible before the stop is done, and people are asked for the rest.
async fn half_way() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&tranches(|_| {}));
    bench.quarantined("q", stopped());
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert!(!bench.wrote().is_empty() && !bench.wrote().contains(&STOP));
    bench.pass(86_400);
    bench
}

fn without_grants(bench: &Bench) {
    bench
        .api
        .edit::<AwsAccount>(None, "production", |account| account.spec.grants.clear());
}

fn protected(bench: &Bench) {
    bench.api.edit::<Guardrail>(None, "tranches", |guardrail| {
        guardrail.spec.protected = Protected {
            arns: vec!["arn:aws:ec2:*:*:instance/i-0bastion".into()],
            ..Protected::default()
        };
    });
}

fn hollow_group(bench: &Bench) {
    bench.aws.change(|world| {
        let group = worlds::region(world).security_groups.get_mut("sg-dark").unwrap();
        group.ingress.insert(cidr_rule("tcp", 22, "0.0.0.0/0"));
    });
}

type Change = fn(&Bench);

#[tokio::test]
async fn destructive_step_is_judged_again_at_its_turn() {
    let changes: [(&str, Change); 3] = [
        ("AccountNotGranted", without_grants),
        ("Protected", protected),
        ("InvalidTarget", hollow_group),
    ];
    for (reason, change) in changes {
        let bench = half_way().await;
        change(&bench);
        bench.approve("q", "ann@example.com");
        assert_eq!(bench.settle("q").await, reason);
        bench.keep("q", 600).await;
        assert!(!bench.wrote().contains(&STOP), "{reason}");
        assert_eq!(bench.says("q", "Stalled"), format!("True/{reason}"));
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "Released", "{reason}");
    }
}

#[tokio::test]
async fn destructive_step_goes_on_when_it_is_granted_again() {
    let bench = half_way().await;
    without_grants(&bench);
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "AccountNotGranted");
    let grants = words::account().spec.grants;
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.grants = grants.clone();
    });
    bench.keep("q", 60).await;
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn unreadable_fact_is_no_change() {
    let bench = half_way().await;
    bench.aws.deny("ec2:DescribeSecurityGroups");
    bench.approve("q", "ann@example.com");
    bench.keep("q", 60).await;
    assert!(bench.wrote_well().contains(&STOP), "{:?}", bench.wrote());
    assert_eq!(bench.plans("q").len(), 1);
}

/// The first step only adds a snapshot: there is no custody yet.
async fn killed_before_custody() -> Bench {
    let mut bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&tranches(|spec| {
        spec.caps = Caps {
            max_contained: Some(1),
            ..Caps::default()
        };
    }));
    let mut target = stopped();
    target["ec2Instance"]["snapshots"] = json!(true);
    bench.quarantined("q", target);
    bench.aws.fail_on("ec2:CreateSnapshots", Fault::CrashAfterEffect);
    assert!(bench.respond_or_die("q").await.is_none());
    bench.restart();
    assert_eq!(bench.holds(), []);
    bench
}

#[tokio::test]
async fn run_without_custody_counts_for_a_new_leader_too() {
    let bench = killed_before_custody().await;
    bench.quarantined("r", words::role("orders-task"));
    assert_eq!(bench.settle("r").await, "CapExceeded");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.keep("r", 120).await;
    assert_eq!(bench.settle("r").await, "Contained");
}

#[tokio::test]
async fn account_is_in_use_from_the_beginning_of_a_run() {
    let bench = killed_before_custody().await;
    let account = bench.api.get::<AwsAccount>(None, "production").unwrap();
    let finalizers = account.metadata.finalizers.unwrap_or_default();
    assert_eq!(finalizers, [IN_USE_FINALIZER]);
}

/// What a standby knew when it started is old when it leads.
#[tokio::test]
async fn leader_counts_when_it_begins_to_act() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&tranches(|spec| {
        spec.caps = Caps {
            max_contained: Some(1),
            ..Caps::default()
        };
    }));
    let standby = bench.rival();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.quarantined("r", words::role("orders-task"));
    for _ in 0..5 {
        standby
            .respond(Respondent::Quarantine, words::TEAM, "r", None)
            .await
            .unwrap();
        bench.pass(1);
    }
    assert_eq!(bench.ready_reason("r"), "CapExceeded");
}
