//! Which function answers each question about IAM, and which makes each write.

use super::users;
use crate::caller::Caller;
use firebreak_core::aws::{
    Answer,
    failure::{Failure, Receipt},
    iam::{IamCell, IamRead, IamWrite},
};

pub(crate) async fn read(caller: &Caller<'_>, read: &IamRead) -> Result<Answer, Failure> {
    Ok(match read {
        IamRead::AccessKeysOfUser { user } => Answer::found(&users::access_keys(caller, user).await?),
        IamRead::InstanceProfileRoles { profile } => Answer::found(&super::profile_roles(caller, profile).await?),
        IamRead::InstanceProfilesOfRole { role } => Answer::found(&super::instance_profiles(caller, role).await?),
        IamRead::ManagedPolicy { arn } => Answer::found(&super::managed_policy(caller, arn).await?),
        IamRead::OtherCredentialsOfUser { user } => Answer::found(&users::other_credentials(caller, user).await?),
        IamRead::Role { role } => Answer::found(&super::role(caller, role).await?),
        IamRead::User { user } => Answer::found(&users::user(caller, user).await?),
        IamRead::UserAccess { user } => Answer::found(&users::access(caller, user).await?),
    })
}

pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &IamCell) -> Result<Answer, Failure> {
    Ok(Answer::Found(match cell {
        IamCell::RoleInlinePolicy { role, policy_name } => super::inline_policy(caller, role, policy_name).await?,
        IamCell::RolePolicyAttachment { role, policy_arn } => {
            super::is_attached(caller, role, policy_arn).await?.into()
        }
        IamCell::RoleTrustPolicy { role } => super::role(caller, role).await?.trust,
        IamCell::UserAccessKeys { user } => users::key_states(caller, user).await?,
        IamCell::UserInlinePolicy { user, policy_name } => users::inline_policy(caller, user, policy_name).await?,
        IamCell::UserPolicyAttachment { user, policy_arn } => {
            users::is_attached(caller, user, policy_arn).await?.into()
        }
    }))
}

pub(crate) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &IamWrite) -> Result<Receipt, Failure> {
    match write {
        IamWrite::AttachRolePolicy { role, policy_arn } => super::attach(writer, role, policy_arn).await,
        IamWrite::AttachUserPolicy { user, policy_arn } => users::attach(writer, user, policy_arn).await,
        IamWrite::DeleteRolePolicy { role, policy_name } => {
            super::delete_policy(writer, reader, role, policy_name).await
        }
        IamWrite::DeleteUserPolicy { user, policy_name } => {
            users::delete_policy(writer, reader, user, policy_name).await
        }
        IamWrite::DetachRolePolicy { role, policy_arn } => super::detach(writer, reader, role, policy_arn).await,
        IamWrite::DetachUserPolicy { user, policy_arn } => users::detach(writer, reader, user, policy_arn).await,
        IamWrite::PutRolePolicy {
            role,
            policy_name,
            document,
        } => super::put_policy(writer, role, policy_name, document).await,
        IamWrite::PutUserPolicy {
            user,
            policy_name,
            document,
        } => users::put_policy(writer, user, policy_name, document).await,
        IamWrite::UpdateAccessKey {
            user,
            access_key_id,
            active,
        } => users::set_key(writer, reader, user, access_key_id, *active).await,
        IamWrite::UpdateAssumeRolePolicy { role, document } => super::set_trust(writer, role, document).await,
    }
}
