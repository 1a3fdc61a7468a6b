//! A TrafficPolicy from its plan to its release: on IP sets that others write too, killed at any call, and never more than it says.

use crate::{
    fake_api::{Effect, Match},
    support::{
        Bench,
        words::{self, AUTHOR, TEAM},
    },
};
use firebreak_cloud::memory::{
    ACCOUNT, Fault, REGION,
    world::{Region, World},
};
use firebreak_core::{
    aws::{
        failure::{Failure, FailureClass},
        wafv2::{IpVersion, Rule, RuleAction, prepared_name},
    },
    respond::Respondent,
};
use firebreak_crds::{
    AwsAccount, Condition, Decision, NeverBlock, REQUESTED_BY, ResponsePlan, TrafficPolicy, TrafficState, TrafficWish,
    WafScope,
};
use firebreak_executor::ReconcileError;
use kube::ResourceExt;
use serde_json::{Value, json};

const ACL: &str = "a1b2c3d4-5678-90ab-cdef-0123456789ab";
const FOREIGN: [&str; 3] = [
    "192.0.2.0/24",
    "203.0.113.5/32",
    "2001:0db8:0000:0000:0000:0000:0000:0001/128",
];
const BLOCKED: [&str; 3] = ["198.51.100.7/32", "198.51.100.8/32", "2001:db8:17::/64"];
/// A write of AWS WAF, and what it may take to come to rest after that.
const MAX_PASSES: usize = 200;

fn world() -> World {
    let made = |region: Region| {
        region
            .with_web_acl(WafScope::Regional, "shop", ACL, Vec::new())
            .prepared("shop", &FOREIGN)
    };
    World::new().with_account(ACCOUNT, |account| account.with_region(REGION, made))
}

fn policy(name: &str, block: &[&str], more: &Value) -> TrafficPolicy {
    let block: Vec<Value> = block.iter().map(|cidr| json!({"cidr": cidr})).collect();
    let mut spec = json!({"accountRef": {"name": "production"}, "region": REGION, "webAcl": {"name": "shop", "id": ACL}, "block": block});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "TrafficPolicy",
        "metadata": {"name": name, "namespace": TEAM, "annotations": {REQUESTED_BY: AUTHOR}}, "spec": spec,
    }))
    .unwrap()
}

/// A bench on which nobody needs to be asked.
fn free() -> Bench {
    let bench = Bench::of(world());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench
}

fn object(bench: &Bench, name: &str) -> Option<TrafficPolicy> {
    bench.api.get(Some(TEAM), name)
}

fn condition(bench: &Bench, name: &str, kind: &str) -> Option<Condition> {
    let conditions = object(bench, name)?.status?.conditions;
    conditions.into_iter().find(|one| one.type_ == kind)
}

fn says(bench: &Bench, name: &str, kind: &str) -> String {
    let said = condition(bench, name, kind);
    said.map(|one| format!("{}/{}", one.status, one.reason))
        .unwrap_or_default()
}

fn message(bench: &Bench, name: &str, kind: &str) -> String {
    condition(bench, name, kind).map(|one| one.message).unwrap_or_default()
}

async fn look(bench: &Bench, name: &str) -> Result<Option<firebreak_core::engine::Rest>, ReconcileError> {
    bench
        .executor
        .respond(Respondent::TrafficPolicy, TEAM, name, None)
        .await
}

/// Passes with the pauses that it asks for until nothing goes on by itself; the reason of Ready then.
async fn settle(bench: &Bench, name: &str) -> String {
    const PASSING: [&str; 7] = [
        "",
        "Throttled",
        "Unreachable",
        "Applying",
        "Verifying",
        "Settling",
        "Releasing",
    ];
    for _ in 0..MAX_PASSES {
        match look(bench, name).await {
            Ok(None) => return "Gone".into(),
            Ok(Some(_)) if object(bench, name).is_none() => return "Gone".into(),
            Ok(Some(rest)) => {
                let reason = condition(bench, name, "Ready")
                    .map(|one| one.reason)
                    .unwrap_or_default();
                if !PASSING.contains(&reason.as_str()) {
                    return reason;
                }
                bench.pass(i64::try_from(rest.after).unwrap());
            }
            Err(_) => bench.pass(1),
        }
    }
    panic!(
        "{name} never came to rest: {:#?}",
        object(bench, name).and_then(|it| it.status)
    )
}

async fn settle_alive(bench: &mut Bench, name: &str) -> String {
    tokio::select! {
        biased;
        reason = settle(bench, name) => return reason,
        () = bench.api.crashed() => {},
        () = bench.aws.crashed() => {},
    }
    bench.restart();
    settle(bench, name).await
}

