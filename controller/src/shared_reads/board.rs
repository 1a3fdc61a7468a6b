//! What was asked about one place, by whom it can be answered, and what is known.

use firebreak_core::{
    facts::Answer,
    failure::{Failure, FailureClass},
    query::Query,
    survey::Survey,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// When a survey that failed in passing is tried again, in seconds; one that is not allowed waits as if it had answered.
const TRY_AGAIN: i64 = 5;

/// The questions and answers of one place. Ages are in seconds.
#[derive(Default)]
pub(super) struct Board {
    answers: BTreeMap<Query, (Answer, Timestamp)>,
    asked: BTreeMap<Survey, BTreeMap<Query, Asked>>,
    failed: BTreeMap<Survey, Timestamp>,
}

/// When a question was asked last, and when a survey last had it.
struct Asked {
    at: Timestamp,
    surveyed: Option<Timestamp>,
}

impl Board {
    /// An answer that is not too old.
    pub(super) fn answer(&self, query: &Query, now: Timestamp, age: i64) -> Option<Answer> {
        let (answer, at) = self.answers.get(query)?;
        (seconds(*at, now) <= age).then(|| answer.clone())
    }

    /// Not knowing is nothing to share.
    pub(super) fn keep(&mut self, query: Query, answer: &Answer, now: Timestamp) {
        if matches!(answer, Answer::Found(_)) {
            self.answers.insert(query, (answer.clone(), now));
        }
    }

    /// Notes that a question is asked these days; the answer is how many are.
    pub(super) fn ask(&mut self, survey: Survey, query: &Query, now: Timestamp) -> usize {
        let asked = self.asked.entry(survey).or_default();
        match asked.get_mut(query) {
            Some(before) => before.at = now,
            None => drop(asked.insert(
                query.clone(),
                Asked {
                    at: now,
                    surveyed: None,
                },
            )),
        }
        asked.len()
    }

    /// What no survey had of late; nothing while one that failed is not to be tried again.
    pub(super) fn due(&self, survey: Survey, now: Timestamp, age: i64) -> Vec<Query> {
        if self.failed.get(&survey).is_some_and(|at| seconds(*at, now) < TRY_AGAIN) {
            return Vec::new();
        }
        let asked = self.asked.get(&survey).into_iter().flatten();
        let due = asked.filter(|(_, asked)| asked.surveyed.is_none_or(|at| seconds(at, now) > age));
        due.map(|(query, _)| query.clone()).collect()
    }

    /// Takes in what a survey of these questions found. What it does not answer, each object asks by itself.
    pub(super) fn learn(
        &mut self,
        survey: Survey,
        questions: &[Query],
        found: Result<Vec<(Query, Answer)>, Failure>,
        now: Timestamp,
    ) {
        if found
            .as_ref()
            .is_err_and(|failure| failure.class != FailureClass::Denied)
        {
            self.failed.insert(survey, now);
            return;
        }
        let asked = self.asked.entry(survey).or_default();
        for question in questions {
            asked
                .entry(question.clone())
                .and_modify(|asked| asked.surveyed = Some(now));
        }
        for (question, answer) in found.unwrap_or_default() {
            self.keep(question, &answer, now);
        }
    }

    /// Drops old answers, and questions that nobody asks any more.
    pub(super) fn forget(&mut self, now: Timestamp, age: i64, remembered: i64) {
        self.answers.retain(|_, (_, at)| seconds(*at, now) <= age);
        let questions = self.asked.values_mut();
        questions.for_each(|asked| asked.retain(|_, asked| seconds(asked.at, now) <= remembered));
    }
}

fn seconds(since: Timestamp, now: Timestamp) -> i64 {
    now.as_second() - since.as_second()
}
