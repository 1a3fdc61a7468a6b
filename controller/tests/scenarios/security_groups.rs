//! A rule of a security group is revoked: its ids, what takes it away beside it, and the way back.

use super::orphans::orphaned;
use crate::support::{
    Bench, words,
    worlds::{
        self,
        security_groups::{first_id, group},
    },
};
use firebreak_cloud::memory::{ACCOUNT, REGION, World, cidr_rule, group_rule, sample};
use firebreak_core::{
    aws::ec2::{SecurityGroupRule, Traffic},
    run::plan::Plan,
};
use firebreak_crds::{HoldState, Reopens, Verb};
use serde_json::Value;

const API: &str = "sg-api";
const REVOKE: &str = "ec2:RevokeSecurityGroupIngress";
const ADD: &str = "ec2:AuthorizeSecurityGroupIngress";

fn from_balancer() -> SecurityGroupRule {
    group_rule("tcp", 8080, "sg-lb")
}

fn anybody() -> SecurityGroupRule {
    SecurityGroupRule {
        description: Some("just for a moment".into()),
        tags: [("made-by".to_owned(), "mallory".to_owned())].into(),
        ..cidr_rule("tcp", 22, "0.0.0.0/0")
    }
}

fn target(rule: &SecurityGroupRule) -> Value {
    words::security_group_rule(API, &first_id(API, rule))
}

/// The sample world, in which an attacker has opened a port of the service to everybody.
fn opened() -> World {
    worlds::changed(|world| {
        group(world, API).ingress.insert(anybody());
    })
}

fn bench(world: World) -> Bench {
    let bench = Bench::of(world);
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench
}

async fn contained(world: World, rule: &SecurityGroupRule) -> Bench {
    let bench = bench(world);
    bench.quarantined("q", target(rule));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.aws.clear_calls();
    bench
}

fn ingress(bench: &Bench) -> Vec<SecurityGroupRule> {
    let look = |world: &World| {
        world
            .region(ACCOUNT, REGION)
            .unwrap()
            .group(API)
            .unwrap()
            .ingress
            .clone()
    };
    bench.aws.look(look).into_iter().collect()
}

fn id(bench: &Bench, rule: &SecurityGroupRule) -> String {
    let look = |world: &World| {
        let group = world.region(ACCOUNT, REGION).unwrap().group(API).unwrap().clone();
        group.ids.of(API, &Traffic::of(rule, false))
    };
    bench.aws.look(look)
}

fn add(bench: &Bench, rule: SecurityGroupRule) {
    bench.aws.change(|world| {
        group(world, API).ingress.insert(rule);
    });
}

#[tokio::test]
async fn revoked_rule_comes_back_as_it_was_under_a_new_id_that_is_said() {
    let bench = contained(opened(), &anybody()).await;
    let old = first_id(API, &anybody());
    assert_eq!(ingress(&bench), [from_balancer()], "the other rule stays");
    let notes = bench.quarantine("q").status.unwrap().notes.join("\n");
    assert!(
        notes.contains(&format!("Rule {old} is the ingress rule tcp 22 from 0.0.0.0/0")),
        "{notes}"
    );
    assert!(notes.contains("Stops working with it: ECS task"), "{notes}");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!((bench.wrote(), bench.aws.world()), (vec![ADD], opened()));
    let plan = Plan::read(&bench.plan("q").spec.payload).unwrap();
    assert!(
        plan.steps[0]
            .summary
            .contains(&format!("AWS does not give {old} again")),
        "{plan:?}"
    );
    let (new, said) = (id(&bench, &anybody()), bench.message("q", "Released"));
    assert_ne!(new, old);
    assert!(
        said.contains(&format!("which was {old}, has the new id {new}")),
        "{said}"
    );
}

#[tokio::test]
async fn rule_that_lets_everybody_in_comes_back_only_on_explicit_word() {
    let bench = contained(opened(), &anybody()).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.change("q", |q| q.spec.restore_on_release = vec![Reopens::PublicAccess]);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), opened());
}

#[tokio::test]
async fn equal_rule_that_somebody_adds_again_is_revoked_again() {
    let bench = contained(opened(), &anybody()).await;
    let again = SecurityGroupRule {
        description: Some("and again".into()),
        ..anybody()
    };
    add(&bench, again);
    bench.keep("q", 60).await;
    assert_eq!((bench.wrote(), ingress(&bench)), (vec![REVOKE], vec![from_balancer()]));
    assert_eq!(bench.says("q", "InSync"), "True/DriftReasserted");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), opened(), "as it was, and not as it was added again");
}

#[tokio::test]
async fn released_rule_is_contained_again_under_the_id_that_it_got() {
    let bench = contained(sample(), &from_balancer()).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.contain_again("q");
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(ingress(&bench), []);
    let notes = bench.quarantine("q").status.unwrap().notes.join("\n");
    assert!(notes.contains("has the id sgr-"), "{notes}");
}

