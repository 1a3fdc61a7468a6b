//! An AWS in memory, for laws and crash scenarios. It is strict where emulators are lax: IAM is late and rewrites
//! documents, ECS works asynchronously, quotas and unmodifiable roles exist. It is deterministic: ids come from counters
//! and time from a clock that only the test moves.

mod access;
mod build;
mod calls;
mod cells;
mod control;
mod databases;
mod document;
mod ec2;
mod ecs;
mod evidence;
mod faults;
mod findings;
mod functions;
mod groups;
mod iam;
mod iam_users;
mod instances;
mod looks;
mod queues;
mod reads;
mod refusal;
mod run_store;
mod s3;
mod s3_access;
mod sample;
mod scheduler;
mod staleness;
mod standby;
mod state;
mod targets;
mod tasks;
#[cfg(test)]
mod tests;
mod waf;
pub mod world;

pub use self::{
    access::access,
    build::{all_traffic, cidr_rule, group_rule},
    calls::{Call, Outcome, Request},
    databases::PROMOTES_IN,
    faults::Fault,
    findings::FindingsWrite,
    functions::{ACCOUNT_CONCURRENCY, LEAST_UNRESERVED, MAPPING_SECONDS},
    groups::MAX_RULES,
    iam::{MAX_ATTACHED, MAX_INLINE, MAX_TRUST},
    iam_users::MAX_USER_INLINE,
    instances::{CHECKED_IN, STARTS_IN, STOPS_IN},
    s3_access::Asker,
    sample::{ACCOUNT, REGION, sample},
    scheduler::BREAKER_THRESHOLD,
    staleness::Staleness,
    targets::HEALTHY_AFTER,
    tasks::{START_SECONDS, START_TIMEOUT, STOP_SECONDS},
    world::World,
};

use self::state::State;
use crate::Cloud;
use async_trait::async_trait;
use firebreak_core::{
    aws::{
        Answer, Query, Survey, Write,
        access::Access,
        failure::{Failure, Receipt},
        guardduty::{CloseOut, ClosedOut, FindingsAsked},
        s3::{Place, Stored},
        sqs::{self, Message, Queue, Received},
    },
    run::{
        act::{Deed, Probe},
        archive::{Archived, Document},
    },
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::watch, time::Instant};

type Hook = Arc<dyn Fn(&Call) + Send + Sync>;

/// The in-memory AWS.
pub struct MemoryAws {
    state: Mutex<State>,
    hook: Mutex<Option<Hook>>,
    crashes: watch::Sender<u64>,
}

impl fmt::Debug for MemoryAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAws")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The world and its clock.
impl MemoryAws {
    /// An AWS that holds this world. Its clock stands at 2026-01-01T00:00:00Z.
    pub fn new(world: World) -> Self {
        let now = Timestamp::constant(1_767_225_600, 0);
        let state = State {
            world,
            now,
            stale: Default::default(),
            stale_buckets: Default::default(),
            stale_users: Default::default(),
            faults: Default::default(),
            calls: Vec::new(),
            made: 0,
            objects: Default::default(),
            goes_with: None,
        };
        Self {
            state: Mutex::new(state),
            hook: Mutex::new(None),
            crashes: watch::Sender::new(0),
        }
    }

    /// An AWS that holds the [`sample`] world.
    pub fn sample() -> Self {
        Self::new(sample())
    }

    /// The world as it is, without staleness.
    pub fn world(&self) -> World {
        self.state().world.clone()
    }

    /// Looks at the world without copying it.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.state().world)
    }

    /// Changes the world behind Firebreak's back, as somebody else would. It is seen at once.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.state().world)
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.state().now
    }

    /// Sets the virtual time; forwards, everything that takes time moves on with it.
    pub fn set_now(&self, now: Timestamp) {
        self.state().go_to(now);
    }

    /// Lets so many seconds pass.
    pub fn advance(&self, seconds: u32) {
        let mut state = self.state();
        let later = state
            .now
            .checked_add(SignedDuration::from_secs(seconds.into()))
            .unwrap_or(Timestamp::MAX);
        state.go_to(later);
    }

    /// From now on the virtual time also goes on with tokio's clock, which tests pause: what waits for an answer ages.
    pub fn go_with_tokio(&self) {
        self.state().goes_with = Some(Instant::now());
    }

    /// How late reads of IAM and of buckets are after the writes to come.
    pub fn set_staleness(&self, staleness: Staleness) {
        let mut state = self.state();
        state.stale.staleness = staleness;
        state.stale_buckets.staleness = staleness;
        state.stale_users.staleness = staleness;
    }

    /// Lets IAM and the buckets converge: the next read sees every write.
    pub fn converge(&self) {
        let mut state = self.state();
        state.stale.converge();
        state.stale_buckets.converge();
        state.stale_users.converge();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up();
        state
    }
}

#[async_trait]
impl Cloud for MemoryAws {
    async fn observe(&self, access: &Access, query: &Query) -> Answer {
        let read = |state: &mut State| state.read(access, query);
        let result = self.call(access, &Request::Read(query.clone()), read).await;
        result.unwrap_or_else(|failure| refusal::answer(&failure))
    }

