//! What was read, each answer with its own age.

use super::Look;
use crate::aws::Answer;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Answers by question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sightings(BTreeMap<Look, Sighting>);

/// The latest answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// What AWS said last, be it nothing.
    pub answer: Answer,
    /// When the request was sent; what it answers may be as old as that.
    pub asked: Timestamp,
    /// When the answer came.
    pub answered: Timestamp,
}

impl Sightings {
    /// Keeps an answer to a request that was sent at that time. An answer that is older than the one that is known is late, and is
    /// dropped.
    pub fn insert(&mut self, look: Look, answer: Answer, (asked, answered): (Timestamp, Timestamp)) {
        let known = self.0.get(&look);
        if known.is_some_and(|known| known.asked > asked) {
            return;
        }
        self.0.insert(
            look,
            Sighting {
                answer,
                asked,
                answered,
            },
        );
    }

    /// Forgets answers that came before that time.
    pub fn forget_older(&mut self, than: Timestamp) {
        self.0.retain(|_, known| known.answered >= than);
    }

    /// When the oldest question was asked whose answer is known.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.0.values().map(|sighting| sighting.asked).min()
    }

    /// The latest answer.
    pub fn get(&self, look: &Look) -> Option<&Sighting> {
        self.0.get(look)
    }

    /// The latest answer, where it was asked for at that time or later.
    pub fn since(&self, look: &Look, since: Timestamp) -> Option<&Sighting> {
        self.get(look).filter(|sighting| sighting.asked >= since)
    }

    /// The latest answer, where it came at most that long ago: a slow AWS is not asked for ever.
    pub fn within(&self, look: &Look, age: SignedDuration, now: Timestamp) -> Option<&Sighting> {
        self.get(look)
            .filter(|sighting| now.duration_since(sighting.answered) <= age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws::Site, run::act::Probe};
    use serde_json::json;

    #[test]
    fn late_answer_changes_nothing_and_an_old_one_is_forgotten() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let look = Look::new(&Site::new("1", "us-east-1"), Probe::Alarm { name: "a".into() });
        let mut sightings = Sightings::default();
        sightings.insert(look.clone(), Answer::Unreachable("no answer".into()), (at(20), at(23)));
        sightings.insert(look.clone(), Answer::Found(json!("ALARM")), (at(15), at(24)));
        assert_eq!(sightings.get(&look).unwrap().asked, at(20));
        assert!(sightings.since(&look, at(21)).is_none());
        assert!(sightings.within(&look, SignedDuration::from_secs(2), at(25)).is_some());
        sightings.forget_older(at(23));
        assert!(sightings.get(&look).is_some());
        sightings.forget_older(at(24));
        assert!(sightings.get(&look).is_none());
    }
}
