//! On what IAM's actions are allowed.

use crate::aws::Scope;

pub(crate) const DENY_POLICY: &str = "arn:${Partition}:iam::${Account}:policy/${DenyPolicyName}";
const INSTANCE_PROFILE: &str = "arn:${Partition}:iam::${Account}:instance-profile/*";
const INSTANCE_ROLE: &str = "arn:${Partition}:iam::${Account}:role/${InstanceRoles}";
const POLICY: &str = "arn:${Partition}:iam::${Account}:policy/*";
const ROLE: &str = "arn:${Partition}:iam::${Account}:role/${TargetRoles}";
const USER: &str = "arn:${Partition}:iam::${Account}:user/${TargetUsers}";

/// What EC2 is called where a role is passed to it, in each partition: there by its domain.
const EC2: [&str; 7] = [
    "ec2.amazonaws.com",
    "ec2.amazonaws.com.cn",
    "ec2.amazonaws.eu",
    "ec2.c2s.ic.gov",
    "ec2.cloud.adc-e.uk",
    "ec2.csp.hci.ic.gov",
    "ec2.sc2s.sgov.gov",
];

/// Apart, since who gives the read role only some roles to read may want to leave it out.
pub(in crate::aws) const SURVEY: Scope = Scope::on("Survey", &["*"]);
/// A caller that may attach any policy is an administrator: only the one that denies everything.
pub(super) const DENY_ROLES: Scope = Scope::on("DenyRoles", &[ROLE]).only("ArnEquals", "iam:PolicyARN", &[DENY_POLICY]);
pub(super) const DENY_USERS: Scope = Scope::on("DenyUsers", &[USER]).only("ArnEquals", "iam:PolicyARN", &[DENY_POLICY]);
pub(super) const INSTANCE_PROFILES: Scope = Scope::on("InstanceProfiles", &[INSTANCE_PROFILE]);
pub(in crate::aws) const INSTANCE_ROLES: Scope =
    Scope::on("InstanceRoles", &[INSTANCE_ROLE]).only("StringEquals", "iam:PassedToService", &EC2);
pub(super) const POLICIES: Scope = Scope::on("Policies", &[POLICY]);
pub(super) const ROLES: Scope = Scope::on("Roles", &[ROLE]);
pub(super) const USERS: Scope = Scope::on("Users", &[USER]);
