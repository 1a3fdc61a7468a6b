//! EC2 instances and EC2 Auto Scaling at the wire: the serialized request of each write, and what is made of answers.

use super::*;
use crate::testing::{access, ec2_error};
use firebreak_core::aws::{
    Cell,
    autoscaling::{AutoScalingCell, AutoScalingWrite},
    ec2::{Ec2Cell, Ec2Read, Ec2Write, InstanceAttribute, Metadata},
};
use serde_json::{Value, json};

const ID: &str = "i-0123456789abcdef0";
const PROFILE: &str = "arn:aws:iam::123456789012:instance-profile/bastion";

async fn make(wire: &Wire, write: Write) -> Result<Receipt, Failure> {
    let result = aws(wire).await.write(&access("leak"), &write).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

async fn sent(wire: &Wire, write: Write) -> Vec<String> {
    make(wire, write).await.unwrap();
    wire.sent().into_iter().map(|sent| sent.body).collect()
}

async fn ask(wire: &Wire, query: Query) -> Answer {
    let answer = aws(wire).await.observe(&access("leak"), &query).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {answer:?}");
    answer
}

fn ok(action: &str) -> String {
    format!("<{action}Response><return>true</return></{action}Response>")
}

fn instance(state: &str, more: &str) -> String {
    format!(
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>{ID}</instanceId>\
         <instanceState><name>{state}</name></instanceState><instanceType>m5.large</instanceType>{more}</item>\
         </instancesSet></item></reservationSet></DescribeInstancesResponse>"
    )
}

const VOLUMES: &str = "<blockDeviceMapping><item><ebs><volumeId>vol-2</volumeId></ebs></item>\
    <item><ebs><volumeId>vol-1</volumeId></ebs></item></blockDeviceMapping>";

fn associations(state: &str) -> String {
    format!(
        "<DescribeIamInstanceProfileAssociationsResponse><iamInstanceProfileAssociationSet><item>\
         <associationId>iip-assoc-1</associationId><instanceId>{ID}</instanceId><iamInstanceProfile>\
         <arn>{PROFILE}</arn></iamInstanceProfile><state>{state}</state></item></iamInstanceProfileAssociationSet>\
         </DescribeIamInstanceProfileAssociationsResponse>"
    )
}

fn snapshots(volumes: &[&str]) -> String {
    let items: String = volumes
        .iter()
        .map(|volume| {
            format!("<item><snapshotId>snap-{volume}</snapshotId><volumeId>{volume}</volumeId><status>pending</status></item>")
        })
        .collect();
    format!("<DescribeSnapshotsResponse><snapshotSet>{items}</snapshotSet></DescribeSnapshotsResponse>")
}

fn attribute(attribute: InstanceAttribute, value: Value) -> Write {
    Write::Ec2(Ec2Write::ModifyInstanceAttribute {
        instance_id: ID.into(),
        attribute,
        value,
    })
}

#[tokio::test]
async fn each_attribute_is_a_request_of_its_own() {
    let table = [
        (
            InstanceAttribute::DisableApiTermination,
            json!(true),
            "DisableApiTermination.Value=true",
        ),
        (
            InstanceAttribute::DisableApiStop,
            json!(false),
            "DisableApiStop.Value=false",
        ),
        (
            InstanceAttribute::InstanceInitiatedShutdownBehavior,
            json!("stop"),
            "InstanceInitiatedShutdownBehavior.Value=stop",
        ),
    ];
    for (name, value, said) in table {
        let wire = Wire::default().then(200, ok("ModifyInstanceAttribute"));
        let body = sent(&wire, attribute(name, value)).await;
        let start = "Action=ModifyInstanceAttribute&Version=2016-11-15&";
        assert_eq!(body.len(), 1);
        assert!(body[0].starts_with(start) && body[0].contains(said), "{body:?}");
        assert!(body[0].contains(&format!("InstanceId={ID}")), "{body:?}");
        assert_eq!(
            body[0].matches(".Value=").count(),
            1,
            "one attribute in a call: {body:?}"
        );
    }
}

#[tokio::test]
async fn metadata_off_sends_the_endpoint_alone_and_back_sends_all_five() {
    let modify = |options: Metadata| {
        Write::Ec2(Ec2Write::ModifyInstanceMetadataOptions {
            instance_id: ID.into(),
            options,
        })
    };
    let off = Metadata {
        http_endpoint: "disabled".into(),
        ..Metadata::default()
    };
    let wire = Wire::default().then(200, ok("ModifyInstanceMetadataOptions"));
    let start = format!("Action=ModifyInstanceMetadataOptions&Version=2016-11-15&InstanceId={ID}");
    assert_eq!(
        sent(&wire, modify(off)).await,
        [format!("{start}&HttpEndpoint=disabled")]
    );
    let on = Metadata {
        http_endpoint: "enabled".into(),
        http_tokens: Some("required".into()),
        http_put_response_hop_limit: Some(2),
        http_protocol_ipv6: Some("disabled".into()),
        instance_metadata_tags: Some("enabled".into()),
    };
    let wire = Wire::default().then(200, ok("ModifyInstanceMetadataOptions"));
    let all = "&HttpTokens=required&HttpPutResponseHopLimit=2&HttpEndpoint=enabled&HttpProtocolIpv6=disabled\
        &InstanceMetadataTags=enabled";
    assert_eq!(sent(&wire, modify(on)).await, [format!("{start}{all}")]);
}

fn groups(rehearse: Option<&str>) -> Write {
    Write::Ec2(Ec2Write::ModifyNetworkInterfaceGroups {
        network_interface: "eni-1".into(),
        groups: vec!["sg-a".into()],
        rehearse: rehearse.map(|id| vec![id.into()]),
    })
}

const MODIFY_GROUPS: &str = "Action=ModifyNetworkInterfaceAttribute&Version=2016-11-15&";

#[tokio::test]
async fn the_groups_of_an_interface_are_replaced_in_one_call() {
    let wire = Wire::default().then(200, ok("ModifyNetworkInterfaceAttribute"));
    let expected = format!("{MODIFY_GROUPS}NetworkInterfaceId=eni-1&SecurityGroupId.1=sg-a");
    assert_eq!(sent(&wire, groups(None)).await, [expected]);
}

#[tokio::test]
async fn the_open_group_is_set_only_after_a_dry_run_of_what_follows() {
    let wire = Wire::default()
        .then(412, ec2_error("DryRunOperation"))
        .then(200, ok("ModifyNetworkInterfaceAttribute"));
    let body = sent(&wire, groups(Some("sg-dark"))).await;
    assert!(
        body[0].contains("DryRun=true") && body[0].contains("SecurityGroupId.1=sg-dark"),
        "{body:?}"
    );
    assert!(
        !body[1].contains("DryRun") && body[1].contains("SecurityGroupId.1=sg-a"),
        "{body:?}"
    );
}

#[tokio::test]
async fn what_may_not_follow_keeps_the_open_group_from_being_set() {
    let wire = Wire::default().then(403, ec2_error("UnauthorizedOperation"));
    let failure = make(&wire, groups(Some("sg-dark"))).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Denied);
    assert!(wire.only().body.contains("DryRun=true"));
}

