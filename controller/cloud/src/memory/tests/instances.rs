//! EC2 instances, their interfaces, and EC2 Auto Scaling.

use super::*;
use crate::memory::{STOPS_IN, world::Lifecycle};
use firebreak_core::aws::{
    autoscaling::{AutoScalingRead, AutoScalingWrite, GroupMembership},
    ec2::{Ec2Cell, Ec2Read, Ec2Write, InstanceAttribute},
};
use serde_json::json;

fn groups(interface: &str, groups: &[&str]) -> Write {
    Write::Ec2(Ec2Write::ModifyNetworkInterfaceGroups {
        network_interface: interface.into(),
        groups: groups.iter().map(|&id| id.to_owned()).collect(),
        rehearse: None,
    })
}

fn enter(decrement: bool) -> Write {
    Write::AutoScaling(AutoScalingWrite::EnterStandby {
        instance_id: "i-0bastion".into(),
        group: "bastions".into(),
        decrement,
    })
}

fn exit() -> Write {
    Write::AutoScaling(AutoScalingWrite::ExitStandby {
        instance_id: "i-0bastion".into(),
        group: "bastions".into(),
    })
}

async fn place(aws: &MemoryAws) -> GroupMembership {
    let instance_id = "i-0bastion".into();
    fact(aws, Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id })).await
}

#[tokio::test]
async fn an_interface_takes_no_group_of_another_vpc_and_is_never_without_one() {
    let aws = MemoryAws::sample();
    for wrong in [groups("eni-0bastion", &["sg-other"]), groups("eni-0bastion", &[])] {
        assert_eq!(
            refused(&aws, wrong).await,
            (FailureClass::Invalid, "InvalidParameterValue".into())
        );
    }
    let unknown = refused(&aws, groups("eni-0bastion", &["sg-nowhere"])).await;
    assert_eq!(unknown, (FailureClass::Invalid, "InvalidGroup.NotFound".into()));
}

#[tokio::test]
async fn nobody_changes_an_interface_that_aws_manages() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region
            .network_interfaces
            .get_mut("eni-0bastion")
            .unwrap()
            .requester_managed = true;
    });
    let (class, _) = refused(&aws, groups("eni-0bastion", &["sg-dark"])).await;
    assert_eq!(class, FailureClass::Denied);
}

#[tokio::test]
async fn groups_on_the_way_are_not_set_where_the_next_ones_are_refused() {
    let aws = MemoryAws::sample();
    let write = Write::Ec2(Ec2Write::ModifyNetworkInterfaceGroups {
        network_interface: "eni-0bastion".into(),
        groups: vec!["sg-open".into()],
        rehearse: Some(vec!["sg-other".into()]),
    });
    assert_eq!(refused(&aws, write).await.0, FailureClass::Invalid);
}

#[tokio::test]
async fn standby_takes_as_long_as_its_targets_drain_and_keeps_the_minimum() {
    let aws = MemoryAws::sample();
    write(&aws, enter(true)).await.unwrap();
    assert_eq!(
        (place(&aws).await.lifecycle.as_str(), place(&aws).await.desired),
        ("EnteringStandby", 1)
    );
    assert_eq!(
        refused(&aws, exit()).await.0,
        FailureClass::NotYet,
        "it is still on its way"
    );
    aws.advance(21);
    assert_eq!(place(&aws).await.lifecycle, "Standby");
    assert_eq!(
        refused(&aws, enter(true)).await.1,
        "ValidationError",
        "it is there already"
    );
    write(&aws, exit()).await.unwrap();
    aws.advance(30);
    assert_eq!(aws.world(), MemoryAws::sample().world());
}

#[tokio::test]
async fn a_group_at_its_minimum_spares_nobody_and_launches_a_replacement() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.auto_scaling_groups.get_mut("bastions").unwrap().min = 2;
    });
    assert_eq!(refused(&aws, enter(true)).await.1, "ValidationError");
    write(&aws, enter(false)).await.unwrap();
    aws.advance(30);
    let group = aws.look(|world| world.region(ACCOUNT, REGION).unwrap().auto_scaling_groups["bastions"].clone());
    assert_eq!((group.desired, group.in_service().count()), (2, 2));
    assert_eq!(group.instances["i-0bastion"], Lifecycle::Standby);
}

#[tokio::test]
async fn a_group_at_its_maximum_takes_nobody_back() {
    let aws = MemoryAws::sample();
    write(&aws, enter(true)).await.unwrap();
    aws.advance(30);
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.auto_scaling_groups.get_mut("bastions").unwrap().max = 1;
    });
    assert_eq!(refused(&aws, exit()).await.1, "ValidationError");
}

#[tokio::test]
async fn auto_scaling_terminates_what_it_has_in_service_and_does_not_run() {
    let aws = MemoryAws::sample();
    let instance_id = "i-0bastion".to_owned();
    write(&aws, Write::Ec2(Ec2Write::StopInstances { instance_id }))
        .await
        .unwrap();
    aws.advance(1);
    let instance_id = "i-0bastion".to_owned();
    assert_eq!(
        ask(&aws, Query::Ec2(Ec2Read::Instance { instance_id })).await,
        Answer::NotFound
    );
}

