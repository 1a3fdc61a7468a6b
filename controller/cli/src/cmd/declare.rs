//! `declare`: a new Incident, from a line.

use super::{
    Setting,
    severity::{Level, words},
};
use crate::{
    cluster::Cluster,
    exit::{refused, usage},
    findings,
    incident::{declaration::Declaration, found::Found, refusal::Attempt},
    terminal,
};
use anyhow::Result;
use clap::{Args, ValueEnum};
use firebreak_crds::{Incident, Severity};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What `declare` is told.
#[derive(Args, Debug)]
pub struct Declare {
    /// What happened, in a line; asked for on a terminal
    pub title: Option<String>,
    /// How bad it is; asked for on a terminal
    #[arg(long, value_enum, ignore_case = true)]
    pub severity: Option<Level>,
    /// Name of the Incident; default: from the title and the day
    #[arg(long)]
    pub name: Option<String>,
    /// What is known so far
    #[arg(long)]
    pub summary: Option<String>,
    /// Who leads: a username
    #[arg(long, value_name = "USER")]
    pub commander: Option<String>,
    /// Where the runbook is: an https URL
    #[arg(long, value_name = "URL")]
    pub runbook: Option<String>,
    /// A finding: its ARN or id; may be given several times. With --from it chooses among those of the file
    #[arg(long = "finding", value_name = "ARN|ID")]
    pub findings: Vec<String>,
    /// A finding of GuardDuty in JSON, which gives severity, title, activity and what is affected: one, what
    /// `aws guardduty get-findings` prints, or an event of EventBridge; - is standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// The ARN of something that is affected; may be given several times
    #[arg(long, value_name = "ARN")]
    pub affected: Vec<String>,
    /// It is a drill: its responses only observe
    #[arg(long)]
    pub drill: bool,
    /// Print the manifest, and create nothing; no cluster is asked
    #[arg(long)]
    pub dry_run: bool,
}

/// How a person is asked.
type Ask<'a> = &'a mut dyn FnMut(&str) -> Result<Option<String>>;

impl Declare {
    /// Asks for what is missing, and creates the Incident.
    ///
    /// # Errors
    /// When something is missing and nobody can be asked, or the API server refuses it.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let mut ask = terminal::ask;
        let ask: Option<Ask> = terminal::can_ask().then_some(&mut ask);
        let dry_run = self.dry_run;
        let found = self.found()?;
        let declaration = self.completed(found, ask)?;
        if dry_run {
            let manifest = declaration.manifest(setting.connection.namespace.as_deref(), Timestamp::now())?;
            return setting.manifest(&manifest);
        }
        let cluster = Cluster::connect(&setting.connection).await?;
        let manifest = declaration.manifest(Some(&cluster.namespace), Timestamp::now())?;
        let attempt = Attempt {
            kind: "Incident",
            plural: "incidents",
            name: manifest["metadata"]["name"].as_str().unwrap_or_default(),
            namespace: &cluster.namespace,
            verb: "create",
        };
        let created = cluster.add::<Incident>(&manifest).await;
        let created = created.map_err(|error| attempt.refused(error))?;
        setting.answer(|| json!(created), |paint| paint.good(&done(&created)) + &next(&created))
    }

    /// What the findings say that it is declared from.
    fn found(&self) -> Result<Found> {
        let Some(path) = &self.from else {
            return Ok(Found::said(&self.findings));
        };
        let given = findings::read(std::slice::from_ref(path))?;
        let found = Found::among(&given, &self.findings, &source(path))?;
        match &found.sample {
            Some(id) if !self.drill => Err(usage(format!(
                "{id} is a sample, and samples count only in drills: add --drill"
            ))),
            _ => Ok(found),
        }
    }

    /// What a person says comes before what a finding says.
    fn completed(self, found: Found, ask: Option<Ask>) -> Result<Declaration> {
        let found = found.affecting(self.affected);
        let severity = self.severity.or(found.severity.map(Level));
        let (title, severity) = needed(self.title.or(found.title), severity, ask)?;
        Ok(Declaration {
            title,
            severity,
            name: self.name,
            summary: self.summary,
            commander: self.commander,
            runbook: self.runbook,
            findings: found.findings,
            affected: found.affected,
            drill: self.drill,
        })
    }
}

fn source(path: &Path) -> String {
    match path.as_os_str() == "-" {
        true => "standard input".into(),
        false => path.display().to_string(),
    }
}

/// What every Incident needs.
fn needed(title: Option<String>, severity: Option<Level>, ask: Option<Ask>) -> Result<(String, Severity)> {
    let missing = [
        title.is_none().then_some("TITLE (what happened, in a line)".to_owned()),
        severity.is_none().then(|| format!("--severity (one of {})", words())),
    ];
    let missing: Vec<String> = missing.into_iter().flatten().collect();
    let ask = match ask {
        Some(ask) => ask,
        None if missing.is_empty() => &mut |_: &str| Ok(None),
        None => {
            return Err(usage(format!(
                "there is no terminal to ask you on: give {}",
                missing.join(" and ")
            )));
        }
    };
    let title = match title {
        Some(title) => title,
        None => asked(ask, "What happened, in a line", |text| {
            (!text.is_empty()).then(|| text.to_owned())
        })?,
    };
    let severity = match severity {
        Some(severity) => severity,
        None => asked(ask, &format!("How bad is it ({})", words()), |text| {
            Level::from_str(text, true).ok()
        })?,
    };
    Ok((title, severity.0))
}

/// Asks until the answer can be read; the end of input is a no.
fn asked<T>(ask: Ask, question: &str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
    loop {
        match ask(question)? {
            None => return Err(refused("you did not answer: nothing was created")),
            Some(answer) => {
                if let Some(read) = read(&answer) {
                    return Ok(read);
                }
            }
        }
    }
}

fn done(created: &Incident) -> String {
    format!("declared: incident/{}", created.name_any())
}

/// What people do next.
fn next(created: &Incident) -> String {
    let (name, namespace) = (created.name_any(), created.namespace().unwrap_or_default());
    let lines = [
        format!("ack {name} -n {namespace}"),
        format!("quarantine KIND/NAME --incident {name} -n {namespace} --account ACCOUNT --reason '...'"),
        format!("note {name} -n {namespace} '...'"),
        format!("timeline {name} -n {namespace} -w"),
    ];
    let lines: String = lines
        .iter()
        .map(|line| format!("  kubectl firebreak {line}\n"))
        .collect();
    format!("\nnext:\n{lines}")
}

#[cfg(test)]
#[path = "declare_tests.rs"]
mod tests;
