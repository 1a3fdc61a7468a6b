//! The ledger of an Incident: one hash chain of its timeline in an evidence bucket. A number is written into the status before
//! its entry is put, and the head after it: an entry that was put before a crash is recognised. What is not in the ledger yet
//! stays in the timeline.

mod entry;
mod keeping;
mod marks;
mod place;
mod progress;
mod reports;
pub mod verify;

pub use entry::Entry;
pub use place::{GRANTED_AS, Place, Site, account, place, site};
pub use progress::{Answer, Ledger};
pub use reports::{File, Form, Offer};

pub(super) use keeping::kept;
pub(super) use reports::{next as next_report, told as reports_told};

use super::world::World;
use firebreak_crds::IncidentStatus;
use jiff::Timestamp;

/// The most entries of one pass, so that others have their turn.
const PER_PASS: u32 = 100;
/// Seconds after which a pass begins no further entry.
const PASS_SECONDS: i64 = 10;
/// Seconds between two tries while one fails.
const RETRY_SECONDS: i64 = 60;

/// The next entry to put.
pub(super) fn next(world: &World, status: &IncidentStatus, now: Timestamp) -> Option<Entry> {
    let site = open(world, now)?;
    let seq = progress::recorded(world).checked_add(1)?;
    let record = status.timeline.iter().find(|one| one.entry == Some(seq))?;
    Some(Entry::of(world, site, seq, record))
}

/// Whether its number is in the status that was written last.
pub(super) fn is_planned(world: &World, entry: &Entry) -> bool {
    let written = &world.subject.status;
    let place = written.ledger.as_ref().map(|ledger| ledger.place.as_str());
    let mut all = written.timeline.iter();
    place == Some(entry.place.as_str())
        && all.any(|one| one.entry == Some(entry.seq) && entry::bare(one) == entry.record)
}

/// Where something may be put now.
fn open(world: &World, now: Timestamp) -> Option<&Site> {
    let ledger = &world.ledger;
    let Place::At(site) = &ledger.place else {
        return None;
    };
    let waits = ledger.stop.is_some() || ledger.problem.is_some() || progress::is_resting(world, now);
    let spent = ledger.put >= PER_PASS || progress::is_late(ledger, now);
    (!waits && !spent).then_some(site)
}

/// Seconds after which to look again, for the ledger's sake.
pub(super) fn look_again(world: &World, status: &IncidentStatus) -> Option<u64> {
    let waits = status.ledger.as_ref().is_some_and(|ledger| ledger.failed_at.is_some()) || world.ledger.stop.is_some();
    let is_open = matches!(world.ledger.place, Place::At(_));
    let behind = keeping::behind(status) > 0 || reports::is_due(world, status);
    let pause = if waits { RETRY_SECONDS.unsigned_abs() } else { 1 };
    (is_open && behind).then_some(pause)
}
