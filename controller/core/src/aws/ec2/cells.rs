//! EC2 instances, network interfaces and security groups, as cells.

use super::{Ec2Write, InstanceAttribute, Traffic, instance, interface, references, resources::INSTANCES, rule, rules};
use crate::aws::{
    Cell, Grant, Meaning, References, Remaining, Scope, Survey, failure::Failure, table::table, value::sorted,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use strum::EnumIter;

/// One piece of state in EC2.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ec2Cell {
    /// One attribute of an EC2 instance: a boolean, or for the shutdown behaviour `stop` or `terminate`.
    InstanceAttribute {
        /// Instance id.
        instance_id: String,
        /// Which one.
        attribute: InstanceAttribute,
    },
    /// The metadata options of an EC2 instance: [`crate::aws::ec2::Metadata`].
    InstanceMetadata {
        /// Instance id.
        instance_id: String,
    },
    /// The instance profile that an EC2 instance is associated with: a list with its ARN, or an empty one.
    InstanceProfile {
        /// Instance id.
        instance_id: String,
    },
    /// The EBS volumes of an EC2 instance of which the run has no snapshot yet: a list of volume ids.
    InstanceSnapshots {
        /// Instance id.
        instance_id: String,
        /// What the run's snapshots are tagged with, [`crate::respond::Scope::run`].
        run: String,
    },
    /// State of an EC2 instance: `pending`, `running`, `stopping` or `stopped`. `NotFound` once it is being terminated.
    InstanceState {
        /// Instance id.
        instance_id: String,
    },
    /// Security groups of a network interface: a list of ids.
    NetworkInterfaceGroups {
        /// Id of the network interface.
        network_interface: String,
        /// The group that it passes through on its way into quarantine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Through>,
    },
    /// The rule of a security group that lets this through: a list with it, as [`crate::aws::ec2::IdentifiedRule`], or an empty one.
    /// The id under which it was named tells its custody from others'; the one that a value has means nothing.
    SecurityGroupRule {
        /// The group's id.
        group_id: String,
        /// The id that the rule had when it was named.
        rule_id: String,
        /// What it lets through.
        traffic: Traffic,
    },
    /// All rules of a security group: `{"ingress": [rule], "egress": [rule]}` as [`crate::aws::ec2::SecurityGroupRule`].
    SecurityGroupRules {
        /// The group's id.
        group_id: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: Ec2Cell => &'static [Grant] {
        Self::InstanceAttribute { .. } => &[
            INSTANCES.allows(&["ec2:DescribeInstanceAttribute"]),
            Scope::ANYTHING.allows(&["ec2:DescribeInstances"]),
        ],
        Self::InstanceMetadata { .. } | Self::InstanceState { .. } => &[
            Scope::ANYTHING.allows(&["ec2:DescribeInstances"]),
        ],
        Self::InstanceProfile { .. } => &[Scope::ANYTHING.allows(&[
            "ec2:DescribeIamInstanceProfileAssociations", "ec2:DescribeInstances",
        ])],
        Self::InstanceSnapshots { .. } => &[
            Scope::ANYTHING.allows(&["ec2:DescribeSnapshots", "ec2:DescribeInstances"]),
        ],
        Self::NetworkInterfaceGroups { .. } => &[Scope::ANYTHING.allows(&["ec2:DescribeNetworkInterfaces"])],
        Self::SecurityGroupRule { .. } | Self::SecurityGroupRules { .. } => &[Scope::ANYTHING.allows(&[
            "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups",
        ])],
    }
}

/// The way of a network interface into quarantine in two phases. A group that lets everything through both ways makes AWS
/// forget the connections that it tracks (EC2 user guide, "Untracked connections"), so that the next group ends them.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Through {
    /// The group that lets everything through.
    pub untrack: String,
    /// The group that ends the way.
    pub quarantine: String,
}

