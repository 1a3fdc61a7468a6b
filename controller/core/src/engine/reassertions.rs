//! The bounds of putting drift right: how long a write may spread unseen, and how often it is written again before a
//! person is called.

use super::journal::second;
use firebreak_crds::text;
use jiff::Timestamp;

/// Seconds after a write in which a read that does not show it is not yet drift.
pub(super) const PROPAGATION_SECONDS: i64 = 30;
/// Drift is put right at most this often within [`FIGHT_SECONDS`].
const FIGHT_TIMES: usize = 5;
const FIGHT_SECONDS: i64 = 600;
/// How many times of re-assertion are kept.
const KEPT_TIMES: usize = 8;

/// Whether it was put right so often of late (RFC 3339 times) that somebody must be undoing it.
pub(super) fn is_fight(times: &[String], now: Timestamp) -> bool {
    let recent = times.iter().filter_map(|time| second(Some(time)));
    recent.filter(|at| now.as_second() - at < FIGHT_SECONDS).count() >= FIGHT_TIMES
}

/// Remembers that it is put right now.
pub(super) fn remember(times: &mut Vec<String>, now: Timestamp) {
    times.push(text::seconds(now));
    let surplus = times.len().saturating_sub(KEPT_TIMES);
    times.drain(..surplus);
}
