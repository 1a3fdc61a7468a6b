//! What was asked about one place, by whom it can be answered, and what is known.

use firebreak_core::aws::{
    Answer, Query, Survey,
    failure::{Failure, FailureClass},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// With fewer questions, a survey every few seconds costs as much as asking each of them once a resync.
pub(super) const WORTH_A_SURVEY: usize = 20;
/// The most questions, and the most answers, of one place: each object asks by itself what is beyond them.
const MOST_QUESTIONS: usize = 50_000;
/// When a survey that failed in passing is tried again, in seconds; one that is not allowed waits as if it had answered.
const TRY_AGAIN: i64 = 5;

/// The questions and answers of one place. Ages are in seconds.
#[derive(Default)]
pub(super) struct Board {
    answers: BTreeMap<Query, (Answer, Timestamp)>,
    asked: BTreeMap<Survey, BTreeMap<Query, Asked>>,
    surveyed: BTreeMap<Survey, Timestamp>,
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
        let fits = self.answers.len() < MOST_QUESTIONS || self.answers.contains_key(&query);
        if fits && matches!(answer, Answer::Found(_)) {
            self.answers.insert(query, (answer.clone(), now));
        }
    }

    /// Notes that a question is asked these days; the answer is how many are.
    pub(super) fn ask(&mut self, survey: Survey, query: &Query, now: Timestamp) -> usize {
        let asked = self.asked.entry(survey).or_default();
        let fits = asked.len() < MOST_QUESTIONS;
        match asked.get_mut(query) {
            Some(before) => before.at = now,
            None if !fits => {}
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

    /// What a survey is to be asked now, if one is worth it: everything when the last one is too old, so that all answers are of
    /// one age; between two of them, what is asked for the first time, once that is much. Nothing shortly after a failure.
    pub(super) fn due(&self, survey: Survey, now: Timestamp, age: i64) -> Vec<Query> {
        let older = |at: &Timestamp, age| seconds(*at, now) > age;
        if self.failed.get(&survey).is_some_and(|at| !older(at, TRY_AGAIN)) {
            return Vec::new();
        }
        let all = self.surveyed.get(&survey).is_none_or(|at| older(at, age));
        let asked = self.asked.get(&survey).into_iter().flatten();
        let due = asked.filter(|(_, asked)| all || asked.surveyed.is_none_or(|at| older(&at, age)));
        let due: Vec<Query> = due.map(|(query, _)| query.clone()).collect();
        if due.len() < WORTH_A_SURVEY { Vec::new() } else { due }
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
        self.surveyed.insert(survey, now);
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
        self.asked.retain(|_, asked| !asked.is_empty());
    }

    /// Whether nothing is known and nothing is asked.
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.asked.is_empty()
    }
}

fn seconds(since: Timestamp, now: Timestamp) -> i64 {
    now.as_second() - since.as_second()
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_core::aws::iam::IamRead;

    const AGE: i64 = 6;

    fn question(number: usize) -> Query {
        Query::Iam(IamRead::ManagedPolicy {
            arn: format!("arn:aws:iam::111111111111:policy/{number}"),
        })
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Asks for these at that second; the answer is how many a survey is asked for.
    fn surveyed(board: &mut Board, numbers: std::ops::Range<usize>, second: i64) -> usize {
        let now = at(second);
        numbers.for_each(|number| _ = board.ask(Survey::Identities, &question(number), now));
        let due = board.due(Survey::Identities, now, AGE);
        if !due.is_empty() {
            let answers = due.iter().map(|query| (query.clone(), Answer::Found(true.into())));
            board.learn(Survey::Identities, &due, Ok(answers.collect()), now);
        }
        due.len()
    }

    #[test]
    fn questions_and_answers_are_bounded_by_their_count() {
        let mut board = Board::default();
        for number in 0..MOST_QUESTIONS + 10 {
            board.ask(Survey::Identities, &question(number), at(0));
            board.keep(question(number), &Answer::Found(true.into()), at(0));
        }
        assert_eq!(board.answers.len(), MOST_QUESTIONS);
        assert_eq!(board.asked[&Survey::Identities].len(), MOST_QUESTIONS);
        board.forget(at(1000), AGE, 600);
        assert!(board.is_empty());
    }

    #[test]
    fn what_was_first_asked_at_different_times_is_soon_surveyed_together() {
        let mut board = Board::default();
        assert_eq!(surveyed(&mut board, 0..19, 0), 0, "not worth it");
        assert_eq!(surveyed(&mut board, 19..30, 1), 30);
        assert_eq!(surveyed(&mut board, 30..50, 3), 20, "the others are fresh");
        assert_eq!(surveyed(&mut board, 50..55, 4), 0, "these few ask by themselves");
        assert_eq!(
            surveyed(&mut board, 0..1, 10),
            55,
            "everything, as the last one is too old"
        );
        assert_eq!(surveyed(&mut board, 0..55, 16), 0);
        assert_eq!(surveyed(&mut board, 54..55, 17), 55);
    }
}