#[tokio::test]
async fn an_association_is_ended_by_its_id_and_one_that_is_gone_is_ended_already() {
    let end = || {
        Write::Ec2(Ec2Write::DisassociateIamInstanceProfile {
            instance_id: ID.into(),
            profile_arn: PROFILE.into(),
        })
    };
    let wire = Wire::default()
        .then(200, associations("associated"))
        .then(200, ok("DisassociateIamInstanceProfile"));
    let body = sent(&wire, end()).await;
    assert!(body[0].contains("Filter.1.Name=instance-id&Filter.1.Value.1=i-0123456789abcdef0"));
    let expected = "Action=DisassociateIamInstanceProfile&Version=2016-11-15&AssociationId=iip-assoc-1";
    assert_eq!(body[1], expected);
    let wire = Wire::default().then(200, associations("disassociating"));
    assert_eq!(make(&wire, end()).await.unwrap(), Receipt::default());
    let wire = Wire::default()
        .then(200, associations("associated"))
        .then(404, ec2_error("InvalidAssociationID.NotFound"));
    assert_eq!(make(&wire, end()).await.unwrap(), Receipt::default());
}

#[tokio::test]
async fn a_profile_is_associated_by_its_arn_once() {
    let begin = || {
        Write::Ec2(Ec2Write::AssociateIamInstanceProfile {
            instance_id: ID.into(),
            profile_arn: PROFILE.into(),
        })
    };
    let none = "<DescribeIamInstanceProfileAssociationsResponse></DescribeIamInstanceProfileAssociationsResponse>";
    let wire = Wire::default()
        .then(200, none)
        .then(200, ok("AssociateIamInstanceProfile"));
    let body = sent(&wire, begin()).await;
    assert!(
        body[1].contains(&format!("IamInstanceProfile.Arn={PROFILE}")),
        "{body:?}"
    );
    assert!(body[1].contains(&format!("InstanceId={ID}")), "{body:?}");
    let wire = Wire::default().then(200, associations("associated"));
    assert_eq!(make(&wire, begin()).await.unwrap(), Receipt::default());
}