#[tokio::test]
async fn an_instance_takes_its_time_to_stop_and_does_not_start_meanwhile() {
    let aws = MemoryAws::sample();
    write(&aws, enter(true)).await.unwrap();
    let (stop, start) = (
        || {
            Write::Ec2(Ec2Write::StopInstances {
                instance_id: "i-0bastion".into(),
            })
        },
        || {
            Write::Ec2(Ec2Write::StartInstances {
                instance_id: "i-0bastion".into(),
            })
        },
    );
    let state = Cell::Ec2(Ec2Cell::InstanceState {
        instance_id: "i-0bastion".into(),
    });
    aws.advance(21);
    write(&aws, stop()).await.unwrap();
    assert_eq!(cell(&aws, state.clone()).await, json!("stopping"));
    assert_eq!(
        refused(&aws, start()).await,
        (FailureClass::NotYet, "IncorrectInstanceState".into())
    );
    aws.advance(u32::try_from(STOPS_IN).unwrap() + 1);
    assert_eq!(cell(&aws, state.clone()).await, json!("stopped"));
    assert_eq!(
        refused(&aws, exit()).await.0,
        FailureClass::NotYet,
        "Auto Scaling would terminate it"
    );
    write(&aws, start()).await.unwrap();
    assert_eq!(refused(&aws, stop()).await.1, "IncorrectInstanceState");
    aws.advance(20);
    assert_eq!(cell(&aws, state).await, json!("running"));
}

#[tokio::test]
async fn auto_scaling_replaces_what_stops_while_it_enters_standby() {
    let aws = MemoryAws::sample();
    write(&aws, enter(true)).await.unwrap();
    let instance_id = "i-0bastion".to_owned();
    write(&aws, Write::Ec2(Ec2Write::StopInstances { instance_id }))
        .await
        .unwrap();
    aws.advance(1);
    let instance_id = "i-0bastion".to_owned();
    assert_eq!(
        ask(&aws, Query::Ec2(Ec2Read::Instance { instance_id })).await,
        Answer::NotFound
    );
}

#[tokio::test]
async fn metadata_options_of_a_stopped_instance_stay_pending_until_it_starts() {
    let aws = MemoryAws::sample();
    let applied = async || -> bool {
        let instance_id = "i-0bastion".into();
        let found: firebreak_core::aws::ec2::Instance = fact(&aws, Query::Ec2(Ec2Read::Instance { instance_id })).await;
        found.metadata_applied
    };
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.auto_scaling_groups.clear();
        region.instances.get_mut("i-0bastion").unwrap().state = crate::memory::world::InstanceState::Stopped;
    });
    let off = Write::Ec2(Ec2Write::ModifyInstanceMetadataOptions {
        instance_id: "i-0bastion".into(),
        options: firebreak_core::aws::ec2::Metadata {
            http_endpoint: "disabled".into(),
            ..Default::default()
        },
    });
    write(&aws, off).await.unwrap();
    aws.advance(600);
    assert!(!applied().await);
    let instance_id = "i-0bastion".to_owned();
    write(&aws, Write::Ec2(Ec2Write::StartInstances { instance_id }))
        .await
        .unwrap();
    aws.advance(20);
    assert!(applied().await);
}

#[tokio::test]
async fn nobody_but_its_operator_changes_a_managed_instance() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.instances.get_mut("i-0bastion").unwrap().operator = Some("eks.amazonaws.com".into());
    });
    let instance_id = "i-0bastion".to_owned();
    let (class, code) = refused(&aws, Write::Ec2(Ec2Write::StopInstances { instance_id })).await;
    assert_eq!((class, code.as_str()), (FailureClass::Invalid, "OperationNotPermitted"));
}

#[tokio::test]
async fn a_protected_instance_is_not_stopped_and_a_spot_instance_is_not_protected() {
    let aws = MemoryAws::sample();
    let protect = |attribute| {
        Write::Ec2(Ec2Write::ModifyInstanceAttribute {
            instance_id: "i-0bastion".into(),
            attribute,
            value: json!(true),
        })
    };
    write(&aws, protect(InstanceAttribute::DisableApiStop)).await.unwrap();
    let instance_id = "i-0bastion".to_owned();
    assert_eq!(
        refused(&aws, Write::Ec2(Ec2Write::StopInstances { instance_id }))
            .await
            .1,
        "OperationNotPermitted"
    );
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.instances.get_mut("i-0bastion").unwrap().spot = true;
    });
    assert_eq!(
        refused(&aws, protect(InstanceAttribute::DisableApiTermination)).await.1,
        "UnsupportedOperation"
    );
}

#[tokio::test]
async fn one_instance_has_one_profile() {
    let aws = MemoryAws::sample();
    let other = Write::Ec2(Ec2Write::AssociateIamInstanceProfile {
        instance_id: "i-0bastion".into(),
        profile_arn: "arn:aws:iam::123456789012:instance-profile/other".into(),
    });
    assert_eq!(
        refused(&aws, other).await,
        (FailureClass::NotYet, "IncorrectState".into())
    );
}

#[tokio::test]
async fn snapshots_belong_to_the_run_that_took_them_and_a_second_call_takes_more() {
    let aws = MemoryAws::sample();
    let take = || {
        Write::Ec2(Ec2Write::CreateSnapshots {
            instance_id: "i-0bastion".into(),
            run: "one".into(),
        })
    };
    let missing = |run: &str| {
        Cell::Ec2(Ec2Cell::InstanceSnapshots {
            instance_id: "i-0bastion".into(),
            run: run.into(),
        })
    };
    write(&aws, take()).await.unwrap();
    assert_eq!(cell(&aws, missing("one")).await, json!([]));
    assert_eq!(cell(&aws, missing("two")).await, json!(["vol-0root", "vol-1data"]));
    aws.advance(15);
    write(&aws, take()).await.unwrap();
    let all = aws.look(|world| world.region(ACCOUNT, REGION).unwrap().snapshots.len());
    assert_eq!(all, 4, "AWS takes no client token");
}
