//! On what EC2's actions are allowed.

use crate::aws::Scope;

const INSTANCE: &str = "arn:${Partition}:ec2:*:${Account}:instance/*";
const LICENSE_CONFIGURATION: &str = "arn:${Partition}:license-manager:*:${Account}:license-configuration:*";
const NETWORK_INTERFACE: &str = "arn:${Partition}:ec2:*:${Account}:network-interface/*";
const SECURITY_GROUP: &str = "arn:${Partition}:ec2:*:${Account}:security-group/*";
const SECURITY_GROUP_RULE: &str = "arn:${Partition}:ec2:*:${Account}:security-group-rule/*";
/// A snapshot's ARN has no account.
const SNAPSHOT: &str = "arn:${Partition}:ec2:*::snapshot/*";
const SUBNET: &str = "arn:${Partition}:ec2:*:${Account}:subnet/*";
const VOLUME: &str = "arn:${Partition}:ec2:*:${Account}:volume/*";

pub(super) const INSTANCES: Scope = Scope::on("Instances", &[INSTANCE]);
/// The licences that an instance was launched with are asked for when it starts again.
pub(super) const INSTANCE_STARTS: Scope = Scope::on("InstanceStarts", &[INSTANCE, LICENSE_CONFIGURATION]);
/// AWS asks for the interface, each security group, and the instance and subnet that the interface is at.
pub(super) const NETWORK_INTERFACES: Scope = Scope::on(
    "NetworkInterfaces",
    &[NETWORK_INTERFACE, SECURITY_GROUP, INSTANCE, SUBNET],
);
pub(super) const SECURITY_GROUPS: Scope = Scope::on("SecurityGroups", &[SECURITY_GROUP]);
pub(super) const SECURITY_GROUP_RULES: Scope = Scope::on("SecurityGroupRules", &[SECURITY_GROUP, SECURITY_GROUP_RULE]);
pub(super) const SNAPSHOTS: Scope = Scope::on("Snapshots", &[INSTANCE, SNAPSHOT, VOLUME]);
/// Only the tags of what one of these calls makes: nothing that exists is tagged.
pub(super) const TAGS: Scope = Scope::on("Tags", &[SECURITY_GROUP_RULE, SNAPSHOT]).only(
    "StringEquals",
    "ec2:CreateAction",
    &[
        "AuthorizeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
        "CreateSnapshots",
    ],
);
