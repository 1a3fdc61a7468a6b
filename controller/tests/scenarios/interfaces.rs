//! Network interfaces that hang on a trunk, and security groups that somebody deletes while nothing is in them.

use crate::support::{Bench, words, worlds};
use firebreak_cloud::memory::{ACCOUNT, Fault, REGION, group_rule, world::NetworkInterface};
use firebreak_core::aws::ec2::SecurityGroupRule;
use firebreak_crds::Verb;
use std::collections::BTreeSet;

const POD: &str = "eni-7pod";

/// A pod with a security group of its own, on a node whose second interface is a trunk.
fn with_pod(bench: &Bench) {
    bench.aws.change(|world| {
        let region = worlds::region(world);
        region.network_interfaces.get_mut("eni-1bastion").unwrap().trunk = true;
        let branch = NetworkInterface {
            groups: ["sg-orders".to_owned()].into(),
            vpc: "vpc-1".into(),
            branch_of: Some("eni-1bastion".into()),
            ..NetworkInterface::default()
        };
        region.network_interfaces.insert(POD.into(), branch);
    });
}

fn groups(bench: &Bench, interface: &str) -> BTreeSet<String> {
    bench.aws.look(|world| {
        world.region(ACCOUNT, REGION).unwrap().network_interfaces[interface]
            .groups
            .clone()
    })
}

fn only(group: &str) -> BTreeSet<String> {
    [group.to_owned()].into()
}

fn delete_group(bench: &Bench, group: &str) {
    bench.aws.change(|world| {
        worlds::region(world).security_groups.remove(group).unwrap();
    });
}

#[tokio::test]
async fn branch_interface_is_cut_off_and_put_back_with_its_instance() {
    let bench = Bench::free();
    with_pod(&bench);
    let before = bench.aws.world();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(groups(&bench, POD), only("sg-dark"));
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), before);
}

#[tokio::test]
async fn branches_that_cannot_be_read_keep_contained_from_being_said() {
    let bench = Bench::free();
    with_pod(&bench);
    bench.aws.deny("ec2:DescribeTrunkInterfaceAssociations");
    bench.quarantined("q", words::instance("Isolate"));
    bench.keep("q", 400).await;
    assert_eq!(groups(&bench, "eni-1bastion"), only("sg-dark"), "the rest is cut off");
    assert_eq!(bench.says("q", "Contained"), "False/Settling");
    let told = bench.message("q", "Contained");
    assert!(told.contains("ec2:DescribeTrunkInterfaceAssociations"), "{told}");
}

#[tokio::test]
async fn branch_that_goes_with_its_pod_is_nothing_to_wait_for() {
    for contained_first in [true, false] {
        let bench = Bench::free();
        with_pod(&bench);
        bench.quarantined("q", words::instance("Isolate"));
        let evict = |bench: &Bench| {
            bench
                .aws
                .change(|world| worlds::region(world).network_interfaces.remove(POD))
        };
        if contained_first {
            assert_eq!(bench.settle("q").await, "Contained");
            evict(&bench);
            bench.keep("q", 400).await;
        } else {
            let aws = bench.aws.clone();
            bench.aws.on_call(move |call| {
                if call.is_write() {
                    aws.change(|world| worlds::region(world).network_interfaces.remove(POD));
                }
            });
        }
        assert_eq!(bench.settle("q").await, "Contained", "{contained_first}");
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "Released", "{contained_first}");
    }
}

#[tokio::test]
async fn groups_that_are_left_come_back_and_the_deleted_one_is_named() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    delete_group(&bench, "sg-lb");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(groups(&bench, "eni-0bastion"), only("sg-bastion"));
    let told = bench.message("q", "Released");
    assert!(told.contains("security group sg-lb"), "{told}");
}

#[tokio::test]
async fn group_deleted_at_the_moment_of_the_write_is_left_out_then() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    let aws = bench.aws.clone();
    bench.aws.on_call(move |call| {
        if call.is_write() && call.permission == "ec2:ModifyNetworkInterfaceAttribute" {
            aws.change(|world| worlds::region(world).security_groups.remove("sg-lb"));
        }
    });
    bench.let_go_of_everything("q");
    bench.keep("q", 300).await;
    assert_eq!(groups(&bench, "eni-0bastion"), only("sg-bastion"));
    assert_eq!(bench.says("q", "Released"), "True/Released");
}

#[tokio::test]
async fn interface_without_any_of_its_groups_left_asks_for_a_person() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    delete_group(&bench, "sg-bastion");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "ReleaseConflict");
    assert_eq!(groups(&bench, "eni-1bastion"), only("sg-dark"), "it stays cut off");
    assert_eq!(groups(&bench, "eni-0bastion"), only("sg-lb"), "the other one is back");
    let told = bench.message("q", "Ready");
    assert!(told.contains("security group sg-bastion"), "{told}");
}

#[tokio::test]
async fn rules_that_name_a_deleted_group_are_named_and_the_others_come_back() {
    let bench = Bench::free();
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    delete_group(&bench, "sg-lb");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    let rules = bench.aws.look(|world| {
        let group = &world.region(ACCOUNT, REGION).unwrap().security_groups["sg-api"];
        (group.ingress.len(), group.egress.len())
    });
    assert_eq!(rules, (0, 1), "the rule for everybody is back");
    let told = bench.message("q", "Released");
    assert!(told.contains("ingress rule tcp 8080 for sg-lb"), "{told}");
}

