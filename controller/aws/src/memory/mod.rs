//! An AWS in memory, for laws and crash scenarios. It is strict where emulators are lax: IAM is late and rewrites
//! documents, ECS works asynchronously, quotas and unmodifiable roles exist. It is deterministic: ids come from counters
//! and time from a clock that only the test moves.

mod access;
mod build;
mod calls;
mod cells;
mod document;
mod ecs;
mod faults;
mod groups;
mod iam;
mod reads;
mod refusal;
mod sample;
mod scheduler;
mod staleness;
mod state;
mod targets;
mod tasks;
#[cfg(test)]
mod tests;
pub mod world;

pub use self::{
    access::access,
    build::{all_traffic, cidr_rule, group_rule},
    calls::{Call, Outcome, Request},
    faults::Fault,
    groups::MAX_RULES,
    iam::{MAX_ATTACHED, MAX_INLINE, MAX_TRUST},
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
    access::Access,
    facts::Answer,
    failure::{Failure, Receipt},
    query::Query,
    write::Write,
};
use jiff::{SignedDuration, Timestamp};
use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

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
            faults: Default::default(),
            calls: Vec::new(),
            made: 0,
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

    /// How late reads of IAM are after the writes to come.
    pub fn set_staleness(&self, staleness: Staleness) {
        self.state().stale.staleness = staleness;
    }

    /// Lets IAM converge: the next read sees every write.
    pub fn converge(&self) {
        self.state().stale.converge();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Faults.
impl MemoryAws {
    /// Fails the next call, read or write.
    pub fn fail_next(&self, failure: Failure) {
        self.fail_nth_call(1, Fault::Error(failure));
    }

    /// Fails the next write.
    pub fn fail_next_write(&self, failure: Failure) {
        self.fail_nth_write(1, Fault::Error(failure));
    }

    /// Faults the n-th call from now, read or write; 1 is the next.
    pub fn fail_nth_call(&self, n: u64, fault: Fault) {
        self.state().faults.on_call(n, fault);
    }

    /// Faults the n-th write from now; 1 is the next.
    pub fn fail_nth_write(&self, n: u64, fault: Fault) {
        self.state().faults.on_write(n, fault);
    }

    /// Faults the next call whose (first) permission it is, such as `iam:AttachRolePolicy`.
    pub fn fail_on(&self, permission: &str, fault: Fault) {
        self.state().faults.on_permission(permission, fault);
    }

    /// Throttles every call for an account, or stops it.
    pub fn throttle(&self, account: &str, on: bool) {
        switch(&mut self.state().faults.throttled, account, on);
    }

    /// Lets no call to a region's endpoint through, or lets them through again.
    pub fn cut_off(&self, region: &str, on: bool) {
        switch(&mut self.state().faults.cut_off, region, on);
    }

    /// Takes a permission away in every account.
    pub fn deny(&self, permission: &str) {
        switch(&mut self.state().faults.denied, permission, true);
    }

    /// Gives a permission back.
    pub fn allow(&self, permission: &str) {
        switch(&mut self.state().faults.denied, permission, false);
    }

    /// Forgets every fault, also those that last.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Is told of every call before it has an effect, outside of every lock: it may change the world.
    pub fn on_call(&self, hook: impl Fn(&Call) + Send + Sync + 'static) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(hook));
    }

    /// Ends when the next crash after this call happens.
    pub fn crashed(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut crashes = self.crashes.subscribe();
        async move {
            let _ = crashes.changed().await;
        }
    }

    /// Does the work until it ends, or until a [`Fault::Crash`] kills it: then it is dropped, and `None` is what is left.
    pub async fn until_crash<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let crashed = self.crashed();
        tokio::select! {
            biased;
            done = work => Some(done),
            () = crashed => None,
        }
    }

    async fn crash<T>(&self) -> T {
        self.crashes.send_modify(|count| *count += 1);
        std::future::pending().await
    }
}

fn switch(set: &mut std::collections::BTreeSet<String>, name: &str, on: bool) {
    if on {
        set.insert(name.to_owned())
    } else {
        set.remove(name)
    };
}

/// The log.
impl MemoryAws {
    /// Every call since the start, or since the log was cleared.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The calls that are writes, whether or not they succeeded.
    pub fn writes(&self) -> Vec<Call> {
        self.state()
            .calls
            .iter()
            .filter(|call| call.is_write())
            .cloned()
            .collect()
    }

    /// Empties the log.
    pub fn clear_calls(&self) {
        self.state().calls.clear();
    }

    fn enter(&self, access: &Access, request: &Request) -> (u64, Option<Fault>) {
        let (call, fault) = self.state().enter(access, request);
        let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hook) = hook {
            hook(&call);
        }
        (call.number, fault)
    }

    fn finish<T>(&self, number: u64, result: &Result<T, Failure>) {
        let outcome = result
            .as_ref()
            .map_or_else(|failure| Outcome::Failed(failure.class), |_| Outcome::Done);
        self.state().finish(number, outcome);
    }
}

#[async_trait]
impl Cloud for MemoryAws {
    async fn observe(&self, access: &Access, query: &Query) -> Answer {
        let (number, fault) = self.enter(access, &Request::Read(query.clone()));
        let result = match fault {
            None => self.state().read(access, query),
            Some(Fault::Error(failure) | Fault::ErrorAfterEffect(failure)) => Err(failure),
            Some(Fault::Crash | Fault::CrashAfterEffect) => return self.crash().await,
        };
        self.finish(number, &result);
        result.unwrap_or_else(|failure| refusal::answer(&failure))
    }

    async fn write(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        let (number, fault) = self.enter(access, &Request::Write(write.clone()));
        let result = match fault {
            None => self.state().write(access, write),
            Some(Fault::Error(failure)) => Err(failure),
            Some(Fault::ErrorAfterEffect(failure)) => self.state().write(access, write).and(Err(failure)),
            Some(Fault::Crash) => return self.crash().await,
            Some(Fault::CrashAfterEffect) => {
                let _ = self.state().write(access, write);
                return self.crash().await;
            }
        };
        self.finish(number, &result);
        result
    }
}
