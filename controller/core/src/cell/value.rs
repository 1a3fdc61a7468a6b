//! What the values of a cell mean: which are equal, what late binding makes of them, which lie on the way between two.

use super::{APPLY_TIME, Cell, ec2, ecs, iam_user, lambda, network};
use crate::facts::{PublicAccessBlock, Suspension};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

impl Cell {
    /// The value in a form in which equal meaning is equal JSON.
    pub fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::BucketPolicyStatement { .. } => crate::bucket_policy::canonical_statement(value),
            Self::BucketPublicAccessBlock { .. } => normal::<PublicAccessBlock>(value),
            Self::RoleInlinePolicy { .. } | Self::RoleTrustPolicy { .. } | Self::UserInlinePolicy { .. } => {
                crate::policy_document::canonical(value)
            }
            Self::TargetRegistrations { .. } => network::canonical_registrations(value),
            Self::SecurityGroupRules { .. } => network::canonical_rules(value),
            Self::ServiceDeployment { .. } => ecs::canonical_deployment(value),
            Self::TaskProtection { .. }
            | Self::ServiceTasks { .. }
            | Self::InstanceProfile { .. }
            | Self::InstanceSnapshots { .. }
            | Self::NetworkInterfaceGroups { .. } => sorted(value),
            Self::InstanceMetadata { .. } => ec2::canonical_metadata(value),
            Self::InstanceStandby { .. } => ec2::canonical_standby(value),
            Self::InstanceState { .. } => ec2::canonical_state(value),
            Self::ScalingSuspension { .. } => normal::<Suspension>(value),
            Self::FunctionEventSources { .. } => lambda::canonical_sources(value),
            Self::UserAccessKeys { .. } => iam_user::canonical_keys(value),
            Self::FunctionConcurrency { .. }
            | Self::FunctionProvisionedConcurrency { .. }
            | Self::FunctionUrls { .. }
            | Self::InstanceAttribute { .. }
            | Self::RolePolicyAttachment { .. }
            | Self::ScalingMinimum { .. }
            | Self::ServiceDesiredCount { .. }
            | Self::UserPolicyAttachment { .. } => value.clone(),
        }
    }

    /// Whether two values mean the same.
    pub fn same(&self, one: &Value, other: &Value) -> bool {
        self.canonical(one) == self.canonical(other)
    }

    /// Fills the late-bound parts of a planned value in: the time of the write, and members that still exist.
    pub fn bind(&self, planned: &Value, current: &Value, now: Timestamp) -> Value {
        match self {
            Self::TargetRegistrations { .. } => network::bind_registrations(planned, current),
            Self::FunctionEventSources { .. } => lambda::bind_sources(planned, current),
            Self::FunctionUrls { .. } => lambda::bind_urls(planned, current),
            Self::UserAccessKeys { .. } => iam_user::bind_keys(planned, current),
            _ => bind_time(planned, now),
        }
    }

    /// Whether a value could have come from binding the planned value at some time.
    pub fn fits(&self, planned: &Value, value: &Value) -> bool {
        match self {
            Self::TargetRegistrations { .. } => network::registrations_fit(planned, value),
            Self::FunctionEventSources { .. } => lambda::sources_fit(planned, value),
            Self::FunctionUrls { .. } => lambda::bind_urls(planned, value) == *value,
            Self::UserAccessKeys { .. } => iam_user::keys_fit(planned, value),
            _ => fits_template(&self.canonical(planned), &self.canonical(value)),
        }
    }

    /// Whether a value lies on the way between two others, as a write in several calls leaves it when it is cut.
    pub fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        match self {
            Self::NetworkInterfaceGroups { through, .. } => ec2::groups_between(through.as_ref(), before, after, value),
            Self::SecurityGroupRules { .. } => network::rules_between(before, after, value),
            Self::TargetRegistrations { .. } => network::registrations_between(before, after, value),
            Self::FunctionEventSources { .. } => lambda::sources_between(before, after, value),
            Self::FunctionProvisionedConcurrency { .. } => lambda::provisioned_between(before, after, value),
            Self::FunctionUrls { .. } => lambda::urls_between(before, after, value),
            Self::UserAccessKeys { .. } => iam_user::keys_between(before, after, value),
            _ => false,
        }
    }

    /// Whether a value still has every part of another, so that no write in several calls has begun to take them away.
    pub fn keeps(&self, before: &Value, value: &Value) -> bool {
        match self {
            Self::SecurityGroupRules { .. } => network::keeps_rules(before, value),
            Self::TargetRegistrations { .. } => network::keeps_registrations(before, value),
            Self::FunctionEventSources { .. } => lambda::keeps_sources(before, value),
            Self::FunctionProvisionedConcurrency { .. } => lambda::keeps_provisioned(before, value),
            Self::FunctionUrls { .. } => lambda::keeps_urls(before, value),
            Self::UserAccessKeys { .. } => iam_user::keeps_keys(before, value),
            _ => true,
        }
    }

    /// The part of a before-value whose change makes a new plan necessary. Counts and members that scaling moves do not, nor
    /// an access key more or less: an attacker who makes one must not void the approval to deactivate them all.
    pub fn material(&self, before: &Value) -> Value {
        match self {
            Self::FunctionEventSources { .. }
            | Self::ScalingMinimum { .. }
            | Self::TargetRegistrations { .. }
            | Self::ServiceDesiredCount { .. }
            | Self::TaskProtection { .. }
            | Self::ServiceTasks { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceState { .. }
            | Self::UserAccessKeys { .. } => Value::Null,
            _ => self.canonical(before),
        }
    }

    /// The before-value when the current value is written over once more: members that have come since are added to it,
    /// access keys that have come since only by name.
    pub fn merge_before(&self, before: &Value, current: &Value) -> Value {
        match self {
            Self::TargetRegistrations { .. } => network::union(before, current),
            Self::FunctionEventSources { .. } => lambda::union_sources(before, current),
            Self::FunctionProvisionedConcurrency { .. } => lambda::union_provisioned(before, current),
            Self::UserAccessKeys { .. } => iam_user::remember(before, current),
            _ => before.clone(),
        }
    }

    /// What AWS still does on the way to a value that it shows already, for people; none once it has arrived.
    pub fn on_its_way(&self, value: &Value) -> Option<String> {
        match self {
            Self::InstanceStandby { instance_id, group } => ec2::entering(instance_id, group, value),
            _ => None,
        }
    }

    /// Whether it must not be written before another one has arrived: an instance is stopped only once it stands by.
    pub fn follows(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::InstanceState { instance_id }, Self::InstanceStandby { instance_id: other, .. }) => {
                instance_id == other
            }
            _ => false,
        }
    }

    /// Whether it is of a part that comes and goes while its target lives on (an interface goes with its pod, or is detached):
    /// one that is gone is not open, and is nothing to wait for.
    pub fn is_of_a_part(&self) -> bool {
        matches!(self, Self::NetworkInterfaceGroups { .. })
    }

    /// Whether members come and go by AWS's own motion (ECS registers a task that replaces another): putting back only adds
    /// what was there, and takes nothing away that is there now, so that it can overwrite nobody's change.
    pub fn is_additive(&self) -> bool {
        matches!(self, Self::TargetRegistrations { .. })
    }
}

