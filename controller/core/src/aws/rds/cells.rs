//! RDS instances, as cells.

use super::{RdsWrite, resources::DATABASES};
use crate::aws::{Grant, Meaning, table::table};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use strum::EnumIter;

/// The state of a security group of an instance that is in force.
const ACTIVE: &str = "active";
/// That of one which the instance is losing.
const REMOVING: &str = "removing";

/// One piece of the state of an RDS instance.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RdsCell {
    /// The VPC security groups of an instance: an object of their states (`active`, `adding`, `removing`) by id. They are in
    /// force when every one is active.
    InstanceSecurityGroups {
        /// Identifier of the instance.
        instance: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: RdsCell => &'static [Grant] {
        Self::InstanceSecurityGroups { .. } => &[DATABASES.allows(&["rds:DescribeDBInstances"])],
    }
}

impl Meaning for RdsCell {
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        let Self::InstanceSecurityGroups { instance } = self;
        format!("arn:{partition}:rds:{region}:{account_id}:db:{instance}")
    }

    fn field(&self) -> String {
        "SecurityGroups".into()
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        let Self::InstanceSecurityGroups { instance } = self;
        let groups: Vec<String> = states(to).into_keys().collect();
        format!(
            "Give database {instance} the security group {} and no other",
            groups.join(", ")
        )
    }

    fn canonical(&self, value: &Value) -> Value {
        value.clone()
    }

    /// The groups come and go one by one.
    fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        let (before, after, now) = (states(before), states(after), states(value));
        let known: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let moves = now.values().any(|state| state != ACTIVE);
        moves && now.keys().all(|id| known.contains(id))
    }

    /// What an abort puts back is what the run itself finds just before it writes. A region that does not answer tells no
    /// before-value, and answering again must not void the approvals.
    fn material(&self, _before: &Value) -> Value {
        Value::Null
    }

    fn on_its_way(&self, value: &Value) -> Option<String> {
        let moving = |(id, state): (String, String)| (state != ACTIVE).then(|| format!("{id} is {state}"));
        states(value).into_iter().find_map(moving)
    }
}

impl RdsCell {
    /// An instance without a group is none: nothing is written.
    pub(in crate::aws) fn writes(&self, to: &Value) -> Vec<RdsWrite> {
        let Self::InstanceSecurityGroups { instance } = self;
        let groups: Vec<String> = states(to)
            .into_iter()
            .filter(|(_, state)| state != REMOVING)
            .map(|(id, _)| id)
            .collect();
        let write = |groups| RdsWrite::ModifyDbInstance {
            instance: instance.clone(),
            groups,
        };
        (!groups.is_empty()).then(|| write(groups)).into_iter().collect()
    }

    /// The value where exactly this group is in force.
    pub fn only(group: &str) -> Value {
        serde_json::json!({ group: ACTIVE })
    }
}

fn states(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cell() -> RdsCell {
        RdsCell::InstanceSecurityGroups {
            instance: "orders".into(),
        }
    }

    #[test]
    fn groups_are_in_force_once_each_is_active() {
        let (before, after) = (json!({"sg-1": "active"}), RdsCell::only("sg-0"));
        for (value, between) in [
            (json!({"sg-1": "removing", "sg-0": "adding"}), true),
            (json!({"sg-1": "removing", "sg-0": "active"}), true),
            (json!({"sg-0": "active"}), false),
            (json!({"sg-1": "active"}), false),
            (json!({"sg-9": "adding", "sg-1": "active"}), false),
        ] {
            assert_eq!(cell().between(&before, &after, &value), between, "{value}");
            assert_eq!(cell().same(&after, &value), value == after, "{value}");
        }
        assert!(cell().on_its_way(&json!({"sg-0": "adding"})).is_some());
    }

    #[test]
    fn write_names_the_groups_that_stay() {
        let groups = vec!["sg-0".to_owned(), "sg-1".to_owned()];
        let to = json!({"sg-0": "adding", "sg-1": "active", "sg-2": "removing"});
        let instance = "orders".to_owned();
        assert_eq!(cell().writes(&to), [RdsWrite::ModifyDbInstance { instance, groups }]);
        assert!(cell().writes(&Value::Null).is_empty());
    }
}
