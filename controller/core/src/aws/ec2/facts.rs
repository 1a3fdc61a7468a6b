//! EC2 instances, and what belongs to them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An EC2 instance (ec2:DescribeInstances). Its user data is never read: it may hold secrets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Instance {
    /// Such as running, stopped or terminated.
    pub state: String,
    /// Such as m5.large.
    pub instance_type: String,
    /// Whether it is a Spot Instance.
    pub spot: bool,
    /// Whether its root device is an instance store volume: it can then not be stopped.
    pub instance_store_root: bool,
    /// Ids of the EBS volumes that are attached to it, sorted.
    pub volumes: Vec<String>,
    /// ARN of its instance profile.
    pub instance_profile: Option<String>,
    /// Whether AWS has applied the last change of its metadata options.
    pub metadata_applied: bool,
    /// The service that manages it, such as EKS Auto Mode or ECS Managed Instances: AWS lets nobody else change it.
    pub operator: Option<String>,
    /// Tags, without those of AWS's own.
    pub tags: BTreeMap<String, String>,
}

/// Attributes of an EC2 instance that Firebreak sets. AWS takes one in a call (API reference, ModifyInstanceAttribute).
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceAttribute {
    /// Stop protection, which protects from termination too. Not for Spot Instances and instance-store roots.
    #[default]
    DisableApiStop,
    /// Termination protection. Not for Spot Instances.
    DisableApiTermination,
    /// Whether a shutdown from inside stops or terminates it; termination protection does not stand in the way of that.
    InstanceInitiatedShutdownBehavior,
}

impl InstanceAttribute {
    /// AWS's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DisableApiStop => "DisableApiStop",
            Self::DisableApiTermination => "DisableApiTermination",
            Self::InstanceInitiatedShutdownBehavior => "InstanceInitiatedShutdownBehavior",
        }
    }
}

/// Metadata options of an EC2 instance, in AWS's words.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// `enabled` or `disabled`.
    pub http_endpoint: String,
    /// `optional` or `required`.
    pub http_tokens: Option<String>,
    /// 1 to 64.
    pub http_put_response_hop_limit: Option<i32>,
    /// `enabled` or `disabled`.
    pub http_protocol_ipv6: Option<String>,
    /// `enabled` or `disabled`.
    pub instance_metadata_tags: Option<String>,
}

/// A network interface of an instance.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", default)]
pub struct Interface {
    /// Its id.
    pub id: String,
    /// Its description, for people.
    pub description: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Ids of its security groups, sorted.
    pub groups: Vec<String>,
    /// Whether AWS manages it for a service, so that nobody else can change it.
    pub requester_managed: bool,
    /// The account that it belongs to.
    pub owner: String,
    /// The service that manages it as part of a managed instance, so that nobody else can change it.
    pub operator: Option<String>,
    /// Whether it has IPv6 addresses or prefixes.
    pub ipv6: bool,
    /// Whether branch interfaces may hang on it.
    pub trunk: bool,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The branch interfaces of trunk interfaces. They carry the traffic of pods and tasks through an instance without being
/// attached to it (Amazon EKS user guide, "Security groups for pods"; Amazon ECS developer guide, "ENI trunking").
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Branches {
    /// Those that were found.
    pub interfaces: Vec<Interface>,
    /// Why there may be others: AWS refused to tell the associations.
    pub unread: Option<String>,
}

/// A snapshot of an EBS volume.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// The volume that it is of.
    pub volume: String,
    /// `pending`, `completed` or `error`.
    pub state: String,
}
