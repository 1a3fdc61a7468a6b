//! IAM roles, users and policies.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A role (iam:GetRole), without its policies.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// The role's ARN, with its path.
    pub arn: String,
    /// The role's path, such as `/aws-service-role/ecs.amazonaws.com/`.
    pub path: String,
    /// The trust policy.
    pub trust: Value,
    /// The longest session in seconds.
    pub max_session_seconds: u32,
    /// When it was last used (RFC 3339), as far as AWS tracks it (400 days).
    pub last_used: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The workloads of one kind that run with a role in a region, as far as they were looked at.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct UsersOfRole {
    /// Their names.
    pub names: Vec<String>,
    /// What was not looked at, such as `more than 2000 functions and versions`; none when these are all.
    pub unread: Option<String>,
}

/// A managed policy's default version (iam:GetPolicy, iam:GetPolicyVersion).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ManagedPolicy {
    /// Its ARN as IAM writes it.
    #[serde(default)]
    pub arn: String,
    /// The document of the default version.
    pub document: Value,
}

/// An IAM user (iam:GetUser), without policies and credentials.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user's name as IAM writes it.
    pub name: String,
    /// The user's ARN, with its path.
    pub arn: String,
    /// When the console password was last used (RFC 3339), as far as AWS tells.
    pub password_last_used: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// How a user gets in besides keys, and through which groups it has rights.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct UserAccess {
    /// Whether it has a console password (iam:GetLoginProfile).
    pub password: bool,
    /// How many MFA devices it has (iam:ListMFADevices).
    pub mfa_devices: u32,
    /// Names of its groups (iam:ListGroupsForUser).
    pub groups: Vec<String>,
}

/// A credential of a user that is neither access key nor password. Only what identifies it is read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct OtherCredential {
    /// `signing certificate`, `SSH public key`, or `service-specific credential for SERVICE`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Active, Inactive or Expired.
    pub status: String,
}

/// An access key of a user (iam:ListAccessKeys, iam:GetAccessKeyLastUsed). Its secret cannot be read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AccessKey {
    /// The access key id: an identifier, no secret.
    pub id: String,
    /// Active, Inactive or Expired.
    pub status: String,
    /// When it was last used (RFC 3339); none when AWS knows of no use since it tracks this (April 22nd, 2015).
    pub last_used: Option<String>,
    /// The service that it was last used for, such as `s3`.
    pub last_service: Option<String>,
    /// The region that it was last used in.
    pub last_region: Option<String>,
}
