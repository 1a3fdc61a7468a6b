//! Security groups, as they are read.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A security group and its rules.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    /// The VPC that it belongs to.
    pub vpc_id: String,
    /// Number of rules, both ways.
    pub rules: u32,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// One rule of a security group. Rule ids are not part of it: AWS gives new ones when a rule is made again.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityGroupRule {
    /// Protocol name or number; `-1` is all.
    pub protocol: String,
    /// First port, or ICMP type.
    pub from_port: Option<i32>,
    /// Last port, or ICMP code.
    pub to_port: Option<i32>,
    /// IPv4 range.
    pub cidr_ipv4: Option<String>,
    /// IPv6 range.
    pub cidr_ipv6: Option<String>,
    /// Prefix list id.
    pub prefix_list: Option<String>,
    /// The group that it refers to.
    pub group: Option<String>,
    /// The account of the group that it refers to, when it is another one.
    pub group_owner: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Tags of the rule.
    pub tags: BTreeMap<String, String>,
}

/// Something that uses a security group.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupUser {
    /// The network interface's id.
    pub network_interface: String,
    /// Its description, for people.
    pub description: String,
}
