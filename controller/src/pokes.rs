//! What else makes an object worth a look: Decisions about it, and changes of what everything depends on.

use crate::{
    runtime::{Lane, Loop, Poke, watches},
    seen::{SeenAwsAccount, SeenDecision, SeenEmergencyStop, SeenGuardrail, SeenHold, SeenQuarantine},
};
use futures::{Stream, StreamExt, channel::mpsc, stream};
use kube::{
    Api, Client, Resource, ResourceExt,
    runtime::{
        WatchStreamExt,
        reflector::{ObjectRef, Store},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use std::{collections::HashMap, fmt::Debug, time::Duration};
use tokio::sync::watch;

/// One look at an AwsAccount does for all Holds that come and go in it meanwhile.
const GATHERED: Duration = Duration::from_secs(2);

/// The store of Quarantines, once its controller exists.
pub type Known = watch::Sender<Option<Store<SeenQuarantine>>>;

/// Pokes for Quarantines. Everything that an EmergencyStop, a Guardrail or an AwsAccount may change is looked at again.
pub fn quarantines(client: &Client, with: &Loop) -> (impl Stream<Item = Poke<SeenQuarantine>> + Send + use<>, Known) {
    let known = Known::new(None);
    let decisions = touched::<SeenDecision>(client, with).filter_map(|decision| async move { decided(&decision) });
    let stops = everything(touched::<SeenEmergencyStop>(client, with), &known, |_, _| true);
    let guardrails = everything(touched::<SeenGuardrail>(client, with), &known, |_, _| true);
    let accounts = everything(
        changed::<SeenAwsAccount>(client, with),
        &known,
        |account, quarantine| quarantine.spec.account() == account.name_any(),
    );
    let all = stream::select_all([decisions.boxed(), stops.boxed(), guardrails.boxed(), accounts.boxed()]);
    (all, known)
}

/// Pokes for Holds: Decisions about orphaned custody.
pub fn holds(client: &Client, with: &Loop) -> impl Stream<Item = Poke<SeenHold>> + Send + use<> {
    touched::<SeenDecision>(client, with).filter_map(|decision| async move {
        let target = &decision.spec;
        (target.kind() == "Hold").then(|| Poke {
            object: ObjectRef::new(target.name()),
            lane: Lane::Urgent,
            after: Duration::ZERO,
        })
    })
}

/// Where the accounts of Holds that come and go are told.
pub type HoldsTold = mpsc::UnboundedSender<String>;

/// Pokes for AwsAccounts: Holds in them come and go, as the watch of Holds tells.
pub fn accounts() -> (HoldsTold, impl Stream<Item = Poke<SeenAwsAccount>> + Send) {
    let (told, heard) = mpsc::unbounded::<String>();
    let pokes = heard.map(|account| Poke {
        object: ObjectRef::new(&account),
        lane: Lane::Drift,
        after: GATHERED,
    });
    (told, pokes)
}

/// The watch of Holds, which tells of their accounts.
pub fn telling(
    events: impl Stream<Item = watcher::Result<watcher::Event<SeenHold>>> + Send,
    told: HoldsTold,
) -> impl Stream<Item = watcher::Result<watcher::Event<SeenHold>>> + Send {
    events.inspect(move |event| {
        if let Ok(watcher::Event::Apply(hold) | watcher::Event::InitApply(hold) | watcher::Event::Delete(hold)) = event
        {
            // The accounts' controller only goes when the process does.
            drop(told.unbounded_send(hold.spec.account().to_owned()));
        }
    })
}

fn decided(decision: &SeenDecision) -> Option<Poke<SeenQuarantine>> {
    let target = &decision.spec;
    let namespace = decision.namespace()?;
    (target.kind() == "Quarantine").then(|| Poke {
        object: ObjectRef::new(target.name()).within(&namespace),
        lane: Lane::Urgent,
        after: Duration::ZERO,
    })
}

/// Objects of a kind as they are applied or deleted. A watch that fails is made again.
fn touched<K>(client: &Client, with: &Loop) -> impl Stream<Item = K> + Send + use<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    watches::objects::<K>(Api::all(client.clone()), with)
        .touched_objects()
        .filter_map(|object| std::future::ready(object.ok()))
}

/// Objects of a kind as their spec is changed or they go. What only Firebreak writes, status and finalizers, is no reason to look
/// at everything that depends on them.
fn changed<K>(client: &Client, with: &Loop) -> impl Stream<Item = K> + Send + use<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let mut seen = HashMap::new();
    watches::objects::<K>(Api::all(client.clone()), with).filter_map(move |event| {
        let changed = match event {
            Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                let generation = (object.uid(), object.meta().generation);
                let before = seen.insert(object.name_any(), generation.clone());
                (before != Some(generation)).then_some(object)
            }
            Ok(watcher::Event::Delete(object)) => {
                seen.remove(&object.name_any());
                Some(object)
            }
            _ => None,
        };
        std::future::ready(changed)
    })
}

fn everything<K: Send + 'static, S: Stream<Item = K> + Send + 'static>(
    changes: S,
    known: &Known,
    concerns: fn(&K, &SeenQuarantine) -> bool,
) -> impl Stream<Item = Poke<SeenQuarantine>> + Send + use<K, S> {
    let known = known.subscribe();
    changes.flat_map(move |change| {
        let store = known.borrow().clone();
        let objects = store.map(|store| store.state()).unwrap_or_default();
        let pokes: Vec<_> = objects
            .into_iter()
            .filter(|object| concerns(&change, object))
            .map(|object| Poke {
                object: ObjectRef::from_obj(&*object),
                lane: Lane::Urgent,
                after: Duration::ZERO,
            })
            .collect();
        stream::iter(pokes)
    })
}
