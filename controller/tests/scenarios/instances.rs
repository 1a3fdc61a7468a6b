//! EC2 instances: the two phases of a swap are not parted, evidence never holds containment back, and newcomers are seen.

use crate::support::{Bench, words, worlds};
use firebreak_cloud::memory::{
    ACCOUNT, Fault, REGION, sample,
    world::{Lifecycle, NetworkInterface, SnapshotOf},
};
use firebreak_core::aws::failure::{Failure, FailureClass};
use firebreak_crds::{EmergencyStop, EmergencyStopSpec};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Mutex};

const SWAP: &str = "ec2:ModifyNetworkInterfaceAttribute";

fn with_snapshots() -> Value {
    let mut target = words::instance("Isolate");
    target["ec2Instance"]["snapshots"] = json!(true);
    target
}

fn groups(bench: &Bench, interface: &str) -> BTreeSet<String> {
    bench.aws.look(|world| {
        world.region(ACCOUNT, REGION).unwrap().network_interfaces[interface]
            .groups
            .clone()
    })
}

fn snapshots(bench: &Bench) -> Vec<SnapshotOf> {
    let all = |world: &firebreak_cloud::memory::World| world.region(ACCOUNT, REGION).unwrap().snapshots.clone();
    bench.aws.look(all).into_values().collect()
}

fn only(group: &str) -> BTreeSet<String> {
    [group.to_owned()].into()
}

/// The first group change is the open group; the crash comes before its answer, and the stop before anything else happens.
#[tokio::test]
async fn killed_between_the_two_phases_and_stopped_it_is_finished_first_to_its_safe_end() {
    let mut bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    bench.aws.fail_on(SWAP, Fault::CrashAfterEffect);
    assert!(bench.respond_or_die("q").await.is_none(), "it dies in the open group");
    assert_eq!(groups(&bench, "eni-0bastion"), only("sg-open"));
    bench.stop();
    bench.restart();
    bench.settle("q").await;
    for interface in ["eni-0bastion", "eni-1bastion"] {
        assert_eq!(groups(&bench, interface), only("sg-dark"), "{interface}");
    }
    assert_eq!(bench.says("q", "Halted"), "True/EmergencyStop");
    bench.go_on();
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn a_stop_within_the_network_section_does_not_part_it() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    let (api, once) = (bench.api.clone(), Mutex::new(true));
    bench.aws.on_call(move |call| {
        if call.is_write() && call.permission == SWAP && std::mem::take(&mut *once.lock().unwrap()) {
            let reason = "drill".to_owned();
            api.seed(&EmergencyStop::new("stop", EmergencyStopSpec { reason }));
        }
    });
    assert_eq!(bench.settle("q").await, "EmergencyStop");
    for interface in ["eni-0bastion", "eni-1bastion"] {
        assert_eq!(groups(&bench, interface), only("sg-dark"), "{interface}");
    }
    let profile = |world: &firebreak_cloud::memory::World| {
        let region = world.region(ACCOUNT, REGION).unwrap();
        region.instances["i-0bastion"].profile.is_some()
    };
    assert!(bench.aws.look(profile), "what is outside of the section waits");
}

#[tokio::test]
async fn a_refused_quarantine_group_leaves_no_interface_in_the_open_one() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    bench.aws.deny(SWAP);
    assert_eq!(bench.settle("q").await, "AccessDenied");
    assert_eq!(groups(&bench, "eni-1bastion"), only("sg-bastion"));
}

#[tokio::test]
async fn an_interface_that_is_attached_while_contained_is_named_and_contained_is_not_said() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.aws.change(|world| {
        let newcomer = NetworkInterface {
            groups: only("sg-bastion"),
            vpc: "vpc-1".into(),
            instance: Some("i-0bastion".into()),
            ..NetworkInterface::default()
        };
        let region = worlds::region(world);
        region.network_interfaces.insert("eni-9new".into(), newcomer);
    });
    bench.keep("q", 400).await;
    assert_eq!(bench.says("q", "Contained"), "False/Settling");
    assert!(bench.message("q", "Contained").contains("eni-9new"));
    bench.aws.change(|world| {
        let region = worlds::region(world);
        region.network_interfaces.get_mut("eni-9new").unwrap().groups = only("sg-dark");
    });
    bench.keep("q", 400).await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
}

#[tokio::test]
async fn snapshots_are_taken_once_for_each_run_come_first_and_stay() {
    let mut bench = Bench::free();
    bench.quarantined("q", with_snapshots());
    bench.aws.fail_on("ec2:CreateSnapshots", Fault::CrashAfterEffect);
    assert!(bench.respond_or_die("q").await.is_none());
    bench.restart();
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(snapshots(&bench).len(), 2, "the crash took no second set");
    assert_eq!(bench.wrote()[0], "ec2:CreateSnapshots");
    assert!(bench.holds().iter().all(|hold| hold.spec.key.field != "Snapshots"));
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(snapshots(&bench).len(), 2);
    bench.pass(300);
    bench.contain_again("q");
    assert_eq!(bench.settle("q").await, "Contained");
    let runs: BTreeSet<String> = snapshots(&bench).into_iter().map(|of| of.run).collect();
    assert_eq!(
        (snapshots(&bench).len(), runs.len()),
        (4, 2),
        "an older run's snapshots are no evidence of this one"
    );
}

