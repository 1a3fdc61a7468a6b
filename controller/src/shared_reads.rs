//! Reads that objects of an account share on their resync. AWS's batch reads answer many of them in one call, and what is the
//! same for all of them is read once. What is shared may be some seconds old: it may only confirm what is already said.

use firebreak_aws::Cloud;
use firebreak_core::{
    access::{Access, RoleKind, Service},
    facts::Answer,
    query::Query,
    survey::{Survey, is_common},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// With fewer questions, a survey every few seconds costs as much as asking each of them once a resync.
const WORTH_A_SURVEY: usize = 20;
/// A shared answer is at most this part of the resync old.
const PART_OF_RESYNC: u32 = 10;
/// A question that was not asked for so many resyncs is surveyed no more.
const REMEMBERED_RESYNCS: i64 = 2;

/// The answers that objects share, by account, role and region.
pub struct SharedReads {
    resync: i64,
    age: i64,
    boards: Mutex<HashMap<Place, Arc<tokio::sync::Mutex<Board>>>>,
}

/// Where an answer holds: one account, as one role, in one region.
type Place = (String, String, String);

#[derive(Default)]
struct Board {
    answers: BTreeMap<Query, (Answer, Timestamp)>,
    asked: BTreeMap<Survey, BTreeMap<Query, Timestamp>>,
    surveyed: BTreeMap<Survey, Timestamp>,
}

impl SharedReads {
    /// For objects that are looked at every so many seconds.
    pub fn new(resync_seconds: u32) -> Self {
        Self {
            resync: resync_seconds.into(),
            age: (resync_seconds / PART_OF_RESYNC).into(),
            boards: Mutex::default(),
        }
    }

    /// Answers a question, from what was read for somebody else a short while ago where there is such a thing.
    pub async fn observe(&self, cloud: &dyn Cloud, access: &Access, query: &Query, now: Timestamp) -> Answer {
        if let Some(survey) = Survey::of(query)
            && let Some(answer) = self.surveyed(cloud, access, (survey, query), now).await
        {
            return answer;
        }
        match is_common(query) {
            true => self.common(cloud, access, query, now).await,
            false => cloud.observe(access, query).await,
        }
    }

    async fn common(&self, cloud: &dyn Cloud, access: &Access, query: &Query, now: Timestamp) -> Answer {
        let board = self.board(access, query);
        if let Some(answer) = board.lock().await.answer(query, now, self.age) {
            return answer;
        }
        let answer = cloud.observe(access, query).await;
        board.lock().await.keep(query.clone(), &answer, now);
        answer
    }

    /// The lock is held during a survey: who comes meanwhile waits for its answers instead of asking for them again.
    async fn surveyed(
        &self,
        cloud: &dyn Cloud,
        access: &Access,
        (survey, query): (Survey, &Query),
        now: Timestamp,
    ) -> Option<Answer> {
        let board = self.board(access, query);
        let mut board = board.lock().await;
        board.asked.entry(survey).or_default().insert(query.clone(), now);
        if board.is_due(survey, now, self.age) {
            board.surveyed.insert(survey, now);
            let questions = board.questions(survey, now, REMEMBERED_RESYNCS * self.resync);
            if questions.len() >= WORTH_A_SURVEY {
                // What a survey does not answer, each object asks by itself.
                let answers = cloud.survey(access, survey, &questions).await.unwrap_or_default();
                board.answers.retain(|_, (_, at)| seconds(*at, now) <= self.age);
                answers
                    .into_iter()
                    .for_each(|(query, answer)| board.keep(query, &answer, now));
            }
        }
        board.answer(query, now, self.age)
    }

    fn board(&self, access: &Access, query: &Query) -> Arc<tokio::sync::Mutex<Board>> {
        let region = match query.service() {
            Service::Iam => "global".to_owned(),
            _ => access.region.clone(),
        };
        let role = access.role_arn(RoleKind::Read).to_owned();
        let place = (access.account.account_id.clone(), role, region);
        let mut boards = self.boards.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(boards.entry(place).or_default())
    }
}

impl Board {
    fn answer(&self, query: &Query, now: Timestamp, age: i64) -> Option<Answer> {
        let (answer, at) = self.answers.get(query)?;
        (seconds(*at, now) <= age).then(|| answer.clone())
    }

    /// Not knowing is nothing to share.
    fn keep(&mut self, query: Query, answer: &Answer, now: Timestamp) {
        if matches!(answer, Answer::Found(_)) {
            self.answers.insert(query, (answer.clone(), now));
        }
    }

    /// All that are asked these days.
    fn questions(&mut self, survey: Survey, now: Timestamp, remembered: i64) -> Vec<Query> {
        let asked = self.asked.entry(survey).or_default();
        asked.retain(|_, at| seconds(*at, now) <= remembered);
        asked.keys().cloned().collect()
    }

    fn is_due(&self, survey: Survey, now: Timestamp, age: i64) -> bool {
        self.surveyed.get(&survey).is_none_or(|at| seconds(*at, now) > age)
    }
}

fn seconds(since: Timestamp, now: Timestamp) -> i64 {
    now.as_second() - since.as_second()
}