fn take() -> Write {
    Write::Ec2(Ec2Write::CreateSnapshots {
        instance_id: ID.into(),
        run: "uid-1-1".into(),
    })
}

#[tokio::test]
async fn snapshots_are_looked_for_by_the_run_before_they_are_taken_of_the_whole_instance() {
    let wire = Wire::default()
        .then(200, instance("running", VOLUMES))
        .then(200, instance("running", VOLUMES))
        .then(200, snapshots(&[]))
        .then(200, "<CreateSnapshotsResponse></CreateSnapshotsResponse>");
    let body = sent(&wire, take()).await;
    assert!(
        body[2].contains("Filter.1.Name=tag:firebreak.dev/run&Filter.1.Value.1=uid-1-1"),
        "{body:?}"
    );
    assert!(body[2].contains("Owner.1=self"), "{body:?}");
    for part in [
        "InstanceSpecification.InstanceId=i-0123456789abcdef0",
        "TagSpecification.1.ResourceType=snapshot",
        "TagSpecification.1.Tag.1.Key=firebreak.dev/run",
        "TagSpecification.1.Tag.1.Value=uid-1-1",
        "CopyTagsFromSource=volume",
    ] {
        assert!(body[3].contains(part), "{part}: {}", body[3]);
    }
    assert!(!body[3].contains("Exclude"), "{}", body[3]);
}

#[tokio::test]
async fn snapshots_that_the_run_has_are_not_taken_again() {
    let wire = Wire::default()
        .then(200, instance("running", VOLUMES))
        .then(200, instance("running", VOLUMES))
        .then(200, snapshots(&["vol-1", "vol-2"]));
    assert_eq!(make(&wire, take()).await.unwrap(), Receipt::default());
}

fn placed(lifecycle: &str) -> [String; 2] {
    let instances = format!(
        "<DescribeAutoScalingInstancesResponse><DescribeAutoScalingInstancesResult><AutoScalingInstances><member>\
         <InstanceId>{ID}</InstanceId><AutoScalingGroupName>web</AutoScalingGroupName>\
         <LifecycleState>{lifecycle}</LifecycleState></member></AutoScalingInstances>\
         </DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>"
    );
    let groups = "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>\
        <AutoScalingGroupName>web</AutoScalingGroupName><AutoScalingGroupARN>arn:web</AutoScalingGroupARN>\
        <MinSize>1</MinSize><MaxSize>3</MaxSize><DesiredCapacity>2</DesiredCapacity>\
        <TargetGroupARNs><member>tg-1</member></TargetGroupARNs></member></AutoScalingGroups>\
        </DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>";
    [instances, groups.to_owned()]
}

