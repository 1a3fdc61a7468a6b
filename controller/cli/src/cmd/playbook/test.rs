//! `playbook test`: Playbooks tried on findings.

use crate::{
    args::Connection,
    cloud,
    cluster::{Cluster, Wanted},
    cmd::Setting,
    decision,
    exit::{self, Advice, usage},
    findings::{self, Given},
    playbook::{
        asking::{self, Answered},
        files::Files,
        ground::{Asked, Ground},
    },
    render::playbook as render,
    terminal,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use firebreak_core::coordinate::source::{Rehearsed, World, rehearse};
use firebreak_crds::{Playbook, finding_source::Samples, text};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// For how long GuardDuty keeps findings.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What `playbook test` is told.
#[derive(Args, Debug)]
pub struct Test {
    /// Findings in JSON: one, a list, what `aws guardduty get-findings` prints, or events of EventBridge; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "since", conflicts_with = "since")]
    pub findings: Vec<PathBuf>,
    /// Playbooks to test instead of the namespace's, and AwsAccounts and Guardrails instead of those of their names; may be given
    /// several times; - is standard input
    #[arg(short = 'f', long = "filename", alias = "file", value_name = "FILE")]
    pub filenames: Vec<PathBuf>,
    /// Test the findings of GuardDuty that were updated within that time, such as 7d or 12h, instead of files
    #[arg(long, value_name = "DURATION", value_parser = since, requires = "account")]
    pub since: Option<SignedDuration>,
    /// The AwsAccount whose findings are read
    #[arg(long, value_name = "AWSACCOUNT", requires = "since")]
    pub account: Option<String>,
    /// A region of it; may be given several times; default: all that the AwsAccount lists
    #[arg(long = "region", value_name = "AWSREGION", requires = "since")]
    pub regions: Vec<String>,
    /// Ask no cluster: -f gives Playbooks and AwsAccounts, and there are no other Guardrails and no Incidents
    #[arg(long)]
    pub no_cluster: bool,
    /// As if the namespace had no Incidents: what is in one already is shown as it was opened
    #[arg(long)]
    pub no_incidents: bool,
    /// As if the FindingSource said samples: Drill, so that samples open drills
    #[arg(long)]
    pub samples: bool,
    /// Let the environment redirect AWS endpoints (AWS_ENDPOINT_URL and the like): for tests
    #[arg(long)]
    pub allow_endpoint_overrides: bool,
}

impl Test {
    /// Reads, rehearses and tells.
    ///
    /// # Errors
    /// When something cannot be read, or a finding is not valid.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        self.reads_standard_input_once()?;
        let mut ground = self.ground(&setting.connection, Files::read(&self.filenames)?).await?;
        if self.samples {
            ground.samples = Samples::Drill;
        }
        let now = Timestamp::now();
        let mut world = ground.world(now);
        let Answered { findings, notes } = self.findings(&ground, &world, now).await?;
        let values: Vec<Value> = findings.iter().map(|given| given.value.clone()).collect();
        let all = rehearse(&mut world, &values, now);
        let read = all.iter().filter_map(|one| one.finding.as_ref().ok());
        let gaps = ground.gaps(read, now);
        let notes = ground.notes.iter().chain(&notes).chain(&gaps);
        notes.for_each(|note| terminal::remark(&format!("note: {note}")));
        setting.answer(
            || render::json(&all, &findings),
            |paint| render::text(&all, &findings, paint),
        )?;
        valid(&all, &findings)
    }

    fn reads_standard_input_once(&self) -> Result<()> {
        let all = self.findings.iter().chain(&self.filenames);
        match all.filter(|path| path.as_path() == Path::new("-")).count() {
            0 | 1 => Ok(()),
            _ => Err(usage("standard input can be read once: name - once")),
        }
    }

    async fn ground(&self, connection: &Connection, files: Files) -> Result<Ground> {
        let own = files.namespace()?;
        if self.no_cluster {
            return alone(connection, own, files);
        }
        match self.online(connection, own.as_deref(), &files).await {
            Ok(ground) => Ok(ground.with(files)),
            Err(error) if is_away(&error, connection) && files.suffice() => {
                let mut ground = alone(connection, own, files)?;
                ground.notes.push(format!(
                    "no cluster answers ({}): its Guardrails and Incidents are unknown",
                    exit::message(&error)
                ));
                Ok(ground)
            }
            Err(error) if is_away(&error, connection) => Err(error.context(Advice {
                failed: "no cluster answers".into(),
                fix: "give the Playbooks and the AwsAccount of the findings with -f: then none is needed".into(),
            })),
            Err(error) => Err(error),
        }
    }

    async fn online(&self, connection: &Connection, own: Option<&str>, files: &Files) -> Result<Ground> {
        let mut cluster = Cluster::connect(connection).await?;
        cluster.namespace = cluster.namespace_for(own)?;
        let wanted = Wanted {
            playbooks: files.playbooks.is_empty(),
            incidents: !self.no_incidents,
        };
        let mut ground = cluster.ground(wanted).await?;
        for playbook in &files.playbooks {
            ground.notes.extend(accepted(&cluster, playbook).await?);
        }
        Ok(ground)
    }

    async fn findings(&self, ground: &Ground, world: &World, now: Timestamp) -> Result<Answered> {
        let (Some(since), Some(account)) = (self.since, self.account.clone()) else {
            return Ok(Answered {
                findings: findings::read(&self.findings)?,
                notes: Vec::new(),
            });
        };
        let asked = Asked {
            account,
            regions: self.regions.clone(),
            since,
        };
        let asks = asking::questions(ground, world, &asked, now)?;
        let aws = cloud::aws(self.allow_endpoint_overrides).await?;
        match asking::answers(&aws, &asks).await {
            Err(failure) if asking::is_shut_out(&failure) => {
                let mut answered = asking::answers(&aws.with_own_credentials(), &asks)
                    .await
                    .map_err(|failure| asking::told(&failure))?;
                let note = "spec.roles.read does not let you in: GuardDuty was read with your own credentials";
                answered.notes.push(note.into());
                Ok(answered)
            }
            answered => answered.map_err(|failure| asking::told(&failure)),
        }
    }
}

