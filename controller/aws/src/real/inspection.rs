//! What a person asks about the way to an account: where a role leads, and what its policies allow. Nothing is changed.

use super::{Aws, in_time, store_of};
use crate::{services::iam::simulation, services::sts, session::SessionKey};
use firebreak_core::{
    aws::{
        access::{Access, RoleKind},
        failure::Failure,
        sts::CallerIdentity,
    },
    simulation::{Trial, Verdict},
};

impl Aws {
    /// Who one is with a role of the account: assumes it as the operator does, tags and external id included.
    ///
    /// # Errors
    /// A classified [`Failure`]: `Denied` when the role cannot be assumed.
    pub async fn identity_as(&self, access: &Access, role: RoleKind) -> Result<CallerIdentity, Failure> {
        let key = match role {
            RoleKind::Read => SessionKey::read(access, &access.region),
            RoleKind::Contain
            | RoleKind::ContainIdentity
            | RoleKind::Evidence
            | RoleKind::Failover
            | RoleKind::Queue => SessionKey::write(access, role, None),
        };
        let session = self.sessions.get(&key).await;
        let caller = self.caller(session, &access.account.account_id, &access.region);
        in_time("sts:GetCallerIdentity", sts::caller_identity(&caller)).await
    }

    /// The lock that every new object in the account's evidence bucket gets, in words; none without one.
    ///
    /// # Errors
    /// A classified [`Failure`]: `Gone` when there is no such bucket, `Denied` also when it belongs to another account.
    pub async fn evidence_lock(&self, access: &Access) -> Result<Option<String>, Failure> {
        let place = self.evidence(access, store_of(access)?).await;
        in_time("s3:GetBucketObjectLockConfiguration", Box::pin(place.object_lock())).await
    }

    /// What IAM's simulator says of a role of the account, asked with the read role or, where `own`, with the credentials
    /// that this process was given: the simulator answers only to identities of the same account.
    ///
    /// # Errors
    /// A classified [`Failure`]: `Denied` when the caller may not simulate.
    pub async fn simulate(
        &self,
        access: &Access,
        role: RoleKind,
        trial: &Trial,
        own: bool,
    ) -> Result<Vec<Verdict>, Failure> {
        let account = access.account.account_id.as_str();
        let caller = match own {
            true => self.caller(self.own.clone(), account, &access.region),
            false => self.reader(access, &access.region).await,
        };
        let simulated = simulation::simulate(&caller, access.role_arn(role), trial);
        in_time("iam:SimulatePrincipalPolicy", simulated).await
    }
}
