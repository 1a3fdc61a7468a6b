//! Findings of GuardDuty: read with the read role, archived and marked with the contain role.

use super::{Aws, in_time};
use crate::{services::guardduty, session::SessionKey};
use firebreak_core::aws::{
    access::{Access, RoleKind},
    failure::Failure,
    guardduty::{ACTIONS, CLOSE_OUT_ACTIONS, CloseOut, ClosedOut, FindingsAsked},
};
use futures::future::BoxFuture;
use serde_json::Value;

impl Aws {
    pub(super) async fn found(&self, access: &Access, asked: &FindingsAsked) -> Result<Vec<Value>, Failure> {
        let keys = [SessionKey::read(access, &access.region)];
        let ask = || -> BoxFuture<'_, _> {
            Box::pin(async { guardduty::findings(&self.reader(access, &access.region).await, asked).await })
        };
        in_time(ACTIONS[0], self.renewing(&keys, ask)).await
    }

    pub(super) async fn closed_out(&self, access: &Access, asked: &CloseOut) -> Result<ClosedOut, Failure> {
        let key = SessionKey::write(access, RoleKind::Contain, None);
        let keys = [SessionKey::read(access, &access.region), key.clone()];
        let ask = || -> BoxFuture<'_, _> {
            Box::pin(async {
                let writer = self.writer(access, &key).await?;
                let reader = self.reader(access, &access.region).await;
                guardduty::close_out(&reader, &writer, asked).await
            })
        };
        in_time(CLOSE_OUT_ACTIONS[0], self.renewing(&keys, ask)).await
    }
}
