//! Tables over hand-made facts: what is set in which order, what is refused by name, and what people are told.

mod branches;
mod managed;
mod proof;
mod refused;

use super::Ec2Instance;
use crate::{
    aws::{
        Answer, Cell, Query,
        autoscaling::{AutoScalingRead, GroupMembership},
        ec2::{Ec2Cell, Ec2Read, Instance, Interface, SecurityGroup, SecurityGroupRule, Snapshot},
        elbv2::{Elbv2Read, TargetHealth},
        iam::{IamCell, IamRead},
    },
    blocked::Blocked,
    respond::{
        Design,
        quarantine::targets::testing::{DENY_POLICY, REGION, World},
    },
    run::step::Undo,
};
use firebreak_crds::{Ec2InstanceMethod, Ec2InstanceTarget, Reason, Reopens, Target as TargetSpec};
use serde_json::{Value, json};

const ID: &str = "i-0123456789abcdef0";
const ROLE: &str = "arn:aws:iam::123456789012:role/bastion";
const TARGETS: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123";

fn spec(method: Ec2InstanceMethod, change: impl FnOnce(&mut Ec2InstanceTarget)) -> TargetSpec {
    let mut target = Ec2InstanceTarget {
        instance_id: ID.into(),
        method,
        isolation_security_group_id: Some("sg-dark".into()),
        untrack_security_group_id: None,
        snapshots: true,
        detach_instance_profile: true,
        disable_metadata: true,
        protect_termination: true,
        acknowledge_instance_store_loss: false,
    };
    change(&mut target);
    TargetSpec {
        ec2_instance: Some(target),
        ..TargetSpec::default()
    }
}

fn isolate() -> TargetSpec {
    spec(Ec2InstanceMethod::Isolate, |_| {})
}

fn instance() -> Instance {
    Instance {
        state: "running".into(),
        instance_type: "m5d.large".into(),
        volumes: vec!["vol-1".into()],
        instance_profile: Some("arn:aws:iam::123456789012:instance-profile/ops/bastion".into()),
        metadata_applied: true,
        ..Instance::default()
    }
}

fn interface(id: &str) -> Interface {
    Interface {
        id: id.into(),
        vpc_id: "vpc-1".into(),
        groups: vec!["sg-web".into()],
        owner: "123456789012".into(),
        ..Interface::default()
    }
}

fn membership(lifecycle: &str, min: i32, desired: i32, max: i32) -> GroupMembership {
    GroupMembership {
        group: "web".into(),
        arn: "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:u:autoScalingGroupName/web".into(),
        lifecycle: lifecycle.into(),
        min,
        max,
        desired,
        target_groups: vec![TARGETS.into()],
    }
}

fn about<T>(query: impl Fn(String) -> T) -> T {
    query(ID.into())
}

fn group(id: &str) -> Query {
    Query::Ec2(Ec2Read::SecurityGroup { group_id: id.into() })
}

fn rules(id: &str) -> Query {
    Query::Cell(Cell::Ec2(Ec2Cell::SecurityGroupRules { group_id: id.into() }))
}

fn of_vpc(vpc: &str, rules: u32) -> SecurityGroup {
    SecurityGroup {
        vpc_id: vpc.into(),
        rules,
        ..SecurityGroup::default()
    }
}

fn everything() -> Value {
    let all = SecurityGroupRule {
        protocol: "-1".into(),
        cidr_ipv4: Some("0.0.0.0/0".into()),
        ..SecurityGroupRule::default()
    };
    json!({"ingress": [all.clone()], "egress": [all]})
}

