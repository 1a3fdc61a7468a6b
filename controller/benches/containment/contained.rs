//! Contained objects in great number: one is contained by the operator itself, and its records are copied under other names,
//! UIDs and accounts, as the operator would have written them. Ten thousand real containments would take AWS's own budgets
//! most of an hour; what they leave behind in cluster and AWS is the same.

use crate::{aws::FakeAws, cluster::Cluster, objects, operator::Operator, watched::Watched};
use anyhow::Context;
use firebreak_core::run::{custody, plan::Plan};
use firebreak_crds::{
    ConditionType, Hold, HoldKey, HoldSpec, OWNER_UID_LABEL, PlanReference, Quarantine, QuarantineStatus, ResponsePlan,
};
use firebreak_executor::records::plan_name;
use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api, ResourceExt,
    api::{ListParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Copies that are made at once.
const COPYING: usize = 32;
const PATIENCE: Duration = Duration::from_secs(120);
/// Seconds after the write at which it is read again: short, so that the sample is Contained soon.
pub const SETTLING: [&str; 4] = ["--iam-settling", "1", "2", "3"];
/// Longer than the last of them.
const SETTLED: Duration = Duration::from_secs(6);
const SAMPLE: &str = "sample";

/// The records of one contained object.
struct Sample {
    quarantine: Quarantine,
    plan: ResponsePlan,
    hold: Hold,
}

/// Contains one object by the operator, in account 0, and copies it until there are `objects`, spread over `accounts`.
///
/// # Errors
/// When the sample is not Contained, or a copy is refused.
pub async fn make(cluster: &Cluster, aws: &FakeAws, objects: usize, accounts: usize) -> anyhow::Result<()> {
    cluster.seed(accounts).await?;
    let operator = Operator::start(cluster, aws, &SETTLING).await?;
    contain(cluster, aws).await?;
    operator.stop().await?;
    let sample = read(cluster).await?;
    stream::iter(1..objects)
        .map(|number| copy(cluster, aws, &sample, number, number % accounts))
        .buffer_unordered(COPYING)
        .try_collect::<()>()
        .await
}

async fn contain(cluster: &Cluster, aws: &FakeAws) -> anyhow::Result<()> {
    aws.seed(&objects::account_id(0), SAMPLE, false);
    let watched = Watched::begin(cluster.quarantines(), ConditionType::Contained);
    let sample = objects::quarantine(SAMPLE, 0)?;
    cluster.quarantines().create(&PostParams::default(), &sample).await?;
    let contained = async {
        while watched.seen().is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, contained)
        .await
        .context("the sample is not Contained")?;
    timeout(PATIENCE, settled(cluster))
        .await
        .context("the sample does not settle")?
}

/// Until the journal has been the same for longer than the last settling time: copies of a run that is still to be verified once
/// more would all be read again, one by one.
async fn settled(cluster: &Cluster) -> anyhow::Result<()> {
    let plans: Api<ResponsePlan> = Api::namespaced(cluster.admin.clone(), objects::NAMESPACE);
    let mut before = None;
    loop {
        let now = plans
            .list(&ListParams::default())
            .await?
            .items
            .first()
            .and_then(ResourceExt::resource_version);
        if now.is_some() && now == before {
            return Ok(());
        }
        before = now;
        sleep(SETTLED).await;
    }
}

async fn read(cluster: &Cluster) -> anyhow::Result<Sample> {
    let plans: Api<ResponsePlan> = Api::namespaced(cluster.admin.clone(), objects::NAMESPACE);
    let holds: Api<Hold> = Api::all(cluster.admin.clone());
    let one = ListParams::default();
    Ok(Sample {
        quarantine: cluster.quarantines().get(SAMPLE).await?,
        plan: plans
            .list(&one)
            .await?
            .into_iter()
            .next()
            .context("the sample has no plan")?,
        hold: holds
            .list(&one)
            .await?
            .into_iter()
            .next()
            .context("the sample has no Hold")?,
    })
}

/// The same in another object's words.
struct Words(Vec<(String, String)>);

impl Words {
    fn translate<T: Serialize + DeserializeOwned>(&self, value: &T) -> anyhow::Result<T> {
        let text = serde_json::to_string(value)?;
        let text = self.0.iter().fold(text, |text, (from, to)| text.replace(from, to));
        Ok(serde_json::from_str(&text)?)
    }
}

async fn copy(cluster: &Cluster, aws: &FakeAws, sample: &Sample, number: usize, account: usize) -> anyhow::Result<()> {
    let name = format!("copy-{number:05}");
    aws.seed(&objects::account_id(account), &name, true);
    let made = cluster
        .quarantines()
        .create(&PostParams::default(), &objects::quarantine(&name, account)?)
        .await?;
    let words = words(sample, &made, account)?;
    let kept = finalizer(cluster, sample, made).await?;
    let plan = plan(cluster, sample, &kept, &words).await?;
    let hold: HoldSpec = words.translate(&sample.hold.spec)?;
    let hold = Hold::in_custody(&custody::name(&hold.key), hold);
    Api::<Hold>::all(cluster.operator.clone())
        .create(&PostParams::default(), &hold)
        .await?;
    status(cluster, sample, kept, &plan, &words).await
}

/// What differs between the sample and the copy. The Hold's name is a hash of its key, and follows it.
fn words(sample: &Sample, made: &Quarantine, account: usize) -> anyhow::Result<Words> {
    let uid = |object: &Quarantine| object.uid().context("no UID");
    let mut pairs = vec![
        (uid(&sample.quarantine)?, uid(made)?),
        (objects::account_id(0), objects::account_id(account)),
        (objects::account_name(0), objects::account_name(account)),
        (SAMPLE.to_owned(), made.name_any()),
    ];
    let key: HoldKey = Words(pairs.clone()).translate(&sample.hold.spec.key)?;
    pairs.push((sample.hold.name_any(), custody::name(&key)));
    Ok(Words(pairs))
}

async fn finalizer(cluster: &Cluster, sample: &Sample, made: Quarantine) -> anyhow::Result<Quarantine> {
    let mut kept = made;
    kept.metadata.finalizers = sample.quarantine.metadata.finalizers.clone();
    let api: Api<Quarantine> = Api::namespaced(cluster.operator.clone(), objects::NAMESPACE);
    Ok(api.replace(&kept.name_any(), &PostParams::default(), &kept).await?)
}

async fn plan(cluster: &Cluster, sample: &Sample, of: &Quarantine, words: &Words) -> anyhow::Result<ResponsePlan> {
    let mut spec = words.translate(&sample.plan.spec)?;
    let payload: Plan = serde_json::from_value(spec.payload.clone())?;
    spec.digest = payload.digest();
    let name = plan_name(&spec.owner, spec.run);
    let mut plan = ResponsePlan::new(&name, spec);
    let uid = of.uid().context("no UID")?;
    plan.metadata.labels = Some([(OWNER_UID_LABEL.to_owned(), uid)].into());
    let api: Api<ResponsePlan> = Api::namespaced(cluster.operator.clone(), objects::NAMESPACE);
    let mut made = api.create(&PostParams::default(), &plan).await?;
    made.status = words.translate(&sample.plan.status)?;
    Ok(api.replace_status(&name, &PostParams::default(), &made).await?)
}

async fn status(
    cluster: &Cluster,
    sample: &Sample,
    of: Quarantine,
    plan: &ResponsePlan,
    words: &Words,
) -> anyhow::Result<()> {
    let mut status: QuarantineStatus = words
        .translate(&sample.quarantine.status)?
        .context("the sample has no status")?;
    status.plan = Some(PlanReference {
        name: plan.name_any(),
        uid: plan.uid().context("no UID")?,
        digest: plan.spec.digest.clone(),
    });
    let api: Api<Quarantine> = Api::namespaced(cluster.operator.clone(), objects::NAMESPACE);
    let changed = Quarantine {
        status: Some(status),
        ..of
    };
    api.replace_status(&changed.name_any(), &PostParams::default(), &changed)
        .await?;
    Ok(())
}
