//! The reboot of an instance: it ends the connections that a change of security groups leaves open.

use crate::run::act::Seen;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// rds:RebootDBInstance of one instance.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Reboot {
    /// Identifier of the instance.
    pub instance: String,
}

/// How an instance stands, and when it was last restarted (rds:DescribeDBInstances and rds:DescribeEvents).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct RebootSight {
    /// Its `DbiResourceId`.
    pub resource_id: String,
    /// Its status.
    pub status: String,
    /// The last event that says so, of the last day (RDS-EVENT-0006, "DB instance restarted").
    pub restarted_at: Option<Timestamp>,
}

impl Reboot {
    /// How far it is. `found` is what the journal of this run found before it asked: only a restart after that is of this run.
    pub fn seen(&self, now: &RebootSight, found: Option<&Value>) -> Seen {
        let before = found.map(|found| serde_json::from_value::<RebootSight>(found.clone()).unwrap_or_default());
        let is_available = now.status == "available";
        match before {
            None if is_available => Seen::NotBegun,
            None => Seen::NotReady(self.says(now)),
            Some(before) if before.resource_id != now.resource_id => Seen::Foreign(format!(
                "{} is another instance than the one that was to be rebooted",
                self.instance
            )),
            Some(before) if is_available && now.restarted_at > before.restarted_at => Seen::Done,
            Some(_) if is_available => Seen::NotBegun,
            Some(_) if now.has_failed() => Seen::Failed(self.says(now)),
            Some(_) => Seen::Underway,
        }
    }

    fn says(&self, now: &RebootSight) -> String {
        format!("{} is {}", self.instance, now.status)
    }
}

impl RebootSight {
    fn has_failed(&self) -> bool {
        let (status, resource_id) = (self.status.clone(), self.resource_id.clone());
        super::DbInstance {
            status,
            resource_id,
            ..super::DbInstance::default()
        }
        .has_failed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_restart_after_what_was_found_is_of_this_run() {
        let reboot = Reboot {
            instance: "orders".into(),
        };
        let sight = |status: &str, at: Option<&str>| RebootSight {
            resource_id: "db-1".into(),
            status: status.into(),
            restarted_at: at.map(|at| at.parse().unwrap()),
        };
        let (one, two) = (Some("2026-11-29T10:00:00Z"), Some("2026-11-29T10:05:00Z"));
        for (found, status, at, said) in [
            (None, "available", one, "NotBegun"),
            (None, "modifying", one, "NotReady"),
            (Some(one), "available", one, "NotBegun"),
            (Some(one), "rebooting", one, "Underway"),
            (Some(one), "rebooting", two, "Underway"),
            (Some(one), "available", two, "Done"),
            (Some(None), "available", None, "NotBegun"),
            (Some(None), "available", one, "Done"),
            (Some(one), "failed", one, "Failed"),
        ] {
            let found = found.map(|found| json!(sight("available", found)));
            let seen = format!("{:?}", reboot.seen(&sight(status, at), found.as_ref()));
            assert!(seen.starts_with(said), "{found:?} {status} {at:?}: {seen}");
        }
        let other = json!(RebootSight::default());
        assert!(matches!(
            reboot.seen(&sight("available", two), Some(&other)),
            Seen::Foreign(_)
        ));
    }
}
