//! A message, what is known of the finding that it names, and what becomes of it.

use super::{
    super::{
        Fate, Heard,
        asking::{Problem, Site},
        world::World,
    },
    hint::Hint,
};
use crate::{aws::sqs::Message, coordinate::finding};
use jiff::Timestamp;
use serde_json::Value;

/// How often GuardDuty is asked for a finding before it counts as one that GuardDuty does not have: a message may come before the
/// finding can be read.
const ASKED: u32 = 2;

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// The message.
    pub message: Message,
    /// What it tells.
    pub told: Told,
    /// Whether it was deleted or rejected in this pass, or why that failed; none before.
    pub settled: Option<Result<(), Problem>>,
}

/// What a message tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// No finding that may be read, for this reason.
    Nothing(String),
    /// A finding of the account with this id, which the source does not name.
    Foreign(String),
    /// A finding of an account that may be one of those that cannot be read at the moment.
    Undecided,
    /// A finding of an account and region that may be asked.
    Finding {
        /// The account and the region.
        site: Site,
        /// The finding.
        hint: Box<Hint>,
        /// What GuardDuty says of it.
        answered: Answered,
    },
}

/// What GuardDuty says of a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// It was not asked.
    Unasked,
    /// It does not answer.
    Failed,
    /// It does not have it.
    Missing,
    /// This.
    Found(Value),
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum LetterFate {
    /// What becomes of the finding that it names.
    Fate(Fate),
    /// It goes to the dead-letter queue, for this reason.
    Rejected(String),
    /// It stays, and comes again.
    Stays,
}

/// Decides about a message.
pub(in super::super) fn fate(world: &World, letter: &Letter, now: Timestamp) -> LetterFate {
    match &letter.told {
        Told::Nothing(why) => LetterFate::Rejected(why.clone()),
        Told::Foreign(account) => LetterFate::Fate(Fate::Undeclared(account.clone())),
        Told::Undecided => LetterFate::Stays,
        Told::Finding { site, hint, answered } => match answered {
            Answered::Unasked | Answered::Failed => LetterFate::Stays,
            Answered::Missing if letter.message.receives < ASKED => LetterFate::Stays,
            Answered::Missing => of_finding(world, site, &hint.detail, false, now),
            Answered::Found(value) => of_finding(world, site, value, true, now),
        },
    }
}

fn of_finding(world: &World, site: &Site, value: &Value, confirmed: bool, now: Timestamp) -> LetterFate {
    let read = finding::read(value);
    match read {
        Ok(finding) => {
            let heard = Heard { site, confirmed };
            LetterFate::Fate(super::super::fate(world, heard, &finding, now))
        }
        Err(rejected) if confirmed => LetterFate::Rejected(format!("GuardDuty's finding is none: {}", rejected.why)),
        Err(rejected) => LetterFate::Rejected(format!(
            "GuardDuty does not have the finding, and detail is none: {}",
            rejected.why
        )),
    }
}
