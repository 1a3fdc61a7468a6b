//! Decisions: no controller of their own, but a reason to look at what they are about.

use crate::{
    runtime::{Trigger, Watchable, Watches, triggers::touched},
    watched::{Loose, Nothing, Texts, Watched},
};
use firebreak_crds::{Decision, KINDS};
use futures::{Stream, StreamExt, future::ready};
use kube::{ResourceExt, runtime::reflector::ObjectRef};
use serde::Deserialize;

/// A Decision as it is watched.
pub type WatchedDecision = Watched<Decision, About, Nothing>;

/// What a Decision is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct About {
    target: Loose<Target>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Target {
    kind: Texts,
    name: Texts,
}

impl About {
    /// The kind of its target.
    pub fn kind(&self) -> &str {
        self.target.0.kind.as_str()
    }

    /// The name of its target.
    pub fn name(&self) -> &str {
        self.target.0.name.as_str()
    }
}

/// Decisions about objects of a kind, which are in the namespace of the Decision where the kind has namespaces.
pub(super) fn about<K: Watchable>(watches: &mut Watches) -> impl Stream<Item = Trigger<K>> + Send + use<K> {
    let kind = KINDS.iter().find(|kind| kind.kind() == K::kind(&()));
    let is_namespaced = kind.is_some_and(|kind| kind.is_namespaced());
    let decisions = touched::<WatchedDecision>(watches);
    decisions.filter_map(move |decision| ready(target(&decision, is_namespaced)))
}

fn target<K: Watchable>(decision: &WatchedDecision, is_namespaced: bool) -> Option<Trigger<K>> {
    let about = &decision.spec;
    if about.kind() != K::kind(&()) {
        return None;
    }
    let object = ObjectRef::new(about.name());
    Some(Trigger::urgent(match is_namespaced {
        true => object.within(&decision.namespace()?),
        false => object,
    }))
}
