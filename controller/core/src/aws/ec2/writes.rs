//! What is written to EC2.

use super::{
    InstanceAttribute, Metadata, SecurityGroupRule,
    resources::{
        INSTANCE_STARTS, INSTANCES, NETWORK_INTERFACES, SECURITY_GROUP_RULES, SECURITY_GROUPS, SNAPSHOTS, TAGS,
    },
};
use crate::aws::{
    Call,
    Idempotence::{AtLeastOnce, Conditional, Idempotent},
    Power::Contain,
    iam::resources::INSTANCE_ROLES,
    table::table,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One call that changes something in EC2.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum Ec2Write {
    /// ec2:AssociateIamInstanceProfile, which needs iam:PassRole for the profile's role
    AssociateIamInstanceProfile { instance_id: String, profile_arn: String },
    /// ec2:AuthorizeSecurityGroupIngress or Egress
    AuthorizeSecurityGroupRules {
        group_id: String,
        egress: bool,
        rules: Vec<SecurityGroupRule>,
    },
    /// ec2:CreateSnapshots of every EBS volume that is attached to the instance, tagged with the run (ec2:CreateTags)
    CreateSnapshots { instance_id: String, run: String },
    /// ec2:DisassociateIamInstanceProfile
    DisassociateIamInstanceProfile { instance_id: String, profile_arn: String },
    /// ec2:ModifyInstanceAttribute with one attribute
    ModifyInstanceAttribute {
        instance_id: String,
        attribute: InstanceAttribute,
        value: Value,
    },
    /// ec2:ModifyInstanceMetadataOptions
    ModifyInstanceMetadataOptions { instance_id: String, options: Metadata },
    /// ec2:ModifyNetworkInterfaceAttribute with Groups; `rehearse` is asked for as a DryRun first, because it is what will
    /// be set next, and these groups must not stay
    ModifyNetworkInterfaceGroups {
        network_interface: String,
        groups: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rehearse: Option<Vec<String>>,
    },
    /// ec2:RevokeSecurityGroupIngress or Egress
    RevokeSecurityGroupRules {
        group_id: String,
        egress: bool,
        rules: Vec<SecurityGroupRule>,
    },
    /// ec2:StartInstances
    StartInstances { instance_id: String },
    /// ec2:StopInstances
    StopInstances { instance_id: String },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: Ec2Write => Call {
        // An instance gets no role that its caller may not pass on (EC2 API reference, AssociateIamInstanceProfile).
        Self::AssociateIamInstanceProfile { .. } => Call {
            action: "ec2:AssociateIamInstanceProfile", on: INSTANCES, also: &[INSTANCE_ROLES.allows(&["iam:PassRole"])],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        // EC2 authorizes the tags of what is made apart (EC2 user guide, "Grant permission to tag resources during creation").
        Self::AuthorizeSecurityGroupRules { egress: false, rules, .. } if has_tags(rules) => Call {
            action: "ec2:AuthorizeSecurityGroupIngress", on: SECURITY_GROUP_RULES, also: &[TAGS.allows(&["ec2:CreateTags"])],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::AuthorizeSecurityGroupRules { egress: true, rules, .. } if has_tags(rules) => Call {
            action: "ec2:AuthorizeSecurityGroupEgress", on: SECURITY_GROUP_RULES, also: &[TAGS.allows(&["ec2:CreateTags"])],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::AuthorizeSecurityGroupRules { egress: false, .. } => Call {
            action: "ec2:AuthorizeSecurityGroupIngress", on: SECURITY_GROUP_RULES, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::AuthorizeSecurityGroupRules { egress: true, .. } => Call {
            action: "ec2:AuthorizeSecurityGroupEgress", on: SECURITY_GROUP_RULES, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::CreateSnapshots { .. } => Call {
            action: "ec2:CreateSnapshots", on: SNAPSHOTS, also: &[TAGS.allows(&["ec2:CreateTags"])],
            power: Contain, idempotence: AtLeastOnce, places_data: true,
        },
        Self::DisassociateIamInstanceProfile { .. } => Call {
            action: "ec2:DisassociateIamInstanceProfile", on: INSTANCES, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::ModifyInstanceAttribute { .. } => Call {
            action: "ec2:ModifyInstanceAttribute", on: INSTANCES, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::ModifyInstanceMetadataOptions { .. } => Call {
            action: "ec2:ModifyInstanceMetadataOptions", on: INSTANCES, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::ModifyNetworkInterfaceGroups { .. } => Call {
            action: "ec2:ModifyNetworkInterfaceAttribute", on: NETWORK_INTERFACES, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::RevokeSecurityGroupRules { egress: false, .. } => Call {
            action: "ec2:RevokeSecurityGroupIngress", on: SECURITY_GROUPS, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::RevokeSecurityGroupRules { egress: true, .. } => Call {
            action: "ec2:RevokeSecurityGroupEgress", on: SECURITY_GROUPS, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::StartInstances { .. } => Call {
            action: "ec2:StartInstances", on: INSTANCE_STARTS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::StopInstances { .. } => Call {
            action: "ec2:StopInstances", on: INSTANCES, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
    }
}

fn has_tags(rules: &[SecurityGroupRule]) -> bool {
    rules.iter().any(|rule| !rule.tags.is_empty())
}
