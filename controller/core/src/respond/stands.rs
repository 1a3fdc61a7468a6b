//! How an object stands in one word, from the conditions that are said of it: each kind has its own words for it.

use super::Done;
use firebreak_crds::{ConditionType as Type, Reason, condition::Wanted};

/// How an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Nothing certain is known.
    Unknown,
    /// Nothing is done.
    NotDone,
    /// Something is written, and not everything is proven.
    Doing,
    /// It is done, and proven.
    Done,
    /// It is being undone.
    Undoing,
    /// It is undone.
    Undone,
    /// It was given up.
    GivenUp,
}

impl Stands {
    /// What the conditions come to, of a kind that calls it so that it is done.
    pub fn of(conditions: &[Wanted], done: &Done) -> Self {
        let is = |kind| said(conditions, kind).is_some_and(|said| said.status == Some(true));
        let Some(word) = said(conditions, done.condition) else {
            return Self::Unknown;
        };
        let writing =
            is(Type::Reconciling) || said(conditions, Type::Applied).is_some_and(|it| it.reason != Reason::NotApplied);
        match (word.status, word.reason) {
            (_, Reason::Abandoned) => Self::GivenUp,
            (_, Reason::Released) => Self::Undone,
            (Some(true), _) => Self::Done,
            (None, _) => Self::Unknown,
            (Some(false), Reason::Releasing) => Self::Undoing,
            (Some(false), _) if writing => Self::Doing,
            (Some(false), _) => Self::NotDone,
        }
    }
}

fn said(conditions: &[Wanted], kind: Type) -> Option<&Wanted> {
    conditions.iter().find(|said| said.kind == kind)
}