fn standby(group: &str) -> Query {
    Query::Cell(Cell::AutoScaling(AutoScalingCell::InstanceStandby {
        instance_id: ID.into(),
        group: group.into(),
    }))
}

#[tokio::test]
async fn an_instance_that_enters_standby_stands_by_and_one_of_another_group_is_gone() {
    for (lifecycle, stands_by) in [
        ("InService", false),
        ("EnteringStandby", true),
        ("Standby", true),
        ("Pending", false),
    ] {
        let [instances, groups] = placed(lifecycle);
        let wire = Wire::default().then(200, instances).then(200, groups);
        let entering = lifecycle == "EnteringStandby";
        let expected = json!({"standby": stands_by, "entering": entering, "desired": 2, "min": 1});
        assert_eq!(ask(&wire, standby("web")).await, Answer::Found(expected), "{lifecycle}");
    }
    let [instances, groups] = placed("InService");
    let wire = Wire::default().then(200, instances).then(200, groups);
    assert_eq!(ask(&wire, standby("other")).await, Answer::NotFound);
}

#[tokio::test]
async fn standby_says_whether_the_group_wants_one_less() {
    for decrement in [true, false] {
        let write = Write::AutoScaling(AutoScalingWrite::EnterStandby {
            instance_id: ID.into(),
            group: "web".into(),
            decrement,
        });
        let wire = Wire::default().then(
            200,
            "<EnterStandbyResponse><EnterStandbyResult></EnterStandbyResult></EnterStandbyResponse>",
        );
        let expected = format!(
            "Action=EnterStandby&Version=2011-01-01&InstanceIds.member.1={ID}&AutoScalingGroupName=web\
             &ShouldDecrementDesiredCapacity={decrement}"
        );
        assert_eq!(sent(&wire, write).await, [expected]);
    }
}

#[tokio::test]
async fn an_instance_that_does_not_run_is_not_put_back_into_service() {
    let exit = || {
        Write::AutoScaling(AutoScalingWrite::ExitStandby {
            instance_id: ID.into(),
            group: "web".into(),
        })
    };
    let [standing, _] = placed("Standby");
    let wire = Wire::default()
        .then(200, instance("running", ""))
        .then(200, checks("ok", "ok"))
        .then(200, standing)
        .then(
            200,
            "<ExitStandbyResponse><ExitStandbyResult></ExitStandbyResult></ExitStandbyResponse>",
        );
    let body = sent(&wire, exit()).await;
    let expected = format!("Action=ExitStandby&Version=2011-01-01&InstanceIds.member.1={ID}&AutoScalingGroupName=web");
    assert_eq!(body[3], expected);
    for state in ["pending", "stopped"] {
        let wire = Wire::default().then(200, instance(state, ""));
        let failure = make(&wire, exit()).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::NotYet, "{failure}");
        assert!(failure.message.contains("terminate"), "{failure}");
    }
}

fn checks(system: &str, instance: &str) -> String {
    format!(
        "<DescribeInstanceStatusResponse><instanceStatusSet><item><instanceId>{ID}</instanceId>\
         <systemStatus><status>{system}</status></systemStatus><instanceStatus><status>{instance}</status></instanceStatus>\
         </item></instanceStatusSet></DescribeInstanceStatusResponse>"
    )
}

#[tokio::test]
async fn an_instance_whose_status_checks_are_not_ok_is_not_put_into_service() {
    let none = "<DescribeInstanceStatusResponse><instanceStatusSet/></DescribeInstanceStatusResponse>".to_owned();
    for answer in [checks("ok", "initializing"), checks("impaired", "ok"), none] {
        let wire = Wire::default().then(200, instance("running", "")).then(200, answer);
        let exit = Write::AutoScaling(AutoScalingWrite::ExitStandby {
            instance_id: ID.into(),
            group: "web".into(),
        });
        let failure = make(&wire, exit).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::NotYet, "{failure}");
        assert!(failure.message.contains("status check"), "{failure}");
    }
}

