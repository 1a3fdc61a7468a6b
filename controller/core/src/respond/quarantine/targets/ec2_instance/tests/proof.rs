//! When it is contained.

use super::*;

#[test]
fn contained_waits_for_what_is_under_way_and_for_interfaces_that_came_since() {
    assert_eq!(waits(&contained(), &isolate()), None);
    let entering = contained().with(
        about(|instance_id| Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id })),
        &membership("EnteringStandby", 1, 1, 3),
    );
    assert!(waits(&entering, &isolate()).unwrap().contains("entering standby"));
    let newcomer = contained().with(
        about(|instance_id| Query::Ec2(Ec2Read::InstanceInterfaces { instance_id })),
        &[interface("eni-9")],
    );
    assert!(waits(&newcomer, &isolate()).unwrap().contains("eni-9"));
    let stop = spec(Ec2InstanceMethod::Stop, |_| {});
    assert_eq!(waits(&contained(), &stop).unwrap(), "the instance is running");
}

#[test]
fn snapshots_that_are_pending_hold_nothing_back_and_those_that_failed_are_named() {
    let snapshot = |id: &str, state: &str| Snapshot {
        id: id.into(),
        volume: "vol-1".into(),
        state: state.into(),
    };
    let world = contained().with(taken(), &[snapshot("snap-1", "pending"), snapshot("snap-2", "error")]);
    let proof = world.proof(&Ec2Instance, &isolate()).unwrap();
    assert_eq!(proof.waiting_for, None);
    assert!(proof.notes[0].contains("its point in time is fixed"));
    assert!(proof.notes[1].contains("snap-2 of vol-1 FAILED"));
}
