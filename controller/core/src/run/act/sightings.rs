//! What was read, each answer with its own age, and the last value that was ever told: all that is known of a region that does
//! not answer any more.

use super::Look;
use crate::aws::Answer;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
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
    /// The last value that was told, and when it was asked for.
    pub last: Option<(Value, Timestamp)>,
}

impl Sightings {
    /// Keeps an answer to a request that was sent at that time. An answer that is older than the one that is known is late, and is
    /// dropped.
    pub fn insert(&mut self, look: Look, answer: Answer, (asked, answered): (Timestamp, Timestamp)) {
        let known = self.0.get(&look);
        if known.is_some_and(|known| known.asked > asked) {
            return;
        }
        let last = match &answer {
            Answer::Found(value) => Some((value.clone(), asked)),
            Answer::NotFound => None,
            Answer::Denied(_) | Answer::Throttled | Answer::Unreachable(_) => {
                known.and_then(|known| known.last.clone())
            }
        };
        self.0.insert(
            look,
            Sighting {
                answer,
                asked,
                answered,
                last,
            },
        );
    }

    /// Forgets answers that came before that time; what was told last stays known as such, and tells nothing of the present.
    pub fn forget_older(&mut self, than: Timestamp) {
        self.0.retain(|_, known| known.answered >= than);
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
    fn last_value_outlives_silence_and_a_late_answer_changes_nothing() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let look = Look::new(&Site::new("1", "us-east-1"), Probe::Alarm { name: "a".into() });
        let mut sightings = Sightings::default();
        sightings.insert(look.clone(), Answer::Found(json!("OK")), (at(10), at(11)));
        sightings.insert(look.clone(), Answer::Unreachable("no answer".into()), (at(20), at(23)));
        sightings.insert(look.clone(), Answer::Found(json!("ALARM")), (at(15), at(24)));
        let known = sightings.get(&look).unwrap();
        assert_eq!(known.last, Some((json!("OK"), at(10))));
        assert_eq!(known.asked, at(20));
        assert!(sightings.since(&look, at(21)).is_none());
        assert!(sightings.within(&look, SignedDuration::from_secs(2), at(25)).is_some());
        sightings.insert(look.clone(), Answer::NotFound, (at(30), at(30)));
        assert_eq!(sightings.get(&look).unwrap().last, None, "it is known not to exist");
    }
}
