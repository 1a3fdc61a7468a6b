//! Single values whose writes once were, or would be, dangerous.

mod buckets;
mod functions;
mod groups;
mod keys;

use super::*;
use crate::aws::{
    APPLY_TIME,
    application_autoscaling::ApplicationAutoScalingCell,
    autoscaling::{AutoScalingCell, AutoScalingWrite},
    ec2::{Ec2Cell, Ec2Write, InstanceAttribute, Through},
    ecs::{EcsCell, EcsWrite},
    elbv2::Elbv2Cell,
    failure::FailureClass,
    iam::{IamCell, IamWrite},
    lambda::{EVERY_URL, LambdaCell, LambdaWrite, SIGNED},
    s3::{PublicAccessBlock, S3Cell, S3Write},
};
use jiff::Timestamp;
use serde_json::json;

fn service(make: fn(String, String) -> Cell) -> Cell {
    make("prod".into(), "api".into())
}

fn rules() -> Cell {
    Cell::Ec2(Ec2Cell::SecurityGroupRules {
        group_id: "sg-0000000a".into(),
    })
}

fn bucket() -> Cell {
    Cell::S3(S3Cell::BucketPublicAccessBlock {
        bucket: "exports".into(),
    })
}

#[test]
fn a_count_that_is_none_does_not_stop_the_service() {
    let cell = service(|cluster, service| Cell::Ecs(EcsCell::ServiceDesiredCount { cluster, service }));
    assert_eq!(cell.writes(&json!(3), &Value::Null), []);
    assert_eq!(cell.writes(&json!(3), &json!(0)).len(), 1);
}

#[test]
fn a_plan_names_what_aws_asks_for_along_with_a_call_and_names_it_once() {
    let rule = |port: u16| json!([{"protocol": "tcp", "fromPort": port, "tags": {"Name": "web"}}]);
    let (none, both) = (
        json!({"ingress": [], "egress": []}),
        json!({"ingress": rule(443), "egress": rule(53)}),
    );
    let (permissions, _) = crate::run::plan::Step::describe_writes(&rules(), &none, &both);
    let tags = permissions.iter().filter(|it| *it == "ec2:CreateTags");
    assert_eq!(tags.count(), 1, "{permissions:?}");
    let untagged = json!({"ingress": [{"protocol": "tcp", "fromPort": 443}], "egress": []});
    let (permissions, _) = crate::run::plan::Step::describe_writes(&rules(), &none, &untagged);
    assert_eq!(permissions, ["ec2:AuthorizeSecurityGroupIngress"]);
}

#[test]
fn a_deployment_without_a_network_is_not_written() {
    let cell = service(|cluster, service| Cell::Ecs(EcsCell::ServiceDeployment { cluster, service }));
    let from = json!({"network": {"subnets": ["subnet-a"]}});
    assert_eq!(cell.writes(&from, &Value::Null), []);
}

#[test]
fn a_service_without_deployment_configuration_has_the_default_one() {
    let cell = service(|cluster, service| Cell::Ecs(EcsCell::ServiceDeployment { cluster, service }));
    let network = json!({"subnets": ["b", "a"], "securityGroups": [], "assignPublicIp": false});
    let sorted = json!({"subnets": ["a", "b"], "securityGroups": [], "assignPublicIp": false});
    let explicit = json!({"network": sorted, "deployment": {"minimumHealthyPercent": 100, "maximumPercent": 200}});
    assert!(cell.same(&json!({"network": network, "deployment": null}), &explicit));
}

