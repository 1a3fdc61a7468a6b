//! What tells entries of a timeline apart: the same as in the timeline itself.

use crate::digest;
use firebreak_crds::incident::{TimelineEntry, TimelineEvent};
use jiff::Timestamp;

/// Hexadecimal digits of a mark.
const DIGITS: usize = 12;

/// Time, event, and what it is about.
pub(super) type Key = (Timestamp, TimelineEvent, String);

/// The key of an entry; none where its time cannot be read.
pub(super) fn key(entry: &TimelineEntry) -> Option<Key> {
    let at = entry.at.parse().ok()?;
    Some((at, entry.event, entry.about.clone()))
}

/// A short mark of a key, for those that left the timeline.
pub(super) fn mark((at, event, about): &Key) -> String {
    digest::short(&format!("{at} {event:?} {about}"), DIGITS)
}
