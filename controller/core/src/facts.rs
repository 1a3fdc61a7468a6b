//! What was read from AWS, each answer with its own age.

use crate::{
    aws::{Answer, Query},
    blocked::{Blocked, Stop},
};
use firebreak_crds::Reason;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The answers of one pass, each with its own age. A pass starts with none, so its facts are at most as old as the pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(BTreeMap<Query, Known>);

#[derive(Clone, Debug, PartialEq)]
struct Known {
    answer: Answer,
    /// When the request was sent; what it answers may be as old as that.
    asked: Timestamp,
}

impl Facts {
    /// Keeps an answer whose age does not matter, because nothing is written on it.
    pub fn insert(&mut self, query: Query, answer: Answer) {
        self.insert_asked(query, answer, Timestamp::MIN);
    }

    /// Keeps an answer to a request that was sent at that time.
    pub fn insert_asked(&mut self, query: Query, answer: Answer, asked: Timestamp) {
        self.0.insert(query, Known { answer, asked });
    }

    /// What was asked longer ago than that, and not since `since` either.
    pub fn older_than(&self, age: SignedDuration, now: Timestamp, since: Option<Timestamp>) -> Vec<Query> {
        let old =
            |known: &Known| now.duration_since(known.asked) > age && since.is_none_or(|since| known.asked < since);
        let old = self.0.iter().filter(|(_, known)| old(known));
        old.map(|(query, _)| query.clone()).collect()
    }

    /// Keeps only the answers for which it holds: after a write, what the write may have changed is asked again.
    pub fn retain(&mut self, keep: impl Fn(&Query) -> bool) {
        self.0.retain(|query, _| keep(query));
    }

    /// Keeps only what AWS did not tell: it is not asked again at once.
    pub fn retain_unanswered(&mut self) {
        let unanswered = |answer: &Answer| matches!(answer, Answer::Throttled | Answer::Unreachable(_));
        self.0.retain(|_, known| unanswered(&known.answer));
    }

    /// The answer, if it was asked.
    pub fn answer(&self, query: &Query) -> Option<&Answer> {
        self.0.get(query).map(|known| &known.answer)
    }

    /// Everything that is known, in a stable order.
    pub fn all(&self) -> impl Iterator<Item = (&Query, &Answer)> {
        self.0.iter().map(|(query, known)| (query, &known.answer))
    }

    /// Asks for everything that is not known yet, in one round.
    ///
    /// # Errors
    /// [`Stop::Ask`] with the missing queries.
    pub fn ask(&self, queries: impl IntoIterator<Item = Query>) -> Result<(), Stop> {
        let missing: Vec<Query> = queries.into_iter().filter(|q| !self.0.contains_key(q)).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Stop::Ask(missing))
        }
    }

    /// The typed answer; `None` when AWS says that it does not exist.
    ///
    /// # Errors
    /// [`Stop::Ask`] when it was not asked yet, [`Stop::Blocked`] when AWS did not tell.
    pub fn need<T: DeserializeOwned>(&self, query: Query) -> Result<Option<T>, Stop> {
        match self.answer(&query) {
            None => Err(Stop::Ask(vec![query])),
            Some(Answer::NotFound) => Ok(None),
            Some(Answer::Found(value)) => serde_json::from_value(value.clone()).map(Some).map_err(|error| {
                Blocked::new(
                    Reason::InternalError,
                    format!("{query:?} was answered in another shape: {error}"),
                )
                .into()
            }),
            Some(Answer::Denied(why)) => Err(Blocked::new(Reason::AccessDenied, why.clone()).into()),
            Some(Answer::Throttled) => Err(Blocked::new(
                Reason::Throttled,
                format!(
                    "{} was not read: AWS throttles the account, or its budget of calls is used up",
                    query.subject()
                ),
            )
            .into()),
            Some(Answer::Unreachable(why)) => Err(Blocked::new(
                Reason::Unreachable,
                format!("{} could not be read: {why}", query.subject()),
            )
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::iam::IamRead;

    #[test]
    fn each_answer_is_as_old_as_its_own_request() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let role = |name: &str| Query::Iam(IamRead::Role { role: name.into() });
        let mut facts = Facts::default();
        facts.insert_asked(role("first"), Answer::NotFound, at(10));
        facts.insert_asked(role("second"), Answer::NotFound, at(13));
        let older = |now, since: Option<i64>| facts.older_than(SignedDuration::from_secs(2), at(now), since.map(at));
        assert_eq!(older(12, None), []);
        assert_eq!(older(13, None), [role("first")]);
        assert_eq!(older(16, None), [role("first"), role("second")]);
        assert_eq!(
            older(16, Some(13)),
            [role("first")],
            "it was read again for this write already"
        );
    }
}
