//! What a test does to the in-memory AWS besides calling it: faults, crashes, and the log.

use super::{
    MemoryAws,
    calls::{Call, Outcome, Request},
    faults::Fault,
};
use firebreak_core::{access::Access, failure::Failure};
use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Arc, PoisonError},
};

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

    pub(super) async fn crash<T>(&self) -> T {
        self.crashes.send_modify(|count| *count += 1);
        std::future::pending().await
    }
}

fn switch(set: &mut BTreeSet<String>, name: &str, on: bool) {
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

    pub(super) fn enter(&self, access: &Access, request: &Request) -> (u64, Option<Fault>) {
        let (call, fault) = self.state().enter(access, request);
        let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hook) = hook {
            hook(&call);
        }
        (call.number, fault)
    }

    pub(super) fn finish<T>(&self, number: u64, result: &Result<T, Failure>) {
        let outcome = result
            .as_ref()
            .map_or_else(|failure| Outcome::Failed(failure.class), |_| Outcome::Done);
        self.state().finish(number, outcome);
    }
}
