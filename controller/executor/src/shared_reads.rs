//! Reads that objects of an account share on their resync. AWS's batch reads answer many of them in one call, and what is the
//! same for all of them is read once. What is shared may be some seconds old: it may only confirm what is already said.

mod board;

use crate::bounded;
use board::{Board, WORTH_A_SURVEY};
use firebreak_cloud::Cloud;
use firebreak_core::aws::{
    Answer, Query, Survey,
    access::{Access, RoleKind, Service},
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
/// The most places that are known at once: who asks about one more shares with nobody.
const MOST_ROOMS: usize = 1024;

/// The answers that objects share, by account, role and region.
pub struct SharedReads {
    remembered: i64,
    age: i64,
    rooms: Mutex<Rooms>,
}

/// What is known, by place, and when it was last looked through for what nobody asks any more.
#[derive(Default)]
struct Rooms {
    all: HashMap<Place, Arc<Room>>,
    pruned: Timestamp,
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
        if let Some(survey) = query.survey()
            && let Some(answer) = self.surveyed(cloud, access, (survey, query), now).await
        {
            return answer;
        }
        match query.is_common() {
            true => self.common(cloud, access, query, now).await,
            false => bounded::observe(cloud, access, query).await,
        }
    }

    /// Who asks the same during the read waits for its answer.
    async fn common(&self, cloud: &dyn Cloud, access: &Access, query: &Query, now: Timestamp) -> Answer {
        let room = self.room(access, query, now);
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
        let room = self.room(access, query, now);
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
        }
        room.board().answer(query, now, self.age)
    }

    fn room(&self, access: &Access, query: &Query, now: Timestamp) -> Arc<Room> {
        let place = place(access, query);
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if now.as_second() - rooms.pruned.as_second() > self.age {
            rooms.pruned = now;
            rooms.all.retain(|_, room| self.is_used(room, now));
        }
        match rooms.all.len() >= MOST_ROOMS && !rooms.all.contains_key(&place) {
            true => Arc::default(),
            false => Arc::clone(rooms.all.entry(place).or_default()),
        }
    }

    /// Whether anybody is in it, or something is known there that is not too old.
    fn is_used(&self, room: &Arc<Room>, now: Timestamp) -> bool {
        let mut board = room.board();
        board.forget(now, self.age, self.remembered);
        !board.is_empty() || Arc::strong_count(room) > 1
    }
}

fn place(access: &Access, query: &Query) -> Place {
    let region = match query.service() {
        Service::Iam => "global".to_owned(),
        _ => access.region.clone(),
    };
    let role = access.role_arn(RoleKind::Read).to_owned();
    (access.account.account_id.clone(), role, region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_core::aws::iam::IamRead;
    use firebreak_crds::AwsAccountSpec;

    fn account(id: String) -> AwsAccountSpec {
        let roles = serde_json::json!({"read": "arn:aws:iam::1:role/r", "contain": "arn:aws:iam::1:role/c"});
        let spec = serde_json::json!({"accountId": id, "environment": "Production", "regions": ["us-east-1"],
            "roles": roles, "grants": []});
        serde_json::from_value(spec).unwrap()
    }

    fn access(number: usize) -> Access {
        Access {
            account: account(format!("{number:012}")),
            region: "us-east-1".into(),
            namespace: String::new(),
            name: String::new(),
            uid: String::new(),
        }
    }

    fn enter(reads: &SharedReads, number: usize, second: i64) -> Arc<Room> {
        let query = Query::Iam(IamRead::ManagedPolicy { arn: "arn".into() });
        let now = Timestamp::from_second(second).unwrap();
        let room = reads.room(&access(number), &query, now);
        room.board().keep(query, &Answer::Found(true.into()), now);
        room
    }

    fn known(reads: &SharedReads) -> usize {
        reads.rooms.lock().unwrap().all.len()
    }

    #[test]
    fn places_that_nobody_asks_about_any_more_are_forgotten() {
        let reads = SharedReads::new(300);
        (0..10).for_each(|number| drop(enter(&reads, number, 1000)));
        let busy = enter(&reads, 3, 1000);
        drop(enter(&reads, 10, 1020));
        assert_eq!(known(&reads), 11, "nothing is old yet");
        drop(enter(&reads, 10, 1040));
        assert_eq!(
            known(&reads),
            2,
            "the one that was asked about just now, and the one in use"
        );
        drop(busy);
        drop(enter(&reads, 11, 1100));
        assert_eq!(known(&reads), 1);
    }

    #[test]
    fn places_are_bounded_and_one_more_shares_with_nobody() {
        let reads = SharedReads::new(300);
        (0..MOST_ROOMS + 5).for_each(|number| drop(enter(&reads, number, 1000)));
        assert_eq!(known(&reads), MOST_ROOMS);
        let (one, other) = (enter(&reads, MOST_ROOMS + 1, 1000), enter(&reads, MOST_ROOMS + 1, 1000));
        assert!(!Arc::ptr_eq(&one, &other));
        assert!(Arc::ptr_eq(&enter(&reads, 1, 1000), &enter(&reads, 1, 1000)));
    }
}
