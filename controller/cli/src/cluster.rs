//! The cluster: every read and every write that this command makes.

mod ground;
mod inspection;
mod reading;
#[cfg(test)]
pub mod script;
mod watching;
mod writing;

pub use ground::Wanted;
pub use watching::Next;

use crate::{args::Connection, exit, records::Records};
use anyhow::{Context, Result, bail};
use firebreak_core::respond::{Object, Respondent};
use firebreak_crds::{
    AwsAccount, Decision, EmergencyStop, FailoverPlan, Hold, Incident, OwnerRef, Quarantine, ResponsePlan,
    TrafficPolicy,
};
use k8s_openapi::api::{authentication::v1::SelfSubjectReview, core::v1::Namespace};
use kube::{
    Api, Client, Config, Resource, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::NamespaceResourceScope,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{cmp::Reverse, fmt::Debug, sync::Mutex};

/// Whose fields they are, in `managedFields`, that this command writes.
const MANAGER: &str = "kubectl-firebreak";

/// A cluster, as somebody.
pub struct Cluster {
    client: Client,
    /// The namespace in which names are looked up.
    pub namespace: String,
    chosen: bool,
    /// What was left out of lists, and why.
    unread: Mutex<Vec<String>>,
}

/// Those of a kind; none where the cluster does not know it yet.
fn installed<K>(listed: Result<Vec<K>>) -> Result<Vec<K>> {
    match listed {
        Err(error) if exit::api_code(&error) == Some(404) => Ok(Vec::new()),
        found => found,
    }
}

/// What became of a record.
pub enum Given<K> {
    /// It was created.
    Now(K),
    /// One with this name was there already.
    Before(K),
}

impl Cluster {
    /// Connects as kubectl would with the same flags.
    ///
    /// # Errors
    /// When there is no usable configuration.
    pub async fn connect(connection: &Connection) -> Result<Self> {
        let mut config = config(connection)
            .await
            .context("no usable kubeconfig (--kubeconfig, --context)")?;
        impersonate(&mut config, connection)?;
        let chosen = connection.namespace.is_some();
        let namespace = connection.namespace.clone().unwrap_or(config.default_namespace.clone());
        let client = Client::try_from(config).context("the cluster cannot be reached")?;
        Ok(Self {
            client,
            namespace,
            chosen,
            unread: Mutex::default(),
        })
    }

    /// The namespace for a manifest: its own, which `-n` must not contradict.
    ///
    /// # Errors
    /// When they differ.
    pub fn namespace_for(&self, manifest: Option<&str>) -> Result<String> {
        match manifest {
            Some(own) if self.chosen && own != self.namespace => bail!(
                "metadata.namespace is {own}, and --namespace is {}: leave one of them out",
                self.namespace
            ),
            own => Ok(own.unwrap_or(&self.namespace).to_owned()),
        }
    }

    /// The object of a response of the namespace.
    ///
    /// # Errors
    /// When it does not exist or cannot be read.
    pub async fn respondent(&self, kind: Respondent, name: &str) -> Result<Object> {
        let found = self.find_respondent(kind, name).await?;
        found.with_context(|| format!("there is no {} {name} in namespace {}", kind.kind(), self.namespace))
    }

    /// The object of a response of the namespace, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find_respondent(&self, kind: Respondent, name: &str) -> Result<Option<Object>> {
        Ok(match kind {
            Respondent::Quarantine => self.find::<Quarantine>(name).await?.map(Object::from),
            Respondent::TrafficPolicy => self.find::<TrafficPolicy>(name).await?.map(Object::from),
        })
    }

    /// An Incident of the namespace.
    ///
    /// # Errors
    /// When it does not exist or cannot be read.
    pub async fn incident(&self, name: &str) -> Result<Incident> {
        let found = self.find_incident(name).await?;
        found.with_context(|| format!("there is no Incident {name} in namespace {}", self.namespace))
    }

    /// An Incident of the namespace, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find_incident(&self, name: &str) -> Result<Option<Incident>> {
        self.find(name).await
    }

    /// The Incidents of the namespace, or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn incidents(&self, everywhere: bool) -> Result<Vec<Incident>> {
        self.list((!everywhere).then_some(self.namespace.as_str())).await
    }

    /// A FailoverPlan of the namespace.
    ///
    /// # Errors
    /// When it does not exist or cannot be read.
    pub async fn failover_plan(&self, name: &str) -> Result<FailoverPlan> {
        let found = self.find::<FailoverPlan>(name).await?;
        found.with_context(|| format!("there is no FailoverPlan {name} in namespace {}", self.namespace))
    }

    /// The FailoverPlans of the namespace, or of all. A cluster that does not know the kind has none.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn failover_plans(&self, everywhere: bool) -> Result<Vec<FailoverPlan>> {
        installed(self.list((!everywhere).then_some(self.namespace.as_str())).await)
    }

    /// An object of the namespace, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find<K>(&self, name: &str) -> Result<Option<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let namespace = Some(self.namespace.as_str());
        let what = || format!("reading the {}", K::kind(&()));
        self.get(namespace, name).await.with_context(what)
    }

    /// What tells this cluster from every other: the UID of its namespace kube-system.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn uid(&self) -> Result<String> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let home = api
            .get("kube-system")
            .await
            .context("reading the namespace kube-system")?;
        home.metadata.uid.context("the namespace kube-system has no UID")
    }

    /// A Hold.
    ///
    /// # Errors
    /// When it does not exist or cannot be read.
    pub async fn custody(&self, name: &str) -> Result<Hold> {
        let found: Option<Hold> = self.get(None, name).await.context("reading the Hold")?;
        found.with_context(|| format!("there is no Hold {name}"))
    }

    /// The custody that an object of the namespace left behind; what was taken last comes first, as a release goes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn left_behind_by(&self, kind: Respondent, name: &str) -> Result<Vec<Hold>> {
        let left = |hold: &Hold| {
            let from = hold.spec.orphaned.as_ref().map(|orphaned| &orphaned.from);
            let is_of = |from: &OwnerRef| from.kind == kind.kind() && from.namespace == self.namespace;
            from.is_some_and(|from| is_of(from) && from.name == name)
        };
        let mut holds: Vec<Hold> = self.all().await?;
        holds.retain(left);
        holds.sort_by_key(|hold| (Reverse(hold.spec.order), hold.name_any()));
        Ok(holds)
    }

    /// The Quarantines of the namespace, or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn quarantines(&self, everywhere: bool) -> Result<Vec<Quarantine>> {
        self.list((!everywhere).then_some(self.namespace.as_str())).await
    }

    /// The TrafficPolicies of the namespace, or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn traffic_policies(&self, everywhere: bool) -> Result<Vec<TrafficPolicy>> {
        let namespace = (!everywhere).then_some(self.namespace.as_str());
        installed(self.list(namespace).await)
    }

    /// Everything around the responses of a namespace (of all, when none is named) that a decision depends on.
    ///
    /// # Errors
    /// When something cannot be read. What belongs to the cluster and may not be read is left out, with a note.
    pub async fn records(&self, namespace: Option<&str>) -> Result<Records> {
        let mut notes = Vec::new();
        let records = Records {
            decisions: self.list(namespace).await?,
            plans: self.list::<ResponsePlan>(namespace).await?,
            accounts: permitted(self.all().await, "AwsAccounts", &mut notes)?,
            guardrails: permitted(self.all().await, "Guardrails", &mut notes)?,
            holds: permitted(self.all().await, "Holds", &mut notes)?,
            stops: permitted(self.all::<EmergencyStop>().await, "EmergencyStops", &mut notes)?,
            notes: Vec::new(),
        };
        notes.extend(self.noted());
        Ok(Records { notes, ..records })
    }

    async fn all<K>(&self) -> Result<Vec<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        self.list(None).await
    }

    async fn list<K>(&self, namespace: Option<&str>) -> Result<Vec<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let items = self.items::<K>(namespace).await?;
        let (read, unread): (Vec<_>, Vec<_>) = items.into_iter().partition(Result::is_ok);
        let told = unread.iter().filter_map(|item| item.as_ref().err());
        self.note(told.map(|bad| format!("{bad}: it is left out here")));
        Ok(read.into_iter().flatten().collect())
    }

    /// What the API server would store: defaults, requester and every rule of the cluster included. Nothing is stored.
    ///
    /// # Errors
    /// When the API server refuses the object.
    pub async fn dry_run<K>(&self, object: &K) -> Result<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Serialize + Debug,
    {
        let namespace = object.namespace().unwrap_or_default();
        let api: Api<K> = Api::namespaced(self.client.clone(), &namespace);
        let params = PatchParams::apply(MANAGER).force().dry_run();
        Ok(api.patch(&object.name_any(), &params, &Patch::Apply(object)).await?)
    }

    /// Who the API server says that you are.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn whoami(&self) -> Result<String> {
        let api: Api<SelfSubjectReview> = Api::all(self.client.clone());
        let answer = api.create(&PostParams::default(), &SelfSubjectReview::default()).await;
        let user = answer
            .context("asking the API server who you are")?
            .status
            .and_then(|s| s.user_info);
        user.and_then(|user| user.username)
            .context("the API server did not say who you are: sign in first")
    }

    /// Gives a Decision, unless one of that name was given before.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn give(&self, decision: &Decision) -> Result<Given<Decision>> {
        let api: Api<Decision> = Api::namespaced(self.client.clone(), &decision.namespace().unwrap_or_default());
        create(&api, decision).await.context("the Decision was not created")
    }

    /// Takes custody, unless somebody has it already.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn hold(&self, hold: &Hold) -> Result<Given<Hold>> {
        let api: Api<Hold> = Api::all(self.client.clone());
        create(&api, hold).await.context("the Hold was not created")
    }

    /// Every AwsAccount.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn accounts(&self) -> Result<Vec<AwsAccount>> {
        self.all().await
    }

    /// An AwsAccount.
    ///
    /// # Errors
    /// When it does not exist or cannot be read.
    pub async fn account(&self, name: &str) -> Result<AwsAccount> {
        let found: Option<AwsAccount> = self.get(None, name).await.context("reading the AwsAccount")?;
        found.with_context(|| format!("there is no AwsAccount {name}"))
    }
}

