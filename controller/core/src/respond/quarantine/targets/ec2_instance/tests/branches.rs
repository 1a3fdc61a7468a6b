//! Branch interfaces: they hang on a trunk, are attached to nothing, and carry the traffic of pods and tasks.

use super::*;
use crate::aws::ec2::{Branches, Ec2Read};

fn trunk() -> World {
    with_interface(|interface| interface.trunk = true)
}

fn branches() -> Query {
    Query::Ec2(Ec2Read::BranchInterfaces {
        trunks: vec!["eni-2".into()],
    })
}

fn branch(group: &str) -> Branches {
    Branches {
        interfaces: vec![Interface {
            groups: vec![group.into()],
            ..interface("eni-7pod")
        }],
        unread: None,
    }
}

#[test]
fn branches_of_a_trunk_are_isolated_with_the_instance() {
    let design = design(&trunk().with(branches(), &branch("sg-pod")), &isolate()).unwrap();
    assert!(ids(&design).contains(&"isolate-eni-7pod"), "{:?}", ids(&design));
    let touched = |part: &str| design.touches.iter().any(|it| it.arn.contains(part));
    assert!(touched("network-interface/eni-7pod") && touched("security-group/sg-pod"));
}

#[test]
fn branch_that_aws_lets_nobody_change_refuses_isolate_by_name() {
    let mut fixed = branch("sg-task");
    fixed.interfaces[0].requester_managed = true;
    let blocked = design(&trunk().with(branches(), &fixed), &isolate()).unwrap_err();
    assert_eq!(blocked.reason, Reason::Unmodifiable);
    assert!(blocked.message.contains("eni-7pod"), "{}", blocked.message);
}

fn contained_trunk() -> World {
    let mut cut = [interface("eni-1"), interface("eni-2")];
    cut.iter_mut().for_each(|it| it.groups = vec!["sg-dark".into()]);
    cut[1].trunk = true;
    contained().with(
        about(|instance_id| Query::Ec2(Ec2Read::InstanceInterfaces { instance_id })),
        &cut,
    )
}

#[test]
fn open_branch_is_named_and_contained_is_not_said() {
    let open = contained_trunk().with(branches(), &branch("sg-pod"));
    assert!(waits(&open, &isolate()).unwrap().contains("eni-7pod"));
    let shut = contained_trunk().with(branches(), &branch("sg-dark"));
    assert_eq!(waits(&shut, &isolate()), None);
}

#[test]
fn branches_that_cannot_be_read_hold_nothing_back_but_are_never_cut_off() {
    let denied = Answer::Denied("ec2:DescribeTrunkInterfaceAssociations: UnauthorizedOperation".into());
    let told = Branches {
        unread: Some("ec2:DescribeTrunkInterfaceAssociations: OptInRequired".into()),
        ..branch("sg-dark")
    };
    for answer in [denied, Answer::found(&told)] {
        let made = design(&trunk().answering(branches(), answer.clone()), &isolate()).unwrap();
        assert!(ids(&made).contains(&"isolate-eni-2"));
        assert!(
            made.notes.iter().any(|note| note.starts_with("NOT known: branch")),
            "{:?}",
            made.notes
        );
        let waiting = waits(&contained_trunk().answering(branches(), answer), &isolate()).unwrap();
        assert!(waiting.contains("may NOT be cut off"), "{waiting}");
    }
}

#[test]
fn branches_that_are_throttled_are_waited_for() {
    let blocked = design(&trunk().answering(branches(), Answer::Throttled), &isolate()).unwrap_err();
    assert_eq!(blocked.reason, Reason::Throttled);
}
