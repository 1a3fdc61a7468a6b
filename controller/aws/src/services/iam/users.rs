//! IAM users: their policies and access keys. Of a credential only its id, status and last use are read.

use super::{document, empty, timestamp};
use crate::caller::{Caller, pages, receipt};
use aws_sdk_iam::types::StatusType;
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass, Receipt},
    iam::{AccessKey, OtherCredential, User, UserAccess},
};
use serde_json::{Value, json};

const ATTACHED: &str = "iam:ListAttachedUserPolicies";
const CERTIFICATES: &str = "iam:ListSigningCertificates";
const GET: &str = "iam:GetUser";
const GROUPS: &str = "iam:ListGroupsForUser";
const KEYS: &str = "iam:ListAccessKeys";
const LAST_USED: &str = "iam:GetAccessKeyLastUsed";
const MFA: &str = "iam:ListMFADevices";
const PASSWORD: &str = "iam:GetLoginProfile";
const SERVICE_SPECIFIC: &str = "iam:ListServiceSpecificCredentials";
const SSH: &str = "iam:ListSSHPublicKeys";
const UPDATE_KEY: &str = "iam:UpdateAccessKey";
/// What IAM writes for a key that was never used (IAM API reference, AccessKeyLastUsed).
const NOT_AVAILABLE: &str = "N/A";

/// A user without policies and credentials.
pub(super) async fn user(caller: &Caller<'_>, user: &str) -> Result<User, Failure> {
    let request = caller.session.iam().get_user().user_name(user).send();
    let found = caller.read(Service::Iam, GET, request).await?;
    let user = found.user.ok_or_else(|| empty(GET))?;
    let tags = user.tags.unwrap_or_default();
    Ok(User {
        name: user.user_name,
        arn: user.arn,
        password_last_used: user.password_last_used.and_then(timestamp),
        tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
    })
}

/// A user's access keys by status.
pub(super) async fn key_states(caller: &Caller<'_>, user: &str) -> Result<Value, Failure> {
    let keys = keys(caller, user).await?;
    let of = |status: &str| -> Vec<&String> {
        let those = keys.iter().filter(|(_, is)| is == status);
        those.map(|(id, _)| id).collect()
    };
    Ok(json!({"active": of("Active"), "inactive": of("Inactive"), "expired": of("Expired")}))
}

/// A user's access keys, each with its last use.
pub(super) async fn access_keys(caller: &Caller<'_>, user: &str) -> Result<Vec<AccessKey>, Failure> {
    let mut found = Vec::new();
    for (id, status) in keys(caller, user).await? {
        let request = caller
            .session
            .iam()
            .get_access_key_last_used()
            .access_key_id(&id)
            .send();
        let used = caller
            .read(Service::Iam, LAST_USED, request)
            .await?
            .access_key_last_used;
        let told = |text: &String| (text != NOT_AVAILABLE).then(|| text.clone());
        found.push(AccessKey {
            last_used: used.as_ref().and_then(|used| used.last_used_date).and_then(timestamp),
            last_service: used.as_ref().and_then(|used| told(&used.service_name)),
            last_region: used.as_ref().and_then(|used| told(&used.region)),
            id,
            status,
        });
    }
    Ok(found)
}

/// Ids and statuses. IAM gives Active, Inactive or Expired (IAM API reference, AccessKeyMetadata).
async fn keys(caller: &Caller<'_>, user: &str) -> Result<Vec<(String, String)>, Failure> {
    let all = pages(KEYS, |marker| async move {
        let client = caller.session.iam();
        let request = client.list_access_keys().user_name(user).set_marker(marker).send();
        let page = caller.read(Service::Iam, KEYS, request).await?;
        Ok((Some(page.access_key_metadata), page.marker))
    });
    let named = all.await?.into_iter().filter_map(|key| {
        let status = key.status.map(|status| status.as_str().to_owned());
        Some((key.access_key_id?, status.unwrap_or_default()))
    });
    Ok(named.collect())
}

