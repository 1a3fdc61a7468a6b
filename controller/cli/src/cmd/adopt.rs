//! `adopt`: rebuild custody from the mirror when the cluster was lost.

use super::Setting;
use crate::{
    cloud,
    cluster::{Cluster, Given},
    exit::refused,
    terminal,
};
use anyhow::{Context, Result};
use clap::Args;
use firebreak_aws::mirror::{Found, salvage};
use firebreak_core::{access::Access, adoption::Finding};
use firebreak_crds::{AwsAccount, Hold, HoldState, text};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Value, json};

/// What `adopt` is told.
#[derive(Args, Debug)]
pub struct Adopt {
    /// Name of the AwsAccount whose evidence bucket is read, with your own AWS credentials
    pub account: String,
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
    /// Shows what the mirror and AWS prove together, asks, and creates what is missing.
    ///
    /// # Errors
    /// When the mirror cannot be read, something in AWS stays unknown, or the API server refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let account = cluster.account(&self.account).await?;
        let cloud = cloud::connect(self.allow_endpoint_overrides).await?;
        let found = salvage(cloud.as_ref(), &access(&account), Timestamp::now())
            .await
            .context("reading the mirror")?;
        setting.answer(|| json!(found.iter().map(line).collect::<Vec<_>>()), |_| text(&found))?;
        let holds: Vec<Hold> = found.iter().filter_map(hold).collect();
        if !holds.is_empty() {
            self.create(setting, &holds).await?;
        }
        all_known(&found)
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

fn hold(found: &Found) -> Option<Hold> {
    match &found.finding {
        Finding::Kept { name, hold } => Some(Hold::in_custody(name, (**hold).clone())),
        _ => None,
    }
}

/// What was found in a word, and why.
fn verdict(finding: &Finding) -> (&'static str, String) {
    match finding {
        Finding::Kept { name, hold } if hold.state == HoldState::Conflict => ("Conflict", name.clone()),
        Finding::Kept { name, .. } => ("Orphaned", name.clone()),
        Finding::Back => ("Back", "AWS shows what was there before".into()),
        Finding::Gone => ("Gone", "the resource does not exist any more".into()),
        Finding::Unknown(why) => ("Unknown", why.clone()),
    }
}

fn line(found: &Found) -> Value {
    let (word, detail) = verdict(&found.finding);
    json!({"object": found.object, "step": found.step, "finding": word, "detail": detail})
}

fn text(found: &[Found]) -> String {
    if found.is_empty() {
        return "the mirror has no containment that was not closed".into();
    }
    let lines = found.iter().map(|one| {
        let (word, detail) = verdict(&one.finding);
        format!("{word:<9} {}  {}  ({detail})", one.object, one.step)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn all_known(found: &[Found]) -> Result<()> {
    let unknown = found
        .iter()
        .filter(|one| matches!(one.finding, Finding::Unknown(_)))
        .count();
    match unknown {
        0 => Ok(()),
        _ => Err(refused(format!(
            "{} could not be read in AWS and left out: run it again when that is over",
            text::counted(unknown, "step")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit;

    fn found(finding: Finding) -> Found {
        Found {
            hold: "hold-1".into(),
            object: "team/q".into(),
            step: "Attach policy".into(),
            finding,
        }
    }

    #[test]
    fn every_finding_is_said_and_what_is_unknown_is_no_success() {
        let all = [
            found(Finding::Back),
            found(Finding::Gone),
            found(Finding::Unknown("no answer".into())),
        ];
        let said = text(&all);
        assert!(
            said.starts_with("Back      team/q  Attach policy  (AWS shows what was there before)"),
            "{said}"
        );
        assert!(said.contains("Unknown   team/q  Attach policy  (no answer)"), "{said}");
        assert_eq!(exit::code(&all_known(&all).unwrap_err()), 3);
        assert!(all_known(&all[..2]).is_ok());
        assert!(text(&[]).contains("no containment"));
    }
}
