//! NotificationChannels: reads what there is to tell, tells it, and remembers what was taken. Of AWS it knows nothing.

mod gather;

use crate::{
    clock::Clock,
    executor::{MayWrite, ReconcileError, unread_status},
    records::{RecordError, Records, meant},
};
use firebreak_cloud::courier::Courier;
use firebreak_core::coordinate::notification::{
    Answered, Effect, Endpoints, Post, Rest, Secret, Send, World, answered, decide, delivered, sealed,
};
use firebreak_crds::{NotificationChannel, NotificationChannelStatus, Unreadable};
use kube::ResourceExt;
use std::sync::Arc;

/// The most messages of one pass, so that others have their turn.
const MAX_MESSAGES: usize = 50;
/// Seconds after which a pass begins no other message.
const LONGEST: i64 = 30;
/// How often a status is written again that somebody's edit stood against.
const WRITES: usize = 3;

/// Everything that telling needs.
pub struct Notifier {
    /// Kubernetes.
    pub records: Records,
    /// The way to providers.
    pub courier: Arc<dyn Courier>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The notifier's lease.
    pub leadership: Arc<dyn MayWrite>,
    /// Where providers are.
    pub endpoints: Endpoints,
}

/// One pass over one channel: the world, and the version of the object that it was read from.
struct Pass {
    object: NotificationChannel,
    world: World,
}

impl Notifier {
    /// Tells what one channel has to tell now. `None` when it does not exist (any more), or is another object of that name.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later. What was taken and could not be remembered is told twice.
    pub async fn notify(&self, namespace: &str, name: &str, uid: Option<&str>) -> Result<Option<Rest>, ReconcileError> {
        let object = match meant(self.records.channel(namespace, name).await, uid) {
            Err(RecordError::Unreadable(bad)) => return Err(self.say_unread(bad).await),
            object => object?,
        };
        let Some(object) = object.filter(|object| object.metadata.deletion_timestamp.is_none()) else {
            return Ok(None);
        };
        let mut pass = self.gather(object).await?;
        let begun = self.clock.now();
        for _ in 0..MAX_MESSAGES {
            let now = self.clock.now();
            match decide(&pass.world, now) {
                Effect::Rest(rest) => {
                    self.remember(&mut pass, rest.status.clone()).await?;
                    return Ok(Some(*rest));
                }
                Effect::Send(_) if now.as_second() - begun.as_second() > LONGEST => break,
                Effect::Send(send) => self.tell(&mut pass, &send).await?,
            }
        }
        let status = pass.world.subject.status;
        Ok(Some(Rest { status, after: 1 }))
    }

    async fn tell(&self, pass: &mut Pass, send: &Send) -> Result<(), ReconcileError> {
        let answer = self.send(&pass.world, &send.posts).await?;
        let status = delivered(&pass.world, send, &answer, self.clock.now());
        self.remember(pass, status).await
    }

    /// The first request that is not taken counts for all.
    async fn send(&self, world: &World, posts: &[Post]) -> Result<Answered, ReconcileError> {
        let nothing = Secret::default();
        let secret = world.secret.as_ref().unwrap_or(&nothing);
        let mut last = Answered::Taken { thread: None };
        for post in posts {
            self.lead()?;
            let request = match sealed(post, secret, &self.endpoints, self.clock.now()) {
                Ok(request) => request,
                Err(why) => return Ok(Answered::Refused(why)),
            };
            last = answered(post, self.courier.post(&request).await);
            if !matches!(last, Answered::Taken { .. }) {
                return Ok(last);
            }
        }
        Ok(last)
    }

    /// Writes the status, if it says anything new. An edit meanwhile does not make it untrue: what was told was told.
    async fn remember(&self, pass: &mut Pass, status: NotificationChannelStatus) -> Result<(), ReconcileError> {
        pass.world.subject.status = status.clone();
        if pass.object.status.as_ref() == Some(&status) {
            return Ok(());
        }
        for _ in 0..WRITES {
            self.lead()?;
            match self.records.write_channel_status(&pass.object, &status).await {
                Err(RecordError::Conflict(_)) => pass.object = self.again(&pass.object).await?,
                written => {
                    pass.object = written?;
                    return Ok(());
                }
            }
        }
        Err(ReconcileError::Changed)
    }

    async fn again(&self, object: &NotificationChannel) -> Result<NotificationChannel, ReconcileError> {
        let (namespace, name, uid) = (object.namespace().unwrap_or_default(), object.name_any(), object.uid());
        let found = meant(self.records.channel(&namespace, &name).await, uid.as_deref())?;
        found.ok_or(ReconcileError::Changed)
    }

    fn lead(&self) -> Result<(), ReconcileError> {
        match self.leadership.may_write() {
            true => Ok(()),
            false => Err(ReconcileError::NotLeader),
        }
    }

    async fn say_unread(&self, bad: Box<Unreadable>) -> ReconcileError {
        let said = match (unread_status(&bad, self.clock.now()), self.lead()) {
            (None, _) => Ok(()),
            (Some(_), Err(error)) => Err(error),
            (Some(status), Ok(())) => self
                .records
                .write_unread_status(&bad, &status)
                .await
                .map_err(Into::into),
        };
        said.err().unwrap_or_else(|| RecordError::Unreadable(bad).into())
    }
}