/// A rule for a group of another account, over a peering connection.
fn of_a_peer(group: &str) -> SecurityGroupRule {
    SecurityGroupRule {
        group_owner: Some("999988887777".into()),
        ..group_rule("tcp", 8443, group)
    }
}

type Rules = (BTreeSet<SecurityGroupRule>, BTreeSet<SecurityGroupRule>);

fn rules_of_api(bench: &Bench) -> Rules {
    bench.aws.look(|world| {
        let group = &world.region(ACCOUNT, REGION).unwrap().security_groups["sg-api"];
        (group.ingress.clone(), group.egress.clone())
    })
}

/// A contained service whose group had rules for two groups of another account, one of which was deleted since; and the rules
/// that can come back.
async fn contained_beside_a_lost_peer() -> (Bench, Rules) {
    let bench = Bench::free();
    bench.aws.change(|world| {
        let group = worlds::region(world).security_groups.get_mut("sg-api").unwrap();
        group.ingress.extend(["sg-lost", "sg-kept"].map(of_a_peer));
        group.egress.extend(["sg-lost", "sg-kept"].map(of_a_peer));
    });
    let (mut ingress, mut egress) = rules_of_api(&bench);
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.aws.change(|world| {
        worlds::region(world).lost_peers.insert("sg-lost".into());
    });
    assert!(ingress.remove(&of_a_peer("sg-lost")) && egress.remove(&of_a_peer("sg-lost")));
    (bench, (ingress, egress))
}

#[tokio::test]
async fn rules_that_name_a_lost_group_of_another_account_are_named() {
    let (bench, left) = contained_beside_a_lost_peer().await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(rules_of_api(&bench), left, "everything else is back");
    assert_eq!(bench.holds(), [], "custody is over");
    let told = bench.message("q", "Released");
    for part in [
        "ingress rule tcp 8443 for sg-lost",
        "egress rule tcp 8443 for sg-lost",
        "by hand",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains("sg-kept"), "{told}");
}

#[tokio::test]
async fn release_beside_a_lost_group_survives_any_crash() {
    let (calm, _) = contained_beside_a_lost_peer().await;
    let there = calm.wrote().len();
    calm.let_go("q");
    assert_eq!(calm.settle("q").await, "Released");
    for n in 1..=(calm.wrote().len() - there) as u64 {
        for fault in [Fault::Crash, Fault::CrashAfterEffect] {
            let (mut bench, left) = contained_beside_a_lost_peer().await;
            bench.let_go("q");
            bench.aws.fail_nth_write(n, fault.clone());
            while bench.respond_or_die("q").await.is_some() && bench.ready_reason("q") != "Released" {
                bench.pass(1);
            }
            bench.restart();
            assert_eq!(bench.settle("q").await, "Released", "{fault:?} at write {n}");
            assert_eq!(rules_of_api(&bench), left, "{fault:?} at write {n}");
            let told = bench.message("q", "Released");
            assert!(told.contains("egress rule tcp 8443 for sg-lost"), "{told}");
        }
    }
}

#[tokio::test]
async fn rule_of_another_account_waits_for_a_permission_that_is_missing() {
    let (bench, left) = contained_beside_a_lost_peer().await;
    bench.aws.deny("ec2:AuthorizeSecurityGroupEgress");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "AccessDenied");
    assert!(!bench.holds().is_empty(), "nothing is given up");
    bench.aws.allow("ec2:AuthorizeSecurityGroupEgress");
    bench.pass(300);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(rules_of_api(&bench), left);
}

#[tokio::test]
async fn service_goes_back_into_the_groups_that_are_left() {
    let bench = Bench::free();
    bench.aws.change(|world| {
        let region = worlds::region(world);
        let service = region.service_mut("prod", "api").unwrap();
        let network = service.network.as_mut().unwrap();
        network.security_groups.push("sg-bastion".into());
        service.rollouts[0].network = service.network.clone();
    });
    bench.quarantined("q", words::service("SwapSecurityGroups"));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    delete_group(&bench, "sg-bastion");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    let groups = bench.aws.look(|world| {
        let region = world.region(ACCOUNT, REGION).unwrap();
        region
            .service("prod", "api")
            .unwrap()
            .network
            .clone()
            .unwrap()
            .security_groups
    });
    assert_eq!(groups, ["sg-api"]);
    assert!(bench.message("q", "Released").contains("security group sg-bastion"));
}

#[tokio::test]
async fn orphaned_custody_puts_back_what_is_left_too() {
    let bench = Bench::free();
    bench.namespace(words::TEAM);
    bench.namespace(words::HOME);
    bench.api.seed(&words::guardrail_all(1));
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    delete_group(&bench, "sg-lb");
    let groups_held = bench.holds().into_iter().filter(|hold| hold.spec.key.field == "Groups");
    for hold in groups_held {
        for by in ["ann@example.com", "bob@example.com"] {
            bench.decide_about_hold(&hold, by, |spec| spec.verb = Verb::Release);
        }
    }
    for _ in 0..4 {
        bench.tend_all().await;
        bench.pass(61);
    }
    assert_eq!(groups(&bench, "eni-0bastion"), only("sg-bastion"));
    assert!(bench.holds().iter().all(|hold| hold.spec.key.field != "Groups"));
}
