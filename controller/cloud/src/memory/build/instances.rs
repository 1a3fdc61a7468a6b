//! Instances, their interfaces and their Auto Scaling groups.

use super::super::world::{AutoScalingGroup, Health, Instance, Lifecycle, NetworkInterface, Region, Target};

impl Region {
    /// Adds a running instance, as it is given, with interfaces of its own.
    #[must_use]
    pub fn with_instance(mut self, id: &str, instance: Instance) -> Self {
        self.instances.insert(id.into(), instance);
        self
    }

    /// Attaches an interface to an instance.
    #[must_use]
    pub fn with_instance_interface(mut self, instance: &str, id: &str, vpc: &str, groups: &[&str]) -> Self {
        let interface = NetworkInterface {
            description: String::new(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            vpc: vpc.into(),
            instance: Some(instance.into()),
            ..NetworkInterface::default()
        };
        self.network_interfaces.insert(id.into(), interface);
        self
    }

    /// Makes an interface a trunk with a branch.
    #[must_use]
    pub fn with_branch(mut self, trunk: &str, id: &str, groups: &[&str]) -> Self {
        let Some(found) = self.network_interfaces.get_mut(trunk) else {
            return self;
        };
        found.trunk = true;
        let branch = NetworkInterface {
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            vpc: found.vpc.clone(),
            branch_of: Some(trunk.into()),
            ..NetworkInterface::default()
        };
        self.network_interfaces.insert(id.into(), branch);
        self
    }

    /// Adds an Auto Scaling group of instances in service, healthy in a target group (by name).
    #[must_use]
    pub fn with_auto_scaling_group(
        mut self,
        name: &str,
        (min, desired, max): (i32, i32, i32),
        instances: &[&str],
        target_group: &str,
    ) -> Self {
        let arn = self.target_group_arn(target_group);
        if let Some(targets) = self.target_groups.get_mut(&arn) {
            targets.targets.extend(instances.iter().map(|&id| Target {
                id: id.into(),
                port: 80,
                health: Health::Healthy,
            }));
        }
        let group = AutoScalingGroup {
            min,
            max,
            desired,
            instances: instances.iter().map(|&id| (id.into(), Lifecycle::InService)).collect(),
            target_groups: [arn].into(),
        };
        self.auto_scaling_groups.insert(name.into(), group);
        self
    }
}
