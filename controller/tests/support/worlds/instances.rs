//! EC2 instances.

use super::*;

pub(super) fn specs() -> Vec<Spec> {
    vec![isolate_instance(), stop_instance()]
}

const BASTION: &str = "i-0bastion";

fn isolate_instance() -> Spec {
    Spec {
        name: "ec2Instance/Isolate",
        target: || instance("Isolate"),
        owns: &[
            "network_interfaces/eni-0bastion/groups",
            "network_interfaces/eni-1bastion/groups",
            "instances/i-0bastion/profile",
            "instances/i-0bastion/disable_api_",
            "instances/i-0bastion/shutdown_behavior",
            "instances/i-0bastion/metadata/httpEndpoint",
            "auto_scaling_groups/bastions/instances/i-0bastion",
            "auto_scaling_groups/bastions/desired",
        ],
        already: |world| {
            for interface in ["eni-0bastion", "eni-1bastion"] {
                grouped(world, interface, &["sg-dark"]);
            }
            let bastion = bastion(world);
            bastion.profile = None;
            bastion.metadata.http_endpoint = "disabled".into();
            bastion.disable_api_termination = true;
            bastion.disable_api_stop = true;
            standing_by(world);
        },
        foreign: Some((|world| grouped(world, "eni-1bastion", &["sg-orders"]), "Groups")),
        missing: no_instance,
        replaces_tasks: false,
    }
}

fn stop_instance() -> Spec {
    Spec {
        name: "ec2Instance/Stop",
        target: || instance("Stop"),
        owns: &[
            "instances/i-0bastion/state",
            "instances/i-0bastion/disable_api_termination",
            "instances/i-0bastion/profile",
            "instances/i-0bastion/metadata/httpEndpoint",
            "auto_scaling_groups/bastions/instances/i-0bastion",
            "auto_scaling_groups/bastions/desired",
        ],
        already: |world| {
            let bastion = bastion(world);
            bastion.state = InstanceState::Stopped;
            bastion.profile = None;
            bastion.metadata.http_endpoint = "disabled".into();
            bastion.disable_api_termination = true;
            standing_by(world);
        },
        foreign: Some((
            |world| {
                let arn = format!("arn:aws:iam::{ACCOUNT}:instance-profile/orders");
                bastion(world).profile = Some(arn);
            },
            "InstanceProfile",
        )),
        missing: no_instance,
        replaces_tasks: false,
    }
}

fn bastion(world: &mut World) -> &mut Instance {
    region(world).instances.get_mut(BASTION).unwrap()
}

fn grouped(world: &mut World, interface: &str, groups: &[&str]) {
    let interface = region(world).network_interfaces.get_mut(interface).unwrap();
    interface.groups = groups.iter().map(|&group| group.to_owned()).collect();
}

/// As Auto Scaling leaves it: the group wants one less, and no target group sends to it.
fn standing_by(world: &mut World) {
    let region = region(world);
    let group = region.auto_scaling_groups.get_mut("bastions").unwrap();
    group.instances.insert(BASTION.into(), Lifecycle::Standby);
    group.desired -= 1;
    let arn = region.target_group_arn("bastion");
    let targets = &mut region.target_groups.get_mut(&arn).unwrap().targets;
    targets.retain(|target| target.id != BASTION);
}

fn no_instance(world: &mut World) {
    region(world).instances.remove(BASTION);
}
