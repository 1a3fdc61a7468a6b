//! The promotion of a read replica: a job, which takes minutes and cannot be undone.

use super::DbInstance;
use crate::run::act::Seen;
use serde::{Deserialize, Serialize};

/// rds:PromoteReadReplica of one instance. AWS refuses a second call (`InvalidDBInstanceState`), so that repeating it harms nothing.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Promotion {
    /// Identifier of the replica.
    pub instance: String,
    /// The replica's `DbiResourceId`, as it was when it was planned: a later namesake is not promoted.
    pub resource_id: String,
    /// Identifier of the writer that it must follow.
    pub source: String,
    /// Region of that writer.
    pub source_region: String,
    /// Id of that writer's account.
    pub source_account: String,
    /// Days for which the promoted instance keeps its backups: AWS would set 1.
    pub backup_retention_days: u32,
}

impl Promotion {
    /// How far it is, as AWS shows the instance. `asked_for` says whether the journal of this run has asked for it: a writer that
    /// this run did not make is never taken for done.
    pub fn seen(&self, instance: &DbInstance, asked_for: bool) -> Seen {
        if instance.resource_id != self.resource_id {
            return Seen::Foreign(format!(
                "{} is another instance than the one that was planned",
                self.instance
            ));
        }
        match (&instance.source, asked_for) {
            (Some(_), _) if instance.has_failed() => Seen::Failed(self.says(instance)),
            (Some(_), _) if !self.follows(instance) => Seen::Foreign(self.follows_another(instance)),
            (Some(_), true) if instance.is_available() => Seen::NotBegun,
            (Some(_), true) => Seen::Underway,
            (Some(_), false) if instance.is_available() => Seen::NotBegun,
            (Some(_), false) => Seen::NotReady(self.says(instance)),
            (None, true) if instance.is_available() => Seen::Done,
            (None, true) if instance.has_failed() => Seen::Failed(self.says(instance)),
            (None, true) => Seen::Underway,
            (None, false) => Seen::Foreign(format!(
                "{} replicates from nothing, and this run did not promote it",
                self.instance
            )),
        }
    }

    fn follows(&self, instance: &DbInstance) -> bool {
        instance.follows(&self.source_account, &self.source_region, &self.source)
    }

    fn says(&self, instance: &DbInstance) -> String {
        format!("{} is {}", self.instance, instance.status)
    }

    fn follows_another(&self, instance: &DbInstance) -> String {
        let source = instance.source.as_deref().unwrap_or_default();
        format!(
            "{} replicates from {source}, and not from {} in {}",
            self.instance, self.source, self.source_region
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promotion() -> Promotion {
        Promotion {
            instance: "orders-west".into(),
            resource_id: "db-1".into(),
            source: "orders".into(),
            source_region: "us-east-1".into(),
            source_account: "222222222222".into(),
            backup_retention_days: 7,
        }
    }

    fn instance(status: &str, source: Option<&str>) -> DbInstance {
        DbInstance {
            resource_id: "db-1".into(),
            status: status.into(),
            source: source.map(str::to_owned),
            backup_retention_days: 7,
            vpc_id: None,
        }
    }

    const EAST: Option<&str> = Some("arn:aws:rds:us-east-1:222222222222:db:orders");

    #[test]
    fn only_what_this_run_asked_for_is_done() {
        let cases = [
            ("available", EAST, false, "NotBegun"),
            ("backing-up", EAST, false, "NotReady"),
            ("available", EAST, true, "NotBegun"),
            ("modifying", EAST, true, "Underway"),
            ("rebooting", None, true, "Underway"),
            ("available", None, true, "Done"),
            ("available", None, false, "Foreign"),
            ("failed", None, true, "Failed"),
            ("incompatible-parameters", EAST, true, "Failed"),
            (
                "available",
                Some("arn:aws:rds:us-east-1:222222222222:db:other"),
                false,
                "Foreign",
            ),
            (
                "available",
                Some("arn:aws:rds:eu-west-1:222222222222:db:orders"),
                false,
                "Foreign",
            ),
        ];
        for (status, source, asked_for, said) in cases {
            let seen = format!("{:?}", promotion().seen(&instance(status, source), asked_for));
            assert!(seen.starts_with(said), "{status} {source:?} {asked_for}: {seen}");
        }
    }

    #[test]
    fn a_later_namesake_is_foreign() {
        let mut other = instance("available", None);
        other.resource_id = "db-2".into();
        assert!(matches!(promotion().seen(&other, true), Seen::Foreign(_)));
    }
}