impl Cell {
    /// Whether it is a policy or statement of Firebreak's own kind: where one is there, some Firebreak has put it.
    pub fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::BucketPolicyStatement { .. }
                | Self::RoleInlinePolicy { .. }
                | Self::RolePolicyAttachment { .. }
                | Self::UserInlinePolicy { .. }
                | Self::UserPolicyAttachment { .. }
        )
    }
}

/// A fact with every field, so that one that was recorded by an older version is the same; null stays null.
pub(super) fn normal<T: Serialize + DeserializeOwned>(value: &Value) -> Value {
    let fact = Option::<T>::deserialize(value).ok();
    let full = fact.and_then(|fact| serde_json::to_value(fact).ok());
    full.unwrap_or_else(|| value.clone())
}

pub(super) fn sorted(value: &Value) -> Value {
    let mut items = value.as_array().cloned().unwrap_or_default();
    items.sort_by_key(crate::digest::canonical_text);
    Value::Array(items)
}

/// Rounds up to the next full second: a session issued in the same second must not survive a revocation.
fn bind_time(planned: &Value, now: Timestamp) -> Value {
    let second = now.as_second() + 1;
    let text = Timestamp::from_second(second).unwrap_or(now).to_string();
    replace(planned, &text)
}

fn replace(value: &Value, text: &str) -> Value {
    match value {
        Value::String(s) if s == APPLY_TIME => Value::String(text.to_owned()),
        Value::Array(items) => items.iter().map(|item| replace(item, text)).collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), replace(v, text))).collect(),
        other => other.clone(),
    }
}

fn fits_template(template: &Value, value: &Value) -> bool {
    match (template, value) {
        (Value::String(t), Value::String(v)) if t == APPLY_TIME => v.parse::<Timestamp>().is_ok(),
        (Value::Array(t), Value::Array(v)) => t.len() == v.len() && t.iter().zip(v).all(|(t, v)| fits_template(t, v)),
        (Value::Object(t), Value::Object(v)) => {
            t.len() == v.len() && t.iter().all(|(k, t)| v.get(k).is_some_and(|v| fits_template(t, v)))
        }
        (t, v) => t == v,
    }
}