#[tokio::test]
async fn snapshots_that_aws_refuses_never_veto_the_containment_and_it_is_said() {
    for (class, waits) in [
        (FailureClass::Limit, 0),
        (FailureClass::Denied, 0),
        (FailureClass::Transient, 60),
    ] {
        let bench = Bench::free();
        bench.quarantined("q", with_snapshots());
        let begun = bench.now();
        let refusal = || Failure {
            class,
            call: "ec2:CreateSnapshots".into(),
            code: "Refused".into(),
            message: "no".into(),
        };
        for _ in 1..=100 {
            bench.aws.fail_on("ec2:CreateSnapshots", Fault::Error(refusal()));
        }
        assert_eq!(bench.settle("q").await, "Contained", "{class:?}");
        assert!(bench.now().as_second() - begun.as_second() >= waits, "{class:?}");
        assert_eq!(snapshots(&bench), []);
        let notes = bench.quarantine("q").status.unwrap().notes.join("\n");
        assert!(
            notes.contains("NOT done: Snapshot every EBS volume"),
            "{class:?}: {notes}"
        );
    }
}

#[tokio::test]
async fn an_instance_that_somebody_stopped_is_not_put_back_into_service() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 60).await;
    bench.aws.change(|world| {
        let instance = worlds::region(world).instances.get_mut("i-0bastion").unwrap();
        instance.state = firebreak_cloud::memory::world::InstanceState::Stopped;
    });
    bench.let_go_of_everything("q");
    bench.keep("q", 120).await;
    assert_eq!(bench.ready_reason("q"), "Unreachable");
    assert!(bench.message("q", "Ready").contains("Auto Scaling would terminate it"));
    bench.aws.change(|world| {
        let instance = worlds::region(world).instances.get_mut("i-0bastion").unwrap();
        instance.state = firebreak_cloud::memory::world::InstanceState::Running;
    });
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
}

/// Of one volume, AWS makes a snapshot every 15 s: somebody's own a moment ago is no reason to go without evidence.
#[tokio::test]
async fn a_snapshot_that_was_just_taken_is_waited_for_and_no_evidence_is_skipped() {
    let bench = Bench::free();
    let now = bench.now().as_second();
    let other = SnapshotOf {
        volume: "vol-0root".into(),
        state: "completed".into(),
        taken_at: now - 5,
        ..SnapshotOf::default()
    };
    bench
        .aws
        .change(|world| worlds::region(world).snapshots.insert("snap-theirs".into(), other));
    bench.quarantined("q", with_snapshots());
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(snapshots(&bench).len(), 3, "theirs, and one of each volume");
    let notes = bench.quarantine("q").status.unwrap().notes.join("\n");
    assert!(!notes.contains("NOT done"), "{notes}");
}

/// Auto Scaling replaces what stops before it stands by.
#[tokio::test]
async fn stop_waits_for_standby_and_what_comes_after_it_does_not() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Stop"));
    let standing = |bench: &Bench| {
        bench.aws.look(|world| {
            let region = world.region(ACCOUNT, REGION).unwrap();
            region.auto_scaling_groups["bastions"].instances["i-0bastion"]
        })
    };
    let (aws, seen) = (bench.aws.clone(), std::sync::Arc::new(Mutex::new(Vec::new())));
    let kept = seen.clone();
    bench.aws.on_call(move |call| {
        if call.is_write() {
            let lifecycle = aws.look(|world| {
                let region = world.region(ACCOUNT, REGION).unwrap();
                region.auto_scaling_groups["bastions"].instances["i-0bastion"]
            });
            kept.lock().unwrap().push((call.permission, lifecycle));
        }
    });
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    assert_eq!(standing(&bench), Lifecycle::Standby);
    let seen = seen.lock().unwrap();
    let at = |permission: &str| seen.iter().find(|(made, _)| *made == permission).unwrap().1;
    assert_eq!(at("ec2:StopInstances"), Lifecycle::Standby);
    assert!(matches!(
        at("ec2:DisassociateIamInstanceProfile"),
        Lifecycle::EnteringStandby { .. }
    ));
}

#[tokio::test]
async fn instance_without_the_profile_that_it_had_does_not_serve() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    assert!(
        bench.message("q", "Ready").contains("InstanceProfile"),
        "{}",
        bench.message("q", "Ready")
    );
    let lifecycle = |bench: &Bench| {
        bench.aws.look(|world| {
            let region = world.region(ACCOUNT, REGION).unwrap();
            region.auto_scaling_groups["bastions"].instances["i-0bastion"]
        })
    };
    assert_eq!(lifecycle(&bench), Lifecycle::Standby);
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn instance_is_put_into_service_once_its_status_checks_are_ok() {
    let bench = Bench::free();
    bench.quarantined("q", words::instance("Stop"));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench.let_go_of_everything("q");
    bench.keep("q", 30).await;
    let told = bench.message("q", "Ready");
    assert!(told.contains("status check"), "{told}");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn managed_instance_is_refused_before_anything_is_written() {
    let bench = Bench::free();
    bench.aws.change(|world| {
        let instance = worlds::region(world).instances.get_mut("i-0bastion").unwrap();
        instance.operator = Some("eks.amazonaws.com".into());
    });
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Unmodifiable");
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn options_that_aws_does_not_report_are_not_restored() {
    let bench = Bench::free();
    bench.aws.change(|world| {
        let instance = worlds::region(world).instances.get_mut("i-0bastion").unwrap();
        instance.metadata.instance_metadata_tags = None;
    });
    let before = bench.aws.world();
    bench.quarantined("q", words::instance("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), before);
}
