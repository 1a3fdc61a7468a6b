//! What was read from AWS, each answer with its own age.

mod batch;

pub use batch::Batch;

use crate::{
    aws::{Answer, Query, Site},
    blocked::{Blocked, Stop},
};
use firebreak_crds::Reason;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A question, and where it is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// The account and the region.
    pub site: Site,
    /// The question.
    pub query: Query,
}

/// The answers of one pass, each with its own age. A pass starts with none, so its facts are at most as old as the pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(BTreeMap<Site, BTreeMap<Query, Known>>);

#[derive(Clone, Debug, PartialEq)]
struct Known {
    answer: Answer,
    /// When the request was sent; what it answers may be as old as that.
    asked: Timestamp,
}

impl Facts {
    /// Keeps an answer whose age does not matter, because nothing is written on it.
    pub fn insert(&mut self, ask: Ask, answer: Answer) {
        self.insert_asked(ask, answer, Timestamp::MIN);
    }

    /// Keeps an answer to a request that was sent at that time.
    pub fn insert_asked(&mut self, ask: Ask, answer: Answer, asked: Timestamp) {
        let known = Known { answer, asked };
        self.0.entry(ask.site).or_default().insert(ask.query, known);
    }

    /// The answer, if it was asked.
    pub fn answer(&self, ask: &Ask) -> Option<&Answer> {
        let known = self.0.get(&ask.site)?.get(&ask.query)?;
        Some(&known.answer)
    }

    /// What is known of one site.
    pub fn at<'a>(&'a self, site: &'a Site) -> SiteFacts<'a> {
        SiteFacts { facts: self, site }
    }

    /// What was asked longer ago than that, and not since `since` either.
    pub fn older_than(&self, age: SignedDuration, now: Timestamp, since: Option<Timestamp>) -> Vec<Ask> {
        let old =
            |known: &Known| now.duration_since(known.asked) > age && since.is_none_or(|since| known.asked < since);
        let old = self.known().filter(|(_, _, known)| old(known));
        old.map(|(site, query, _)| Ask {
            site: site.clone(),
            query: query.clone(),
        })
        .collect()
    }

    /// Keeps only the answers for which it holds: after a write, what the write may have changed is asked again.
    pub fn retain(&mut self, keep: impl Fn(&Site, &Query) -> bool) {
        for (site, known) in &mut self.0 {
            known.retain(|query, _| keep(site, query));
        }
    }

    /// Keeps only what AWS did not tell: it is not asked again at once.
    pub fn retain_unanswered(&mut self) {
        let unanswered = |answer: &Answer| matches!(answer, Answer::Throttled | Answer::Unreachable(_));
        for known in self.0.values_mut() {
            known.retain(|_, known| unanswered(&known.answer));
        }
    }

    /// Everything that is known, in a stable order.
    pub fn all(&self) -> impl Iterator<Item = (&Site, &Query, &Answer)> {
        self.known().map(|(site, query, known)| (site, query, &known.answer))
    }

    /// Asks for everything that is not known yet, in one round.
    ///
    /// # Errors
    /// [`Stop::Ask`] with the missing questions.
    pub fn ask(&self, asked: impl IntoIterator<Item = Ask>) -> Result<(), Stop> {
        let is_missing = |ask: &Ask| self.answer(ask).is_none();
        let missing: Vec<Ask> = asked.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Stop::Ask(missing))
        }
    }

    fn known(&self) -> impl Iterator<Item = (&Site, &Query, &Known)> {
        let of_site = |(site, known)| BTreeMap::iter(known).map(move |(query, known)| (site, query, known));
        self.0.iter().flat_map(of_site)
    }
}

/// What is known of one site.
#[derive(Clone, Copy, Debug)]
pub struct SiteFacts<'a> {
    facts: &'a Facts,
    site: &'a Site,
}

impl SiteFacts<'_> {
    /// The answer, if it was asked.
    pub fn answer(&self, query: &Query) -> Option<&Answer> {
        let known = self.facts.0.get(self.site)?.get(query)?;
        Some(&known.answer)
    }

    /// Asks for everything that is not known yet, in one round.
    ///
    /// # Errors
    /// [`Stop::Ask`] with the missing questions.
    pub fn ask(&self, queries: impl IntoIterator<Item = Query>) -> Result<(), Stop> {
        self.facts.ask(queries.into_iter().map(|query| self.here(query)))
    }

    fn here(&self, query: Query) -> Ask {
        Ask {
            site: self.site.clone(),
            query,
        }
    }

    /// The typed answer; `None` when AWS says that it does not exist.
    ///
    /// # Errors
    /// [`Stop::Ask`] when it was not asked yet, [`Stop::Blocked`] when AWS did not tell.
    pub fn need<T: DeserializeOwned>(&self, query: Query) -> Result<Option<T>, Stop> {
        let Some(answer) = self.answer(&query) else {
            return Err(Stop::Ask(vec![self.here(query)]));
        };
        match answer {
            Answer::NotFound => Ok(None),
            Answer::Found(value) => serde_json::from_value(value.clone()).map(Some).map_err(|error| {
                Blocked::new(
                    Reason::InternalError,
                    format!("{query:?} was answered in another shape: {error}"),
                )
                .into()
            }),
            Answer::Denied(why) => Err(Blocked::new(Reason::AccessDenied, why.clone()).into()),
            Answer::Throttled => Err(Blocked::new(
                Reason::Throttled,
                format!(
                    "{} was not read: AWS throttles the account, or its budget of calls is used up",
                    query.subject()
                ),
            )
            .into()),
            Answer::Unreachable(why) => Err(Blocked::new(
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
        let role = |name: &str| Ask {
            site: Site::new("123456789012", "us-east-1"),
            query: Query::Iam(IamRead::Role { role: name.into() }),
        };
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
