//! How far the ledger is in this pass, and what the bucket answered.

use super::{
    super::{life::time, world::World},
    PASS_SECONDS, RETRY_SECONDS,
    entry::Entry,
    place::{Place, begun},
    reports::Stored,
};
use crate::{
    aws::failure::{Failure, FailureClass},
    blocked::Blocked,
    digest,
};
use firebreak_crds::Reason;
use jiff::Timestamp;

/// What is known of the ledger in a pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Where it is.
    pub place: Place,
    /// Why an EmergencyStop holds it back.
    pub stop: Option<String>,
    /// When the pass began.
    pub since: Option<Timestamp>,
    /// What stands against the next entry, as this pass found.
    pub problem: Option<Blocked>,
    /// How many entries were put in this pass.
    pub put: u32,
    pub(super) head: Option<Head>,
    pub(super) reports: Vec<Stored>,
}

/// The last entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) entries: u32,
    pub(super) hash: String,
    pub(super) at: Timestamp,
}

/// What the bucket answered to an object that was put.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is there: this is the hash of its content.
    Stored(String),
    /// Its key is taken: this is what it holds.
    Taken(String),
    /// The call failed.
    Failed(Failure),
}

impl Ledger {
    /// As a pass finds it when it begins.
    pub fn at(place: Place, stop: Option<String>, since: Timestamp) -> Self {
        Self {
            place,
            stop,
            since: Some(since),
            ..Self::default()
        }
    }

    /// Takes the answer about an entry.
    pub fn took(&mut self, entry: &Entry, answer: Answer, now: Timestamp) {
        let hash = match answer {
            Answer::Stored(hash) => hash,
            Answer::Taken(text) if entry.is_told_by(&text) => digest::of_bytes(text.as_bytes()),
            Answer::Taken(text) => return self.problem = Some(fork(entry, &text)),
            Answer::Failed(failure) => return self.problem = Some(blocked(&failure)),
        };
        self.put += 1;
        self.head = Some(Head {
            entries: entry.seq,
            hash,
            at: now,
        });
    }
}

fn fork(entry: &Entry, text: &str) -> Blocked {
    let message = format!(
        "entry {} is there already and holds another content ({}), which was not written here: find out who did, and remove it",
        entry.seq,
        digest::of_bytes(text.as_bytes())
    );
    Blocked::new(Reason::LedgerForked, message)
}

/// What a call that failed says.
pub(super) fn blocked(failure: &Failure) -> Blocked {
    let reason = match failure.class {
        FailureClass::Denied => Reason::AccessDenied,
        FailureClass::Throttled => Reason::Throttled,
        _ => Reason::Unreachable,
    };
    Blocked::new(reason, failure.to_string())
}

/// How many entries are in the ledger.
pub(super) fn recorded(world: &World) -> u32 {
    let written = begun(&world.subject).map_or(0, |ledger| ledger.entries);
    world.ledger.head.as_ref().map_or(written, |head| head.entries)
}

/// The hash of the last one.
pub(super) fn head(world: &World) -> Option<String> {
    let written = begun(&world.subject).and_then(|ledger| ledger.head.clone());
    world.ledger.head.as_ref().map(|head| head.hash.clone()).or(written)
}

/// Whether it was tried in vain a moment ago: a bucket that does not answer delays nothing else.
pub(super) fn is_resting(world: &World, now: Timestamp) -> bool {
    let ledger = world.subject.status.ledger.as_ref();
    let failed = time(ledger.and_then(|ledger| ledger.failed_at.as_ref()));
    failed.is_some_and(|failed| seconds(failed, now) < RETRY_SECONDS)
}

/// Whether the pass has taken its time.
pub(super) fn is_late(ledger: &Ledger, now: Timestamp) -> bool {
    ledger.since.is_some_and(|since| seconds(since, now) >= PASS_SECONDS)
}

fn seconds(from: Timestamp, until: Timestamp) -> i64 {
    until.as_second() - from.as_second()
}