fn release(bench: &Bench, name: &str) {
    bench
        .api
        .edit::<TrafficPolicy>(Some(TEAM), name, |policy| policy.spec.state = TrafficWish::Released);
}

fn addresses(bench: &Bench, version: IpVersion) -> Vec<String> {
    let name = prepared_name(version, ACL);
    bench.aws.look(|world| {
        world.region(ACCOUNT, REGION).unwrap().ip_sets[&name]
            .facts
            .addresses
            .clone()
    })
}

fn change_set(bench: &Bench, change: impl FnOnce(&mut Vec<String>)) {
    let name = prepared_name(IpVersion::Ipv4, ACL);
    bench.aws.change(|world| {
        change(
            &mut world
                .region_mut(ACCOUNT, REGION)
                .unwrap()
                .ip_sets
                .get_mut(&name)
                .unwrap()
                .facts
                .addresses,
        )
    });
}

#[tokio::test]
async fn ranges_are_blocked_held_and_let_in_again_exactly() {
    let bench = free();
    bench.api.seed(&policy("scanner", &BLOCKED, &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    assert_eq!(says(&bench, "scanner", "Enforced"), "True/Enforced");
    assert_eq!(
        object(&bench, "scanner").unwrap().status.unwrap().state,
        Some(TrafficState::Enforced)
    );
    let four = addresses(&bench, IpVersion::Ipv4);
    assert_eq!(four, [&FOREIGN[..2], &BLOCKED[..2]].concat());
    assert_eq!(addresses(&bench, IpVersion::Ipv6).len(), 2);
    assert_eq!(bench.holds().len(), 3);
    release(&bench, "scanner");
    assert_eq!(settle(&bench, "scanner").await, "Released");
    assert_eq!(bench.aws.world(), world());
    assert!(bench.holds().is_empty());
    assert_eq!(bench.wrote(), ["wafv2:UpdateIPSet"; 6], "the web ACL is never written");
}

#[tokio::test]
async fn a_set_is_read_once_for_all_of_its_ranges() {
    let bench = free();
    let many: Vec<String> = (0..32).map(|last| format!("198.51.100.{last}/32")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    bench.api.seed(&policy("scanner", &many, &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    let before = bench.aws.calls().len();
    look(&bench, "scanner").await.unwrap();
    let asked = bench.aws.calls().len() - before;
    assert!(asked <= 4, "a look at 32 ranges takes {asked} calls");
}

#[tokio::test]
async fn killed_or_refused_at_any_call_it_reaches_the_same_end() {
    let mut calm = free();
    life(&mut calm, "calm").await;
    let (on_kubernetes, on_aws) = (calm.api.count(&Match::writes()), calm.aws.writes().len());
    let failed = |class| Failure {
        class,
        call: "test".into(),
        code: "injected".into(),
        message: "injected".into(),
    };
    for nth in 1..=on_kubernetes {
        let effects = [
            ("killed after", Effect::CrashAfter),
            ("refused at", Effect::Refuse(409)),
            ("unanswered at", Effect::RefuseAfter(504)),
        ];
        for (how, effect) in effects {
            let (mut bench, what) = (free(), format!("{how} write {nth} of Kubernetes"));
            bench.api.fault(Match::writes().nth(nth), effect);
            life(&mut bench, &what).await;
        }
    }
    for nth in 1..=on_aws as u64 {
        for fault in [
            Fault::Crash,
            Fault::CrashAfterEffect,
            Fault::Error(failed(FailureClass::Conflict)),
            Fault::Error(failed(FailureClass::Throttled)),
            Fault::ErrorAfterEffect(failed(FailureClass::Transient)),
        ] {
            let (mut bench, what) = (free(), format!("{fault:?} at write {nth} of AWS"));
            bench.aws.fail_nth_write(nth, fault);
            life(&mut bench, &what).await;
        }
    }
}

async fn life(bench: &mut Bench, what: &str) {
    bench.api.seed(&policy("scanner", &BLOCKED, &json!({})));
    assert_eq!(settle_alive(bench, "scanner").await, "Enforced", "{what}");
    let all: usize = [IpVersion::Ipv4, IpVersion::Ipv6]
        .map(|version| addresses(bench, version).len())
        .iter()
        .sum();
    assert_eq!(all, FOREIGN.len() + BLOCKED.len(), "{what}");
    release(bench, "scanner");
    assert_eq!(settle_alive(bench, "scanner").await, "Released", "{what}");
    assert_eq!(bench.aws.world(), world(), "{what}");
    assert!(bench.holds().is_empty(), "{what}");
}

#[tokio::test]
async fn range_that_others_had_blocked_before_stays_blocked() {
    let bench = free();
    bench
        .api
        .seed(&policy("scanner", &[FOREIGN[1], BLOCKED[0]], &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    release(&bench, "scanner");
    assert_eq!(settle(&bench, "scanner").await, "Released");
    assert_eq!(bench.aws.world(), world());
}

#[tokio::test]
async fn two_policies_share_a_range_and_the_last_one_lets_it_in() {
    let bench = free();
    bench.api.seed(&policy("one", &BLOCKED[..2], &json!({})));
    bench.api.seed(&policy("other", &BLOCKED[1..2], &json!({})));
    for name in ["one", "other"] {
        assert_eq!(settle(&bench, name).await, "Enforced");
    }
    assert_eq!(bench.holds().len(), 2);
    release(&bench, "one");
    assert_eq!(settle(&bench, "one").await, "Released");
    assert_eq!(addresses(&bench, IpVersion::Ipv4), [FOREIGN[0], FOREIGN[1], BLOCKED[1]]);
    release(&bench, "other");
    assert_eq!(settle(&bench, "other").await, "Released");
    assert_eq!(bench.aws.world(), world());
}

#[tokio::test]
async fn what_others_change_is_theirs_and_what_they_take_out_of_ours_is_put_back() {
    let bench = free();
    bench.api.seed(&policy("scanner", &BLOCKED[..2], &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    change_set(&bench, |set| {
        set.retain(|one| one != BLOCKED[0] && one != FOREIGN[0]);
        set.insert(0, "203.0.113.77/32".into());
    });
    bench.pass(400);
    look(&bench, "scanner").await.unwrap();
    bench.pass(400);
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    assert_eq!(says(&bench, "scanner", "InSync"), "True/DriftReasserted");
    assert_eq!(
        addresses(&bench, IpVersion::Ipv4),
        ["203.0.113.77/32", FOREIGN[1], BLOCKED[1], BLOCKED[0]]
    );
    release(&bench, "scanner");
    assert_eq!(settle(&bench, "scanner").await, "Released");
    assert_eq!(addresses(&bench, IpVersion::Ipv4), ["203.0.113.77/32", FOREIGN[1]]);
}

#[tokio::test]
async fn nothing_of_what_rivals_write_at_the_same_time_is_lost() {
    let bench = free();
    let name = prepared_name(IpVersion::Ipv4, ACL);
    let rivals: Vec<String> = (0..12).map(|last| format!("192.0.2.{last}/32")).collect();
    bench.aws.change(|world| {
        world
            .region_mut(ACCOUNT, REGION)
            .unwrap()
            .ip_sets
            .get_mut(&name)
            .unwrap()
            .rivals = rivals.clone()
    });
    bench.api.seed(&policy("one", &BLOCKED[..1], &json!({})));
    bench.api.seed(&policy("other", &BLOCKED[1..2], &json!({})));
    let (one, other) = futures::join!(settle(&bench, "one"), settle(&bench, "other"));
    assert_eq!((one.as_str(), other.as_str()), ("Enforced", "Enforced"));
    let found = addresses(&bench, IpVersion::Ipv4);
    for there in FOREIGN[..2]
        .iter()
        .chain(&BLOCKED[..2])
        .map(|one| (*one).to_owned())
        .chain(rivals)
    {
        assert_eq!(found.iter().filter(|one| **one == there).count(), 1, "{there}");
    }
}

#[tokio::test]
async fn people_approve_exactly_what_is_blocked() {
    let bench = Bench::of(world());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_contain(1));
    bench.api.seed(&policy("scanner", &BLOCKED, &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "AwaitingApproval");
    assert_eq!(bench.wrote(), [""; 0]);
    let plan = bench.plans("scanner").pop().unwrap();
    let text = plan.spec.payload.to_string();
    for cidr in BLOCKED {
        assert!(text.contains(&format!("Put {cidr} into IP set")), "{cidr}");
    }
    bench.api.seed(&approval(&bench, &plan));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
}

fn approval(bench: &Bench, plan: &ResponsePlan) -> Decision {
    let owner = object(bench, "scanner").unwrap();
    let decision = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Decision", "metadata": {"name": "approve-scanner", "namespace": TEAM},
        "spec": {
            "verb": "Approve", "by": "ann@example.com", "approverRole": "approver",
            "target": {"kind": "TrafficPolicy", "name": "scanner", "uid": owner.uid()},
            "plan": {"name": plan.name_any(), "uid": plan.uid(), "digest": plan.spec.digest},
        },
    });
    serde_json::from_value(decision).unwrap()
}

#[tokio::test]
async fn observing_and_what_may_not_be_blocked_write_nothing() {
    let bench = free();
    bench.api.seed(&policy("watch", &BLOCKED, &json!({"mode": "Observe"})));
    assert_eq!(settle(&bench, "watch").await, "Observing");
    bench.api.seed(&policy("private", &["10.0.0.0/16"], &json!({})));
    assert_eq!(settle(&bench, "private").await, "NeverBlocked");
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.never_block = vec![NeverBlock {
            cidr: "198.51.100.0/28".into(),
            what: "the VPN of the offices".into(),
        }];
    });
    bench.api.seed(&policy("office", &["198.51.100.0/24"], &json!({})));
    assert_eq!(settle(&bench, "office").await, "NeverBlocked");
    assert!(message(&bench, "office", "Ready").contains("198.51.100.0/28 (the VPN of the offices)"));
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.grants[0].kinds = vec!["iamRole".into()]
    });
    bench.api.seed(&policy("ungranted", &BLOCKED, &json!({})));
    assert_eq!(settle(&bench, "ungranted").await, "AccountNotGranted");
    assert!(message(&bench, "ungranted", "Ready").contains("no webAcl on"));
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.aws.world(), world());
}

#[tokio::test]
async fn rule_that_lets_requests_in_first_is_said_and_so_is_one_that_is_gone() {
    let bench = free();
    bench.api.seed(&policy("scanner", &BLOCKED[..1], &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    let rules = |change: &dyn Fn(&mut Vec<Rule>)| {
        bench.aws.change(|world| {
            change(
                &mut world
                    .region_mut(ACCOUNT, REGION)
                    .unwrap()
                    .web_acls
                    .get_mut("shop")
                    .unwrap()
                    .facts
                    .rules,
            )
        });
    };
    rules(&|rules| {
        let allow = Rule {
            name: "partners".into(),
            action: RuleAction::Allow,
            ip_set: None,
        };
        rules.insert(0, allow);
    });
    bench.pass(400);
    assert_eq!(settle(&bench, "scanner").await, "Bypassed");
    assert_eq!(says(&bench, "scanner", "Enforced"), "False/Bypassed");
    assert!(message(&bench, "scanner", "Stalled").contains("rule partners of web ACL shop"));
    rules(&|rules| rules.clear());
    bench.pass(400);
    assert_eq!(settle(&bench, "scanner").await, "Bypassed");
    assert!(message(&bench, "scanner", "Enforced").contains("kubectl firebreak traffic prepare shop"));
    release(&bench, "scanner");
    assert_eq!(settle(&bench, "scanner").await, "Released");
    assert_eq!(addresses(&bench, IpVersion::Ipv4), FOREIGN[..2]);
}

#[tokio::test]
async fn expiry_lets_in_again_what_people_approved_to_end() {
    let bench = free();
    bench.api.seed(&policy(
        "scanner",
        &BLOCKED,
        &json!({"expiry": {"after": "6h", "then": "Release"}}),
    ));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    bench.pass(6 * 3600 + 60);
    assert_eq!(settle(&bench, "scanner").await, "Released");
    assert_eq!(bench.aws.world(), world());
}

#[tokio::test]
async fn deleted_object_takes_its_ranges_with_it() {
    let bench = free();
    bench.api.seed(&policy("scanner", &BLOCKED, &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    bench.api.delete::<TrafficPolicy>(Some(TEAM), "scanner");
    assert_eq!(settle(&bench, "scanner").await, "Gone");
    assert_eq!(bench.aws.world(), world());
    assert!(bench.holds().is_empty());
}

#[tokio::test]
async fn ranges_that_nobody_may_let_in_stay_blocked_when_the_object_is_deleted() {
    let bench = Bench::of(world());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_all(1));
    bench.api.seed(&policy("scanner", &BLOCKED[..1], &json!({})));
    assert_eq!(settle(&bench, "scanner").await, "AwaitingApproval");
    let plan = bench.plans("scanner").pop().unwrap();
    bench.api.seed(&approval(&bench, &plan));
    assert_eq!(settle(&bench, "scanner").await, "Enforced");
    bench.api.delete::<TrafficPolicy>(Some(TEAM), "scanner");
    bench.pass(600);
    assert_eq!(settle(&bench, "scanner").await, "Gone");
    let held = bench.holds();
    assert_eq!(held.len(), 1);
    change_set(&bench, |set| set.retain(|one| one != BLOCKED[0]));
    for _ in 0..4 {
        bench.tend_all().await;
        bench.pass(60);
    }
    assert!(
        addresses(&bench, IpVersion::Ipv4).contains(&BLOCKED[0].to_owned()),
        "an orphan is still enforced"
    );
}