/// How a user gets in besides keys. AWS answers that there is no login profile as it answers that there is no user; the
/// later calls tell the two apart.
pub(super) async fn access(caller: &Caller<'_>, user: &str) -> Result<UserAccess, Failure> {
    let request = caller.session.iam().get_login_profile().user_name(user).send();
    let password = match caller.read(Service::Iam, PASSWORD, request).await {
        Ok(_) => true,
        Err(failure) if failure.class == FailureClass::Gone => false,
        Err(failure) => return Err(failure),
    };
    let devices = pages(MFA, |marker| async move {
        let client = caller.session.iam();
        let request = client.list_mfa_devices().user_name(user).set_marker(marker).send();
        let page = caller.read(Service::Iam, MFA, request).await?;
        Ok((Some(page.mfa_devices), page.marker))
    });
    Ok(UserAccess {
        password,
        mfa_devices: u32::try_from(devices.await?.len()).unwrap_or(u32::MAX),
        groups: groups(caller, user).await?,
    })
}

async fn groups(caller: &Caller<'_>, user: &str) -> Result<Vec<String>, Failure> {
    let all = pages(GROUPS, |marker| async move {
        let client = caller.session.iam();
        let request = client.list_groups_for_user().user_name(user).set_marker(marker).send();
        let page = caller.read(Service::Iam, GROUPS, request).await?;
        Ok((Some(page.groups), page.marker))
    });
    let mut names: Vec<String> = all.await?.into_iter().map(|group| group.group_name).collect();
    names.sort();
    Ok(names)
}

/// Signing certificates, service-specific credentials and SSH keys: their ids and statuses, nothing else of them.
pub(super) async fn other_credentials(caller: &Caller<'_>, user: &str) -> Result<Vec<OtherCredential>, Failure> {
    let mut found = certificates(caller, user).await?;
    found.extend(service_specific(caller, user).await?);
    found.extend(ssh_keys(caller, user).await?);
    Ok(found)
}

async fn certificates(caller: &Caller<'_>, user: &str) -> Result<Vec<OtherCredential>, Failure> {
    let all = pages(CERTIFICATES, |marker| async move {
        let client = caller.session.iam();
        let request = client
            .list_signing_certificates()
            .user_name(user)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Iam, CERTIFICATES, request).await?;
        Ok((Some(page.certificates), page.marker))
    });
    let all = all.await?.into_iter();
    Ok(all
        .map(|one| other("signing certificate".into(), one.certificate_id, &one.status))
        .collect())
}

async fn service_specific(caller: &Caller<'_>, user: &str) -> Result<Vec<OtherCredential>, Failure> {
    let all = pages(SERVICE_SPECIFIC, |marker| async move {
        let client = caller.session.iam();
        let request = client
            .list_service_specific_credentials()
            .user_name(user)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Iam, SERVICE_SPECIFIC, request).await?;
        Ok((page.service_specific_credentials, page.marker))
    });
    let all = all.await?.into_iter();
    Ok(all
        .map(|one| {
            let kind = format!("service-specific credential for {}", one.service_name);
            other(kind, one.service_specific_credential_id, &one.status)
        })
        .collect())
}

async fn ssh_keys(caller: &Caller<'_>, user: &str) -> Result<Vec<OtherCredential>, Failure> {
    let all = pages(SSH, |marker| async move {
        let client = caller.session.iam();
        let request = client.list_ssh_public_keys().user_name(user).set_marker(marker).send();
        let page = caller.read(Service::Iam, SSH, request).await?;
        Ok((page.ssh_public_keys, page.marker))
    });
    let all = all.await?.into_iter();
    Ok(all
        .map(|one| other("SSH public key".into(), one.ssh_public_key_id, &one.status))
        .collect())
}

fn other(kind: String, id: String, status: &StatusType) -> OtherCredential {
    OtherCredential {
        kind,
        id,
        status: status.as_str().to_owned(),
    }
}

