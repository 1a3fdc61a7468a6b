//! Reads that objects of an account share on their resync. AWS's batch reads answer many of them in one call, and what is the
//! same for all of them is read once. What is shared may be some seconds old: it may only confirm what is already said.

mod board;

use crate::bounded;
use board::{Board, WORTH_A_SURVEY};
use firebreak_aws::Cloud;
use firebreak_core::{
    access::{Access, RoleKind, Service},
    facts::Answer,
    query::Query,
    survey::{Survey, is_common},
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a question waits for others that are asked at the same time.
const GATHER: Duration = Duration::from_millis(100);
/// A shared answer is at most this part of the resync old.
const PART_OF_RESYNC: u32 = 10;
/// A question that was not asked for so many resyncs is surveyed no more.
const REMEMBERED_RESYNCS: i64 = 2;

/// The answers that objects share, by account, role and region.
pub struct SharedReads {
    remembered: i64,
    age: i64,
    rooms: Mutex<HashMap<Place, Arc<Room>>>,
}

/// Where an answer holds: one account, as one role, in one region.
type Place = (String, String, String);

/// What is known of a place, and the right to find out more.
#[derive(Default)]
struct Room {
    board: Mutex<Board>,
    reading: tokio::sync::Mutex<()>,
}

impl Room {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharedReads {
    /// For objects that are looked at every so many seconds.
    pub fn new(resync_seconds: u32) -> Self {
        Self {
            remembered: REMEMBERED_RESYNCS * i64::from(resync_seconds),
            age: (resync_seconds / PART_OF_RESYNC).into(),
            rooms: Mutex::default(),
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
            false => bounded::observe(cloud, access, query).await,
        }
    }

    /// Who asks the same during the read waits for its answer.
    async fn common(&self, cloud: &dyn Cloud, access: &Access, query: &Query, now: Timestamp) -> Answer {
        let room = self.room(access, query);
        let _reading = room.reading.lock().await;
        if let Some(answer) = room.board().answer(query, now, self.age) {
            return answer;
        }
        let answer = bounded::observe(cloud, access, query).await;
        room.board().keep(query.clone(), &answer, now);
        answer
    }

    /// Who asks during a survey waits for its answers, and is in the next one if it is not among them.
    async fn surveyed(
        &self,
        cloud: &dyn Cloud,
        access: &Access,
        (survey, query): (Survey, &Query),
        now: Timestamp,
    ) -> Option<Answer> {
        let room = self.room(access, query);
        let asked = room.board().ask(survey, query, now);
        if let Some(answer) = room.board().answer(query, now, self.age) {
            return Some(answer);
        }
        if asked >= WORTH_A_SURVEY {
            tokio::time::sleep(GATHER).await;
        }
        let _reading = room.reading.lock().await;
        if let Some(answer) = room.board().answer(query, now, self.age) {
            return Some(answer);
        }
        let questions = room.board().due(survey, now, self.age);
        if !questions.is_empty() {
            let answers = bounded::survey(cloud, access, survey, &questions).await;
            room.board().learn(survey, &questions, answers, now);
            room.board().forget(now, self.age, self.remembered);
        }
        room.board().answer(query, now, self.age)
    }

    fn room(&self, access: &Access, query: &Query) -> Arc<Room> {
        let region = match query.service() {
            Service::Iam => "global".to_owned(),
            _ => access.region.clone(),
        };
        let role = access.role_arn(RoleKind::Read).to_owned();
        let place = (access.account.account_id.clone(), role, region);
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(rooms.entry(place).or_default())
    }
}