/// What files alone give.
fn alone(connection: &Connection, own: Option<String>, files: Files) -> Result<Ground> {
    if let (Some(own), Some(flag)) = (&own, &connection.namespace)
        && own != flag
    {
        bail!("metadata.namespace is {own}, and --namespace is {flag}: leave one of them out");
    }
    if !files.suffice() {
        bail!("without a cluster -f must give a Playbook and the AwsAccount of the findings");
    }
    let namespace = own.or(connection.namespace.clone()).unwrap_or_else(|| "default".into());
    Ok(Ground::of(&namespace).with(files))
}

/// Whether there is no cluster, and none was named.
fn is_away(error: &anyhow::Error, connection: &Connection) -> bool {
    let is_named = connection.kubeconfig.is_some() || connection.context.is_some();
    exit::is_unreachable(error) || (!is_named && error.is::<kube::config::InferConfigError>())
}

/// Has the API server look at a Playbook that files hold. Nothing is stored.
async fn accepted(cluster: &Cluster, playbook: &Playbook) -> Result<Option<String>> {
    let mut object = Playbook::new(&playbook.name_any(), playbook.spec.clone());
    object.metadata.namespace = Some(cluster.namespace.clone());
    match cluster.dry_run(&object).await {
        Ok(_) => Ok(None),
        Err(error) if exit::code(&error) == exit::REFUSED => Ok(Some(format!(
            "the API server would refuse the Playbook {} from you ({}): only local rules were checked",
            object.name_any(),
            exit::message(&error)
        ))),
        Err(error) => {
            let what = format!("the API server would refuse the Playbook {}", object.name_any());
            Err(error).context(what)
        }
    }
}

/// How the command ends.
fn valid(all: &[Rehearsed], findings: &[Given]) -> Result<()> {
    let wrong = all.iter().filter_map(|one| {
        let rejected = one.finding.as_ref().err()?;
        Some(format!("{}: {}", findings[one.index].source, rejected.why))
    });
    let wrong: Vec<String> = wrong.collect();
    match wrong.first() {
        None => Ok(()),
        Some(first) => bail!(
            "not valid: {} of {}; the first: {first}",
            wrong.len(),
            text::counted(all.len() as u64, "finding")
        ),
    }
}

/// A duration such as 7d or 12h, as far back as GuardDuty keeps findings.
fn since(text: &str) -> Result<SignedDuration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok());
    let duration = match days {
        Some(days) => SignedDuration::from_hours(i64::from(days) * 24),
        None => decision::duration(text).map_err(|_| format!("{text} is not a duration such as 12h or 7d"))?,
    };
    match duration {
        none if none.is_zero() => Err("a duration is longer than nothing, such as 12h or 7d".into()),
        long if long > KEPT => Err("GuardDuty keeps findings for 90 days: at most 90d".into()),
        duration => Ok(duration),
    }
}

#[cfg(test)]
#[path = "test_tests.rs"]
mod tests;
