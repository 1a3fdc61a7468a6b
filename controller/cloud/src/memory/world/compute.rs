//! EC2 instances, their Auto Scaling groups, and snapshots of their volumes.

use firebreak_core::aws::ec2::Metadata;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An EC2 instance.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Instance {
    /// Where in its life it is.
    pub state: InstanceState,
    /// Such as m5.large; those with a `d` have instance store volumes.
    pub instance_type: String,
    /// Whether it is a Spot Instance.
    pub spot: bool,
    /// Whether its root device is on instance store.
    pub instance_store_root: bool,
    /// Ids of its EBS volumes.
    pub volumes: BTreeSet<String>,
    /// ARN of its instance profile.
    pub profile: Option<String>,
    /// Stop protection.
    pub disable_api_stop: bool,
    /// Termination protection.
    pub disable_api_termination: bool,
    /// stop or terminate.
    pub shutdown_behavior: String,
    /// Metadata options.
    pub metadata: Metadata,
    /// Whether a change of the metadata options is not applied: it is not as long as the instance does not run.
    pub metadata_pending: bool,
    /// The service that manages it, and lets nobody else change it.
    pub operator: Option<String>,
    /// When its status checks will be passed, some time after a start; 0 once they are.
    pub unchecked_until: i64,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Default for Instance {
    /// A running m5.large with AWS's defaults and nothing attached.
    fn default() -> Self {
        Self {
            state: InstanceState::Running,
            instance_type: "m5.large".into(),
            spot: false,
            instance_store_root: false,
            volumes: BTreeSet::new(),
            profile: None,
            disable_api_stop: false,
            disable_api_termination: false,
            shutdown_behavior: "stop".into(),
            metadata: Metadata {
                http_endpoint: "enabled".into(),
                http_tokens: Some("required".into()),
                http_put_response_hop_limit: Some(2),
                http_protocol_ipv6: Some("disabled".into()),
                instance_metadata_tags: Some("disabled".into()),
            },
            metadata_pending: false,
            operator: None,
            unchecked_until: 0,
            tags: BTreeMap::new(),
        }
    }
}

/// Where in its life an instance is. Times are in seconds since 1970.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// It starts.
    Pending {
        /// When it will run.
        until: i64,
    },
    /// It runs.
    Running,
    /// It shuts down.
    Stopping {
        /// When it will have stopped.
        until: i64,
    },
    /// It is off.
    Stopped,
}

impl InstanceState {
    /// Where it ends when nobody does anything.
    pub fn arrived(self) -> Self {
        match self {
            Self::Pending { .. } => Self::Running,
            Self::Stopping { .. } => Self::Stopped,
            state => state,
        }
    }
}

/// An EC2 Auto Scaling group.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct AutoScalingGroup {
    /// Smallest size.
    pub min: i32,
    /// Largest size.
    pub max: i32,
    /// Size that it wants.
    pub desired: i32,
    /// Its instances.
    pub instances: BTreeMap<String, Lifecycle>,
    /// ARNs of its target groups.
    pub target_groups: BTreeSet<String>,
}

impl AutoScalingGroup {
    /// Ids of the instances that serve.
    pub fn in_service(&self) -> impl Iterator<Item = &String> {
        let serving = self.instances.iter().filter(|(_, it)| **it == Lifecycle::InService);
        serving.map(|(id, _)| id)
    }

    /// Ids of the instances that it judges the health of. AWS says of none but those on standby that it does not (Auto Scaling
    /// user guide, "Temporarily remove instances"), so one that enters standby is among them.
    pub fn watched(&self) -> impl Iterator<Item = &String> {
        let is_watched = |it: &Lifecycle| matches!(it, Lifecycle::InService | Lifecycle::EnteringStandby { .. });
        let watched = self.instances.iter().filter(move |(_, it)| is_watched(it));
        watched.map(|(id, _)| id)
    }
}

/// Where in its group's life an instance is. Times are in seconds since 1970.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// It comes into service.
    Pending {
        /// When it will serve.
        until: i64,
    },
    /// It serves.
    InService,
    /// Its targets drain.
    EnteringStandby {
        /// When it will stand by.
        until: i64,
    },
    /// It stands by.
    Standby,
    /// The group terminates it.
    Terminating,
}

/// A snapshot.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct SnapshotOf {
    /// The instance that its volume was attached to.
    pub instance: String,
    /// The run that took it.
    pub run: String,
    /// The volume.
    pub volume: String,
    /// pending, completed or error.
    pub state: String,
    /// When it was asked for, in seconds since 1970.
    pub taken_at: i64,
}

impl Lifecycle {
    /// Where it ends when nobody does anything.
    pub fn arrived(self) -> Self {
        match self {
            Self::Pending { .. } => Self::InService,
            Self::EnteringStandby { .. } => Self::Standby,
            lifecycle => lifecycle,
        }
    }
}