#[tokio::test]
async fn an_instance_that_still_enters_standby_is_waited_for() {
    let [entering, _] = placed("EnteringStandby");
    let wire = Wire::default()
        .then(200, instance("running", ""))
        .then(200, checks("ok", "ok"))
        .then(200, entering);
    let exit = Write::AutoScaling(AutoScalingWrite::ExitStandby {
        instance_id: ID.into(),
        group: "web".into(),
    });
    assert_eq!(make(&wire, exit).await.unwrap_err().class, FailureClass::NotYet);
}

#[tokio::test]
async fn stop_and_start_name_the_instance_and_nothing_forces_it() {
    let stop = Write::Ec2(Ec2Write::StopInstances { instance_id: ID.into() });
    let wire = Wire::default().then(200, "<StopInstancesResponse></StopInstancesResponse>");
    let expected = format!("Action=StopInstances&Version=2016-11-15&InstanceId.1={ID}");
    assert_eq!(sent(&wire, stop).await, [expected]);
    let start = Write::Ec2(Ec2Write::StartInstances { instance_id: ID.into() });
    let wire = Wire::default().then(200, "<StartInstancesResponse></StartInstancesResponse>");
    let expected = format!("Action=StartInstances&Version=2016-11-15&InstanceId.1={ID}");
    assert_eq!(sent(&wire, start).await, [expected]);
}

#[tokio::test]
async fn an_instance_is_read_without_its_user_data() {
    let more = format!(
        "<instanceLifecycle>spot</instanceLifecycle><rootDeviceType>ebs</rootDeviceType>{VOLUMES}\
         <iamInstanceProfile><arn>{PROFILE}</arn></iamInstanceProfile><metadataOptions><state>pending</state>\
         <httpEndpoint>disabled</httpEndpoint></metadataOptions><tagSet><item><key>team</key><value>ops</value></item></tagSet>"
    );
    let wire = Wire::default().then(200, instance("running", &more));
    let Answer::Found(found) = ask(&wire, Query::Ec2(Ec2Read::Instance { instance_id: ID.into() })).await else {
        panic!()
    };
    let expected = json!({"state": "running", "instanceType": "m5.large", "spot": true, "instanceStoreRoot": false,
        "volumes": ["vol-1", "vol-2"], "instanceProfile": PROFILE, "metadataApplied": false, "operator": null,
        "tags": {"team": "ops"}});
    assert_eq!(found, expected);
    assert!(!wire.only().body.contains("userData"));
}

#[tokio::test]
async fn what_belongs_to_an_instance_that_is_being_terminated_is_gone() {
    for state in ["shutting-down", "terminated"] {
        for cell in [
            Cell::Ec2(Ec2Cell::InstanceState { instance_id: ID.into() }),
            Cell::Ec2(Ec2Cell::InstanceMetadata { instance_id: ID.into() }),
            Cell::Ec2(Ec2Cell::InstanceProfile { instance_id: ID.into() }),
        ] {
            let wire = Wire::default().then(200, instance(state, ""));
            assert_eq!(ask(&wire, Query::Cell(cell)).await, Answer::NotFound);
        }
    }
}

#[tokio::test]
async fn interfaces_say_who_manages_them() {
    let page = "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
        <vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><requesterManaged>true</requesterManaged>\
        <description>ECS task</description><groupSet><item><groupId>sg-b</groupId></item><item><groupId>sg-a</groupId></item>\
        </groupSet></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>";
    let wire = Wire::default().then(200, page);
    let Answer::Found(found) = ask(
        &wire,
        Query::Ec2(Ec2Read::InstanceInterfaces { instance_id: ID.into() }),
    )
    .await
    else {
        panic!()
    };
    assert_eq!(found[0]["requesterManaged"], true);
    assert_eq!(found[0]["groups"], json!(["sg-a", "sg-b"]));
    assert!(wire.only().body.contains("Filter.1.Name=attachment.instance-id"));
}
