//! One file per kind with a controller: what is kept of an object that is watched, what else makes it worth a look, and what is
//! then done. [`start`] puts all of them together in the same way.

pub mod account_ids;
pub mod aws_account;
pub mod decisions;
pub mod failover_plan;
pub mod finding_source;
pub mod hold;
pub mod incident;
pub mod limits;
pub mod playbook;
pub mod quarantine;
pub mod traffic_policy;

pub use account_ids::AccountIds;
pub use aws_account::WatchedAwsAccount;
pub use decisions::WatchedDecision;
pub use failover_plan::WatchedFailoverPlan;
pub use finding_source::WatchedFindingSource;
pub use hold::WatchedHold;
pub use incident::WatchedIncident;
pub use limits::{WatchedEmergencyStop, WatchedGuardrail};
pub use playbook::WatchedPlaybook;
pub use quarantine::WatchedQuarantine;
pub use traffic_policy::WatchedTrafficPolicy;

use crate::runtime::{About, Loop, Metrics, NextLook, Trigger, Watchable, Watches, controller_of, watches::concerning};
use firebreak_executor::{Executor, ReconcileError};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::BoxStream,
};
use kube::{
    Resource,
    runtime::reflector::{self, ObjectRef, Store},
};
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

/// How often what the metrics tell is counted.
const COUNT_AGAIN: Duration = Duration::from_secs(30);

/// Every controller, by name of its kind.
pub static ALL: [Entry; 8] = [
    Entry::of::<aws_account::AwsAccounts>(),
    Entry::of::<failover_plan::FailoverPlans>(),
    Entry::of::<finding_source::FindingSources>(),
    Entry::of::<hold::Holds>(),
    Entry::of::<incident::Incidents>(),
    Entry::of::<playbook::Playbooks>(),
    Entry::of::<quarantine::Quarantines>(),
    Entry::of::<traffic_policy::TrafficPolicies>(),
];

/// The controller of a kind.
pub struct Entry {
    /// The kind.
    pub kind: fn() -> String,
    /// Makes it; what it answers is to be spawned.
    pub start: fn(&mut Setup) -> Started,
}

impl Entry {
    const fn of<C: Controller>() -> Self {
        Self {
            kind: || C::Watched::kind(&()).into_owned(),
            start: start::<C>,
        }
    }
}

/// The controller of one kind, responder or coordinator: a reconcile with its reasons.
pub trait Controller: Send + Sync + Sized + 'static {
    /// The object as it is watched.
    type Watched: Watchable;

    /// Made once.
    fn new(setup: &Setup) -> Self;

    /// Whether an object is this controller's business. The others are as if they were not there.
    fn concerns(_object: &Self::Watched) -> bool {
        true
    }

    /// Whether somebody waits for it, such as an edit that its status does not know of.
    fn is_urgent(_object: &Self::Watched) -> bool {
        false
    }

    /// The id of the AWS account that is asked about it; empty where none is known.
    fn account_id(&self, object: &Self::Watched) -> Arc<str>;

    /// What must be known before the objects are listed.
    fn ready(&self) -> BoxFuture<'static, ()> {
        ready(()).boxed()
    }

    /// What else makes objects of the store worth a look.
    fn triggers(watches: &mut Watches, store: &Store<Self::Watched>) -> BoxStream<'static, Trigger<Self::Watched>>;

    /// Looks at one object, which it reads live.
    fn reconcile(
        &self,
        object: ObjectRef<Self::Watched>,
        uid: String,
    ) -> impl Future<Output = Result<NextLook, ReconcileError>> + Send;
}

/// What controllers are made from.
pub struct Setup {
    /// The watches of the process.
    pub watches: Watches,
    /// What every controller works with.
    pub with: Loop,
    /// Where effects happen.
    pub executor: Arc<Executor>,
    /// The ids of AwsAccounts by name.
    pub accounts: AccountIds,
    /// How often what is quiet is looked at.
    pub resync: Duration,
}

/// A controller that is ready to run.
pub struct Started {
    /// Whether its store has been filled once.
    pub synced: Arc<AtomicBool>,
    /// What it keeps.
    pub kept: Kept,
    /// To be spawned.
    pub run: BoxFuture<'static, ()>,
}

/// How many objects of a kind a controller keeps, now.
pub struct Kept {
    /// The plural of the kind.
    pub plural: String,
    /// How many.
    pub count: Box<dyn Fn() -> usize + Send + Sync>,
}

fn start<C: Controller>(setup: &mut Setup) -> Started {
    let controller = Arc::new(C::new(setup));
    let (store, writer) = reflector::store();
    let triggers = C::triggers(&mut setup.watches, &store);
    let events = concerning(setup.watches.subscribe().map(Ok), C::concerns);
    let filled = controller.ready();
    let events = async move {
        filled.await;
        events
    };
    let running = controller_of(
        (store, writer),
        setup.with.clone(),
        events.flatten_stream(),
        about(&controller),
        triggers,
        move |object, uid| {
            let controller = Arc::clone(&controller);
            async move { controller.reconcile(object, uid).await }
        },
    );
    Started {
        synced: running.synced,
        kept: Kept {
            plural: C::Watched::plural(&()).into_owned(),
            count: Box::new(move || running.store.len()),
        },
        run: running.controller,
    }
}

fn about<C: Controller>(controller: &Arc<C>) -> About<C::Watched> {
    let controller = Arc::clone(controller);
    About {
        urgent: C::is_urgent,
        tenant: Box::new(move |object| Some(controller.account_id(object))),
    }
}

/// Counts for the metrics every 30 seconds, for as long as this process leads.
pub(crate) async fn counting<Of: Clone, F: Future<Output = ()>>(with: Loop, of: Of, count: impl Fn(Metrics, Of) -> F) {
    let counting = async {
        while with.leadership.acting().await {
            count(with.metrics.clone(), of.clone()).await;
            tokio::time::sleep(COUNT_AGAIN).await;
        }
    };
    tokio::select! { () = with.ending() => (), () = counting => () }
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use firebreak_crds::{Family, KINDS, Kind, Process};

    fn those(which: impl Fn(&Kind) -> bool) -> Vec<String> {
        KINDS.iter().filter(|kind| which(kind)).map(Kind::kind).collect()
    }

    #[test]
    fn every_kind_that_asks_for_something_or_is_kept_has_a_controller() {
        let asks = |kind: &Kind| matches!(kind.family, Family::Responder | Family::Coordinator);
        let needed = those(|kind| kind.process == Process::Operator && (asks(kind) || kind.finalizer.is_some()));
        assert_eq!(ALL.iter().map(|entry| (entry.kind)()).collect::<Vec<_>>(), needed);
    }

    #[test]
    fn every_kind_with_a_controller_is_watched() {
        let watched = those(|kind| kind.is_watched);
        ALL.iter().for_each(|entry| assert!(watched.contains(&(entry.kind)())));
    }
}
