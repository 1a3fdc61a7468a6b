//! Findings of GuardDuty, read with the read role, and archived and marked with the contain role; and the messages that tell of them,
//! with the role for queues.

use super::{Aws, in_time};
use crate::{
    services::{guardduty, sqs},
    session::SessionKey,
};
use firebreak_core::aws::{
    access::{Access, RoleKind},
    failure::Failure,
    guardduty::{ACTIONS, CLOSE_OUT_ACTIONS, CloseOut, ClosedOut, FindingsAsked},
    sqs::{Message, Queue, Received},
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

    pub(super) async fn found_by_id(&self, access: &Access, ids: &[String]) -> Result<Vec<Value>, Failure> {
        let keys = [SessionKey::read(access, &access.region)];
        let ask = || -> BoxFuture<'_, _> {
            Box::pin(async { guardduty::named(&self.reader(access, &access.region).await, ids).await })
        };
        in_time(ACTIONS[0], self.renewing(&keys, ask)).await
    }

    pub(super) async fn received(&self, access: &Access, queue: &Queue) -> Result<Received, Failure> {
        access.queue_role(sqs::RECEIVE)?;
        let key = queue_key(access);
        let ask =
            || -> BoxFuture<'_, _> { Box::pin(async { sqs::receive(&self.writer(access, &key).await?, queue).await }) };
        in_time(sqs::RECEIVE, self.renewing(std::slice::from_ref(&key), ask)).await
    }

    pub(super) async fn acknowledged(
        &self,
        access: &Access,
        queue: &Queue,
        receipts: &[String],
    ) -> Result<(), Failure> {
        access.queue_role(sqs::DELETE)?;
        let key = queue_key(access);
        let delete = || -> BoxFuture<'_, _> {
            Box::pin(async { sqs::acknowledge(&self.writer(access, &key).await?, queue, receipts).await })
        };
        in_time(sqs::DELETE, self.renewing(std::slice::from_ref(&key), delete)).await
    }

    pub(super) async fn rejected(
        &self,
        access: &Access,
        queue: &Queue,
        to: &Queue,
        message: &Message,
        why: &str,
    ) -> Result<(), Failure> {
        access.queue_role(sqs::SEND)?;
        let key = queue_key(access);
        let put = || -> BoxFuture<'_, _> {
            Box::pin(async { sqs::put(&self.writer(access, &key).await?, to, &message.body, why).await })
        };
        in_time(sqs::SEND, self.renewing(std::slice::from_ref(&key), put)).await?;
        self.acknowledged(access, queue, std::slice::from_ref(&message.receipt))
            .await
    }
}

fn queue_key(access: &Access) -> SessionKey {
    SessionKey::write(access, RoleKind::Queue, None)
}
