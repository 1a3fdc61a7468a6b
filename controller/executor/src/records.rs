//! Firebreak's records in Kubernetes: every read is live, and every write is conditional on what was read.

mod counting;
mod failovers;
mod findings;
mod incidents;
mod unread;

use crate::{
    live_read::{LiveRead, LiveReads},
    objects::{self, Objects, Tell},
    takings::{LettingGo, Taking, Takings},
};
use firebreak_core::{engine::Subject, guard, run::Run};
use firebreak_crds::{
    AwsAccount, AwsAccountStatus, CUSTODY_FINALIZER, Decision, EmergencyStop, Guardrail, GuardrailSpec,
    HOLDER_KIND_LABEL_PREFIX, HOLDER_LABEL_PREFIX, Hold, HoldSpec, IN_USE_FINALIZER, ORPHAN_LABEL_PREFIX,
    OWNER_UID_LABEL, OwnerRef, Quarantine, QuarantineStatus, ResponsePlan, ResponsePlanSpec, ResponsePlanStatus,
    Unreadable, readable::Item,
};
use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Api, Client, Resource, ResourceExt, api::ListParams};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Debug, sync::Arc};
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

    /// An AwsAccount, live.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn account(&self, name: &str) -> Result<Option<AwsAccount>> {
        let one = async { Ok(Arc::new(self.cluster().get_opt(name).await?)) };
        let found = self.together.accounts.answer(name, one).await?;
        Ok(Option::clone(&found))
    }

    /// What tells this cluster from every other: the UID of its namespace kube-system.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn cluster_uid(&self) -> Result<Option<String>> {
        let found = self.cluster::<Namespace>().get_opt("kube-system").await?;
        Ok(found.and_then(|namespace| namespace.uid()))
    }

    /// What Firebreak needs in any account to act there: ARN patterns. Of an account that cannot be read they count as well.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn ways(&self) -> Result<Arc<Vec<String>>> {
        let all = async {
            let accounts: Vec<Item<AwsAccount>> = self.cluster().list(&paged()).await?;
            Ok(Arc::new(accounts.iter().flat_map(ways).collect()))
        };
        self.together.ways.answer(all).await
    }

    /// Every Guardrail. What cannot be read of one counts as the strictest that it could be.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn guardrails(&self) -> Result<Arc<Vec<GuardrailSpec>>> {
        let all = async {
            let all: Vec<Item<Guardrail>> = self.cluster().list(&paged()).await?;
            let specs = all.into_iter().map(|item| match item {
                Ok(guardrail) => guardrail.spec,
                Err(bad) => guard::strictest(&bad.part(&["spec"])),
            });
            Ok(Arc::new(specs.collect()))
        };
        self.together.guardrails.answer(all).await
    }

    /// The reason of an EmergencyStop, if there is one: read live before each step. One that cannot be read stops all the same.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn stop(&self) -> Result<Option<String>> {
        let first = async {
            let one = ListParams::default().limit(1);
            let stops: Vec<Item<EmergencyStop>> = self.cluster().list_first(&one).await?;
            Ok(Arc::new(stops.into_iter().next().map(|stop| match stop {
                Ok(stop) => stop.spec.reason,
                Err(bad) => bad.to_string(),
            })))
        };
        let stop = self.together.stops.answer(first).await?;
        Ok(Option::clone(&stop))
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

    /// The runs of an object, oldest first. A record that cannot be read is an error: it must not be run over.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn runs(&self, subject: &Subject) -> Result<Vec<ResponsePlan>> {
        let owner = &subject.owner;
        self.runs_of(&owner.namespace, &owner.uid, subject.deleting_since.is_some())
            .await
    }

    /// The runs of an object by its UID; of one that is or was deleted also those beside the operator.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn runs_of(&self, namespace: &str, uid: &str, deleted: bool) -> Result<Vec<ResponsePlan>> {
        let selector = ListParams::default().labels(&format!("{OWNER_UID_LABEL}={uid}"));
        let mut all: Vec<Item<ResponsePlan>> = self.namespaced(namespace).list(&selector).await?;
        if deleted && namespace != self.home {
            all.extend(self.namespaced::<ResponsePlan>(&self.home).list(&selector).await?);
        }
        let mut all = readable(all)?;
        all.retain(|plan| plan.spec.owner.uid == uid);
        all.sort_by_key(|plan| plan.spec.run);
        Ok(all)
    }

    /// Records a new run. In a namespace that is going away nothing can be created: such runs live with the operator.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when the run exists already.
    pub async fn create_plan(&self, subject: &Subject, spec: ResponsePlanSpec) -> Result<ResponsePlan> {
        let away = subject.deleting_since.is_some();
        self.create_run(if away { &self.home } else { &subject.owner.namespace }, spec)
            .await
    }

    /// Records a new run in a namespace.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when the run exists already.
    pub async fn create_run(&self, namespace: &str, spec: ResponsePlanSpec) -> Result<ResponsePlan> {
        let plan = ResponsePlan {
            metadata: ObjectMeta {
                name: Some(plan_name(&spec.owner, spec.run)),
                namespace: Some(namespace.to_owned()),
                labels: Some(BTreeMap::from([(OWNER_UID_LABEL.to_owned(), spec.owner.uid.clone())])),
                ..ObjectMeta::default()
            },
            spec,
            status: None,
        };
        self.namespaced(namespace).create(&plan).await
    }

    /// Writes a run's journal, if nobody wrote it since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn update_plan(&self, plan: &ResponsePlan, status: ResponsePlanStatus) -> Result<ResponsePlan> {
        let changed = ResponsePlan {
            status: Some(status.bounded()),
            ..plan.clone()
        };
        let api: Objects<ResponsePlan> = self.namespaced(&plan.namespace().unwrap_or_default());
        api.replace_status(&plan.name_any(), &changed).await
    }

    /// Deletes a closed run that is no longer kept.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn delete_plan(&self, plan: &ResponsePlan) -> Result<()> {
        let api: Objects<ResponsePlan> = self.namespaced(&plan.namespace().unwrap_or_default());
        api.delete(&plan.metadata).await
    }

    /// The Holds of one holder.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds_of(&self, uid: &str) -> Result<Vec<Item<Hold>>> {
        let selector = ListParams::default().labels(&format!("{HOLDER_LABEL_PREFIX}{uid}=true"));
        self.cluster().list(&selector).await
    }

    /// Whether an object left custody behind.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn left_orphans(&self, uid: &str) -> Result<bool> {
        let selector = ListParams::default().labels(&format!("{ORPHAN_LABEL_PREFIX}{uid}=true"));
        let orphans: Vec<Item<Hold>> = self.cluster().list(&selector).await?;
        Ok(!orphans.is_empty())
    }

    /// How much custody there is in an account; what cannot be read counts.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds_in(&self, account: &AwsAccount) -> Result<usize> {
        let selector = paged().fields(&format!("spec.key.accountId={}", account.spec.account_id));
        let (name, mut count) = (account.name_any(), 0);
        let add = |hold: Item<Hold>| {
            let of = hold.map_or_else(
                |bad| bad.text_at(&["spec", "accountName"]),
                |hold| hold.spec.account_name,
            );
            count += usize::from(of == name);
        };
        self.cluster().list_each(&selector, add).await?;
        Ok(count)
    }

    /// Custody of which no object of this kind is a holder.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds_beside(&self, kind: &str) -> Result<Arc<Vec<HoldSpec>>> {
        let selector = ListParams::default().labels(&format!("!{HOLDER_KIND_LABEL_PREFIX}{kind}"));
        let others = async {
            let holds: Vec<Item<Hold>> = self.cluster().list(&selector).await?;
            Ok(Arc::new(holds.into_iter().flatten().map(|hold| hold.spec).collect()))
        };
        self.together.holds_beside.answer(kind, others).await
    }

    /// Every Hold.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds(&self) -> Result<Vec<Item<Hold>>> {
        self.cluster().list(&paged()).await
    }

    /// A Hold, live.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn hold(&self, name: &str) -> Result<Option<Hold>> {
        self.cluster().get_opt(name).await
    }

    /// Takes custody.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when somebody has it.
    pub async fn create_hold(&self, name: &str, spec: HoldSpec) -> Result<Hold> {
        self.cluster().create(&Hold::in_custody(name, spec.bounded())).await
    }

    /// Changes custody, if nobody changed it since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn update_hold(&self, hold: &Hold, spec: HoldSpec) -> Result<Hold> {
        let mut changed = Hold {
            spec: spec.bounded(),
            ..hold.clone()
        };
        changed.label();
        self.cluster().replace(&hold.name_any(), &changed).await
    }

    /// Ends custody, if nobody changed it since. The finalizer goes first: a Hold without it is still a record.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn delete_hold(&self, hold: &Hold) -> Result<()> {
        let api: Objects<Hold> = self.cluster();
        let mut free = hold.clone();
        free.finalizers_mut().retain(|finalizer| finalizer != CUSTODY_FINALIZER);
        let free = api.replace(&hold.name_any(), &free).await?;
        api.delete(&free.metadata).await
    }

    /// Adds or removes the custody finalizer of a Quarantine, if nobody changed the object since. Nothing else of it changes.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn set_finalizer(&self, object: &Quarantine, present: bool) -> Result<Quarantine> {
        let changes = objects::finalizer(&object.metadata, CUSTODY_FINALIZER, present);
        let api: Objects<Quarantine> = self.namespaced(&object.namespace().unwrap_or_default());
        match changes.is_empty() {
            true => Ok(object.clone()),
            false => api.patch(&object.metadata, changes).await,
        }
    }

    /// Keeps an AwsAccount, or lets it go, if nobody changed it since. Nothing else of it changes.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn set_in_use(&self, account: &AwsAccount, in_use: bool) -> Result<AwsAccount> {
        let changes = objects::finalizer(&account.metadata, IN_USE_FINALIZER, in_use);
        match changes.is_empty() {
            true => Ok(account.clone()),
            false => self.cluster().patch(&account.metadata, changes).await,
        }
    }

    /// Writes an AwsAccount's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn write_account_status(&self, account: &AwsAccount, status: AwsAccountStatus) -> Result<AwsAccount> {
        self.cluster().patch_status(&account.metadata, &status).await
    }

    /// Writes a Quarantine's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn write_status(&self, object: &Quarantine, status: QuarantineStatus) -> Result<Quarantine> {
        let api: Objects<Quarantine> = self.namespaced(&object.namespace().unwrap_or_default());
        api.patch_status(&object.metadata, &status).await
    }
}

