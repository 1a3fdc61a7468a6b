//! How one object names another.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Names the `AwsAccount` (cluster-scoped) in which the target lives.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AccountRef {
    /// Name of the AwsAccount object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// The object that a plan or a custody belongs to, with the UID that tells it from a later namesake.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct OwnerRef {
    /// Kind of the owner: Quarantine, or Hold when custody was orphaned.
    #[schemars(length(max = 63))]
    pub kind: String,
    /// Namespace of the owner; empty for cluster-scoped kinds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 63))]
    pub namespace: String,
    /// Name of the owner.
    #[schemars(length(max = 253))]
    pub name: String,
    /// UID of the owner.
    #[schemars(length(max = 64))]
    pub uid: String,
}
