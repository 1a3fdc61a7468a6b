//! What a person says about an Incident, and how the Incidents are: `ack`, `note`, `resolve`, `reopen`, `review`, `incidents`.

use super::{Setting, decide};
use crate::{
    cluster::Cluster,
    decision::{About, Word},
    render::harmless,
    terminal,
};
use anyhow::Result;
use clap::{Args, ValueEnum};
use firebreak_core::engine::Standing;
use firebreak_crds::{Incident, OwnerRef, Verb, incident::IncidentOutcome};
use kube::ResourceExt;
use serde_json::json;

/// The approver role that speaks about Incidents and approves nothing.
const RESPONDER: &str = "responder";

/// Which Incident, and as whom.
#[derive(Args, Debug)]
pub struct Subject {
    /// The Incident: NAME or incident/NAME
    #[arg(value_name = "INCIDENT", value_parser = super::incident_name)]
    pub name: String,
    /// The approver role in which you speak; default: one that you have
    #[arg(long)]
    pub approver_role: Option<String>,
}

/// What `ack` and `review` are told.
#[derive(Args, Debug)]
pub struct Plainly {
    /// Which Incident.
    #[command(flatten)]
    pub subject: Subject,
}

/// What `note` and `reopen` are told.
#[derive(Args, Debug)]
pub struct Saying {
    /// Which Incident.
    #[command(flatten)]
    pub subject: Subject,
    /// What is to be kept, or why it is not over
    pub reason: String,
}

/// What `resolve` is told.
#[derive(Args, Debug)]
pub struct Resolve {
    /// Which Incident.
    #[command(flatten)]
    pub subject: Subject,
    /// What it was
    #[arg(long, value_enum, required_unless_present = "reason")]
    pub outcome: Option<Outcome>,
    /// Why it is over; needed while a response fails or waits
    #[arg(long)]
    pub reason: Option<String>,
    /// Do not ask; needed without a terminal
    #[arg(short = 'y', long)]
    pub yes: bool,
}

/// What an incident was.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Outcome {
    /// It was real
    #[value(name = "TruePositive", alias = "true-positive")]
    TruePositive,
    /// It did not happen
    #[value(name = "FalsePositive", alias = "false-positive")]
    FalsePositive,
    /// It happened, and was meant to
    #[value(name = "Benign", alias = "benign")]
    Benign,
}

impl From<Outcome> for IncidentOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::TruePositive => Self::TruePositive,
            Outcome::FalsePositive => Self::FalsePositive,
            Outcome::Benign => Self::Benign,
        }
    }
}

impl Plainly {
    /// Says it.
    ///
    /// # Errors
    /// When there is no such Incident, or somebody refuses.
    pub async fn run(self, setting: &Setting, verb: Verb) -> Result<()> {
        say(setting, &self.subject, word(verb, None, None), true).await
    }
}

impl Saying {
    /// Says it.
    ///
    /// # Errors
    /// When there is no such Incident, or somebody refuses.
    pub async fn run(self, setting: &Setting, verb: Verb) -> Result<()> {
        say(setting, &self.subject, word(verb, Some(self.reason), None), true).await
    }
}

impl Resolve {
    /// Asks, and says it.
    ///
    /// # Errors
    /// When there is no such Incident, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let outcome = self.outcome.map(IncidentOutcome::from);
        say(
            setting,
            &self.subject,
            word(Verb::Resolve, self.reason, outcome),
            self.yes,
        )
        .await
    }
}

fn word(verb: Verb, reason: Option<String>, outcome: Option<IncidentOutcome>) -> Word {
    Word {
        reason,
        outcome,
        ..Word::of(verb)
    }
}

async fn say(setting: &Setting, subject: &Subject, word: Word, yes: bool) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let incident = cluster.incident(&subject.name).await?;
    let approver_role = match &subject.approver_role {
        Some(role) => role.clone(),
        None => role(&cluster).await,
    };
    let word = Word { approver_role, ..word };
    let by = cluster.whoami().await?;
    terminal::confirm(&decide::question(&word, &by), yes)?;
    let (decision, new) = decide::give(&cluster, &about(&incident), &word, &by, |_| false).await?;
    setting.answer(
        || json!(decision),
        |paint| {
            let namespace = &cluster.namespace;
            let first = decide::said(&decision, new, paint);
            format!(
                "{first}\nnext: kubectl firebreak timeline {} -n {namespace}\n",
                subject.name
            )
        },
    )
}

/// One that the person has; the one that is made for it where none is found.
pub(super) async fn role(cluster: &Cluster) -> String {
    let roles = [RESPONDER, "approver", "security"].map(str::to_owned);
    let reader = cluster.reader(&cluster.namespace, &roles).await;
    reader.role(&Standing::free()).unwrap_or(RESPONDER).to_owned()
}

fn about(incident: &Incident) -> About {
    About {
        owner: OwnerRef {
            kind: "Incident".into(),
            namespace: incident.namespace().unwrap_or_default(),
            name: incident.name_any(),
            uid: incident.uid().unwrap_or_default(),
        },
        generation: Some(incident.metadata.generation.unwrap_or(1)),
        plan: None,
    }
}

/// What `incidents` is told.
#[derive(Args, Debug)]
pub struct Incidents {
    /// Of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
}

impl Incidents {
    /// Prints each with how far it is.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let all = cluster.incidents(self.all_namespaces).await?;
        cluster.remark_unread();
        setting.answer(|| json!(all), |_| all.iter().map(line).collect())
    }
}

fn line(incident: &Incident) -> String {
    let incident = harmless::cleaned(incident);
    let status = incident.status.clone().unwrap_or_default();
    let state = status
        .state
        .map_or_else(|| "-".to_owned(), |state| format!("{state:?}"));
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    format!(
        "{}/{}  {:?}  {state}  {}  {}  {}\n",
        incident.namespace().unwrap_or_default(),
        incident.name_any(),
        incident.spec.severity,
        or_dash(status.contained),
        or_dash(status.waiting_for),
        incident.spec.title,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn an_incident_is_one_line_whatever_its_title() {
        let mut incident = fixtures::incident();
        incident.spec.title = "x\nincident/forged  Critical\u{1b}[32m".into();
        let line = line(&incident);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(
            line.starts_with("incident/stolen-role  Critical  -") && !line.contains('\u{1b}'),
            "{line}"
        );
    }
}
