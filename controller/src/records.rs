//! Firebreak's records in Kubernetes: every read is live, and every write is conditional on what was read.

use crate::live_read::LiveRead;
use firebreak_core::{
    custody,
    engine::{Run, Subject},
    guard,
    ledger::Ledger,
};
use firebreak_crds::{
    AwsAccount, CUSTODY_FINALIZER, Decision, EmergencyStop, Guardrail, HOLDER_KIND_LABEL_PREFIX, HOLDER_LABEL_PREFIX,
    Hold, HoldSpec, IN_USE_FINALIZER, ORPHAN_LABEL_PREFIX, OWNER_UID_LABEL, OwnerRef, Quarantine, QuarantineStatus,
    ResponsePlan, ResponsePlanSpec, ResponsePlanStatus, aws_account::AwsAccountStatus,
};
use jiff::Timestamp;
use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, PostParams, Preconditions},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use thiserror::Error;

/// Who wrote a record, in its `managedFields`.
const FIELD_MANAGER: &str = "firebreak-controller";

/// How many Holds are read at once where all of them are read.
const PAGE: u32 = 100;

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

/// A list that passes share while they run side by side.
type Shared<T> = LiveRead<Result<Arc<Vec<T>>>>;

/// What many passes ask at the same time, in the same words.
#[derive(Default)]
struct Together {
    accounts: Mutex<HashMap<String, Arc<Shared<AwsAccount>>>>,
    ways: Shared<String>,
    guardrails: Shared<Guardrail>,
    stops: Shared<EmergencyStop>,
    decisions: Mutex<HashMap<String, Arc<Shared<Decision>>>>,
    holds_beside: Mutex<HashMap<String, Arc<Shared<HoldSpec>>>>,
}

/// What is read together under this name.
fn of<T>(named: &Mutex<HashMap<String, Arc<Shared<T>>>>, name: &str) -> Arc<Shared<T>> {
    let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(named.entry(name.to_owned()).or_default())
}

/// The store of all objects, as the operator uses it.
#[derive(Clone)]
pub struct Records {
    client: Client,
    together: Arc<Together>,
    /// The operator's own namespace: runs of objects in terminating namespaces and decisions about orphans live here.
    pub home: String,
}

impl Records {
    /// Records behind a client, for an operator in a namespace.
    pub fn new(client: Client, home: impl Into<String>) -> Self {
        Self {
            client,
            together: Arc::default(),
            home: home.into(),
        }
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn namespaced<K>(&self, namespace: &str) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    fn cluster<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::ClusterResourceScope>,
        K::DynamicType: Default,
    {
        Api::all(self.client.clone())
    }

    /// A Quarantine, live.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn quarantine(&self, namespace: &str, name: &str) -> Result<Option<Quarantine>> {
        Ok(self.namespaced(namespace).get_opt(name).await?)
    }

