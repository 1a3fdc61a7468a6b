//! What is reported of a queue.

use super::{
    super::{
        asking::Problem,
        queue::{Letter, LetterFate},
        world::World,
    },
    count,
};
use firebreak_crds::{
    finding_source::{FindingCounts, QueueStatus},
    text,
};
use jiff::Timestamp;

/// Seconds until an empty queue is looked at again: SQS waits a second for a message besides.
const QUIET: u64 = 4;
/// Seconds until a queue is looked at again that does not answer, or whose messages cannot be handled.
const LATER: u64 = 15;

/// How the queue stands; none where the source names none.
pub(super) fn status(world: &World, fates: &[LetterFate], now: Timestamp) -> Option<QueueStatus> {
    let post = world.post.as_ref()?;
    let mut status = world.subject.status.queue.clone().unwrap_or_default();
    let rejected = settled(world, fates).filter(|(_, fate)| matches!(fate, LetterFate::Rejected(_)));
    let rejected = rejected.count() as u64;
    status.rejected += rejected;
    status.handled += settled(world, fates).count() as u64 - rejected;
    status.problem = problem(world).map(|problem| problem.message.clone());
    if let Ok(mail) = post {
        status.dead_letter_queue = mail.dead_letters.as_ref().map(ToString::to_string);
        if !mail.letters.is_empty() {
            status.last_message_at = Some(text::seconds(now));
        }
    }
    Some(status)
}

fn settled<'a>(world: &'a World, fates: &'a [LetterFate]) -> impl Iterator<Item = (&'a Letter, &'a LetterFate)> {
    let each = world.letters().iter().zip(fates);
    each.filter(|(letter, _)| letter.is_settled())
}

fn problem(world: &World) -> Option<&Problem> {
    let queue = world.post.as_ref().and_then(|post| post.as_ref().err());
    let mut letters = world.letters().iter();
    queue.or_else(|| letters.find_map(|letter| letter.settled.as_ref()?.as_ref().err()))
}

/// The counts with those of messages that were handled.
pub(super) fn counted(world: &World, fates: &[LetterFate], mut counts: FindingCounts) -> FindingCounts {
    for (_, fate) in settled(world, fates) {
        match fate {
            LetterFate::Fate(fate) => count(&mut counts, fate),
            LetterFate::Rejected(_) => {
                counts.read += 1;
                counts.left_out += 1;
            }
            LetterFate::Stays => {}
        }
    }
    counts
}

/// Seconds until the queue is looked at again; none where there is none.
pub(super) fn after(world: &World) -> Option<u64> {
    let post = world.post.as_ref()?;
    let letters = world.letters();
    Some(match post {
        Err(_) => LATER,
        Ok(_) if letters.is_empty() => QUIET,
        Ok(_) if letters.iter().any(Letter::is_settled) => 0,
        Ok(_) => LATER,
    })
}