/// An instance with two interfaces in a group that can spare it.
fn world() -> World {
    let inline = |name: &str| {
        Query::Cell(Cell::Iam(IamCell::RoleInlinePolicy {
            role: "bastion".into(),
            policy_name: name.into(),
        }))
    };
    let attached = Query::Cell(Cell::Iam(IamCell::RolePolicyAttachment {
        role: "bastion".into(),
        policy_arn: DENY_POLICY.into(),
    }));
    let healthy = |id: &str| TargetHealth {
        id: id.into(),
        port: 80,
        state: "healthy".into(),
    };
    World::default()
        .with(
            about(|instance_id| Query::Ec2(Ec2Read::Instance { instance_id })),
            &instance(),
        )
        .with(
            about(|instance_id| Query::Ec2(Ec2Read::InstanceInterfaces { instance_id })),
            &[interface("eni-1"), interface("eni-2")],
        )
        .with(
            about(|instance_id| Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id })),
            &membership("InService", 1, 2, 3),
        )
        .with(group("sg-dark"), &of_vpc("vpc-1", 0))
        .with(group("sg-open"), &of_vpc("vpc-1", 2))
        .with(rules("sg-open"), &everything())
        .with(
            Query::Iam(IamRead::InstanceProfileRoles {
                profile: "bastion".into(),
            }),
            &[ROLE],
        )
        .with(
            Query::Elbv2(Elbv2Read::TargetHealth {
                target_group_arn: TARGETS.into(),
            }),
            &[healthy(ID), healthy("i-0000000000000000a")],
        )
        .with(
            Query::Ec2(Ec2Read::InstanceStore {
                instance_type: "m5d.large".into(),
            }),
            &true,
        )
        .with(inline("Firebreak-RevokeOlderSessions"), &Value::Null)
        .with(inline("Firebreak-DenyAll"), &Value::Null)
        .with(attached, &false)
}

fn seen(change: impl FnOnce(&mut Instance)) -> World {
    let mut other = instance();
    change(&mut other);
    world().with(
        about(|instance_id| Query::Ec2(Ec2Read::Instance { instance_id })),
        &other,
    )
}

fn with_interface(change: impl FnOnce(&mut Interface)) -> World {
    let mut other = interface("eni-2");
    change(&mut other);
    let all = [interface("eni-1"), other];
    world().with(
        about(|instance_id| Query::Ec2(Ec2Read::InstanceInterfaces { instance_id })),
        &all,
    )
}

fn grouped(membership: &GroupMembership) -> World {
    world().with(
        about(|instance_id| Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id })),
        membership,
    )
}

fn design(world: &World, spec: &TargetSpec) -> Result<Design, Blocked> {
    world.design(&Ec2Instance, spec)
}

fn ids(design: &Design) -> Vec<&str> {
    design.drafts.iter().map(|draft| draft.id.as_str()).collect()
}

fn contained() -> World {
    let mut cut = [interface("eni-1"), interface("eni-2")];
    cut.iter_mut()
        .for_each(|interface| interface.groups = vec!["sg-dark".into()]);
    world()
        .with(
            about(|instance_id| Query::Ec2(Ec2Read::InstanceInterfaces { instance_id })),
            &cut,
        )
        .with(
            about(|instance_id| Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id })),
            &membership("Standby", 1, 1, 3),
        )
        .with(taken(), &Vec::<Snapshot>::new())
}

fn waits(world: &World, spec: &TargetSpec) -> Option<String> {
    world.proof(&Ec2Instance, spec).unwrap().waiting_for
}

fn taken() -> Query {
    Query::Ec2(Ec2Read::InstanceSnapshots {
        instance_id: ID.into(),
        run: "uid-1-1".into(),
    })
}

#[test]
fn evidence_comes_first_then_protection_then_the_group_then_the_network() {
    let design = design(&world(), &isolate()).unwrap();
    let order = [
        "snapshot",
        "protect-termination",
        "protect-stop",
        "keep-on-shutdown",
        "standby",
        "isolate-eni-1",
        "isolate-eni-2",
        "detach-profile",
        "disable-metadata",
    ];
    assert_eq!(ids(&design), order);
    assert_eq!(design.drafts[0].undo, Undo::Addition);
    assert!(design.drafts.iter().all(|draft| !draft.undo.is_destructive()));
    let network: Vec<_> = design
        .drafts
        .iter()
        .filter(|draft| draft.section == Some("network"))
        .collect();
    assert_eq!(network.len(), 2);
    assert_eq!(design.drafts[7].reopens, Some(Reopens::InstanceProfile));
}