#[test]
fn rebalancing_is_switched_off_and_on_again_and_else_not_sent() {
    let cell = service(|cluster, service| Cell::Ecs(EcsCell::ServiceDeployment { cluster, service }));
    let value = |on: bool| {
        let deployment = json!({"maximumPercent": 100, "availabilityZoneRebalancing": on});
        json!({"network": {"subnets": ["a"]}, "deployment": deployment})
    };
    let sent = |from: bool, to: bool| match &cell.writes(&value(from), &value(to))[..] {
        [Write::Ecs(EcsWrite::UpdateServiceDeployment { deployment, parts, .. })] => {
            parts.rebalancing.then_some(deployment.availability_zone_rebalancing)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(sent(true, false), Some(false));
    assert_eq!(sent(false, true), Some(true));
    let canonical = cell.canonical(&value(false));
    assert_eq!(canonical["deployment"].get("availabilityZoneRebalancing"), None);
    assert!(!cell.same(&value(true), &value(false)));
}

#[test]
fn protection_is_cleared_in_batches_that_aws_takes() {
    let cell = service(|cluster, service| Cell::Ecs(EcsCell::TaskProtection { cluster, service }));
    let tasks: Vec<String> = (0..23).map(|n| format!("task-{n}")).collect();
    let writes = cell.writes(&json!(tasks), &json!([]));
    let sizes = writes.iter().map(|write| match write {
        Write::Ecs(EcsWrite::ClearTaskProtection { tasks, .. }) => tasks.len(),
        other => panic!("{other:?}"),
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [10, 10, 3]);
}

#[test]
fn a_task_that_should_run_is_not_stopped() {
    let cell = service(|cluster, service| Cell::Ecs(EcsCell::ServiceTasks { cluster, service }));
    let writes = cell.writes(&json!(["task-1", "task-2"]), &json!(["task-2"]));
    let stop = Write::Ecs(EcsWrite::StopTask {
        cluster: "prod".into(),
        task: "task-1".into(),
    });
    assert_eq!(writes, [stop]);
}

#[test]
fn autoscaling_that_was_not_there_is_not_invented() {
    let cells = [
        service(|cluster, service| {
            Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum { cluster, service })
        }),
        service(|cluster, service| {
            Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingSuspension { cluster, service })
        }),
    ];
    for (cell, value) in cells.into_iter().zip([json!(1), json!({"scaleIn": true})]) {
        assert_eq!(cell.writes(&value, &Value::Null), []);
        assert!(cell.sentence(&Value::Null).contains("it had none"));
    }
}

#[test]
fn a_session_of_the_second_of_the_write_is_revoked_too() {
    let cell = Cell::Iam(IamCell::RoleInlinePolicy {
        role: "r".into(),
        policy_name: "p".into(),
    });
    let now = "2026-01-02T03:04:05.999Z".parse().unwrap();
    let bound = cell.bind(&json!({"Condition": {"x": APPLY_TIME}}), &Value::Null, now);
    assert_eq!(bound["Condition"]["x"], "2026-01-02T03:04:06Z");
}

#[test]
fn a_task_that_stopped_does_not_make_the_registrations_differ_from_the_plan() {
    let cell = Cell::Elbv2(Elbv2Cell::TargetRegistrations {
        target_group_arn: "tg".into(),
        cluster: "prod".into(),
        service: "api".into(),
    });
    let target = |id: &str| json!({"id": id, "port": 80});
    let plan = json!({"registered": [target("a"), target("b")], "running": ["a", "b"]});
    let kept = json!({"registered": [target("a")], "running": ["a"]});
    let lost = json!({"registered": [target("a")], "running": ["a", "b"]});
    assert!(cell.fits(&plan, &kept));
    assert!(!cell.fits(&plan, &lost));
}

#[test]
fn every_cell_belongs_to_an_arn_of_the_account_or_region() {
    assert_eq!(
        bucket().resource("aws-cn", "123456789012", "cn-north-1"),
        "arn:aws-cn:s3:::exports"
    );
    let rules = rules().resource("aws-cn", "123456789012", "cn-north-1");
    assert_eq!(
        rules,
        "arn:aws-cn:ec2:cn-north-1:123456789012:security-group/sg-0000000a"
    );
    let count = service(|cluster, service| Cell::Ecs(EcsCell::ServiceDesiredCount { cluster, service }));
    let arn = count.resource("aws", "123456789012", "us-east-1");
    assert_eq!(arn, "arn:aws:ecs:us-east-1:123456789012:service/prod/api");
}

fn standby(value: Value, to: bool) -> Vec<Write> {
    let cell = Cell::AutoScaling(AutoScalingCell::InstanceStandby {
        instance_id: "i-1".into(),
        group: "web".into(),
    });
    cell.writes(&value, &json!({"standby": to}))
}

#[test]
fn a_group_gives_an_instance_up_only_where_its_minimum_allows() {
    for (min, desired, decrements) in [(1, 2, true), (2, 2, false), (0, 1, true), (3, 2, false)] {
        let writes = standby(json!({"standby": false, "min": min, "desired": desired}), true);
        let [Write::AutoScaling(AutoScalingWrite::EnterStandby { decrement, .. })] = writes.as_slice() else {
            panic!("{writes:?}")
        };
        assert_eq!(*decrement, decrements, "{min} {desired}");
    }
    assert_eq!(standby(json!({"standby": true, "min": 9, "desired": 1}), true), []);
}

#[test]
fn an_attribute_of_another_kind_is_not_written_for_off() {
    let cell = Cell::Ec2(Ec2Cell::InstanceAttribute {
        instance_id: "i-1".into(),
        attribute: InstanceAttribute::DisableApiTermination,
    });
    assert_eq!(cell.writes(&json!(true), &Value::Null), []);
    assert_eq!(cell.writes(&json!(true), &json!(false)).len(), 1);
}

#[test]
fn metadata_that_is_off_is_the_same_whatever_the_other_options_say_and_comes_back_with_all_of_them() {
    let cell = Cell::Ec2(Ec2Cell::InstanceMetadata {
        instance_id: "i-1".into(),
    });
    let on = json!({"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2,
        "httpProtocolIpv6": "disabled", "instanceMetadataTags": "enabled"});
    let off = json!({"httpEndpoint": "disabled", "httpTokens": "optional"});
    assert!(cell.same(&off, &json!({"httpEndpoint": "disabled"})));
    let [Write::Ec2(Ec2Write::ModifyInstanceMetadataOptions { options, .. })] = &cell.writes(&on, &off)[..] else {
        panic!()
    };
    assert_eq!(
        (options.http_endpoint.as_str(), &options.http_tokens),
        ("disabled", &None)
    );
    let [Write::Ec2(Ec2Write::ModifyInstanceMetadataOptions { options, .. })] = &cell.writes(&off, &on)[..] else {
        panic!()
    };
    assert_eq!(json!(options), on);
    assert_eq!(cell.writes(&off, &Value::Null), []);
}

#[test]
fn one_profile_goes_before_another_comes() {
    let cell = Cell::Ec2(Ec2Cell::InstanceProfile {
        instance_id: "i-1".into(),
    });
    let writes = cell.writes(&json!(["a"]), &json!(["b"]));
    let [
        Write::Ec2(Ec2Write::DisassociateIamInstanceProfile { .. }),
        Write::Ec2(Ec2Write::AssociateIamInstanceProfile { .. }),
    ] = writes.as_slice()
    else {
        panic!("{writes:?}")
    };
}

#[test]
fn an_instance_on_its_way_is_where_it_goes() {
    let cell = Cell::Ec2(Ec2Cell::InstanceState {
        instance_id: "i-1".into(),
    });
    assert!(cell.same(&json!("stopping"), &json!("stopped")));
    assert!(cell.same(&json!("pending"), &json!("running")));
    assert_eq!(cell.writes(&json!("running"), &json!("pending")), []);
    assert_eq!(cell.writes(&json!("running"), &Value::Null), []);
}

#[test]
fn an_interface_passes_through_the_open_group_only_on_its_way_into_quarantine() {
    let cell = Cell::Ec2(Ec2Cell::NetworkInterfaceGroups {
        network_interface: "eni-1".into(),
        through: Some(Through {
            untrack: "sg-open".into(),
            quarantine: "sg-dark".into(),
        }),
    });
    let groups = |from: Value, to: Value| -> Vec<Vec<String>> {
        let writes = cell.writes(&from, &to).into_iter();
        let set = writes.map(|write| match write {
            Write::Ec2(Ec2Write::ModifyNetworkInterfaceGroups { groups, .. }) => groups,
            other => panic!("{other:?}"),
        });
        set.collect()
    };
    assert_eq!(groups(json!(["sg-a"]), json!(["sg-dark"])), [["sg-open"], ["sg-dark"]]);
    assert_eq!(
        groups(json!(["sg-open"]), json!(["sg-dark"])),
        [["sg-dark"]],
        "cut between the phases"
    );
    assert_eq!(groups(json!(["sg-dark"]), json!(["sg-a"])), [["sg-a"]]);
    assert_eq!(groups(json!(["sg-open"]), json!(["sg-a"])), [["sg-a"]]);
    assert!(groups(json!(["sg-a"]), json!([])).is_empty());
}
