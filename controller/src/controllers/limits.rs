//! EmergencyStops, Guardrails and AwsAccounts limit every response: all that they may concern is looked at when they change.

use super::WatchedAwsAccount;
use crate::{
    runtime::{
        Trigger, Watchable, Watches,
        triggers::{self, concerned, touched},
    },
    watched::{Nothing, Watched},
};
use firebreak_crds::{EmergencyStop, Guardrail};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use kube::{ResourceExt, runtime::reflector::Store};

/// A Guardrail as it is watched.
pub type WatchedGuardrail = Watched<Guardrail, Nothing, Nothing>;
/// An EmergencyStop as it is watched.
pub type WatchedEmergencyStop = Watched<EmergencyStop, Nothing, Nothing>;

/// Changes of what limits the responses of a store, each of which acts in the account of this name.
pub(super) fn changed<K: Watchable>(
    watches: &mut Watches,
    store: &Store<K>,
    account: fn(&K) -> &str,
) -> BoxStream<'static, Trigger<K>> {
    let stops = concerned(touched::<WatchedEmergencyStop>(watches), store, |_, _| true);
    let guardrails = concerned(touched::<WatchedGuardrail>(watches), store, |_, _| true);
    let accounts = concerned(
        triggers::changed::<WatchedAwsAccount>(watches),
        store,
        move |changed, object| account(object) == changed.name_any(),
    );
    stream::select_all([stops.boxed(), guardrails.boxed(), accounts.boxed()]).boxed()
}
