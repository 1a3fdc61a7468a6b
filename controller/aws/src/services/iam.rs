//! IAM roles, users and their policies. Documents come percent-encoded and go out as compact JSON.

pub(crate) mod details;
pub(crate) mod requests;
pub(crate) mod simulation;
pub(crate) mod users;

use crate::{
    caller::{Caller, pages, receipt},
    error::failure,
};
use aws_smithy_types::{DateTime, date_time::Format};
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass, Receipt},
    iam::{ManagedPolicy, Role},
};
use percent_encoding::percent_decode_str;
use serde_json::Value;

const ATTACHED: &str = "iam:ListAttachedRolePolicies";
const PROFILES: &str = "iam:ListInstanceProfilesForRole";
/// What a role has when nobody set another length.
const DEFAULT_SESSION_SECONDS: u32 = 3600;

/// A role without its policies.
pub(crate) async fn role(caller: &Caller<'_>, role: &str) -> Result<Role, Failure> {
    let request = caller.session.iam().get_role().role_name(role).send();
    let found = caller.read(Service::Iam, "iam:GetRole", request).await?;
    let role = found.role.ok_or_else(|| empty("iam:GetRole"))?;
    let tags = role.tags.unwrap_or_default();
    Ok(Role {
        arn: role.arn,
        path: role.path,
        trust: document(
            "iam:GetRole",
            role.assume_role_policy_document.as_deref().unwrap_or("null"),
        )?,
        max_session_seconds: role
            .max_session_duration
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or(DEFAULT_SESSION_SECONDS),
        last_used: role
            .role_last_used
            .and_then(|used| used.last_used_date)
            .and_then(timestamp),
        tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
    })
}

/// Whether a managed policy is attached to a role.
pub(crate) async fn is_attached(caller: &Caller<'_>, role: &str, policy_arn: &str) -> Result<bool, Failure> {
    let all = pages(ATTACHED, |marker| async move {
        let client = caller.session.iam();
        let request = client
            .list_attached_role_policies()
            .role_name(role)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Iam, ATTACHED, request).await?;
        Ok((page.attached_policies, page.marker))
    });
    Ok(all
        .await?
        .iter()
        .any(|policy| policy.policy_arn.as_deref() == Some(policy_arn)))
}

/// An inline policy of a role; null when the role has none of that name.
pub(crate) async fn inline_policy(caller: &Caller<'_>, role_name: &str, policy: &str) -> Result<Value, Failure> {
    let request = caller
        .session
        .iam()
        .get_role_policy()
        .role_name(role_name)
        .policy_name(policy)
        .send();
    match caller.read(Service::Iam, "iam:GetRolePolicy", request).await {
        Ok(found) => document("iam:GetRolePolicy", &found.policy_document),
        Err(failure) if failure.class == FailureClass::Gone => role(caller, role_name).await.map(|_| Value::Null),
        Err(failure) => Err(failure),
    }
}

/// The default version of a managed policy.
pub(crate) async fn managed_policy(caller: &Caller<'_>, arn: &str) -> Result<ManagedPolicy, Failure> {
    let request = caller.session.iam().get_policy().policy_arn(arn).send();
    let policy = caller.read(Service::Iam, "iam:GetPolicy", request).await?.policy;
    let policy = policy.ok_or_else(|| empty("iam:GetPolicy"))?;
    let version = policy.default_version_id.ok_or_else(|| empty("iam:GetPolicy"))?;
    let request = caller
        .session
        .iam()
        .get_policy_version()
        .policy_arn(arn)
        .version_id(version)
        .send();
    let found = caller
        .read(Service::Iam, "iam:GetPolicyVersion", request)
        .await?
        .policy_version;
    let text = found
        .and_then(|version| version.document)
        .ok_or_else(|| empty("iam:GetPolicyVersion"))?;
    Ok(ManagedPolicy {
        arn: policy.arn.unwrap_or_default(),
        document: document("iam:GetPolicyVersion", &text)?,
    })
}

/// Names of the instance profiles that hand the role to instances.
pub(crate) async fn instance_profiles(caller: &Caller<'_>, role: &str) -> Result<Vec<String>, Failure> {
    let all = pages(PROFILES, |marker| async move {
        let client = caller.session.iam();
        let request = client
            .list_instance_profiles_for_role()
            .role_name(role)
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Iam, PROFILES, request).await?;
        Ok((Some(page.instance_profiles), page.marker))
    });
    Ok(all
        .await?
        .into_iter()
        .map(|profile| profile.instance_profile_name)
        .collect())
}

