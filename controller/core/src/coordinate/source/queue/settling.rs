//! What is done about messages whose fate is decided: each only once what it led to is durable.

use super::{
    super::{Fate, world::World},
    letter::{Letter, LetterFate},
};
use crate::aws::sqs::Queue;
use firebreak_crds::text;

/// The longest reason on a dead-letter queue.
const WHY: usize = 256;

/// A message to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// Which letter of the world it is.
    pub letter: usize,
    /// What is done.
    pub how: How,
}

/// What is done about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It is deleted.
    Delete,
    /// It is put on the dead-letter queue, and then deleted.
    Reject {
        /// The dead-letter queue.
        to: Queue,
        /// Why: its attribute `reason`.
        why: String,
    },
}

/// Everything that is to be done about the messages now.
pub(in super::super) fn next(world: &World, fates: &[LetterFate]) -> Vec<Settle> {
    let Some(Ok(mail)) = &world.post else { return Vec::new() };
    let each = mail.letters.iter().zip(fates).enumerate();
    let open = each.filter(|(_, (letter, _))| letter.settled.is_none());
    let settles = open.filter_map(|(letter, (_, fate))| {
        Some(Settle {
            letter,
            how: how(mail.dead_letters.as_ref(), fate)?,
        })
    });
    settles.collect()
}

/// None where it stays: what the API server refuses is no fault of the message.
fn how(dead_letters: Option<&Queue>, fate: &LetterFate) -> Option<How> {
    match fate {
        LetterFate::Stays | LetterFate::Fate(Fate::Refused | Fate::Needs(_)) => None,
        LetterFate::Fate(
            Fate::LeftOut(_) | Fate::Undeclared(_) | Fate::Unmatched | Fate::Suppressed | Fate::Opened | Fate::Joined,
        ) => Some(How::Delete),
        LetterFate::Rejected(why) => Some(How::Reject {
            to: dead_letters?.clone(),
            why: text::bounded(why, WHY),
        }),
    }
}

impl Letter {
    /// Whether it was deleted or rejected.
    pub(in super::super) fn is_settled(&self) -> bool {
        self.settled == Some(Ok(()))
    }
}
