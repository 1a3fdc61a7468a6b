//! Runs whose steps run side by side: their questions with the read role, and everything else with the role for failovers.

use super::{Aws, in_time};
use crate::{
    caller::Caller,
    error::{answer, has_stale_credentials},
    services::{failovers, s3::run_store},
    session::SessionKey,
    website,
};
use firebreak_core::{
    aws::{
        Answer,
        access::{Access, RoleKind},
        failure::{Failure, Receipt},
        s3::{Place, Stored},
    },
    run::act::{Deed, Probe},
};
use futures::future::BoxFuture;

impl Aws {
    pub(super) async fn sight(&self, access: &Access, probe: &Probe) -> Answer {
        if let Probe::Http { url } = probe {
            return website::ask(url).await;
        }
        let call = probe.actions().first().copied().unwrap_or_default();
        let keys = [SessionKey::read(access, &access.region)];
        let look = || -> BoxFuture<'_, _> {
            Box::pin(async { failovers::look(&self.reader(access, &access.region).await, probe).await })
        };
        in_time(call, self.renewing(&keys, look)).await.unwrap_or_else(answer)
    }

    /// Every call within its own time: each is an attempt of its own.
    pub(super) async fn deed(&self, access: &Access, deed: &Deed) -> Result<Vec<String>, Failure> {
        deed.check()?;
        access.failover_role(deed.first_action())?;
        let mut ids = Vec::new();
        for call in deed.each() {
            let receipt = in_time(call.first_action(), self.one(access, &call)).await?;
            ids.extend(receipt.request_id);
        }
        Ok(ids)
    }

    async fn one(&self, access: &Access, call: &Deed) -> Result<Receipt, Failure> {
        let keys = [failover_key(access), SessionKey::read(access, &access.region)];
        let act = || -> BoxFuture<'_, _> {
            Box::pin(async {
                let writer = self.failing_over(access).await?;
                failovers::act(&writer, &self.reader(access, &access.region).await, call).await
            })
        };
        self.renewing(&keys, act).await
    }

    pub(super) async fn kept(&self, access: &Access, at: &Place) -> Result<Option<Stored>, Failure> {
        let call = "s3:GetObject";
        access.failover_role(call)?;
        let get =
            || -> BoxFuture<'_, _> { Box::pin(async { run_store::get(&self.failing_over(access).await?, at).await }) };
        in_time(call, self.renewing(&[failover_key(access)], get)).await
    }

    pub(super) async fn keep(
        &self,
        access: &Access,
        at: &Place,
        body: &str,
        over: Option<&str>,
    ) -> Result<Stored, Failure> {
        let call = "s3:PutObject";
        access.failover_role(call)?;
        let put = || -> BoxFuture<'_, _> {
            Box::pin(async { run_store::put(&self.failing_over(access).await?, at, body, over).await })
        };
        in_time(call, self.renewing(&[failover_key(access)], put)).await
    }

    async fn failing_over<'a>(&'a self, access: &'a Access) -> Result<Caller<'a>, Failure> {
        self.writer(access, &failover_key(access)).await
    }

    /// Once more with new sessions when the credentials are no longer taken: then nothing was done.
    pub(super) async fn renewing<'a, T>(
        &self,
        keys: &[SessionKey],
        work: impl Fn() -> BoxFuture<'a, Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match work().await {
            Err(failure) if has_stale_credentials(&failure) => {
                keys.iter().for_each(|key| self.sessions.forget(key));
                work().await
            }
            result => result,
        }
    }
}

fn failover_key(access: &Access) -> SessionKey {
    SessionKey::write(access, RoleKind::Failover, None)
}
