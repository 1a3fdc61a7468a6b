//! Firebreak's records in Kubernetes: every read is live, and every write is conditional on what was read.

mod channels;
mod counting;
mod failovers;
mod findings;
mod holds;
mod incidents;
mod limits;
mod respondents;
mod runs;
mod unread;

pub use runs::{plan_name, read_run};

use crate::{
    live_read::{LiveRead, LiveReads},
    objects::{Objects, Tell},
    takings::{LettingGo, Taking, Takings},
};
use firebreak_core::respond::Object;
use firebreak_crds::{AwsAccount, Decision, GuardrailSpec, HoldSpec, Quarantine, Unreadable, readable::Item};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, Resource, ResourceExt, api::ListParams};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Debug, sync::Arc};
use thiserror::Error;

/// How many objects a page of a list brings: however many there are, no more of them are in memory as they come.
const PAGE: u32 = 50;

/// How a record can fail.
#[derive(Clone, Debug, Error)]
pub enum RecordError {
    /// Somebody else wrote it since it was read: read again and decide again.
    #[error("{0} was changed by somebody else since it was read")]
    Conflict(String),
    /// The API server did not do it.
    #[error("the Kubernetes API: {0}")]
    Api(#[source] Arc<kube::Error>),
    /// A recorded plan cannot be used.
    #[error("{0}")]
    Plan(String),
    /// This version cannot read it.
    #[error("{0}")]
    Unreadable(Box<Unreadable>),
}

impl From<kube::Error> for RecordError {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) if status.code == 409 => Self::Conflict(status.message.clone()),
            _ => Self::Api(Arc::new(error)),
        }
    }
}

type Result<T> = std::result::Result<T, RecordError>;

/// What passes share that run side by side.
type Shared<T> = Result<Arc<T>>;

/// What many passes ask at the same time, in the same words.
#[derive(Default)]
struct Together {
    accounts: LiveReads<Shared<Option<AwsAccount>>>,
    ways: LiveRead<Shared<Vec<String>>>,
    guardrails: LiveRead<Shared<Vec<GuardrailSpec>>>,
    stops: LiveRead<Shared<Option<String>>>,
    decisions: LiveReads<Shared<Vec<Item<Decision>>>>,
    holds_beside: LiveReads<Shared<Vec<HoldSpec>>>,
    takings: Takings,
}

/// The Decisions about one object.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// Those that can be read, oldest first.
    pub about: Vec<Decision>,
    /// Those that cannot be read and do not count, each in a sentence.
    pub unreadable: Vec<String>,
}

/// The store of all objects, as the operator uses it.
#[derive(Clone)]
pub struct Records {
    client: Client,
    together: Arc<Together>,
    tell: Tell,
    /// The operator's own namespace: runs of objects in terminating namespaces and decisions about orphans live here.
    pub home: String,
}

impl Records {
    /// Records behind a client, for an operator in a namespace.
    pub fn new(client: Client, home: impl Into<String>) -> Self {
        Self {
            client,
            together: Arc::default(),
            tell: Arc::new(|bad| tracing::warn!(object = %bad, "an object is skipped")),
            home: home.into(),
        }
    }

    /// The same, with somebody who is told of each object that cannot be read.
    #[must_use]
    pub fn telling(self, tell: Tell) -> Self {
        Self { tell, ..self }
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Custody is taken in an account for as long as the answer is kept: until then nobody lets the account go.
    pub async fn taking_custody(&self, account: &str) -> Taking {
        self.together.takings.begin(account).await
    }

    /// Nobody takes custody in an account for as long as the answer is kept.
    pub async fn letting_go(&self, account: &str) -> LettingGo {
        self.together.takings.stop(account).await
    }

    fn namespaced<K>(&self, namespace: &str) -> Objects<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
        K: Clone + Debug + DeserializeOwned + Serialize,
    {
        let typed = Api::namespaced(self.client.clone(), namespace);
        Objects::new(&self.client, typed, Some(namespace), &self.tell)
    }

    fn cluster<K>(&self) -> Objects<K>
    where
        K: Resource<Scope = k8s_openapi::ClusterResourceScope, DynamicType = ()>,
        K: Clone + Debug + DeserializeOwned + Serialize,
    {
        Objects::new(&self.client, Api::all(self.client.clone()), None, &self.tell)
    }

    /// A Quarantine, live.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn quarantine(&self, namespace: &str, name: &str) -> Result<Option<Quarantine>> {
        self.namespaced(namespace).get_opt(name).await
    }

    /// What tells this cluster from every other: the UID of its namespace kube-system.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn cluster_uid(&self) -> Result<Option<String>> {
        let found = self.cluster::<Namespace>().get_opt("kube-system").await?;
        Ok(found.and_then(|namespace| namespace.uid()))
    }

    /// The Decisions of a namespace about one object.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn decisions(&self, namespace: &str, uid: &str) -> Result<Decisions> {
        let everyones = async { Ok(Arc::new(self.namespaced(namespace).list(&paged()).await?)) };
        let all = self.together.decisions.answer(namespace, everyones).await?;
        let mut found = Decisions::default();
        for decision in all.iter() {
            match decision {
                Ok(decision) if decision.spec.target.uid == uid => found.about.push(decision.clone()),
                Err(bad) if bad.text_at(&["spec", "target", "uid"]) == uid => found.unreadable.push(unheard(bad)),
                Ok(_) | Err(_) => {}
            }
        }
        found
            .about
            .sort_by_key(|decision| (decision.creation_timestamp(), decision.name_any()));
        Ok(found)
    }
}

/// All objects, in pages.
fn paged() -> ListParams {
    ListParams::default().limit(PAGE)
}

/// The object that was asked for; none where it is gone, or where another one has its name by now.
///
/// # Errors
/// [`RecordError`]; one that cannot be read only where it is the one that was asked for.
pub(crate) fn meant<K: ResourceExt>(found: Result<Option<K>>, uid: Option<&str>) -> Result<Option<K>> {
    match found {
        Err(RecordError::Unreadable(bad)) if uid.is_some_and(|uid| uid != bad.uid) => Ok(None),
        found => Ok(found?.filter(|object| uid.is_none() || object.uid().as_deref() == uid)),
    }
}

/// The same of a response.
///
/// # Errors
/// [`RecordError`]; one that cannot be read only where it is the one that was asked for.
pub(crate) fn meant_object(found: Result<Option<Object>>, uid: Option<&str>) -> Result<Option<Object>> {
    match found {
        Err(RecordError::Unreadable(bad)) if uid.is_some_and(|uid| uid != bad.uid) => Ok(None),
        found => Ok(found?.filter(|object| uid.is_none_or(|uid| object.uid() == uid))),
    }
}

/// What people are told of a Decision that does not count because it cannot be read.
fn unheard(bad: &Unreadable) -> String {
    let (verb, by) = (bad.text_at(&["spec", "verb"]), bad.text_at(&["spec", "by"]));
    format!("{bad}; it does not count (verb {verb:?}, by {by:?}): give it again in words of this version")
}
