//! What is read of EC2.

use crate::aws::{Grant, Question, Scope, Survey, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to EC2.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ec2Read {
    /// ec2:DescribeTrunkInterfaceAssociations and DescribeNetworkInterfaces, by the associations and by the tag that EKS gives
    /// them → [`crate::aws::ec2::Branches`].
    BranchInterfaces {
        /// Ids of the trunk interfaces.
        trunks: Vec<String>,
    },
    /// ec2:DescribeInstances → [`crate::aws::ec2::Instance`].
    Instance {
        /// Instance id.
        instance_id: String,
    },
    /// ec2:DescribeNetworkInterfaces by attachment → `Vec<`[`crate::aws::ec2::Interface`]`>`.
    InstanceInterfaces {
        /// Instance id.
        instance_id: String,
    },
    /// ec2:DescribeSnapshots by tag → `Vec<`[`crate::aws::ec2::Snapshot`]`>` that the run took.
    InstanceSnapshots {
        /// Instance id.
        instance_id: String,
        /// What they are tagged with.
        run: String,
    },
    /// ec2:DescribeInstanceTypes → whether the type has instance store volumes (`bool`).
    InstanceStore {
        /// Such as m5d.large.
        instance_type: String,
    },
    /// ec2:DescribeSecurityGroups and DescribeManagedPrefixLists → ids of those that do not exist (`Vec<String>`).
    MissingReferences {
        /// Ids of security groups.
        groups: Vec<String>,
        /// Ids of prefix lists.
        prefix_lists: Vec<String>,
    },
    /// ec2:DescribeSecurityGroups and DescribeSecurityGroupRules → [`crate::aws::ec2::SecurityGroup`].
    SecurityGroup {
        /// The group's id.
        group_id: String,
    },
    /// ec2:DescribeSecurityGroups and DescribeSecurityGroupRules → `Vec<`[`crate::aws::ec2::IdentifiedRule`]`>`, both ways.
    SecurityGroupRules {
        /// The group's id.
        group_id: String,
    },
    /// ec2:DescribeNetworkInterfaces by group → `Vec<`[`crate::aws::ec2::SecurityGroupUser`]`>`.
    SecurityGroupUsers {
        /// The group's id.
        group_id: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: Ec2Read => &'static [Grant] {
        Self::BranchInterfaces { .. } => &[Scope::ANYTHING.allows(&[
            "ec2:DescribeTrunkInterfaceAssociations", "ec2:DescribeNetworkInterfaces",
        ])],
        Self::Instance { .. } => &[Scope::ANYTHING.allows(&["ec2:DescribeInstances"])],
        Self::InstanceInterfaces { .. } | Self::SecurityGroupUsers { .. } => &[
            Scope::ANYTHING.allows(&["ec2:DescribeNetworkInterfaces"]),
        ],
        Self::InstanceSnapshots { .. } => &[Scope::ANYTHING.allows(&["ec2:DescribeSnapshots"])],
        Self::InstanceStore { .. } => &[Scope::ANYTHING.allows(&["ec2:DescribeInstanceTypes"])],
        Self::MissingReferences { .. } => &[Scope::ANYTHING.allows(&[
            "ec2:DescribeSecurityGroups", "ec2:DescribeManagedPrefixLists",
        ])],
        Self::SecurityGroup { .. } | Self::SecurityGroupRules { .. } => &[Scope::ANYTHING.allows(&[
            "ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules",
        ])],
    }
}

impl Question for Ec2Read {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::BranchInterfaces { trunks } => format!("the branch interfaces of {}", trunks.join(", ")),
            Self::Instance { instance_id } => format!("instance {instance_id}"),
            Self::InstanceInterfaces { instance_id } => format!("the network interfaces of instance {instance_id}"),
            Self::InstanceSnapshots { instance_id, .. } => format!("the snapshots of instance {instance_id}"),
            Self::InstanceStore { instance_type } => format!("instance type {instance_type}"),
            Self::MissingReferences { groups, prefix_lists } => {
                let all: Vec<&str> = groups.iter().chain(prefix_lists).map(String::as_str).collect();
                format!("whether {} exist", all.join(", "))
            }
            Self::SecurityGroup { group_id }
            | Self::SecurityGroupRules { group_id }
            | Self::SecurityGroupUsers { group_id } => {
                format!("security group {group_id}")
            }
        }
    }

    fn is_wide(&self) -> bool {
        matches!(self, Self::SecurityGroupUsers { .. })
    }

    fn is_common(&self) -> bool {
        match self {
            Self::SecurityGroup { .. } | Self::SecurityGroupRules { .. } | Self::SecurityGroupUsers { .. } => true,
            Self::BranchInterfaces { .. }
            | Self::Instance { .. }
            | Self::InstanceInterfaces { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceStore { .. }
            | Self::MissingReferences { .. } => false,
        }
    }

    fn survey(&self) -> Option<Survey> {
        match self {
            Self::Instance { .. } => Some(Survey::Instances),
            Self::InstanceInterfaces { .. } => Some(Survey::Interfaces),
            Self::BranchInterfaces { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceStore { .. }
            | Self::MissingReferences { .. }
            | Self::SecurityGroup { .. }
            | Self::SecurityGroupRules { .. }
            | Self::SecurityGroupUsers { .. } => None,
        }
    }
}
