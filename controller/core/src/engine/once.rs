//! Runs that are over when they are done ([`crate::run::plan::Plan::acts`]): every ready step at once, from the journal, what was
//! read, and the time alone. It knows no kind of responder.
//!
//! # Flow
//! words of people → what AWS shows of each step → failures → steps that begin (or go back) → end. All of it is one journal write;
//! only then calls are made, side by side, and only for steps that the journal says are begun.
//!
//! # Guarantees
//! - No call without `Started` (or `going_back`) in the journal as it was read back: [`Turn::calls`] is empty while a write is due.
//! - A call that may have been made is repeated only where a read that was asked for since shows no effect of it, and AWS says that
//!   repeating it harms nothing ([`Idempotence`]); otherwise it is observed.
//! - A step is Done only where a read shows it and, for a job, this run's journal asked for it. What is not known is `Unknown`: it is
//!   neither Done nor Failed and never put back. An unreadable site delays only the steps that read it, and what needs them.
//! - From the first one-way step on nothing is put back.
//! - Steps of one section are not parted (`section.rs`).
//!
//! # Assumptions
//! One process decides at a time; journal writes are conditional; [`Scene::in_flight`] and [`Scene::uncalled`] are this process's own
//! memory, empty after a restart; a new leader has waited until every call of the earlier one has ended.
//!
//! [`Idempotence`]: crate::aws::Idempotence

mod answers;
mod beginning;
mod calls;
mod control;
mod ending;
mod fence;
mod observing;
mod people;
mod record;
mod restoring;
mod samples;
mod scene;
mod section;
#[cfg(test)]
mod tests;
mod turn;

pub use answers::{answered, newly_begun};
pub use people::{agreed, words};
pub use record::{Standing as StepStanding, standing};
pub use scene::{Scene, Word};
pub use turn::{Call, Hold, State, Turn, decide};

use jiff::SignedDuration;

/// The most calls that are made at once.
pub const MAX_SIDE_BY_SIDE: usize = 16;
/// How old a read may be on which a step begins or a call is made.
pub const FRESH: SignedDuration = SignedDuration::from_secs(2);
/// How long AWS may take to show that it took a call.
const CONSISTENT: SignedDuration = SignedDuration::from_secs(5);
/// When a call is made again that did not come about, and a read that told nothing.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// When a call is made again that AWS refused for good: a person may have changed something since.
const SLOWLY: SignedDuration = SignedDuration::from_secs(60);
/// How often what is under way is looked at.
const POLL: SignedDuration = SignedDuration::from_secs(10);
