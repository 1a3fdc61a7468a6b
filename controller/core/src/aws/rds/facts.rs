//! RDS database instances.

use serde::{Deserialize, Serialize};

/// A database instance (rds:DescribeDBInstances); names of users and passwords are never read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct DbInstance {
    /// `DbiResourceId`: it stays when the instance is renamed, and tells it from a later namesake.
    pub resource_id: String,
    /// Such as available, modifying, rebooting or backing-up.
    pub status: String,
    /// `ReadReplicaSourceDBInstanceIdentifier`: what it replicates from; an ARN where that is in another region. None of a writer.
    pub source: Option<String>,
    /// The VPC that it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Days for which backups are kept.
    pub backup_retention_days: u32,
}

impl DbInstance {
    /// Whether it replicates from the instance with that identifier in that account and region. In another region AWS says the
    /// source's ARN, in the same one its identifier.
    pub fn follows(&self, account_id: &str, region: &str, instance: &str) -> bool {
        let suffix = format!(":rds:{region}:{account_id}:db:{instance}");
        self.source.as_deref().is_some_and(|source| source.ends_with(&suffix))
    }

    /// Whether AWS takes changes of it now.
    pub fn is_available(&self) -> bool {
        self.status == "available"
    }

    /// Whether it is in a state that it does not leave by itself (RDS User Guide, "Viewing DB instance status").
    pub fn has_failed(&self) -> bool {
        matches!(
            self.status.as_str(),
            "failed" | "storage-full" | "inaccessible-encryption-credentials"
        ) || self.status.starts_with("incompatible-")
            || self.status.starts_with("insufficient-")
    }
}
