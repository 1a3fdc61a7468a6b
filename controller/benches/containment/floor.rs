//! The floor: what a containment takes with nothing but AWS in it. A process of its own, as the operator is one, watches
//! Quarantines and makes for each the AWS calls that the operator makes, in the same order, side by side where the operator
//! makes them side by side. It reads no record, writes none, and asks nobody.

use crate::{aws::FakeAws, cluster::Cluster};
use anyhow::{Context, ensure};
use firebreak_aws::Aws;
use firebreak_cloud::Cloud;
use firebreak_core::aws::{
    Answer, Cell, Query, Write,
    access::Access,
    ecs::EcsRead,
    iam::{IamCell, IamRead, IamWrite},
    lambda::LambdaRead,
    sts::StsRead,
};
use firebreak_crds::{AwsAccount, AwsAccountSpec, Quarantine};
use futures::{StreamExt, TryStreamExt, future::join_all, stream};
use kube::{
    Api, Client, ResourceExt,
    api::ListParams,
    runtime::{WatchStreamExt, watcher},
};
use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};
use tokio::time::Instant;

const READY: &str = "ready";

/// The floor's process, as the load generator sees it; killed when it is dropped.
pub struct Floor {
    child: Child,
    finished: Arc<Mutex<BTreeMap<String, Instant>>>,
    _reader: JoinHandle<()>,
}

impl Floor {
    /// Starts it, and waits until it watches and has its read sessions.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(cluster: &Cluster, aws: &FakeAws) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("floor")
            .env_clear()
            .envs(crate::operator::environment(&aws.url()))
            .env("KUBECONFIG", cluster.admin_kubeconfig())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        let first = lines.next().transpose()?;
        ensure!(first.as_deref() == Some(READY), "the floor does not start");
        let finished = Arc::<Mutex<BTreeMap<String, Instant>>>::default();
        let known = finished.clone();
        let reader = std::thread::spawn(move || {
            for name in lines.map_while(Result::ok) {
                known
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(name, Instant::now());
            }
        });
        Ok(Self {
            child,
            finished,
            _reader: reader,
        })
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// When the last call for an object was answered, by the object's name.
    pub fn finished(&self) -> BTreeMap<String, Instant> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the process does.
///
/// # Errors
/// When there is no cluster or no AWS.
pub async fn run() -> anyhow::Result<()> {
    let (client, aws) = (Client::try_default().await?, Arc::new(Aws::connect(true).await?));
    let accounts = Arc::new(accounts(&client).await?);
    stream::iter(accounts.values())
        .map(|account| warm(&aws, account))
        .buffer_unordered(64)
        .collect::<()>()
        .await;
    let mut changes =
        std::pin::pin!(watcher(Api::<Quarantine>::all(client), watcher::Config::default()).default_backoff());
    while let Some(change) = changes.try_next().await? {
        match change {
            watcher::Event::InitDone => println!("{READY}"),
            watcher::Event::Apply(object) => drop(tokio::spawn(contain(aws.clone(), accounts.clone(), object))),
            _ => {}
        }
    }
    Ok(())
}

async fn accounts(client: &Client) -> anyhow::Result<HashMap<String, AwsAccountSpec>> {
    let all = Api::<AwsAccount>::all(client.clone())
        .list(&ListParams::default())
        .await?;
    Ok(all
        .into_iter()
        .map(|account| (account.name_any(), account.spec))
        .collect())
}

/// The operator looks at each AwsAccount when it starts: its read session is there before the first object.
async fn warm(aws: &Aws, account: &AwsAccountSpec) {
    let region = account.regions.first().cloned().unwrap_or_default();
    let access = access(account, region, String::new(), String::new(), String::new());
    aws.observe(&access, &Query::Sts(StsRead::CallerIdentity)).await;
}

fn access(account: &AwsAccountSpec, region: String, namespace: String, name: String, uid: String) -> Access {
    Access {
        account: account.clone(),
        region,
        namespace,
        name,
        uid,
    }
}

/// The calls of one containment.
async fn contain(aws: Arc<Aws>, accounts: Arc<HashMap<String, AwsAccountSpec>>, object: Quarantine) {
    let Some(account) = accounts.get(&object.spec.account_ref.name) else {
        return;
    };
    let (region, name) = (object.spec.region.clone(), object.name_any());
    let (namespace, uid) = (object.namespace().unwrap_or_default(), object.uid().unwrap_or_default());
    let access = access(account, region.clone(), namespace, name.clone(), uid);
    let role = object
        .spec
        .target
        .iam_role
        .map(|target| target.role_name)
        .unwrap_or_default();
    let policy_arn = account.deny_policy_arn.clone().unwrap_or_default();
    for wave in before(&role, &region, &account.account_id, &policy_arn) {
        ask(&aws, &access, wave).await;
    }
    let write = Write::Iam(IamWrite::AttachRolePolicy {
        role: role.clone(),
        policy_arn: policy_arn.clone(),
    });
    if let Err(failure) = aws.write(&access, &write).await {
        eprintln!("floor: {failure}");
    }
    for wave in after(&role, &policy_arn) {
        ask(&aws, &access, wave).await;
    }
    println!("{name}");
}

/// What is asked before the write; what stands together is asked side by side.
fn before(role: &str, region: &str, account_id: &str, policy_arn: &str) -> Vec<Vec<Query>> {
    let (role, region) = (role.to_owned(), region.to_owned());
    let role_arn = format!("arn:aws:iam::{account_id}:role/{role}");
    let dependents = vec![
        Query::Iam(IamRead::InstanceProfilesOfRole { role: role.clone() }),
        Query::Ecs(EcsRead::ServicesOfRole {
            region: region.clone(),
            role_arn: role_arn.clone(),
        }),
        Query::Lambda(LambdaRead::FunctionsOfRole { region, role_arn }),
    ];
    let mut waves = vec![
        vec![Query::Sts(StsRead::CallerIdentity)],
        vec![Query::Iam(IamRead::Role { role: role.clone() })],
        dependents,
    ];
    waves.push(vec![policy(policy_arn)]);
    waves.push(vec![attachment(&role, policy_arn)]);
    waves
}

/// What is asked after it.
fn after(role: &str, policy_arn: &str) -> Vec<Vec<Query>> {
    vec![vec![attachment(role, policy_arn)], vec![policy(policy_arn)]]
}

fn policy(arn: &str) -> Query {
    Query::Iam(IamRead::ManagedPolicy { arn: arn.to_owned() })
}

fn attachment(role: &str, policy_arn: &str) -> Query {
    Query::Cell(Cell::Iam(IamCell::RolePolicyAttachment {
        role: role.to_owned(),
        policy_arn: policy_arn.to_owned(),
    }))
}

async fn ask(aws: &Aws, access: &Access, wave: Vec<Query>) {
    for answer in join_all(wave.iter().map(|query| aws.observe(access, query))).await {
        if !matches!(answer, Answer::Found(_) | Answer::NotFound) {
            eprintln!("floor: {answer:?}");
        }
    }
}
