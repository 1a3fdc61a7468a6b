//! Policies of roles and users, and access keys, as cells.

use super::{
    IamWrite, policy_document,
    resources::{ROLES, USERS},
    role, user,
};
use crate::aws::{
    Grant, Meaning, Survey,
    table::table,
    value::{bind_time, fits_template},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One piece of state in IAM.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum IamCell {
    /// One inline policy of a role: the document, or null when there is none.
    RoleInlinePolicy {
        /// Role name.
        role: String,
        /// Name of the inline policy.
        policy_name: String,
    },
    /// Whether a managed policy is attached to a role: a boolean.
    RolePolicyAttachment {
        /// Role name.
        role: String,
        /// ARN of the managed policy.
        policy_arn: String,
    },
    /// A role's trust policy: the document.
    RoleTrustPolicy {
        /// Role name.
        role: String,
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

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: IamCell => &'static [Grant] {
        Self::RoleInlinePolicy { .. } => &[ROLES.allows(&["iam:GetRolePolicy", "iam:GetRole"])],
        Self::RolePolicyAttachment { .. } => &[ROLES.allows(&["iam:ListAttachedRolePolicies"])],
        Self::RoleTrustPolicy { .. } => &[ROLES.allows(&["iam:GetRole"])],
        Self::UserAccessKeys { .. } => &[USERS.allows(&["iam:ListAccessKeys"])],
        Self::UserInlinePolicy { .. } => &[USERS.allows(&["iam:GetUserPolicy", "iam:GetUser"])],
        Self::UserPolicyAttachment { .. } => &[USERS.allows(&["iam:ListAttachedUserPolicies"])],
    }
}

impl Meaning for IamCell {
    fn resource(&self, partition: &str, account_id: &str, _region: &str) -> String {
        match self {
            Self::RoleInlinePolicy { role, .. }
            | Self::RolePolicyAttachment { role, .. }
            | Self::RoleTrustPolicy { role } => format!("arn:{partition}:iam::{account_id}:role/{role}"),
            Self::UserAccessKeys { user }
            | Self::UserInlinePolicy { user, .. }
            | Self::UserPolicyAttachment { user, .. } => format!("arn:{partition}:iam::{account_id}:user/{user}"),
        }
    }

    fn field(&self) -> String {
        match self {
            Self::RoleInlinePolicy { policy_name, .. } | Self::UserInlinePolicy { policy_name, .. } => {
                format!("InlinePolicy/{policy_name}")
            }
            Self::RolePolicyAttachment { policy_arn, .. } | Self::UserPolicyAttachment { policy_arn, .. } => {
                format!("PolicyAttachment/{policy_arn}")
            }
            Self::RoleTrustPolicy { .. } => "TrustPolicy".into(),
            Self::UserAccessKeys { .. } => "AccessKeys".into(),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        match self {
            Self::RoleInlinePolicy { role, policy_name } => role::inline_policy_sentence(role, policy_name, to),
            Self::RolePolicyAttachment { role, policy_arn } => role::attachment_sentence(role, policy_arn, to),
            Self::RoleTrustPolicy { role } => format!("Set the trust policy of role {role}"),
            Self::UserAccessKeys { user } => user::keys_sentence(user, to),
            Self::UserInlinePolicy { user, policy_name } => user::inline_policy_sentence(user, policy_name, to),
            Self::UserPolicyAttachment { user, policy_arn } => user::attachment_sentence(user, policy_arn, to),
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::RoleInlinePolicy { .. } | Self::RoleTrustPolicy { .. } | Self::UserInlinePolicy { .. } => {
                policy_document::canonical(value)
            }
            Self::RolePolicyAttachment { .. } | Self::UserPolicyAttachment { .. } => value.clone(),
            Self::UserAccessKeys { .. } => user::canonical_keys(value),
        }
    }

    fn bind(&self, planned: &Value, current: &Value, now: Timestamp) -> Value {
        match self {
            Self::UserAccessKeys { .. } => user::bind_keys(planned, current),
            Self::RoleInlinePolicy { .. }
            | Self::RolePolicyAttachment { .. }
            | Self::RoleTrustPolicy { .. }
            | Self::UserInlinePolicy { .. }
            | Self::UserPolicyAttachment { .. } => bind_time(planned, now),
        }
    }

    fn fits(&self, planned: &Value, value: &Value) -> bool {
        match self {
            Self::UserAccessKeys { .. } => user::keys_fit(planned, value),
            Self::RoleInlinePolicy { .. }
            | Self::RolePolicyAttachment { .. }
            | Self::RoleTrustPolicy { .. }
            | Self::UserInlinePolicy { .. }
            | Self::UserPolicyAttachment { .. } => fits_template(&self.canonical(planned), &self.canonical(value)),
        }
    }

    fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        matches!(self, Self::UserAccessKeys { .. }) && user::keys_between(before, after, value)
    }

    fn keeps(&self, before: &Value, value: &Value) -> bool {
        !matches!(self, Self::UserAccessKeys { .. }) || user::keeps_keys(before, value)
    }

    fn material(&self, before: &Value) -> Value {
        match self {
            Self::UserAccessKeys { .. } => Value::Null,
            Self::RoleInlinePolicy { .. }
            | Self::RolePolicyAttachment { .. }
            | Self::RoleTrustPolicy { .. }
            | Self::UserInlinePolicy { .. }
            | Self::UserPolicyAttachment { .. } => self.canonical(before),
        }
    }

    fn merge_before(&self, before: &Value, current: &Value) -> Value {
        match self {
            Self::UserAccessKeys { .. } => user::remember(before, current),
            Self::RoleInlinePolicy { .. }
            | Self::RolePolicyAttachment { .. }
            | Self::RoleTrustPolicy { .. }
            | Self::UserInlinePolicy { .. }
            | Self::UserPolicyAttachment { .. } => before.clone(),
        }
    }

    fn is_denial(&self) -> bool {
        match self {
            Self::RoleInlinePolicy { .. }
            | Self::RolePolicyAttachment { .. }
            | Self::UserInlinePolicy { .. }
            | Self::UserPolicyAttachment { .. } => true,
            Self::RoleTrustPolicy { .. } | Self::UserAccessKeys { .. } => false,
        }
    }

    fn survey(&self) -> Option<Survey> {
        (!matches!(self, Self::UserAccessKeys { .. })).then_some(Survey::Identities)
    }
}

impl IamCell {
    pub(in crate::aws) fn writes(&self, from: &Value, to: &Value) -> Vec<IamWrite> {
        match self {
            Self::RoleInlinePolicy { role, policy_name } => role::inline_policy(role, policy_name, to),
            Self::RolePolicyAttachment { role, policy_arn } => role::attachment(role, policy_arn, to),
            Self::RoleTrustPolicy { role } => role::trust_policy(role, to),
            Self::UserAccessKeys { user } => user::access_keys(user, from, to),
            Self::UserInlinePolicy { user, policy_name } => user::inline_policy(user, policy_name, to),
            Self::UserPolicyAttachment { user, policy_arn } => user::attachment(user, policy_arn, to),
        }
    }
}
