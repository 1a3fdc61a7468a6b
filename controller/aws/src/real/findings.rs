//! Findings of GuardDuty, with the read role.

use super::{Aws, in_time};
use crate::{services::guardduty, session::SessionKey};
use firebreak_core::aws::{
    access::Access,
    failure::Failure,
    guardduty::{ACTIONS, FindingsAsked},
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
}
