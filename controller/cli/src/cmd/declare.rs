//! `declare`: a new Incident, from a line.

use super::{
    Setting,
    severity::{Level, words},
};
use crate::{
    cluster::Cluster,
    exit::{refused, usage},
    incident::{declaration::Declaration, refusal::Attempt},
    terminal,
};
use anyhow::Result;
use clap::{Args, ValueEnum};
use firebreak_crds::{Incident, Severity};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;

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
    /// A finding: its ARN or id; may be given several times
    #[arg(long = "finding", value_name = "ARN|ID")]
    pub findings: Vec<String>,
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
        let declaration = self.completed(ask)?;
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

    fn completed(self, ask: Option<Ask>) -> Result<Declaration> {
        let (title, severity) = needed(self.title, self.severity, ask)?;
        Ok(Declaration {
            title,
            severity,
            name: self.name,
            summary: self.summary,
            commander: self.commander,
            runbook: self.runbook,
            findings: self.findings,
            affected: self.affected,
            drill: self.drill,
        })
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
mod tests {
    use super::*;
    use crate::{args, exit, fixtures};
    use clap::Parser;

    fn declared(words: &[&str]) -> Declare {
        let words = ["firebreak", "declare"].iter().chain(words);
        match args::Args::try_parse_from(words).unwrap().verb {
            args::Verb::Declare(declare) => *declare,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_a_terminal_what_is_missing_is_named_by_its_flag() {
        for (words, says) in [
            (
                &[][..],
                "TITLE (what happened, in a line) and --severity (one of Low, Medium, High, Critical)",
            ),
            (&["t"], "give --severity"),
            (&["--severity", "High"], "give TITLE"),
        ] {
            let error = declared(words).completed(None).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(exit::code(&error), exit::USAGE);
        }
        let declaration = declared(&["t", "--severity", "critical"]).completed(None).unwrap();
        assert_eq!(
            (declaration.title.as_str(), declaration.severity),
            ("t", Severity::Critical)
        );
    }

    #[test]
    fn on_a_terminal_only_what_is_missing_is_asked_until_it_can_be_read() {
        let mut answers = vec!["High", "worst", "", "it burns", ""];
        let mut questions = Vec::new();
        let mut ask = |question: &str| {
            questions.push(question.to_owned());
            Ok(answers.pop().map(str::to_owned))
        };
        let declaration = declared(&[]).completed(Some(&mut ask)).unwrap();
        assert_eq!(
            (declaration.title.as_str(), declaration.severity),
            ("it burns", Severity::High)
        );
        assert_eq!(questions.len(), 5);
        let mut never = |question: &str| panic!("asked: {question}");
        declared(&["t", "--severity", "Low"])
            .completed(Some(&mut never))
            .unwrap();
    }

    #[test]
    fn the_end_of_input_declares_nothing() {
        let error = declared(&["t"]).completed(Some(&mut |_| Ok(None))).unwrap_err();
        assert_eq!(exit::code(&error), exit::REFUSED);
    }

    #[test]
    fn findings_and_what_is_affected_are_lists() {
        let said = declared(&[
            "t",
            "--finding",
            "a",
            "--finding",
            "b",
            "--affected",
            "arn:aws:s3:::x",
            "--drill",
        ]);
        assert_eq!(
            (said.findings, said.affected, said.drill),
            (vec!["a".into(), "b".into()], vec!["arn:aws:s3:::x".into()], true)
        );
    }

    #[test]
    fn the_commands_to_go_on_with_name_object_and_namespace() {
        let next = next(&fixtures::incident());
        for command in [
            "ack stolen-role -n incident",
            "--incident stolen-role -n incident",
            "timeline stolen-role -n incident -w",
        ] {
            assert!(next.contains(command), "{next}");
        }
    }
}