/// Whether a managed policy is attached to a user.
pub(super) async fn is_attached(caller: &Caller<'_>, user: &str, policy_arn: &str) -> Result<bool, Failure> {
    let all = pages(ATTACHED, |marker| async move {
        let client = caller.session.iam();
        let request = client
            .list_attached_user_policies()
            .user_name(user)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Iam, ATTACHED, request).await?;
        Ok((page.attached_policies, page.marker))
    });
    let is_it = |policy: &aws_sdk_iam::types::AttachedPolicy| policy.policy_arn.as_deref() == Some(policy_arn);
    Ok(all.await?.iter().any(is_it))
}

/// An inline policy of a user; null when the user has none of that name.
pub(super) async fn inline_policy(caller: &Caller<'_>, user_name: &str, policy: &str) -> Result<Value, Failure> {
    let client = caller.session.iam();
    let request = client.get_user_policy().user_name(user_name).policy_name(policy).send();
    match caller.read(Service::Iam, "iam:GetUserPolicy", request).await {
        Ok(found) => document("iam:GetUserPolicy", &found.policy_document),
        Err(failure) if failure.class == FailureClass::Gone => user(caller, user_name).await.map(|_| Value::Null),
        Err(failure) => Err(failure),
    }
}

/// Attaches a managed policy.
pub(super) async fn attach(caller: &Caller<'_>, user: &str, policy_arn: &str) -> Result<Receipt, Failure> {
    let client = caller.session.iam();
    let request = client
        .attach_user_policy()
        .user_name(user)
        .policy_arn(policy_arn)
        .send();
    Ok(receipt(
        &caller.write(Service::Iam, "iam:AttachUserPolicy", request).await?,
    ))
}

/// Detaches a managed policy; one that is not attached is detached already.
pub(super) async fn detach(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    user: &str,
    policy_arn: &str,
) -> Result<Receipt, Failure> {
    let client = caller.session.iam();
    let request = client
        .detach_user_policy()
        .user_name(user)
        .policy_arn(policy_arn)
        .send();
    match caller.write(Service::Iam, "iam:DetachUserPolicy", request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) => done_already(reader, user, failure).await,
    }
}

/// Writes an inline policy over whatever has its name.
pub(super) async fn put_policy(
    caller: &Caller<'_>,
    user: &str,
    policy: &str,
    document: &Value,
) -> Result<Receipt, Failure> {
    let client = caller.session.iam();
    let request = client
        .put_user_policy()
        .user_name(user)
        .policy_name(policy)
        .policy_document(document.to_string());
    Ok(receipt(
        &caller.write(Service::Iam, "iam:PutUserPolicy", request.send()).await?,
    ))
}

/// Deletes an inline policy; one that is not there is deleted already.
pub(super) async fn delete_policy(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    user: &str,
    policy: &str,
) -> Result<Receipt, Failure> {
    let client = caller.session.iam();
    let request = client.delete_user_policy().user_name(user).policy_name(policy).send();
    match caller.write(Service::Iam, "iam:DeleteUserPolicy", request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) => done_already(reader, user, failure).await,
    }
}

/// Activates or deactivates an access key; one that was deleted meanwhile opens nothing, and nothing can open it.
pub(super) async fn set_key(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    user: &str,
    access_key_id: &str,
    active: bool,
) -> Result<Receipt, Failure> {
    let status = if active {
        StatusType::Active
    } else {
        StatusType::Inactive
    };
    let client = caller.session.iam();
    let request = client
        .update_access_key()
        .user_name(user)
        .access_key_id(access_key_id)
        .status(status)
        .send();
    match caller.write(Service::Iam, UPDATE_KEY, request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) => done_already(reader, user, failure).await,
    }
}

/// AWS says that there is nothing to change. That is a success as long as the user itself is there.
async fn done_already(reader: &Caller<'_>, user_name: &str, failure: Failure) -> Result<Receipt, Failure> {
    match failure.class {
        FailureClass::Gone => user(reader, user_name).await.map(|_| Receipt::default()),
        _ => Err(failure),
    }
}
