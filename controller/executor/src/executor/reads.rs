//! Reads of AWS. Each one ends, and a status does not go on claiming what nobody could read again.

use super::{Executor, ReconcileError, pass::Pass};
use crate::bounded;
use firebreak_core::{
    aws::{Answer, Query, access::Access},
    engine::{self, Effect},
    facts::{Ask, Batch},
};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Reads that are under way at once for one object.
const READS_AT_ONCE: usize = 16;
/// How long the status may go on claiming what a pass has not read again.
const UNREAD: Duration = Duration::from_secs(10);
/// The same at the beginning of an AWS write, which takes up to eight seconds.
const UNREAD_BEFORE_WRITE: Duration = Duration::from_secs(5);
/// A fact that is older is read again before a write.
pub(crate) const FRESH: SignedDuration = SignedDuration::from_secs(2);
/// A fact that was read for this very write may be as old as its read took, but not older than this.
const LONGEST_FRESH: SignedDuration = SignedDuration::from_secs(15);

/// What the status may still claim, and what was read for the next write.
pub(super) struct Freshness {
    begun: Instant,
    said_silent: bool,
    read_again: Option<Timestamp>,
}

impl Freshness {
    pub(super) fn of_now() -> Self {
        Self {
            begun: Instant::now(),
            said_silent: false,
            read_again: None,
        }
    }

    /// The next write needs facts of its own.
    pub(super) fn wrote(&mut self) {
        self.read_again = None;
    }

    fn is_unread_for(&self, time: Duration) -> bool {
        !self.said_silent && self.begun.elapsed() >= time
    }
}

impl Executor {
    /// Answers a query in bounded time: no answer is an answer.
    pub(crate) async fn observe(&self, access: &Access, query: &Query) -> Answer {
        bounded::observe(self.cloud.as_ref(), access, query).await
    }

    /// The same from what other objects have read a short while ago, where that is worth it.
    async fn observe_together(&self, access: &Access, query: &Query) -> Answer {
        let shared = self
            .shared
            .observe(self.cloud.as_ref(), access, query, self.clock.now());
        bounded::answered(bounded::LIST_DEADLINE, shared).await
    }

    /// Asks, and says meanwhile that nothing is known if that takes long.
    pub(super) async fn ask(&self, pass: &mut Pass, asked: Vec<Ask>) -> Result<(), ReconcileError> {
        let asked = pass.accessed(asked)?;
        let mut answers = pin!(self.answers(asked, pass.together));
        let speak = pass.freshness.begun + UNREAD;
        let answers = match timeout_at(speak, answers.as_mut()).await {
            Ok(answers) => answers,
            Err(_) => {
                self.say_silent(pass).await?;
                answers.await
            }
        };
        for (ask, answer, asked) in answers {
            pass.facts.insert_asked(ask, answer, asked);
        }
        Ok(())
    }

    async fn answers(&self, asked: Vec<(Arc<Access>, Batch)>, together: bool) -> Vec<(Ask, Answer, Timestamp)> {
        let one = |(access, batch): (Arc<Access>, Batch)| async move {
            let asked = self.clock.now();
            let answer = match together {
                true => self.observe_together(&access, &batch.ask.query).await,
                false => self.observe(&access, &batch.ask.query).await,
            };
            let told = batch.answers(&answer).into_iter();
            told.map(|(ask, answer)| (ask, answer, asked)).collect::<Vec<_>>()
        };
        let answers = stream::iter(asked).map(one).buffer_unordered(READS_AT_ONCE);
        answers.collect::<Vec<_>>().await.concat()
    }

    /// Whether every fact is fresh enough to be written on. What is not is read again, all of it at once.
    pub(super) async fn is_fresh(&self, pass: &mut Pass) -> Result<bool, ReconcileError> {
        let now = self.clock.now();
        let since = pass
            .freshness
            .read_again
            .filter(|at| now.duration_since(*at) <= LONGEST_FRESH);
        let old = pass.facts.older_than(FRESH, now, since);
        if old.is_empty() {
            return Ok(true);
        }
        pass.freshness.read_again = Some(now);
        self.ask(pass, old).await?;
        Ok(false)
    }

    /// A write keeps the pass from reporting for a while.
    pub(super) async fn say_silent_before(&self, pass: &mut Pass, effect: &Effect) -> Result<(), ReconcileError> {
        let writes = matches!(effect, Effect::Write { .. } | Effect::Archive { .. });
        match writes && pass.freshness.is_unread_for(UNREAD_BEFORE_WRITE) {
            true => self.say_silent(pass).await,
            false => Ok(()),
        }
    }

    /// The pass goes on; what it finds is said at its end.
    async fn say_silent(&self, pass: &mut Pass) -> Result<(), ReconcileError> {
        if std::mem::replace(&mut pass.freshness.said_silent, true) {
            return Ok(());
        }
        let rest = engine::silent(&pass.world, self.clock.now());
        self.report(pass, &rest).await
    }
}
