//! Security groups, as they are read.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A security group and its rules.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    /// The VPC that it belongs to.
    pub vpc_id: String,
    /// Its name: a VPC's own group is called `default`.
    #[serde(default)]
    pub name: String,
    /// The account that it belongs to: a group may be shared with others, who cannot change it.
    #[serde(default)]
    pub owner: String,
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

/// A rule as AWS shows it, with the id that it has as long as it exists.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentifiedRule {
    /// Its id, such as sgr-0123456789abcdef0.
    pub id: String,
    /// Whether it is about traffic out.
    pub egress: bool,
    /// What it says.
    #[serde(flatten)]
    pub rule: SecurityGroupRule,
}

/// What AWS tells the rules of a group apart by: description and tags do not count.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", default)]
pub struct Traffic {
    /// Whether it goes out.
    pub egress: bool,
    /// Protocol name or number; `-1` is all.
    pub protocol: String,
    /// First port, or ICMP type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_port: Option<i32>,
    /// Last port, or ICMP code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_port: Option<i32>,
    /// IPv4 range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr_ipv4: Option<String>,
    /// IPv6 range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr_ipv6: Option<String>,
    /// Prefix list id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list: Option<String>,
    /// The group that it comes from or goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The account of that group, when it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_owner: Option<String>,
}

/// Something that uses a security group.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupUser {
    /// The network interface's id.
    pub network_interface: String,
    /// Its description, for people.
    pub description: String,
    /// The instance that it is attached to.
    #[serde(default)]
    pub instance: Option<String>,
    /// Such as interface, lambda, `network_load_balancer` or `vpc_endpoint`.
    #[serde(default)]
    pub interface_type: String,
}