#[tokio::test]
async fn release_that_is_taken_back_leaves_the_rule_revoked() {
    let bench = bench(sample());
    bench.api.seed(&words::guardrail_all(1));
    bench.quarantined("q", target(&from_balancer()));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.contain_again("q");
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    assert_eq!((bench.wrote(), ingress(&bench)), (vec![REVOKE], vec![]));
}

#[tokio::test]
async fn nothing_is_contained_while_a_wider_rule_lets_all_of_it_through() {
    let bench = bench(opened());
    add(&bench, cidr_rule("-1", -1, "0.0.0.0/0"));
    bench.quarantined("q", target(&anybody()));
    bench.keep("q", 60).await;
    let said = bench.message("q", "Contained");
    assert_eq!(bench.says("q", "Contained").split('/').next(), Some("False"), "{said}");
    assert!(said.contains("all traffic from 0.0.0.0/0"), "{said}");
    bench.aws.change(|world| {
        let rules = &mut group(world, API).ingress;
        rules.retain(|rule| rule.protocol != "-1");
    });
    bench.keep("q", 400).await;
    assert_eq!(bench.ready_reason("q"), "Contained");
}

#[tokio::test]
async fn rule_of_a_peer_that_was_deleted_is_named_and_left_out() {
    let bench = contained(sample(), &from_balancer()).await;
    bench
        .aws
        .change(|world| drop(worlds::region(world).security_groups.remove("sg-lb")));
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    let said = bench.message("q", "Released");
    assert!(
        said.contains("NOT put back, because it was deleted since: ingress rule tcp 8080 for sg-lb"),
        "{said}"
    );
    assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]));
}

/// A rule is revoked, and then the service with the group is isolated.
async fn isolated(rule: &SecurityGroupRule) -> Bench {
    let bench = contained(sample(), rule).await;
    bench.quarantined("service", words::service("Isolate"));
    assert_eq!(bench.settle("service").await, "Contained");
    assert_eq!(bench.ready_reason("q"), "Contained");
    bench
}

#[tokio::test]
async fn rule_waits_for_the_isolation_of_its_group_and_both_come_back() {
    let bench = isolated(&from_balancer()).await;
    bench.aws.clear_calls();
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    let said = bench.message("q", "Ready");
    assert!(said.contains("Quarantine team/service keeps Rules"), "{said}");
    assert_eq!((bench.wrote(), ingress(&bench)), (vec![], vec![]));
    bench.let_go("service");
    assert_eq!(bench.settle("service").await, "Released");
    assert_eq!(ingress(&bench), [], "the rule is still revoked");
    bench.keep("q", 120).await;
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!((bench.aws.world(), bench.holds()), (sample(), vec![]));
}

#[tokio::test]
async fn rule_that_somebody_adds_to_an_isolated_group_is_no_release() {
    let bench = isolated(&from_balancer()).await;
    add(&bench, from_balancer());
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    bench.keep("q", 60).await;
    bench.keep("service", 60).await;
    assert_eq!((ingress(&bench), bench.holds().len()), (vec![], 4));
    bench.let_go("service");
    assert_eq!(bench.settle("service").await, "Released");
    bench.keep("q", 120).await;
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn rule_of_an_isolated_group_is_gone() {
    let bench = bench(sample());
    bench.quarantined("service", words::service("Isolate"));
    assert_eq!(bench.settle("service").await, "Contained");
    bench.quarantined("q", target(&from_balancer()));
    assert_eq!(bench.settle("q").await, "TargetNotFound");
}

#[tokio::test]
async fn orphaned_rule_waits_for_the_isolation_of_its_group() {
    let bench = orphaned(target(&from_balancer())).await;
    bench.quarantined("service", words::service("Isolate"));
    assert_eq!(bench.settle_with_approvals("service").await, "Contained");
    let orphan = |bench: &Bench| {
        bench
            .holds()
            .into_iter()
            .find(|hold| hold.spec.state == HoldState::Orphaned)
    };
    for by in ["ann@example.com", "bob@example.com"] {
        bench.decide_about_hold(&orphan(&bench).unwrap(), by, |word| word.verb = Verb::Release);
    }
    bench.tend_all().await;
    let said = orphan(&bench).unwrap().spec.message.unwrap();
    assert!(said.contains("Quarantine team/service keeps Rules"), "{said}");
    assert_eq!(ingress(&bench), []);
    bench.let_go("service");
    assert_eq!(bench.settle_with_approvals("service").await, "Released");
    for _ in 0..3 {
        bench.pass(40);
        bench.tend_all().await;
    }
    assert_eq!((ingress(&bench), bench.holds()), (vec![from_balancer()], vec![]));
}
