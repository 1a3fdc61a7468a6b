//! What is written to IAM.

use super::resources::{DENY_ROLES, DENY_USERS, ROLES, USERS};
use crate::aws::{
    Call,
    Idempotence::{Conditional, Idempotent},
    Power::{Contain, ContainIdentity},
    table::table,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One call that changes something in IAM.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum IamWrite {
    /// iam:AttachRolePolicy
    AttachRolePolicy { role: String, policy_arn: String },
    /// iam:AttachUserPolicy
    AttachUserPolicy { user: String, policy_arn: String },
    /// iam:DeleteRolePolicy
    DeleteRolePolicy { role: String, policy_name: String },
    /// iam:DeleteUserPolicy
    DeleteUserPolicy { user: String, policy_name: String },
    /// iam:DetachRolePolicy
    DetachRolePolicy { role: String, policy_arn: String },
    /// iam:DetachUserPolicy
    DetachUserPolicy { user: String, policy_arn: String },
    /// iam:PutRolePolicy
    PutRolePolicy {
        role: String,
        policy_name: String,
        document: Value,
    },
    /// iam:PutUserPolicy
    PutUserPolicy {
        user: String,
        policy_name: String,
        document: Value,
    },
    /// iam:UpdateAccessKey, to Active or Inactive; always with the user's name, since without it AWS takes the caller's own
    /// (IAM API reference, UpdateAccessKey).
    UpdateAccessKey {
        user: String,
        access_key_id: String,
        active: bool,
    },
    /// iam:UpdateAssumeRolePolicy
    UpdateAssumeRolePolicy { role: String, document: Value },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: IamWrite => Call {
        Self::AttachRolePolicy { .. } => Call {
            action: "iam:AttachRolePolicy", on: DENY_ROLES, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::AttachUserPolicy { .. } => Call {
            action: "iam:AttachUserPolicy", on: DENY_USERS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::DeleteRolePolicy { .. } => Call {
            action: "iam:DeleteRolePolicy", on: ROLES, also: &[],
            power: ContainIdentity, idempotence: Conditional, places_data: false,
        },
        Self::DeleteUserPolicy { .. } => Call {
            action: "iam:DeleteUserPolicy", on: USERS, also: &[],
            power: ContainIdentity, idempotence: Conditional, places_data: false,
        },
        Self::DetachRolePolicy { .. } => Call {
            action: "iam:DetachRolePolicy", on: DENY_ROLES, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::DetachUserPolicy { .. } => Call {
            action: "iam:DetachUserPolicy", on: DENY_USERS, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::PutRolePolicy { .. } => Call {
            action: "iam:PutRolePolicy", on: ROLES, also: &[],
            power: ContainIdentity, idempotence: Idempotent, places_data: false,
        },
        Self::PutUserPolicy { .. } => Call {
            action: "iam:PutUserPolicy", on: USERS, also: &[],
            power: ContainIdentity, idempotence: Idempotent, places_data: false,
        },
        Self::UpdateAccessKey { .. } => Call {
            action: "iam:UpdateAccessKey", on: USERS, also: &[],
            power: ContainIdentity, idempotence: Idempotent, places_data: false,
        },
        Self::UpdateAssumeRolePolicy { .. } => Call {
            action: "iam:UpdateAssumeRolePolicy", on: ROLES, also: &[],
            power: ContainIdentity, idempotence: Idempotent, places_data: false,
        },
    }
}
