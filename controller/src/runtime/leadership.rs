//! Whether this process may write right now. The lease task writes it, everybody else reads it before each attempt.

use std::time::{Duration, SystemTime};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// How this process stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Term {
    /// Another process leads, or none.
    Standby,
    /// This one leads.
    Leading {
        /// When the last successful renewal was sent.
        renewed: Instant,
        /// The same on the wall clock, which goes on while the machine is suspended; the monotonic one may not.
        renewed_wall: SystemTime,
        /// Before this a predecessor's attempt may still be in flight.
        acts_from: Instant,
        /// How often the lease has changed hands.
        epoch: i32,
    },
    /// It led once, or gave up; it never leads again.
    Over,
}

/// The handle. Clones share it.
#[derive(Clone)]
pub struct Leadership {
    term: watch::Sender<Term>,
    duration: Duration,
    attempt_deadline: Duration,
}

impl Leadership {
    pub(super) fn standby(duration: Duration, attempt_deadline: Duration) -> Self {
        Self {
            term: watch::channel(Term::Standby).0,
            duration,
            attempt_deadline,
        }
    }

    /// One that always leads, for a process that has nobody beside it: the CLI, tests.
    pub fn alone() -> Self {
        let for_ever = Duration::from_secs(100 * 365 * 24 * 3_600);
        let leadership = Self::standby(for_ever, Duration::ZERO);
        let (now, wall) = (Instant::now(), SystemTime::now());
        leadership.set(Term::Leading {
            renewed: now,
            renewed_wall: wall,
            acts_from: now,
            epoch: 0,
        });
        leadership
    }

    /// Whether an attempt may begin now: its deadline lies inside the lease, and no predecessor's attempt is in flight.
    /// Ask before each write, not once per reconcile.
    pub fn may_write(&self) -> bool {
        self.remaining() >= self.attempt_deadline && self.is_acting()
    }

    /// Whether this process holds the lease and its wait for the predecessor is over.
    pub fn is_acting(&self) -> bool {
        let now = Instant::now();
        matches!(self.term(), Term::Leading { acts_from, .. } if now >= acts_from) && !self.remaining().is_zero()
    }

    /// What is left of the lease, by the clock that leaves less.
    pub fn remaining(&self) -> Duration {
        match self.term() {
            Term::Leading {
                renewed, renewed_wall, ..
            } => {
                let elapsed = renewed.elapsed().max(renewed_wall.elapsed().unwrap_or_default());
                self.duration.saturating_sub(elapsed)
            }
            Term::Standby | Term::Over => Duration::ZERO,
        }
    }

    /// How often the lease has changed hands, while this process has it.
    pub fn epoch(&self) -> Option<i32> {
        match self.term() {
            Term::Leading { epoch, .. } => Some(epoch),
            Term::Standby | Term::Over => None,
        }
    }

    /// Resolves when this process may act; false when it never will.
    pub async fn acting(&self) -> bool {
        let mut terms = self.term.subscribe();
        let decided = terms
            .wait_for(|term| !matches!(term, Term::Standby))
            .await
            .map(|term| *term);
        let Ok(Term::Leading { acts_from, .. }) = decided else {
            return false;
        };
        tokio::select! {
            biased;
            () = self.over() => false,
            () = sleep_until(acts_from) => true,
        }
    }

    /// Resolves when the lease is lost or given back; stop acting at once then.
    pub async fn over(&self) {
        // We hold a sender, so this cannot fail.
        drop(self.term.subscribe().wait_for(|term| matches!(term, Term::Over)).await);
    }

    /// A copy: a renewal waits for who holds a borrow, and a second borrow behind it would wait for the renewal, for ever.
    fn term(&self) -> Term {
        *self.term.borrow()
    }

    pub(super) fn set(&self, term: Term) {
        self.term.send_replace(term);
    }

    pub(super) fn renewed(&self) -> Option<Instant> {
        match self.term() {
            Term::Leading { renewed, .. } => Some(renewed),
            Term::Standby | Term::Over => None,
        }
    }

    pub(super) fn renew(&self, sent: Instant, sent_wall: SystemTime) {
        self.term.send_modify(|term| {
            if let Term::Leading {
                renewed, renewed_wall, ..
            } = term
            {
                (*renewed, *renewed_wall) = (sent, sent_wall);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread};

    #[test]
    fn who_asks_while_the_lease_is_renewed_is_answered() {
        const ASKED: usize = 200_000;
        let (leadership, (done, ended)) = (Leadership::alone(), mpsc::channel());
        for asks in [false, true, true] {
            let (leadership, done) = (leadership.clone(), done.clone());
            thread::spawn(move || {
                for _ in 0..ASKED {
                    if asks {
                        assert!(leadership.may_write());
                    } else {
                        leadership.renew(Instant::now(), SystemTime::now());
                    }
                }
                done.send(()).unwrap();
            });
        }
        for _ in 0..3 {
            ended
                .recv_timeout(Duration::from_secs(60))
                .expect("nobody waits for ever");
        }
    }
}
