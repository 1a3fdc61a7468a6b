//! Subnets, security groups with their rules, and network interfaces.

use super::super::{
    groups,
    world::{Group, NetworkInterface, Region},
};
use firebreak_core::aws::ec2::SecurityGroupRule;

/// A rule that lets a protocol and port through for an IPv4 range.
pub fn cidr_rule(protocol: &str, port: i32, cidr: &str) -> SecurityGroupRule {
    SecurityGroupRule {
        cidr_ipv4: Some(cidr.into()),
        ..port_rule(protocol, port)
    }
}

/// A rule that lets a protocol and port through for another security group.
pub fn group_rule(protocol: &str, port: i32, group: &str) -> SecurityGroupRule {
    SecurityGroupRule {
        group: Some(group.into()),
        ..port_rule(protocol, port)
    }
}

/// A rule that lets everything through for an IPv4 range.
pub fn all_traffic(cidr: &str) -> SecurityGroupRule {
    cidr_rule("-1", -1, cidr)
}

fn port_rule(protocol: &str, port: i32) -> SecurityGroupRule {
    SecurityGroupRule {
        protocol: protocol.into(),
        from_port: Some(port),
        to_port: Some(port),
        ..SecurityGroupRule::default()
    }
}

impl Region {
    /// Adds a subnet of a VPC.
    #[must_use]
    pub fn with_subnet(mut self, id: &str, vpc: &str) -> Self {
        self.subnets.insert(id.into(), vpc.into());
        self
    }

    /// Adds a security group with its rules.
    #[must_use]
    pub fn with_security_group(
        mut self,
        id: &str,
        vpc: &str,
        ingress: impl IntoIterator<Item = SecurityGroupRule>,
        egress: impl IntoIterator<Item = SecurityGroupRule>,
    ) -> Self {
        let ingress = ingress.into_iter().map(groups::normalised).collect();
        let egress = egress.into_iter().map(groups::normalised).collect();
        self.security_groups.insert(
            id.into(),
            Group {
                vpc: vpc.into(),
                ingress,
                egress,
                ..Group::default()
            },
        );
        self
    }

    /// Tags a security group.
    #[must_use]
    pub fn with_group_tag(mut self, id: &str, key: &str, value: &str) -> Self {
        if let Some(group) = self.security_groups.get_mut(id) {
            group.tags.insert(key.into(), value.into());
        }
        self
    }

    /// Adds a network interface that belongs to no task.
    #[must_use]
    pub fn with_network_interface(mut self, id: &str, description: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|&group| group.to_owned()).collect();
        self.network_interfaces.insert(
            id.into(),
            NetworkInterface {
                description: description.into(),
                groups,
                ..NetworkInterface::default()
            },
        );
        self
    }
}
