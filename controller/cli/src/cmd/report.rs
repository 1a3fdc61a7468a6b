//! `report`: an Incident in one document, from what the cluster holds. Reads, and writes nothing but the file that is named.

use super::{Output, Setting};
use crate::{cluster::Cluster, exit::usage, incident::facts::Sources, terminal};
use anyhow::{Context, Result};
use clap::Args;
use firebreak_core::{
    coordinate::incident::report::{self, Facts},
    installation::DEFAULT_NAMESPACE,
};
use firebreak_crds::{Incident, Quarantine};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// What `report` is told.
#[derive(Args, Debug)]
pub struct Report {
    /// The Incident: NAME or incident/NAME
    #[arg(value_name = "INCIDENT", value_parser = super::incident_name)]
    pub name: String,
    /// The form of the report: md (Markdown, the default) or html (one file, with the timeline drawn)
    #[arg(short = 'o', long, value_name = "FORM", value_parser = super::one_of(&[Output::Md, Output::Html]))]
    pub output: Option<Output>,
    /// Write it into this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Namespace of the operator, whose Lease says whether it runs
    #[arg(long, value_name = "NAME", default_value = DEFAULT_NAMESPACE)]
    pub operator_namespace: String,
}

impl Report {
    /// Reads, and writes the report.
    ///
    /// # Errors
    /// When there is no such Incident, something cannot be read, or the file cannot be written.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let write = form(self.output)?;
        let cluster = Cluster::connect(&setting.connection).await?;
        let incident = cluster.incident(&self.name).await?;
        let facts = gather(&cluster, &incident).await?;
        if let Some(silence) = cluster.operator_silence(&self.operator_namespace).await {
            terminal::remark(&format!("WARNING: {silence}\n"));
        }
        self.deliver(&write(&facts))
    }

    fn deliver(&self, report: &str) -> Result<()> {
        match &self.output_file {
            None => terminal::say(report),
            Some(path) => {
                write(path, report)?;
                terminal::remark(&format!("written: {}", path.display()));
                Ok(())
            }
        }
    }
}

async fn gather(cluster: &Cluster, incident: &Incident) -> Result<Facts> {
    let namespace = Some(cluster.namespace.as_str());
    let quarantines = cluster.items::<Quarantine>(namespace).await?;
    let records = cluster.records(namespace).await?;
    let sources = Sources {
        incident,
        quarantines: &quarantines,
        records: &records,
    };
    let notes = sources.notes();
    notes.iter().for_each(|note| terminal::remark(&format!("note: {note}")));
    Ok(sources.facts(Timestamp::now()))
}

/// What makes a report of that form.
fn form(output: Option<Output>) -> Result<fn(&Facts) -> String> {
    match output {
        None | Some(Output::Md) => Ok(report::markdown),
        Some(Output::Html) => Ok(report::html),
        Some(Output::Json | Output::Yaml) => Err(usage(
            "a report is Markdown or HTML: -o md or -o html; for machines, kubectl get incident NAME -o json",
        )),
    }
}

fn write(path: &Path, report: &str) -> Result<()> {
    std::fs::write(path, report).with_context(|| format!("--output-file: {} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args, exit};
    use clap::Parser;

    fn asked(line: &str) -> Report {
        match args::Args::try_parse_from(line.split(' ')).unwrap().verb {
            args::Verb::Report(report) => report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_report_is_markdown_unless_html_is_asked_for() {
        for (line, form) in [
            ("firebreak report stolen-role", None),
            ("firebreak report incident/stolen-role -o md", Some(Output::Md)),
            ("firebreak report inc/stolen-role -o html", Some(Output::Html)),
        ] {
            let report = asked(line);
            assert_eq!((report.name.as_str(), report.output), ("stolen-role", form), "{line}");
        }
    }

    #[test]
    fn forms_of_other_commands_are_refused_and_named() {
        for line in [
            "firebreak report stolen-role -o json",
            "firebreak status -o html",
            "firebreak -o md incidents",
        ] {
            let error = args::Args::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
        let before = asked("firebreak -o json report stolen-role");
        let error = form(before.output).unwrap_err();
        assert!(error.to_string().contains("-o md or -o html"), "{error}");
        assert_eq!(exit::code(&error), 2);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let error = write(Path::new("/nowhere/report.md"), "x").unwrap_err();
        assert!(
            error.to_string().contains("--output-file: /nowhere/report.md"),
            "{error}"
        );
    }
}