#[test]
fn a_stop_comes_before_the_network_and_switches_a_stop_protection_off() {
    let spec = spec(Ec2InstanceMethod::Stop, |spec| {
        spec.acknowledge_instance_store_loss = true
    });
    let design = design(&world(), &spec).unwrap();
    let order = [
        "snapshot",
        "protect-termination",
        "keep-on-shutdown",
        "standby",
        "allow-stop",
        "stop",
        "isolate-eni-1",
        "isolate-eni-2",
        "detach-profile",
        "disable-metadata",
    ];
    assert_eq!(ids(&design), order);
    let stop = design.drafts.iter().find(|draft| draft.id == "stop").unwrap();
    assert_eq!((stop.undo, stop.section), (Undo::Destructive, Some("stop")));
}

#[test]
fn what_is_not_wanted_is_left_out() {
    let bare = spec(Ec2InstanceMethod::Isolate, |spec| {
        spec.snapshots = false;
        spec.detach_instance_profile = false;
        spec.disable_metadata = false;
        spec.protect_termination = false;
    });
    let alone = world().answering(
        about(|instance_id| Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id })),
        Answer::NotFound,
    );
    assert_eq!(ids(&design(&alone, &bare).unwrap()), ["isolate-eni-1", "isolate-eni-2"]);
}

#[test]
fn a_spot_instance_is_not_protected_and_it_is_said() {
    let design = design(&seen(|instance| instance.spot = true), &isolate()).unwrap();
    assert!(
        !ids(&design).iter().any(|id| id.starts_with("protect")),
        "{:?}",
        ids(&design)
    );
    assert!(design.notes.iter().any(|note| note.contains("Spot Instances")));
}

#[test]
fn the_guards_are_told_of_everything_that_belongs_to_it() {
    let design = design(&world(), &isolate()).unwrap();
    let arns: Vec<&str> = design.touches.iter().map(|touched| touched.arn.as_str()).collect();
    for part in [
        ":instance/i-0123456789abcdef0",
        ":network-interface/eni-2",
        ":security-group/sg-web",
        ":security-group/sg-dark",
        "autoScalingGroupName/web",
        "role/bastion",
        "targetgroup/web",
    ] {
        assert!(arns.iter().any(|arn| arn.contains(part)), "{part}: {arns:?}");
    }
    assert_eq!(design.arn, arns[0]);
    assert!(design.empties.is_empty());
}

#[test]
fn the_last_healthy_target_is_named() {
    let only = [TargetHealth {
        id: ID.into(),
        port: 80,
        state: "healthy".into(),
    }];
    let target_group_arn = TARGETS.to_owned();
    let world = world().with(Query::Elbv2(Elbv2Read::TargetHealth { target_group_arn }), &only);
    assert_eq!(design(&world, &isolate()).unwrap().empties, [TARGETS]);
}

#[test]
fn the_plan_says_what_the_group_does() {
    let table = [
        (membership("InService", 1, 2, 3), "wants one less"),
        (membership("InService", 2, 2, 3), "launches a replacement"),
        (membership("InService", 2, 2, 2), "needs a larger maximum first"),
        (membership("Standby", 1, 2, 3), "is Standby already"),
    ];
    for (membership, said) in table {
        let design = design(&grouped(&membership), &isolate()).unwrap();
        assert!(
            design.notes.iter().any(|note| note.contains(said)),
            "{said}: {:?}",
            design.notes
        );
    }
}

#[test]
fn the_plan_says_what_becomes_of_open_connections_and_credentials() {
    let untracked = spec(Ec2InstanceMethod::Isolate, |spec| {
        spec.untrack_security_group_id = Some("sg-open".into())
    });
    let notes = |spec: &TargetSpec| design(&world(), spec).unwrap().notes.join("\n");
    assert!(notes(&isolate()).contains("open and tracked"));
    assert!(notes(&untracked).contains("Opens for a moment: sg-open"));
    assert!(notes(&isolate()).contains("instance role bastion are revoked: no"));
    assert!(notes(&isolate()).contains("create a Quarantine for iamRole bastion"));
}

#[test]
fn a_node_of_kubernetes_is_named() {
    let node = seen(|instance| {
        instance.tags = [("kubernetes.io/cluster/blue".to_owned(), "owned".to_owned())].into();
    });
    let notes = design(&node, &isolate()).unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("Kubernetes cluster blue")));
}
