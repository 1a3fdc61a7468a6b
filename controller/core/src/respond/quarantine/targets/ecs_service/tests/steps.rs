//! What is done, in which order, and what hangs on it.

use super::*;
use crate::aws::elbv2::Elbv2Read;

#[test]
fn isolate_suspends_scaling_then_leaves_target_groups_then_strips_rules() {
    let drafts = design(&world(), EcsMethod::Isolate).drafts;
    let made: Vec<_> = drafts.iter().map(|d| (d.id.as_str(), &d.cell, &d.after)).collect();
    let suspended = json!({"scaleIn": true, "scaleOut": true, "scheduled": true});
    assert_eq!(
        made,
        [
            ("suspend-scaling", &scaling(), &suspended),
            (
                "deregister-web",
                &registrations(),
                &json!({"registered": [], "running": []})
            ),
            ("strip-sg-0000000a", &rules(), &json!({"ingress": [], "egress": []})),
        ]
    );
    assert!(drafts.iter().all(|d| d.undo == Undo::Reversible && d.section.is_none()));
}

#[test]
fn isolate_strips_the_groups_of_an_older_deployment_that_still_runs() {
    let world = changed(|s| {
        s.deployments.push(deployment("ACTIVE", "sg-0000000b", 1));
        s.deployments.push(deployment("INACTIVE", "sg-0000000c", 0));
    })
    .with(group("sg-0000000b"), &security_group(1, "vpc-1"))
    .with(users("sg-0000000b"), &Vec::<SecurityGroupUser>::new());
    let ids: Vec<_> = design(&world, EcsMethod::Isolate)
        .drafts
        .into_iter()
        .map(|d| d.id)
        .collect();
    assert_eq!(
        ids,
        [
            "suspend-scaling",
            "deregister-web",
            "strip-sg-0000000a",
            "strip-sg-0000000b"
        ]
    );
}

#[test]
fn without_autoscaling_nothing_is_suspended() {
    let none = [Answer::Found(Value::Null), Answer::NotFound];
    for answer in none {
        let world = world().answering(Query::Cell(scaling()), answer);
        for method in METHODS {
            let drafts = design(&world, method).drafts;
            assert!(drafts.iter().all(|d| d.cell != scaling()), "{method:?}");
        }
    }
}

#[test]
fn a_swap_keeps_subnets_and_public_ip_and_lets_nothing_roll_it_back() {
    let drafts = design(&world(), EcsMethod::SwapSecurityGroups).drafts;
    let made: Vec<_> = drafts.iter().map(|d| (d.id.as_str(), d.undo, d.section)).collect();
    assert_eq!(
        made,
        [
            ("suspend-scaling", Undo::Reversible, Some("swap")),
            ("unprotect-tasks", Undo::OneWay, Some("swap")),
            ("redeploy", Undo::Destructive, Some("swap")),
        ]
    );
    let after = json!({
        "network": {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-0000000f"], "assignPublicIp": true},
        "deployment": {"minimumHealthyPercent": 0, "maximumPercent": 100, "circuitBreaker": false,
            "circuitBreakerRollback": false, "alarms": false, "alarmsRollback": false, "alarmNames": []},
    });
    assert_eq!(drafts[2].after, after);
}

#[test]
fn scale_to_zero_lowers_the_floor_first_and_stops_stragglers_last() {
    let drafts = design(&world(), EcsMethod::ScaleToZero).drafts;
    let made: Vec<_> = drafts
        .iter()
        .map(|d| (d.id.as_str(), d.undo, d.after.clone()))
        .collect();
    let suspended = json!({"scaleIn": true, "scaleOut": true, "scheduled": true});
    assert_eq!(
        made,
        [
            ("suspend-scaling", Undo::Reversible, suspended),
            ("lower-minimum", Undo::Reversible, json!(0)),
            ("unprotect-tasks", Undo::OneWay, json!([])),
            ("scale", Undo::Destructive, json!(0)),
            ("stop-tasks", Undo::OneWay, json!([])),
        ]
    );
    assert!(drafts.iter().all(|d| d.section == Some("scale")));
}

#[test]
fn step_names_are_unique_in_a_design() {
    let second = TARGET_GROUP.replace("web", "admin");
    let world = changed(|s| {
        s.target_groups.push(second.clone());
        s.network.as_mut().unwrap().security_groups.push("sg-0000000b".into());
    })
    .with(
        Query::Elbv2(Elbv2Read::TargetHealth {
            target_group_arn: second.clone(),
        }),
        &Vec::<TargetHealth>::new(),
    )
    .with(group("sg-0000000b"), &security_group(1, "vpc-1"))
    .with(users("sg-0000000b"), &Vec::<SecurityGroupUser>::new());
    for method in METHODS {
        let mut ids: Vec<_> = design(&world, method).drafts.into_iter().map(|d| d.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "{method:?}");
    }
}

#[test]
fn a_contained_service_is_designed_the_same_again() {
    let contained = world()
        .with(Query::Cell(scaling()), &Suspension::ALL)
        .with(health(), &Vec::<TargetHealth>::new())
        .with(group("sg-0000000a"), &security_group(0, "vpc-1"));
    let (before, after) = (
        design(&world(), EcsMethod::Isolate),
        design(&contained, EcsMethod::Isolate),
    );
    assert_eq!(before.drafts, after.drafts);
    assert_eq!(before.dependents, after.dependents);
}

#[test]
fn the_target_groups_are_what_hangs_on_it() {
    for method in METHODS {
        let web = Dependent {
            kind: "target group".into(),
            name: "web".into(),
        };
        assert_eq!(design(&world(), method).dependents, [web]);
    }
}

#[test]
fn a_target_group_is_emptied_when_every_healthy_target_is_the_services() {
    let cases = [
        (
            vec![target("10.0.0.1", "healthy"), target("10.0.0.9", "unhealthy")],
            true,
        ),
        (
            vec![target("10.0.0.1", "healthy"), target("10.0.0.9", "healthy")],
            false,
        ),
        (vec![target("10.0.0.1", "draining")], false),
        (vec![], false),
    ];
    for (targets, emptied) in cases {
        let world = world().with(health(), &targets);
        let empties = design(&world, EcsMethod::Isolate).empties;
        assert_eq!(empties == [TARGET_GROUP], emptied, "{targets:?}");
    }
}

#[test]
fn instance_targets_cannot_be_told_apart_and_count_as_the_services() {
    let world = changed(|s| s.network = None).with(health(), &[target("i-0123", "healthy")]);
    assert_eq!(design(&world, EcsMethod::ScaleToZero).empties, [TARGET_GROUP]);
}

#[test]
fn guards_see_the_security_groups_only_where_they_are_changed() {
    let arns = |method| {
        design(&world(), method)
            .touches
            .into_iter()
            .map(|t| t.arn)
            .collect::<Vec<_>>()
    };
    let arn = service().arn;
    let group = "arn:aws:ec2:us-east-1:123456789012:security-group/sg-0000000a";
    assert_eq!(arns(EcsMethod::Isolate), [arn.as_str(), TARGET_GROUP, group]);
    assert_eq!(arns(EcsMethod::SwapSecurityGroups), [arn.as_str(), TARGET_GROUP]);
    assert_eq!(arns(EcsMethod::ScaleToZero), [arn.as_str(), TARGET_GROUP]);
    let touches = design(&world(), EcsMethod::Isolate).touches;
    assert_eq!(touches[0].tags["team"], "web");
    assert_eq!(touches[2].tags["tier"], "app");
}