/// ARNs of the roles of an instance profile.
pub(crate) async fn profile_roles(caller: &Caller<'_>, profile: &str) -> Result<Vec<String>, Failure> {
    let client = caller.session.iam();
    let request = client.get_instance_profile().instance_profile_name(profile).send();
    let found = caller.read(Service::Iam, "iam:GetInstanceProfile", request).await?;
    let roles = found.instance_profile.map(|profile| profile.roles).unwrap_or_default();
    Ok(roles.into_iter().map(|role| role.arn).collect())
}

/// Attaches a managed policy.
pub(crate) async fn attach(caller: &Caller<'_>, role: &str, policy_arn: &str) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .iam()
        .attach_role_policy()
        .role_name(role)
        .policy_arn(policy_arn)
        .send();
    Ok(receipt(
        &caller.write(Service::Iam, "iam:AttachRolePolicy", request).await?,
    ))
}

/// Detaches a managed policy; one that is not attached is detached already.
pub(crate) async fn detach(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    role: &str,
    policy_arn: &str,
) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .iam()
        .detach_role_policy()
        .role_name(role)
        .policy_arn(policy_arn)
        .send();
    match caller.write(Service::Iam, "iam:DetachRolePolicy", request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) => done_already(reader, role, failure).await,
    }
}

/// Writes an inline policy over whatever has its name.
pub(crate) async fn put_policy(
    caller: &Caller<'_>,
    role: &str,
    policy: &str,
    document: &Value,
) -> Result<Receipt, Failure> {
    let client = caller.session.iam();
    let request = client
        .put_role_policy()
        .role_name(role)
        .policy_name(policy)
        .policy_document(document.to_string());
    Ok(receipt(
        &caller.write(Service::Iam, "iam:PutRolePolicy", request.send()).await?,
    ))
}

/// Deletes an inline policy; one that is not there is deleted already.
pub(crate) async fn delete_policy(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    role: &str,
    policy: &str,
) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .iam()
        .delete_role_policy()
        .role_name(role)
        .policy_name(policy)
        .send();
    match caller.write(Service::Iam, "iam:DeleteRolePolicy", request).await {
        Ok(output) => Ok(receipt(&output)),
        Err(failure) => done_already(reader, role, failure).await,
    }
}

/// Writes the trust policy.
pub(crate) async fn set_trust(caller: &Caller<'_>, role: &str, document: &Value) -> Result<Receipt, Failure> {
    let client = caller.session.iam();
    let request = client
        .update_assume_role_policy()
        .role_name(role)
        .policy_document(document.to_string())
        .send();
    Ok(receipt(
        &caller
            .write(Service::Iam, "iam:UpdateAssumeRolePolicy", request)
            .await?,
    ))
}

/// AWS says that there is nothing to take away. That is a success as long as the role itself is there.
async fn done_already(reader: &Caller<'_>, role_name: &str, failure: Failure) -> Result<Receipt, Failure> {
    match failure.class {
        FailureClass::Gone => role(reader, role_name).await.map(|_| Receipt::default()),
        _ => Err(failure),
    }
}

fn document(call: &str, text: &str) -> Result<Value, Failure> {
    let unreadable = |why: String| failure(FailureClass::Transient, call, "UnreadableDocument", why);
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_str(&decoded).map_err(|error| unreadable(error.to_string()))
}

fn empty(call: &str) -> Failure {
    failure(
        FailureClass::Transient,
        call,
        "EmptyAnswer",
        "AWS answered without the thing that was asked for",
    )
}

fn timestamp(time: DateTime) -> Option<String> {
    time.fmt(Format::DateTime).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_percent_decoded_and_a_plus_stays_a_plus() {
        let text = "%7B%22Statement%22%3A%5B%7B%22Sid%22%3A%22a+b%20%C3%A9%22%7D%5D%7D";
        assert_eq!(document("x", text).unwrap(), json!({"Statement": [{"Sid": "a+b é"}]}));
    }

    #[test]
    fn a_document_that_is_not_json_is_not_taken_for_none() {
        assert_eq!(document("x", "%7B").unwrap_err().code, "UnreadableDocument");
    }
}
