//! Where a role is assumed: in the operator's home region, or, where STS does not help there, in the session's own.
//!
//! STS in a region that must be opted in to takes the operator's own credentials only where the *operator's* account has the region
//! enabled, whatever the account has that is acted in (IAM user guide, "Manage AWS STS in an AWS Region"). The home region works as
//! long as the operator does, and a session from there holds in every region. When it is the home region that fails, the session's own
//! region is asked.

use super::SessionKey;
use crate::error::assume_role_cause;
use aws_config::{Region, SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::{self, ProvideCredentials, error::CredentialsError, future};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use firebreak_core::aws::failure::{FailureClass, class_of};
use std::time::Duration;

/// How long the home region has when another one can be asked.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to one role.
#[derive(Debug)]
pub(super) struct RegionalSts {
    first: AssumeRoleProvider,
    second: Option<AssumeRoleProvider>,
}

impl RegionalSts {
    pub(super) async fn new(base: &SdkConfig, key: &SessionKey) -> Self {
        let own = Region::new(key.region.clone());
        let home = base.region().cloned().unwrap_or_else(|| own.clone());
        let second = match home == own {
            true => None,
            false => Some(assume(base, key, own).await),
        };
        Self {
            first: assume(base, key, home).await,
            second,
        }
    }

    async fn credentials(&self) -> provider::Result {
        let Some(second) = &self.second else {
            return self.first.provide_credentials().await;
        };
        let first = match tokio::time::timeout(PATIENCE, self.first.provide_credentials()).await {
            Ok(result) => result,
            Err(_) => Err(CredentialsError::provider_timed_out(PATIENCE)),
        };
        match &first {
            Err(error) if !is_final(error) => second.provide_credentials().await.or(first),
            _ => first,
        }
    }
}

impl ProvideCredentials for RegionalSts {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// Whether every region would say the same: the role refuses, or the request is wrong.
fn is_final(error: &CredentialsError) -> bool {
    let refusal = assume_role_cause(error).and_then(|cause| cause.as_service_error());
    refusal.and_then(ProvideErrorMetadata::code).is_some_and(|code| {
        let class = class_of("sts:AssumeRole", code);
        code != "RegionDisabledException" && matches!(class, Some(FailureClass::Denied | FailureClass::Invalid))
    })
}

async fn assume(base: &SdkConfig, key: &SessionKey, region: Region) -> AssumeRoleProvider {
    let mut provider = AssumeRoleProvider::builder(&key.role_arn)
        .configure(base)
        .region(region)
        .session_name(&key.name)
        .session_length(key.lifetime());
    if let Some(id) = &key.external_id {
        provider = provider.external_id(id);
    }
    if !key.tags.is_empty() {
        provider = provider.tags(key.tags.clone());
    }
    if let Some(policy) = &key.policy {
        provider = provider.policy(policy);
    }
    provider.build().await
}
