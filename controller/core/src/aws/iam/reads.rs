//! What is read of IAM.

use super::resources::{INSTANCE_PROFILES, POLICIES, ROLES, USERS};
use crate::aws::{Grant, Question, Survey, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to IAM.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IamRead {
    /// iam:ListAccessKeys and iam:GetAccessKeyLastUsed → `Vec<`[`crate::aws::iam::AccessKey`]`>`.
    AccessKeysOfUser {
        /// User name.
        user: String,
    },
    /// iam:GetInstanceProfile → ARNs of its roles (`Vec<String>`).
    InstanceProfileRoles {
        /// Name of the instance profile.
        profile: String,
    },
    /// iam:ListInstanceProfilesForRole → names of the instance profiles (`Vec<String>`).
    InstanceProfilesOfRole {
        /// Role name.
        role: String,
    },
    /// iam:GetPolicy and iam:GetPolicyVersion → [`crate::aws::iam::ManagedPolicy`].
    ManagedPolicy {
        /// ARN of the policy.
        arn: String,
    },
    /// iam:ListSigningCertificates, ListServiceSpecificCredentials and ListSSHPublicKeys →
    /// `Vec<`[`crate::aws::iam::OtherCredential`]`>`.
    OtherCredentialsOfUser {
        /// User name.
        user: String,
    },
    /// iam:GetRole → [`crate::aws::iam::Role`].
    Role {
        /// Role name.
        role: String,
    },
    /// iam:GetUser → [`crate::aws::iam::User`].
    User {
        /// User name.
        user: String,
    },
    /// iam:GetLoginProfile, ListMFADevices and ListGroupsForUser → [`crate::aws::iam::UserAccess`].
    UserAccess {
        /// User name.
        user: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: IamRead => &'static [Grant] {
        Self::AccessKeysOfUser { .. } => &[USERS.allows(&["iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"])],
        Self::InstanceProfileRoles { .. } => &[INSTANCE_PROFILES.allows(&["iam:GetInstanceProfile"])],
        Self::InstanceProfilesOfRole { .. } => &[ROLES.allows(&["iam:ListInstanceProfilesForRole"])],
        Self::ManagedPolicy { .. } => &[POLICIES.allows(&["iam:GetPolicy", "iam:GetPolicyVersion"])],
        Self::OtherCredentialsOfUser { .. } => &[USERS.allows(&[
            "iam:ListSigningCertificates", "iam:ListServiceSpecificCredentials", "iam:ListSSHPublicKeys",
        ])],
        Self::Role { .. } => &[ROLES.allows(&["iam:GetRole"])],
        Self::User { .. } => &[USERS.allows(&["iam:GetUser"])],
        Self::UserAccess { .. } => &[USERS.allows(&["iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListGroupsForUser"])],
    }
}

impl Question for IamRead {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::AccessKeysOfUser { user } => format!("the access keys of user {user}"),
            Self::InstanceProfileRoles { profile } => format!("instance profile {profile}"),
            Self::InstanceProfilesOfRole { role } => format!("the instance profiles of role {role}"),
            Self::ManagedPolicy { arn } => format!("policy {arn}"),
            Self::OtherCredentialsOfUser { user } => format!("the other credentials of user {user}"),
            Self::Role { role } => format!("role {role}"),
            Self::User { user } => format!("user {user}"),
            Self::UserAccess { user } => format!("the password, MFA devices and groups of user {user}"),
        }
    }

    fn is_informational(&self) -> bool {
        match self {
            Self::AccessKeysOfUser { .. }
            | Self::InstanceProfilesOfRole { .. }
            | Self::OtherCredentialsOfUser { .. }
            | Self::UserAccess { .. } => true,
            Self::InstanceProfileRoles { .. } | Self::ManagedPolicy { .. } | Self::Role { .. } | Self::User { .. } => {
                false
            }
        }
    }

    fn is_common(&self) -> bool {
        matches!(self, Self::ManagedPolicy { .. })
    }

    /// AWS's own policies are not among the account's.
    fn survey(&self) -> Option<Survey> {
        match self {
            Self::ManagedPolicy { arn } => (!arn.contains(":iam::aws:")).then_some(Survey::Identities),
            Self::AccessKeysOfUser { .. }
            | Self::InstanceProfileRoles { .. }
            | Self::InstanceProfilesOfRole { .. }
            | Self::OtherCredentialsOfUser { .. }
            | Self::Role { .. }
            | Self::User { .. }
            | Self::UserAccess { .. } => None,
        }
    }
}
