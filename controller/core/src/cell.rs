//! A cell is one piece of AWS state that Firebreak can read, set and put back: the unit of custody.
//! Everything that the engine needs to know about it is here and pure: what equal means, what late binding does, and
//! which AWS calls lead from one value to another.

mod ec2;
mod ecs;
mod iam;
mod iam_user;
pub mod lambda;
#[cfg(test)]
mod laws;
mod network;
mod s3;
#[cfg(test)]
mod tests;

use crate::{
    facts::{InstanceAttribute, PublicAccessBlock, Suspension},
    write::Write,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The text that stands for the moment of the write wherever it occurs in a value.
pub const APPLY_TIME: &str = "$applyTime";

/// One piece of AWS state. Its value is JSON whose shape each variant's documentation gives.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Cell {
    /// One statement of a bucket's policy, found by its Sid: the statement, or null when there is none. The others are not part
    /// of it: they are read anew for every write, and stay as they are.
    BucketPolicyStatement {
        /// Bucket name.
        bucket: String,
        /// The statement's Sid.
        sid: String,
    },
    /// A bucket's public access block: [`crate::facts::PublicAccessBlock`], or null when it has none.
    BucketPublicAccessBlock {
        /// Bucket name.
        bucket: String,
    },
    /// Whether a managed policy is attached to a role: a boolean.
    RolePolicyAttachment {
        /// Role name.
        role: String,
        /// ARN of the managed policy.
        policy_arn: String,
    },
    /// One inline policy of a role: the document, or null when there is none.
    RoleInlinePolicy {
        /// Role name.
        role: String,
        /// Name of the inline policy.
        policy_name: String,
    },
    /// A role's trust policy: the document.
    RoleTrustPolicy {
        /// Role name.
        role: String,
    },
    /// A service's tasks in one target group: `{"registered": [{"id": ip, "port": n}], "running": [ip]}`, of which only
    /// `registered` is owned; `running` tells which of them still exist.
    TargetRegistrations {
        /// ARN of the target group.
        target_group_arn: String,
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// All rules of a security group: `{"ingress": [rule], "egress": [rule]}` as [`crate::facts::SecurityGroupRule`].
    SecurityGroupRules {
        /// The group's id.
        group_id: String,
    },
    /// A service's network and deployment configuration, which must be written together:
    /// `{"network": `[`crate::facts::Network`]`, "deployment": `[`crate::facts::Deployment`]`}`.
    ServiceDeployment {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// A service's desired count: an integer.
    ServiceDesiredCount {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// The smallest count to which Application Auto Scaling scales a service: an integer, or null where nothing scales it.
    ScalingMinimum {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// Which kinds of a service's scaling are suspended: [`crate::facts::Suspension`], or null where nothing scales it.
    ScalingSuspension {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// One attribute of an EC2 instance: a boolean, or for the shutdown behaviour `stop` or `terminate`.
    InstanceAttribute {
        /// Instance id.
        instance_id: String,
        /// Which one.
        attribute: InstanceAttribute,
    },
    /// The metadata options of an EC2 instance: [`crate::facts::Metadata`].
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
        /// What the run's snapshots are tagged with, [`crate::quarantine::Context::run`].
        run: String,
    },
    /// Whether an instance stands by in its Auto Scaling group: `{"standby": boolean, "desired": n, "min": n}`, of which only
    /// `standby` is owned. One that is entering standby stands by. `NotFound` when it is not in the group.
    InstanceStandby {
        /// Instance id.
        instance_id: String,
        /// Name of the Auto Scaling group.
        group: String,
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
    /// Which of a service's tasks are protected from scale-in: a list of task ARNs.
    TaskProtection {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// Which tasks of a service are running: a list of task ARNs.
    ServiceTasks {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// A Lambda function's reserved concurrency: an integer, or null when there is none.
    FunctionConcurrency {
        /// Function name.
        function: String,
    },
    /// The event source mappings of a Lambda function, its aliases and versions: `{"enabled": [uuid], "disabled": [uuid]}`, of
    /// which only `enabled` is owned. One that AWS is enabling or disabling counts as what it becomes.
    FunctionEventSources {
        /// Function name.
        function: String,
    },
    /// A Lambda function's provisioned concurrency as it was asked for: an object of counts by alias or version.
    FunctionProvisionedConcurrency {
        /// Function name.
        function: String,
    },
    /// The authentication of a Lambda function's URLs: an object of `NONE` or `AWS_IAM` by alias, `$LATEST` for the function
    /// itself; in a plan, `*` stands for every URL that there is.
    FunctionUrls {
        /// Function name.
        function: String,
    },
    /// A user's access keys by status: `{"active": [id], "inactive": [id], "expired": [id]}`, of which only `active` is owned.
    /// In what was before, `appeared` lists keys that have been made since and stay inactive.
    UserAccessKeys {
        /// User name.
        user: String,
    },
    /// One inline policy of a user: the document, or null when there is none.
    UserInlinePolicy {
        /// User name.
        user: String,
        /// Name of the inline policy.
        policy_name: String,
    },
    /// Whether a managed policy is attached to a user: a boolean.
    UserPolicyAttachment {
        /// User name.
        user: String,
        /// ARN of the managed policy.
        policy_arn: String,
    },
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

impl Cell {
    /// Whether the state is the same from every region (IAM).
    pub fn is_global(&self) -> bool {
        matches!(
            self,
            Self::RolePolicyAttachment { .. }
                | Self::RoleInlinePolicy { .. }
                | Self::RoleTrustPolicy { .. }
                | Self::UserAccessKeys { .. }
                | Self::UserInlinePolicy { .. }
                | Self::UserPolicyAttachment { .. }
        )
    }

    /// ARN of the resource that it belongs to. Names of IAM roles and users are unique in an account whatever their path, so
    /// their path is left out: the same thing has one key, even if somebody moves it.
    pub fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        match self {
            Self::BucketPolicyStatement { bucket, .. } | Self::BucketPublicAccessBlock { bucket } => {
                format!("arn:{partition}:s3:::{bucket}")
            }
            Self::RolePolicyAttachment { role, .. }
            | Self::RoleInlinePolicy { role, .. }
            | Self::RoleTrustPolicy { role } => format!("arn:{partition}:iam::{account_id}:role/{role}"),
            Self::TargetRegistrations { target_group_arn, .. } => target_group_arn.clone(),
            Self::SecurityGroupRules { group_id } => {
                format!("arn:{partition}:ec2:{region}:{account_id}:security-group/{group_id}")
            }
            Self::InstanceAttribute { instance_id, .. }
            | Self::InstanceMetadata { instance_id }
            | Self::InstanceProfile { instance_id }
            | Self::InstanceSnapshots { instance_id, .. }
            | Self::InstanceStandby { instance_id, .. }
            | Self::InstanceState { instance_id } => {
                format!("arn:{partition}:ec2:{region}:{account_id}:instance/{instance_id}")
            }
            Self::NetworkInterfaceGroups { network_interface, .. } => {
                format!("arn:{partition}:ec2:{region}:{account_id}:network-interface/{network_interface}")
            }
            Self::ServiceDeployment { cluster, service }
            | Self::ServiceDesiredCount { cluster, service }
            | Self::ScalingMinimum { cluster, service }
            | Self::ScalingSuspension { cluster, service }
            | Self::TaskProtection { cluster, service }
            | Self::ServiceTasks { cluster, service } => {
                format!("arn:{partition}:ecs:{region}:{account_id}:service/{cluster}/{service}")
            }
            Self::FunctionConcurrency { function }
            | Self::FunctionEventSources { function }
            | Self::FunctionProvisionedConcurrency { function }
            | Self::FunctionUrls { function } => {
                format!("arn:{partition}:lambda:{region}:{account_id}:function:{function}")
            }
            Self::UserAccessKeys { user }
            | Self::UserInlinePolicy { user, .. }
            | Self::UserPolicyAttachment { user, .. } => format!("arn:{partition}:iam::{account_id}:user/{user}"),
        }
    }

    /// The field group within the resource.
    pub fn field(&self) -> String {
        match self {
            Self::BucketPolicyStatement { sid, .. } => format!("PolicyStatement/{sid}"),
            Self::BucketPublicAccessBlock { .. } => "PublicAccessBlock".into(),
            Self::RolePolicyAttachment { policy_arn, .. } => format!("PolicyAttachment/{policy_arn}"),
            Self::RoleInlinePolicy { policy_name, .. } => format!("InlinePolicy/{policy_name}"),
            Self::RoleTrustPolicy { .. } => "TrustPolicy".into(),
            Self::TargetRegistrations { cluster, service, .. } => format!("Targets/{cluster}/{service}"),
            Self::InstanceAttribute { attribute, .. } => attribute.name().into(),
            Self::InstanceMetadata { .. } => "MetadataOptions".into(),
            Self::InstanceProfile { .. } => "InstanceProfile".into(),
            Self::InstanceSnapshots { .. } => "Snapshots".into(),
            Self::InstanceStandby { group, .. } => format!("Standby/{group}"),
            Self::InstanceState { .. } => "State".into(),
            Self::NetworkInterfaceGroups { .. } => "Groups".into(),
            Self::SecurityGroupRules { .. } => "Rules".into(),
            Self::ServiceDeployment { .. } => "Deployment".into(),
            Self::ServiceDesiredCount { .. } => "DesiredCount".into(),
            Self::ScalingMinimum { .. } => "ScalingMinimum".into(),
            Self::ScalingSuspension { .. } => "ScalingSuspension".into(),
            Self::TaskProtection { .. } => "TaskProtection".into(),
            Self::ServiceTasks { .. } => "Tasks".into(),
            Self::FunctionConcurrency { .. } => "Concurrency".into(),
            Self::FunctionEventSources { .. } => "EventSources".into(),
            Self::FunctionProvisionedConcurrency { .. } => "ProvisionedConcurrency".into(),
            Self::FunctionUrls { .. } => "Urls".into(),
            Self::UserAccessKeys { .. } => "AccessKeys".into(),
            Self::UserInlinePolicy { policy_name, .. } => format!("InlinePolicy/{policy_name}"),
            Self::UserPolicyAttachment { policy_arn, .. } => format!("PolicyAttachment/{policy_arn}"),
        }
    }

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

    /// Whether members come and go by AWS's own motion (ECS registers a task that replaces another): putting back only adds
    /// what was there, and takes nothing away that is there now, so that it can overwrite nobody's change.
    pub fn is_additive(&self) -> bool {
        matches!(self, Self::TargetRegistrations { .. })
    }

    /// The AWS calls that lead from one value to the other, in order. Empty when they mean the same.
    pub fn writes(&self, from: &Value, to: &Value) -> Vec<Write> {
        if self.same(from, to) {
            return Vec::new();
        }
        match self {
            Self::BucketPolicyStatement { bucket, sid } => s3::policy_statement(bucket, sid, to),
            Self::BucketPublicAccessBlock { bucket } => s3::public_access_block(bucket, to),
            Self::RolePolicyAttachment { role, policy_arn } => iam::attachment(role, policy_arn, to),
            Self::RoleInlinePolicy { role, policy_name } => iam::inline_policy(role, policy_name, to),
            Self::RoleTrustPolicy { role } => iam::trust_policy(role, to),
            Self::TargetRegistrations { target_group_arn, .. } => network::registrations(target_group_arn, from, to),
            Self::InstanceAttribute { instance_id, attribute } => ec2::attribute(instance_id, *attribute, to),
            Self::InstanceMetadata { instance_id } => ec2::metadata(instance_id, to),
            Self::InstanceProfile { instance_id } => ec2::profile(instance_id, from, to),
            Self::InstanceSnapshots { instance_id, run } => ec2::snapshots(instance_id, run, from, to),
            Self::InstanceStandby { instance_id, group } => ec2::standby(instance_id, group, from, to),
            Self::InstanceState { instance_id } => ec2::state(instance_id, to),
            Self::NetworkInterfaceGroups {
                network_interface,
                through,
            } => ec2::groups(network_interface, through.as_ref(), from, to),
            Self::SecurityGroupRules { group_id } => network::rules(group_id, from, to),
            Self::ServiceDeployment { cluster, service } => ecs::deployment(cluster, service, from, to),
            Self::ServiceDesiredCount { cluster, service } => ecs::desired_count(cluster, service, to),
            Self::ScalingMinimum { cluster, service } => ecs::scaling_minimum(cluster, service, to),
            Self::ScalingSuspension { cluster, service } => ecs::scaling_suspension(cluster, service, to),
            Self::TaskProtection { cluster, .. } => ecs::unprotect(cluster, from, to),
            Self::ServiceTasks { cluster, .. } => ecs::stop(cluster, from, to),
            Self::FunctionConcurrency { function } => lambda::concurrency(function, to),
            Self::FunctionEventSources { .. } => lambda::sources(from, to),
            Self::FunctionProvisionedConcurrency { function } => lambda::provisioned(function, from, to),
            Self::FunctionUrls { function } => lambda::urls(function, from, to),
            Self::UserAccessKeys { user } => iam_user::access_keys(user, from, to),
            Self::UserInlinePolicy { user, policy_name } => iam_user::inline_policy(user, policy_name, to),
            Self::UserPolicyAttachment { user, policy_arn } => iam_user::attachment(user, policy_arn, to),
        }
    }

    /// What setting the value does, in a sentence for people.
    pub fn sentence(&self, to: &Value) -> String {
        match self {
            Self::BucketPolicyStatement { bucket, sid } => s3::policy_statement_sentence(bucket, sid, to),
            Self::BucketPublicAccessBlock { bucket } => s3::public_access_block_sentence(bucket, to),
            Self::RolePolicyAttachment { role, policy_arn } => iam::attachment_sentence(role, policy_arn, to),
            Self::RoleInlinePolicy { role, policy_name } => iam::inline_policy_sentence(role, policy_name, to),
            Self::RoleTrustPolicy { role } => format!("Set the trust policy of role {role}"),
            Self::TargetRegistrations {
                target_group_arn,
                service,
                ..
            } => network::registrations_sentence(target_group_arn, service, to),
            Self::InstanceAttribute { instance_id, attribute } => ec2::attribute_sentence(instance_id, *attribute, to),
            Self::InstanceMetadata { instance_id } => ec2::metadata_sentence(instance_id, to),
            Self::InstanceProfile { instance_id } => ec2::profile_sentence(instance_id, to),
            Self::InstanceSnapshots { instance_id, .. } => {
                format!("Snapshot every EBS volume of instance {instance_id}")
            }
            Self::InstanceStandby { instance_id, group } => ec2::standby_sentence(instance_id, group, to),
            Self::InstanceState { instance_id } => ec2::state_sentence(instance_id, to),
            Self::NetworkInterfaceGroups {
                network_interface,
                through,
            } => ec2::groups_sentence(network_interface, through.as_ref(), to),
            Self::SecurityGroupRules { group_id } => network::rules_sentence(group_id, to),
            Self::ServiceDeployment { service, .. } => ecs::deployment_sentence(service, to),
            Self::ServiceDesiredCount { service, .. } => format!("Set the desired count of service {service} to {to}"),
            Self::ScalingMinimum { service, .. } => ecs::scaling_minimum_sentence(service, to),
            Self::ScalingSuspension { service, .. } => ecs::scaling_suspension_sentence(service, to),
            Self::TaskProtection { service, .. } => {
                format!("Clear the scale-in protection of the tasks of service {service}")
            }
            Self::ServiceTasks { service, .. } => format!("Stop the tasks of service {service} that still run"),
            Self::FunctionConcurrency { function } => lambda::concurrency_sentence(function, to),
            Self::FunctionEventSources { function } => lambda::sources_sentence(function, to),
            Self::FunctionProvisionedConcurrency { function } => lambda::provisioned_sentence(function, to),
            Self::FunctionUrls { function } => lambda::urls_sentence(function, to),
            Self::UserAccessKeys { user } => iam_user::keys_sentence(user, to),
            Self::UserInlinePolicy { user, policy_name } => iam_user::inline_policy_sentence(user, policy_name, to),
            Self::UserPolicyAttachment { user, policy_arn } => iam_user::attachment_sentence(user, policy_arn, to),
        }
    }
}

/// A fact with every field, so that one that was recorded by an older version is the same; null stays null.
fn normal<T: Serialize + DeserializeOwned>(value: &Value) -> Value {
    let fact = Option::<T>::deserialize(value).ok();
    let full = fact.and_then(|fact| serde_json::to_value(fact).ok());
    full.unwrap_or_else(|| value.clone())
}

fn sorted(value: &Value) -> Value {
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
