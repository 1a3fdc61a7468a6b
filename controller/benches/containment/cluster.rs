//! The test bed's cluster: its clients, what must be installed first, and what is seeded before the clock starts.

use crate::objects::{self, NAMESPACE};
use anyhow::{Context, ensure};
use firebreak_core::installation::{DEFAULT_NAMESPACE, DEFAULT_SERVICE_ACCOUNT, Identity};
use firebreak_crds::{AwsAccount, Guardrail, Quarantine, REQUESTED_BY};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Config,
    api::{DeleteParams, ListParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// Requests that are under way at once while objects are seeded.
const SEEDING: usize = 32;
/// How long an installation may take until it is in force.
const PATIENCE: Duration = Duration::from_secs(60);

/// What bed.json says.
#[derive(Deserialize)]
struct Bed {
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    pids: BTreeMap<String, u32>,
}

/// The cluster.
pub struct Cluster {
    bed: Bed,
    /// As the administrator.
    pub admin: Client,
    /// As the operator's service account: for records that only it may write.
    pub operator: Client,
}

impl Cluster {
    /// The cluster of a bed, with CRDs and policies in force.
    ///
    /// # Errors
    /// When the bed does not run, or what is installed does not come into force.
    pub async fn of(bed: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(bed).with_context(|| format!("no test bed at {}: make bench", bed.display()))?;
        let bed: Bed = serde_json::from_str(&text)?;
        fs::create_dir_all(folder(&bed).join("logs"))?;
        write_operator_kubeconfig(&bed)?;
        let cluster = Self {
            admin: client(&bed.kubeconfig).await?,
            operator: client(&operator_kubeconfig(&bed)).await?,
            bed,
        };
        cluster.install().await?;
        Ok(cluster)
    }

    /// The kubeconfig of the operator: the administrator's, acting as the service account.
    pub fn operator_kubeconfig(&self) -> PathBuf {
        operator_kubeconfig(&self.bed)
    }

    /// The kubeconfig of the administrator.
    pub fn admin_kubeconfig(&self) -> &Path {
        &self.bed.kubeconfig
    }

    /// The bed's processes, by name.
    pub fn processes(&self) -> &BTreeMap<String, u32> {
        &self.bed.pids
    }

    /// A file beside the bed's logs.
    pub fn log(&self, name: &str) -> PathBuf {
        folder(&self.bed).join("logs").join(name)
    }

    /// The Quarantines of the benchmark.
    pub fn quarantines(&self) -> Api<Quarantine> {
        Api::namespaced(self.admin.clone(), NAMESPACE)
    }

    /// Accounts, the Guardrail and the namespace.
    ///
    /// # Errors
    /// When they cannot be created.
    pub async fn seed(&self, accounts: usize) -> anyhow::Result<()> {
        let namespace: Namespace = serde_json::from_value(serde_json::json!({ "metadata": { "name": NAMESPACE } }))?;
        create(&Api::all(self.admin.clone()), namespace).await?;
        create(&Api::<Guardrail>::all(self.admin.clone()), objects::guardrail()).await?;
        let api: Api<AwsAccount> = Api::all(self.admin.clone());
        stream::iter(0..accounts)
            .map(|number| create(&api, objects::account(number)))
            .buffer_unordered(SEEDING)
            .try_collect::<()>()
            .await
    }

    /// Deletes every Quarantine that nobody holds, and waits until it is gone.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn clear(&self) -> anyhow::Result<()> {
        let api = self.quarantines();
        api.delete_collection(&DeleteParams::default(), &ListParams::default())
            .await?;
        while !api.list(&ListParams::default().limit(1)).await?.items.is_empty() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    async fn install(&self) -> anyhow::Result<()> {
        let manifests = firebreak_controller::install::manifests(&Identity::default())?;
        self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &manifests)?;
        self.kubectl(
            &["wait", "crd", "--all", "--for=condition=Established", "--timeout=60s"],
            "",
        )?;
        tokio::time::timeout(PATIENCE, self.in_force())
            .await
            .context("the admission policies are not in force")?
    }

    /// Tried, not asked: the API server takes up to three seconds until it obeys a new policy.
    async fn in_force(&self) -> anyhow::Result<()> {
        let api: Api<Quarantine> = Api::default_namespaced(self.admin.clone());
        let dry = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let mut canary = objects::quarantine("canary", 0)?;
        canary.metadata.namespace = None;
        loop {
            let stamped = api
                .create(&dry, &canary)
                .await
                .ok()
                .and_then(|made| made.metadata.annotations);
            if stamped.is_some_and(|stamps| stamps.contains_key(REQUESTED_BY)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn kubectl(&self, arguments: &[&str], input: &str) -> anyhow::Result<()> {
        let mut child = Command::new(&self.bed.kubectl)
            .arg("--kubeconfig")
            .arg(&self.bed.kubeconfig)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        child.stdin.take().context("no stdin")?.write_all(input.as_bytes())?;
        ensure!(child.wait()?.success(), "kubectl {}", arguments.join(" "));
        Ok(())
    }
}

/// Creates an object; that it is there already is fine.
async fn create<K>(api: &Api<K>, object: K) -> anyhow::Result<()>
where
    K: kube::Resource + Clone + serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug,
{
    match api.create(&PostParams::default(), &object).await {
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

fn folder(bed: &Bed) -> PathBuf {
    bed.kubeconfig.parent().map(Path::to_path_buf).unwrap_or_default()
}

fn operator_kubeconfig(bed: &Bed) -> PathBuf {
    folder(bed).join("operator.kubeconfig")
}

fn write_operator_kubeconfig(bed: &Bed) -> anyhow::Result<()> {
    let mut document: Value = serde_json::from_str(&fs::read_to_string(&bed.kubeconfig)?)?;
    let account = format!("system:serviceaccount:{DEFAULT_NAMESPACE}:{DEFAULT_SERVICE_ACCOUNT}");
    document["users"][0]["user"]["as"] = account.into();
    let mut private = fs::OpenOptions::new();
    let mut file = private
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(operator_kubeconfig(bed))?;
    Ok(file.write_all(document.to_string().as_bytes())?)
}

async fn client(kubeconfig: &Path) -> anyhow::Result<Client> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}