    /// An AwsAccount, live.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn account(&self, name: &str) -> Result<Option<AwsAccount>> {
        let one = async { Ok(Arc::new(self.cluster().get_opt(name).await?.into_iter().collect())) };
        let found = of(&self.together.accounts, name).answer(one).await?;
        Ok(found.first().cloned())
    }

    /// What tells this cluster from every other: the UID of its namespace kube-system.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn cluster_uid(&self) -> Result<Option<String>> {
        let found = self.cluster::<Namespace>().get_opt("kube-system").await?;
        Ok(found.and_then(|namespace| namespace.uid()))
    }

    /// What Firebreak needs in any account to act there: ARN patterns.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn ways(&self) -> Result<Arc<Vec<String>>> {
        let all = async {
            let accounts: Vec<AwsAccount> = self.cluster().list(&ListParams::default()).await?.items;
            Ok(Arc::new(
                accounts
                    .iter()
                    .flat_map(|account| guard::operator_dependencies(&account.spec))
                    .collect(),
            ))
        };
        self.together.ways.answer(all).await
    }

    /// Every Guardrail.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn guardrails(&self) -> Result<Arc<Vec<Guardrail>>> {
        let all = async { Ok(Arc::new(self.cluster().list(&ListParams::default()).await?.items)) };
        self.together.guardrails.answer(all).await
    }

    /// The reason of an EmergencyStop, if there is one: read live before each step.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn stop(&self) -> Result<Option<String>> {
        let one = ListParams::default().limit(1);
        let first = async { Ok(Arc::new(self.cluster().list(&one).await?.items)) };
        let stops = self.together.stops.answer(first).await?;
        Ok(stops.first().map(|stop: &EmergencyStop| stop.spec.reason.clone()))
    }

    /// The Decisions of a namespace about one object.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn decisions(&self, namespace: &str, uid: &str) -> Result<Vec<Decision>> {
        let everyones = async {
            Ok(Arc::new(
                self.namespaced(namespace).list(&ListParams::default()).await?.items,
            ))
        };
        let all = of(&self.together.decisions, namespace).answer(everyones).await?;
        let about = all.iter().filter(|decision| decision.spec.target.uid == uid);
        let mut about: Vec<Decision> = about.cloned().collect();
        about.sort_by_key(|decision| (decision.creation_timestamp(), decision.name_any()));
        Ok(about)
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
        let mut all: Vec<ResponsePlan> = self.namespaced(namespace).list(&selector).await?.items;
        if deleted && namespace != self.home {
            all.extend(self.namespaced::<ResponsePlan>(&self.home).list(&selector).await?.items);
        }
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
        let namespace = if away { &self.home } else { &subject.owner.namespace };
        let plan = ResponsePlan {
            metadata: ObjectMeta {
                name: Some(plan_name(&spec.owner, spec.run)),
                namespace: Some(namespace.clone()),
                labels: Some(BTreeMap::from([(OWNER_UID_LABEL.to_owned(), spec.owner.uid.clone())])),
                ..ObjectMeta::default()
            },
            spec,
            status: None,
        };
        Ok(self.namespaced(namespace).create(&ours(), &plan).await?)
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
        let api: Api<ResponsePlan> = self.namespaced(&plan.namespace().unwrap_or_default());
        Ok(api.replace_status(&plan.name_any(), &ours(), &changed).await?)
    }

    /// Deletes a closed run that is no longer kept.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn delete_plan(&self, plan: &ResponsePlan) -> Result<()> {
        let api: Api<ResponsePlan> = self.namespaced(&plan.namespace().unwrap_or_default());
        gone_is_fine(api.delete(&plan.name_any(), &exactly(&plan.metadata)).await.map(drop))
    }

    /// The Holds of one holder.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds_of(&self, uid: &str) -> Result<Vec<Hold>> {
        let selector = ListParams::default().labels(&format!("{HOLDER_LABEL_PREFIX}{uid}=true"));
        Ok(self.cluster().list(&selector).await?.items)
    }

    /// The custody that an object left behind.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn orphans_of(&self, uid: &str) -> Result<Vec<Hold>> {
        let selector = ListParams::default().labels(&format!("{ORPHAN_LABEL_PREFIX}{uid}=true"));
        Ok(self.cluster().list(&selector).await?.items)
    }

    /// What is contained already, from custody: a new leader knows the caps that are used.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn ledger(&self) -> Result<Ledger> {
        let mut ledger = Ledger::default();
        self.each_hold(|hold| {
            let since = hold.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |time| time.0);
            for uid in custody::counted(&hold.spec) {
                ledger.enter(uid, &hold.spec.key.account_id, since);
            }
        })
        .await?;
        Ok(ledger)
    }

    /// Shows every Hold, without having all of them in memory at once.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn each_hold(&self, mut show: impl FnMut(&Hold)) -> Result<()> {
        let api: Api<Hold> = self.cluster();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let holds = api.list(&page).await?;
            holds.items.iter().for_each(&mut show);
            match holds.metadata.continue_.filter(|next| !next.is_empty()) {
                Some(next) => page = page.continue_token(&next),
                None => return Ok(()),
            }
        }
    }

    /// The custody in an account.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds_in(&self, account: &AwsAccount) -> Result<Vec<Hold>> {
        let selector = ListParams::default().fields(&format!("spec.key.accountId={}", account.spec.account_id));
        let mut held: Vec<Hold> = self.cluster().list(&selector).await?.items;
        held.retain(|hold| hold.spec.account_name == account.name_any());
        Ok(held)
    }

    /// Custody of which no object of this kind is a holder.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds_beside(&self, kind: &str) -> Result<Arc<Vec<HoldSpec>>> {
        let selector = ListParams::default().labels(&format!("!{HOLDER_KIND_LABEL_PREFIX}{kind}"));
        let others = async {
            let holds: Vec<Hold> = self.cluster().list(&selector).await?.items;
            Ok(Arc::new(holds.into_iter().map(|hold| hold.spec).collect()))
        };
        of(&self.together.holds_beside, kind).answer(others).await
    }

    /// Every Hold.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn holds(&self) -> Result<Vec<Hold>> {
        Ok(self.cluster().list(&ListParams::default()).await?.items)
    }

    /// A Hold, live.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn hold(&self, name: &str) -> Result<Option<Hold>> {
        Ok(self.cluster().get_opt(name).await?)
    }

    /// Takes custody.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when somebody has it.
    pub async fn create_hold(&self, name: &str, spec: HoldSpec) -> Result<Hold> {
        Ok(self.cluster().create(&ours(), &Hold::in_custody(name, spec.bounded())).await?)
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
        Ok(self.cluster().replace(&hold.name_any(), &ours(), &changed).await?)
    }

    /// Ends custody, if nobody changed it since. The finalizer goes first: a Hold without it is still a record.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn delete_hold(&self, hold: &Hold) -> Result<()> {
        let api: Api<Hold> = self.cluster();
        let mut free = hold.clone();
        free.finalizers_mut().retain(|finalizer| finalizer != CUSTODY_FINALIZER);
        let free = api.replace(&hold.name_any(), &ours(), &free).await?;
        gone_is_fine(api.delete(&hold.name_any(), &exactly(&free.metadata)).await.map(drop))
    }

    /// Adds or removes the custody finalizer of a Quarantine, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn set_finalizer(&self, object: &Quarantine, present: bool) -> Result<Quarantine> {
        let mut changed = object.clone();
        changed
            .finalizers_mut()
            .retain(|finalizer| finalizer != CUSTODY_FINALIZER);
        if present {
            changed.finalizers_mut().push(CUSTODY_FINALIZER.to_owned());
        }
        let api: Api<Quarantine> = self.namespaced(&object.namespace().unwrap_or_default());
        Ok(api.replace(&object.name_any(), &ours(), &changed).await?)
    }

    /// Keeps an AwsAccount, or lets it go, if nobody changed it since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn set_in_use(&self, account: &AwsAccount, in_use: bool) -> Result<AwsAccount> {
        let mut changed = account.clone();
        changed
            .finalizers_mut()
            .retain(|finalizer| finalizer != IN_USE_FINALIZER);
        if in_use {
            changed.finalizers_mut().push(IN_USE_FINALIZER.to_owned());
        }
        Ok(self.cluster().replace(&account.name_any(), &ours(), &changed).await?)
    }

    /// Writes an AwsAccount's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn write_account_status(&self, account: &AwsAccount, status: AwsAccountStatus) -> Result<AwsAccount> {
        let changed = AwsAccount {
            status: Some(status),
            ..account.clone()
        };
        Ok(self
            .cluster()
            .replace_status(&account.name_any(), &ours(), &changed)
            .await?)
    }

    /// Writes a Quarantine's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn write_status(&self, object: &Quarantine, status: QuarantineStatus) -> Result<Quarantine> {
        let changed = Quarantine {
            status: Some(status),
            ..object.clone()
        };
        let api: Api<Quarantine> = self.namespaced(&object.namespace().unwrap_or_default());
        Ok(api.replace_status(&object.name_any(), &ours(), &changed).await?)
    }
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

/// Names the writer in `managedFields`, for auditors.
fn ours() -> PostParams {
    PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    }
}

fn exactly(meta: &ObjectMeta) -> DeleteParams {
    DeleteParams::default().preconditions(Preconditions {
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
    })
}

fn gone_is_fine(result: kube::Result<()>) -> Result<()> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => Ok(other?),
    }
}