/// ARN of an instance in a partition, account and region.
pub fn instance_arn(place: (&str, &str, &str), instance_id: &str) -> String {
    arn(place, "instance", instance_id)
}

/// ARN of a security group in a partition, account and region.
pub fn security_group_arn(place: (&str, &str, &str), group_id: &str) -> String {
    arn(place, "security-group", group_id)
}

fn arn((partition, account_id, region): (&str, &str, &str), kind: &str, id: &str) -> String {
    format!("arn:{partition}:ec2:{region}:{account_id}:{kind}/{id}")
}

impl Meaning for Ec2Cell {
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        let place = (partition, account_id, region);
        match self {
            Self::InstanceAttribute { instance_id, .. }
            | Self::InstanceMetadata { instance_id }
            | Self::InstanceProfile { instance_id }
            | Self::InstanceSnapshots { instance_id, .. }
            | Self::InstanceState { instance_id } => instance_arn(place, instance_id),
            Self::NetworkInterfaceGroups { network_interface, .. } => {
                arn(place, "network-interface", network_interface)
            }
            Self::SecurityGroupRule { group_id, .. } | Self::SecurityGroupRules { group_id } => {
                security_group_arn(place, group_id)
            }
        }
    }

    fn field(&self) -> String {
        match self {
            Self::InstanceAttribute { attribute, .. } => attribute.name().into(),
            Self::InstanceMetadata { .. } => "MetadataOptions".into(),
            Self::InstanceProfile { .. } => "InstanceProfile".into(),
            Self::InstanceSnapshots { .. } => "Snapshots".into(),
            Self::InstanceState { .. } => "State".into(),
            Self::NetworkInterfaceGroups { .. } => "Groups".into(),
            Self::SecurityGroupRule { rule_id, .. } => format!("Rule {rule_id}"),
            Self::SecurityGroupRules { .. } => "Rules".into(),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        match self {
            Self::InstanceAttribute { instance_id, attribute } => {
                instance::attribute_sentence(instance_id, *attribute, to)
            }
            Self::InstanceMetadata { instance_id } => instance::metadata_sentence(instance_id, to),
            Self::InstanceProfile { instance_id } => instance::profile_sentence(instance_id, to),
            Self::InstanceSnapshots { instance_id, .. } => {
                format!("Snapshot every EBS volume of instance {instance_id}")
            }
            Self::InstanceState { instance_id } => instance::state_sentence(instance_id, to),
            Self::NetworkInterfaceGroups {
                network_interface,
                through,
            } => interface::groups_sentence(network_interface, through.as_ref(), to),
            Self::SecurityGroupRule { group_id, traffic, .. } => rule::sentence(group_id, traffic, to),
            Self::SecurityGroupRules { group_id } => rules::rules_sentence(group_id, to),
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::InstanceAttribute { .. } => value.clone(),
            Self::InstanceMetadata { .. } => instance::canonical_metadata(value),
            Self::InstanceProfile { .. } | Self::InstanceSnapshots { .. } | Self::NetworkInterfaceGroups { .. } => {
                sorted(value)
            }
            Self::InstanceState { .. } => instance::canonical_state(value),
            Self::SecurityGroupRule { .. } => rule::canonical(value),
            Self::SecurityGroupRules { .. } => rules::canonical_rules(value),
        }
    }

    fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        match self {
            Self::NetworkInterfaceGroups { through, .. } => {
                interface::groups_between(through.as_ref(), before, after, value)
            }
            Self::SecurityGroupRules { .. } => rules::rules_between(before, after, value),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. }
            | Self::SecurityGroupRule { .. } => false,
        }
    }

    fn keeps(&self, before: &Value, value: &Value) -> bool {
        match self {
            Self::SecurityGroupRules { .. } => rules::keeps_rules(before, value),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. }
            | Self::NetworkInterfaceGroups { .. }
            | Self::SecurityGroupRule { .. } => true,
        }
    }

    fn material(&self, before: &Value) -> Value {
        match self {
            Self::InstanceSnapshots { .. } | Self::InstanceState { .. } => Value::Null,
            // What it lets through is the cell's own. Anyone who changes its description must not void the approval.
            Self::SecurityGroupRule { .. } => Value::Bool(!rule::is_none(before)),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::NetworkInterfaceGroups { .. }
            | Self::SecurityGroupRules { .. } => self.canonical(before),
        }
    }

    fn is_of_a_part(&self) -> bool {
        matches!(self, Self::NetworkInterfaceGroups { .. })
    }

    fn references(&self, value: &Value) -> Option<References> {
        match self {
            Self::NetworkInterfaceGroups { .. } => references::security_groups_of(value),
            Self::SecurityGroupRule { group_id, traffic, .. } => rule::references(group_id, traffic, value),
            Self::SecurityGroupRules { group_id } => references::of_rules(value, group_id),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. } => None,
        }
    }

    fn without(&self, value: &Value, missing: &BTreeSet<String>) -> Remaining {
        match self {
            Self::NetworkInterfaceGroups { .. } => references::without_groups(value, missing),
            Self::SecurityGroupRule { traffic, .. } => rule::without(traffic, value, missing),
            Self::SecurityGroupRules { .. } => references::without_rules(value, missing),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. } => Remaining::whole(value),
        }
    }

    fn without_elsewhere(&self, wanted: &Value, current: &Value, refused: &[Failure]) -> Option<Remaining> {
        match self {
            Self::SecurityGroupRule { traffic, .. } => rule::without_elsewhere(traffic, wanted, current, refused),
            Self::SecurityGroupRules { .. } => references::without_groups_elsewhere(wanted, current, refused),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. }
            | Self::NetworkInterfaceGroups { .. } => None,
        }
    }

    fn survey(&self) -> Option<Survey> {
        match self {
            Self::InstanceMetadata { .. } | Self::InstanceState { .. } => Some(Survey::Instances),
            Self::NetworkInterfaceGroups { .. } => Some(Survey::Interfaces),
            Self::InstanceAttribute { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::SecurityGroupRule { .. }
            | Self::SecurityGroupRules { .. } => None,
        }
    }

    fn put_back(&self, recorded: &Value, current: &Value) -> Option<String> {
        match self {
            Self::SecurityGroupRule { traffic, .. } => rule::put_back(traffic, recorded, current),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. }
            | Self::NetworkInterfaceGroups { .. }
            | Self::SecurityGroupRules { .. } => None,
        }
    }

    fn within(&self) -> Option<Cell> {
        match self {
            Self::SecurityGroupRule { group_id, .. } => Some(Cell::Ec2(Self::SecurityGroupRules {
                group_id: group_id.clone(),
            })),
            Self::InstanceAttribute { .. }
            | Self::InstanceMetadata { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. }
            | Self::NetworkInterfaceGroups { .. }
            | Self::SecurityGroupRules { .. } => None,
        }
    }
}

impl Ec2Cell {
    pub(in crate::aws) fn writes(&self, from: &Value, to: &Value) -> Vec<Ec2Write> {
        match self {
            Self::InstanceAttribute { instance_id, attribute } => instance::attribute(instance_id, *attribute, to),
            Self::InstanceMetadata { instance_id } => instance::metadata(instance_id, to),
            Self::InstanceProfile { instance_id } => instance::profile(instance_id, from, to),
            Self::InstanceSnapshots { instance_id, run } => instance::snapshots(instance_id, run, from, to),
            Self::InstanceState { instance_id } => instance::state(instance_id, to),
            Self::NetworkInterfaceGroups {
                network_interface,
                through,
            } => interface::groups(network_interface, through.as_ref(), from, to),
            Self::SecurityGroupRule { group_id, traffic, .. } => rule::writes(group_id, traffic, from, to),
            Self::SecurityGroupRules { group_id } => rules::rule_writes(group_id, from, to),
        }
    }
}
