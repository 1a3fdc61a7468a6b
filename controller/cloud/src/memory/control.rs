//! What a test does to the in-memory AWS besides calling it: faults, crashes, and the log.

use super::{
    MemoryAws,
    calls::{Call, Outcome, Request},
    faults::{Fault, Lasting},
    state::State,
};
use firebreak_core::aws::{access::Access, failure::Failure};
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

    /// Faults every call for which the rule names a fault, until the faults are cleared. A fault that waits for one call
    /// comes first.
    pub fn fault_each(&self, rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) {
        self.state().faults.lasting = Some(Lasting(Arc::new(rule)));
    }

    /// Answers no call of a service, such as `iam`, from now on; every call, if it is empty.
    pub fn hang(&self, service: &str) {
        let service = service.to_owned();
        self.fault_each(move |call| call.permission.starts_with(&service).then_some(Fault::Hang));
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

    /// Makes a call, with whatever fault waits for it.
    pub(super) async fn call<T>(
        &self,
        access: &Access,
        request: &Request,
        work: impl Fn(&mut State) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (number, fault) = self.enter(access, request);
        let act = || work(&mut self.state());
        let result = match fault {
            None => act(),
            Some(Fault::Error(failure)) => Err(failure),
            Some(Fault::ErrorAfterEffect(failure)) => act().and(Err(failure)),
            Some(Fault::Crash) => return self.crash().await,
            Some(Fault::CrashAfterEffect) => {
                drop(act());
                return self.crash().await;
            }
            Some(Fault::Hang) => return std::future::pending().await,
            Some(Fault::HangAfterEffect) => {
                drop(act());
                return std::future::pending().await;
            }
            Some(Fault::Late(time)) => {
                let result = act();
                tokio::time::sleep(time).await;
                result
            }
        };
        self.finish(number, &result);
        result
    }

    async fn crash<T>(&self) -> T {
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