async fn create<K>(api: &Api<K>, object: &K) -> kube::Result<Given<K>>
where
    K: Resource + Clone + DeserializeOwned + Serialize + Debug,
{
    match api.create(&PostParams::default(), object).await {
        Ok(created) => Ok(Given::Now(created)),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(Given::Before(api.get(&object.name_any()).await?)),
        Err(error) => Err(error),
    }
}

async fn config(connection: &Connection) -> Result<Config> {
    let options = KubeConfigOptions {
        context: connection.context.clone(),
        ..KubeConfigOptions::default()
    };
    if let Some(path) = &connection.kubeconfig {
        return Ok(Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &options).await?);
    }
    match connection.context {
        Some(_) => Ok(Config::from_kubeconfig(&options).await?),
        None => Ok(Config::infer().await?),
    }
}

fn impersonate(config: &mut Config, connection: &Connection) -> Result<()> {
    if connection.as_user.is_none() && !connection.as_groups.is_empty() {
        bail!("--as-group needs --as");
    }
    if let Some(user) = &connection.as_user {
        config.auth_info.impersonate = Some(user.clone());
        config.auth_info.impersonate_groups = Some(connection.as_groups.clone()).filter(|groups| !groups.is_empty());
    }
    Ok(())
}

fn permitted<K>(answer: Result<Vec<K>>, what: &str, notes: &mut Vec<String>) -> Result<Vec<K>> {
    match answer {
        Err(error) if exit::api_code(&error) == Some(403) => {
            notes.push(format!("you may not list {what}: what depends on them is not shown"));
            Ok(Vec::new())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Config {
        Config::new("https://cluster.example.com".parse().unwrap())
    }

    #[test]
    fn impersonation_is_what_the_flags_say() {
        let mut config = settings();
        let connection = Connection {
            as_user: Some("ann".into()),
            as_groups: vec!["security".into()],
            ..Connection::default()
        };
        impersonate(&mut config, &connection).unwrap();
        assert_eq!(config.auth_info.impersonate.as_deref(), Some("ann"));
        assert_eq!(config.auth_info.impersonate_groups, Some(vec!["security".to_owned()]));
    }

    #[test]
    fn a_group_without_a_user_is_refused() {
        let connection = Connection {
            as_groups: vec!["security".into()],
            ..Connection::default()
        };
        assert!(impersonate(&mut settings(), &connection).is_err());
    }

    #[test]
    fn what_may_not_be_listed_is_noted() {
        let status = kube::core::Status::failure("no", "Forbidden").with_code(403);
        let forbidden: Result<Vec<Quarantine>> = Err(kube::Error::Api(Box::new(status))).context("listing holds");
        let mut notes = Vec::new();
        assert!(permitted(forbidden, "Holds", &mut notes).unwrap().is_empty());
        assert_eq!(notes, ["you may not list Holds: what depends on them is not shown"]);
    }
}
