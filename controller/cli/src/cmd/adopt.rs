//! `adopt`: rebuild custody from the mirror when the cluster was lost.

mod report;

use super::Setting;
use crate::{
    cloud,
    cluster::{Cluster, Given},
    terminal,
};
use anyhow::{Context, Result};
use clap::Args;
use firebreak_cloud::{
    Cloud,
    mirror::{Found, salvage},
};
use firebreak_core::{
    aws::{access::Access, failure::FailureClass},
    run::{
        adoption::{Finding, trust::Rules},
        archive,
    },
};
use firebreak_crds::{AwsAccount, GuardrailSpec, Hold, text};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;

/// What `adopt` is told.
#[derive(Args, Debug)]
pub struct Adopt {
    /// Name of the AwsAccount whose evidence bucket is read, with your own AWS credentials
    pub account: String,
    /// Vouch for a mirrored plan, by the hash that adopt shows: its before-values are what a release puts back. Anyone who can
    /// write into the bucket can write plans: name only what you have read
    #[arg(long = "plan", value_name = "SHA256")]
    pub plans: Vec<String>,
    /// Let this cluster respond in the account from now on, in the place of the one that the bucket names
    #[arg(long)]
    pub take_over: bool,
    /// Create the Holds without asking
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Namespace of the operator, as which the Holds are created: you must be allowed to impersonate it
    #[arg(long, default_value = "firebreak-system")]
    pub operator_namespace: String,
    /// Service account of the operator
    #[arg(long, default_value = "firebreak-controller")]
    pub service_account: String,
    /// Let the environment redirect AWS endpoints (AWS_ENDPOINT_URL and the like): for tests
    #[arg(long)]
    pub allow_endpoint_overrides: bool,
}

impl Adopt {
    /// Shows what the mirror and AWS prove together and who vouches for it, asks, and creates what is missing.
    ///
    /// # Errors
    /// When the mirror cannot be read, something in AWS stays unknown, nobody vouches for a plan, or the API server refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let account = cluster.account(&self.account).await?;
        let cloud = cloud::connect(self.allow_endpoint_overrides).await?;
        let found = self.found(&cluster, cloud.as_ref(), &account).await?;
        let lines = || json!(found.iter().map(report::line).collect::<Vec<_>>());
        setting.answer(lines, |_| report::text(&found))?;
        let holds: Vec<Hold> = found.iter().filter_map(hold).collect();
        if !holds.is_empty() {
            self.create(setting, &holds).await?;
        }
        self.marker(&cluster, cloud.as_ref(), &account).await?;
        report::complete(&found, &self.account)
    }

    async fn found(&self, cluster: &Cluster, cloud: &dyn Cloud, account: &AwsAccount) -> Result<Vec<Found>> {
        let records = cluster.records(None).await?;
        let guardrails: Vec<GuardrailSpec> = records.guardrails.iter().map(|rail| rail.spec.clone()).collect();
        let own = records.own();
        let rules = Rules {
            plans: &records.plans,
            named: &self.plans,
            guardrails: &guardrails,
            own: &own,
        };
        let found = salvage(cloud, &access(account), &rules, Timestamp::now()).await;
        found.context("reading the mirror")
    }

    async fn create(&self, setting: &Setting, holds: &[Hold]) -> Result<()> {
        let question = format!("Create {}, unless they exist?", text::counted(holds.len(), "Hold"));
        terminal::confirm(&question, self.yes)?;
        let mut connection = setting.connection.clone();
        connection.as_user = Some(format!(
            "system:serviceaccount:{}:{}",
            self.operator_namespace, self.service_account
        ));
        connection.as_groups = Vec::new();
        let operator = Cluster::connect(&connection).await?;
        for hold in holds {
            let word = match operator.hold(hold).await? {
                Given::Now(_) => "created",
                Given::Before(_) => "was there already",
            };
            terminal::remark(&format!("hold.firebreak.dev/{} {word}", hold.name_any()));
        }
        Ok(())
    }

    /// Which cluster the bucket names for the account, and that it is this one from now on where that is wished.
    async fn marker(&self, cluster: &Cluster, cloud: &dyn Cloud, account: &AwsAccount) -> Result<()> {
        let (Some(store), own) = (&account.spec.evidence, cluster.uid().await?) else {
            return Ok(());
        };
        let (access, marker) = (access(account), archive::cluster(store, &account.spec.account_id, &own));
        let named = match cloud.retrieve(&access, &marker.key).await {
            Ok(text) => Some(archive::cluster_of(&text).unwrap_or_else(|| "something that is no cluster".into())),
            Err(failure) if failure.class == FailureClass::Gone => None,
            Err(failure) => return Err(failure).context("reading which cluster responds in the account"),
        };
        match named.filter(|named| *named != own) {
            None => Ok(()),
            Some(named) if self.take_over => {
                let question = format!("Shall this cluster ({own}) respond in the account, in the place of {named:?}?");
                terminal::confirm(&question, self.yes)?;
                cloud
                    .replace(&access, &marker)
                    .await
                    .context("naming this cluster in the bucket")?;
                terminal::remark(&format!("{} names this cluster now", marker.key));
                Ok(())
            }
            Some(named) => {
                terminal::remark(&format!(
                    "warning: {} names the cluster {named:?}, not this one ({own}). If that one is gone, add --take-over",
                    marker.key
                ));
                Ok(())
            }
        }
    }
}

fn access(account: &AwsAccount) -> Access {
    let region = account.spec.evidence.as_ref().map(|store| store.region.clone());
    Access {
        account: account.spec.clone(),
        region: region.unwrap_or_default(),
        namespace: String::new(),
        name: "adopt".into(),
        uid: String::new(),
    }
}

/// What is taken into custody: what AWS shows and somebody vouches for.
fn hold(found: &Found) -> Option<Hold> {
    match &found.finding {
        Finding::Kept { name, hold } if found.is_adopted() => Some(Hold::in_custody(name, (**hold).clone())),
        Finding::Kept { .. } | Finding::Back | Finding::Gone | Finding::Unknown(_) | Finding::Refused(_) => None,
    }
}