    async fn survey(
        &self,
        access: &Access,
        survey: Survey,
        queries: &[Query],
    ) -> Result<Vec<(Query, Answer)>, Failure> {
        let read = |state: &mut State| state.survey(access, survey, queries);
        self.call(access, &Request::Survey(survey), read).await
    }

    async fn write(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        let change = |state: &mut State| state.write(access, write);
        self.call(access, &Request::Write(write.clone()), change).await
    }

    async fn archive(&self, access: &Access, document: &Document) -> Result<Archived, Failure> {
        let put = |state: &mut State, bucket: &str| evidence::put(state, bucket, document);
        self.about_evidence(access, evidence::PUT, put).await
    }

    async fn replace(&self, access: &Access, document: &Document) -> Result<(), Failure> {
        let replace = |state: &mut State, bucket: &str| {
            evidence::replace(state, bucket, document);
            Ok(())
        };
        self.about_evidence(access, evidence::PUT, replace).await
    }

    async fn archived_keys(&self, access: &Access, prefix: &str) -> Result<Vec<String>, Failure> {
        let keys = |state: &mut State, bucket: &str| Ok(evidence::keys(state, bucket, prefix));
        self.about_evidence(access, evidence::LIST, keys).await
    }

    async fn retrieve(&self, access: &Access, key: &str) -> Result<String, Failure> {
        let get = |state: &mut State, bucket: &str| evidence::get(state, bucket, key);
        self.about_evidence(access, evidence::GET, get).await
    }

    async fn look(&self, access: &Access, probe: &Probe) -> Answer {
        let look = |state: &mut State| state.look(access, probe);
        let result = self.call(access, &Request::Look(probe.clone()), look).await;
        result.unwrap_or_else(|failure| refusal::answer(&failure))
    }

    async fn perform(&self, access: &Access, deed: &Deed) -> Result<Vec<String>, Failure> {
        deed.check()?;
        access.failover_role(deed.first_action())?;
        let mut ids = Vec::new();
        for call in deed.each() {
            let act = |state: &mut State| state.perform(access, &call);
            ids.push(self.call(access, &Request::Deed(call.clone()), act).await?);
        }
        Ok(ids)
    }

    async fn stored(&self, access: &Access, at: &Place) -> Result<Option<Stored>, Failure> {
        access.failover_role(run_store::GET)?;
        let request = Request::Stored(at.clone());
        let get = |state: &mut State| {
            state.admit(access, &request)?;
            run_store::get(state, access, at).map_err(|refusal| refusal.in_call(run_store::GET))
        };
        self.call(access, &request, get).await
    }

    async fn store(&self, access: &Access, at: &Place, body: &str, over: Option<&str>) -> Result<Stored, Failure> {
        access.failover_role(run_store::PUT)?;
        let request = Request::Store(at.clone());
        let put = |state: &mut State| {
            state.admit(access, &request)?;
            run_store::put(state, access, at, body, over).map_err(|refusal| refusal.in_call(run_store::PUT))
        };
        self.call(access, &request, put).await
    }

    async fn findings(&self, access: &Access, asked: &FindingsAsked) -> Result<Vec<Value>, Failure> {
        let request = Request::Findings(asked.clone());
        let list = |state: &mut State| {
            state.admit(access, &request)?;
            findings::list(state, access, asked)
        };
        self.call(access, &request, list).await
    }

    async fn close_out(&self, access: &Access, asked: &CloseOut) -> Result<ClosedOut, Failure> {
        let answer = findings::standing(&self.state(), access, asked)?;
        let writes = findings::writes(&self.state(), access, asked);
        for write in writes {
            let request = Request::CloseOut(write.clone());
            let change = |state: &mut State| {
                state.admit(access, &request)?;
                findings::write(state, access, &write)
            };
            self.call(access, &request, change).await?;
        }
        Ok(answer)
    }

    async fn named_findings(&self, access: &Access, ids: &[String]) -> Result<Vec<Value>, Failure> {
        let request = Request::NamedFindings(ids.to_vec());
        let get = |state: &mut State| {
            state.admit(access, &request)?;
            findings::named(state, access, ids)
        };
        self.call(access, &request, get).await
    }

    async fn receive(&self, access: &Access, queue: &Queue) -> Result<Received, Failure> {
        let receive = |state: &mut State| queues::receive(state, access, queue);
        self.about_queue(access, Request::Receive(queue.clone()), receive).await
    }

    async fn acknowledge(&self, access: &Access, queue: &Queue, receipts: &[String]) -> Result<(), Failure> {
        let delete = |state: &mut State| queues::delete(state, access, queue, receipts);
        self.about_queue(access, Request::Acknowledge(queue.clone()), delete)
            .await
    }

    async fn reject(
        &self,
        access: &Access,
        queue: &Queue,
        to: &Queue,
        message: &Message,
        why: &str,
    ) -> Result<(), Failure> {
        let put = |state: &mut State| queues::put(state, access, to, sqs::sendable(&message.body), why);
        self.about_queue(access, Request::Reject(to.clone()), put).await?;
        self.acknowledge(access, queue, std::slice::from_ref(&message.receipt))
            .await
    }
}