/// All objects, in pages.
fn paged() -> ListParams {
    ListParams::default().limit(PAGE)
}

/// All of them, or the first one that cannot be read: they belong to one object, which waits for it.
fn readable<K>(items: Vec<Item<K>>) -> Result<Vec<K>> {
    let all: Item<Vec<K>> = items.into_iter().collect();
    all.map_err(RecordError::Unreadable)
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

/// What people are told of a Decision that does not count because it cannot be read.
fn unheard(bad: &Unreadable) -> String {
    let (verb, by) = (bad.text_at(&["spec", "verb"]), bad.text_at(&["spec", "by"]));
    format!("{bad}; it does not count (verb {verb:?}, by {by:?}): give it again in words of this version")
}

/// What Firebreak needs in an account to act there.
fn ways(account: &Item<AwsAccount>) -> Vec<String> {
    let bad = match account {
        Ok(account) => return guard::operator_dependencies(&account.spec),
        Err(bad) => bad.part(&["spec"]),
    };
    let text = |path| bad.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let bucket = text("/evidence/bucket").map(|bucket| format!("arn:*:s3:::{bucket}"));
    let paths = [
        "/roles/read",
        "/roles/contain",
        "/roles/containIdentity",
        "/roles/failover",
        "/denyPolicyArn",
        "/evidence/roleArn",
    ];
    paths.into_iter().filter_map(text).chain(bucket).collect()
}

/// Reads a recorded run.
///
/// # Errors
/// [`RecordError::Plan`].
pub fn read_run(plan: &ResponsePlan) -> Result<Run> {
    Run::of(plan).map_err(|blocked| RecordError::Plan(blocked.message))
}

/// The name of a run's plan. It carries a part of the UID, so that a namesake's runs never collide with it.
pub fn plan_name(owner: &OwnerRef, run: u32) -> String {
    let uid: String = owner.uid.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("{}-{uid}-run-{run}", owner.name)
}
