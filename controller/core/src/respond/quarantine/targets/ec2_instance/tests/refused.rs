//! What cannot be cut off, or only in part.

use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_cannot_be_cut_off_is_refused_by_name() {
    let stop = spec(Ec2InstanceMethod::Stop, |_| {});
    let acknowledged = spec(Ec2InstanceMethod::Stop, |spec| {
        spec.acknowledge_instance_store_loss = true
    });
    let untrack = spec(Ec2InstanceMethod::Isolate, |spec| {
        spec.untrack_security_group_id = Some("sg-open".into())
    });
    let one_way = json!({"ingress": everything()["ingress"], "egress": []});
    let gone = about(|instance_id| Query::Ec2(Ec2Read::Instance { instance_id }));
    let table: Vec<(World, &TargetSpec, Reason, &str)> = vec![
        (
            world().answering(gone, Answer::NotFound),
            &stop,
            Reason::TargetNotFound,
            ID,
        ),
        (
            seen(|i| i.state = "terminated".into()),
            &stop,
            Reason::TargetNotFound,
            "terminated",
        ),
        (
            seen(|i| i.state = "shutting-down".into()),
            &stop,
            Reason::TargetNotFound,
            REGION,
        ),
        (world(), &stop, Reason::InvalidTarget, "acknowledgeInstanceStoreLoss"),
        (seen(|i| i.spot = true), &acknowledged, Reason::Unmodifiable, "Spot"),
        (
            seen(|i| i.instance_store_root = true),
            &acknowledged,
            Reason::Unmodifiable,
            "root device",
        ),
        (
            grouped(&membership("Terminating:Wait", 1, 2, 3)),
            &stop,
            Reason::Unmodifiable,
            "Terminating:Wait",
        ),
        (
            with_interface(|i| i.requester_managed = true),
            &untrack,
            Reason::Unmodifiable,
            "eni-2",
        ),
        (
            with_interface(|i| i.owner = "210987654321".into()),
            &untrack,
            Reason::Unmodifiable,
            "eni-2",
        ),
        (
            with_interface(|i| i.vpc_id = "vpc-2".into()),
            &untrack,
            Reason::InvalidTarget,
            "vpc-2",
        ),
        (
            world().answering(group("sg-dark"), Answer::NotFound),
            &untrack,
            Reason::InvalidTarget,
            "does not exist",
        ),
        (
            world().with(group("sg-dark"), &of_vpc("vpc-1", 3)),
            &untrack,
            Reason::InvalidTarget,
            "3 rules",
        ),
        (
            world().with(group("sg-open"), &of_vpc("vpc-9", 2)),
            &untrack,
            Reason::InvalidTarget,
            "untrackSecurityGroupId",
        ),
        (
            world().with(rules("sg-open"), &one_way),
            &untrack,
            Reason::InvalidTarget,
            "egress",
        ),
    ];
    for (world, spec, reason, said) in table {
        let blocked = design(&world, spec).unwrap_err();
        assert_eq!(blocked.reason, reason, "{said}: {}", blocked.message);
        assert!(blocked.message.contains(said), "{said}: {}", blocked.message);
    }
}

#[test]
fn a_stop_goes_on_beside_interfaces_that_aws_manages_and_names_them() {
    let spec = spec(Ec2InstanceMethod::Stop, |spec| {
        spec.acknowledge_instance_store_loss = true
    });
    let design = design(&with_interface(|i| i.requester_managed = true), &spec).unwrap();
    assert!(!ids(&design).contains(&"isolate-eni-2"));
    assert!(
        design
            .notes
            .iter()
            .any(|note| note.contains("NOT changed: network interface eni-2"))
    );
}
