//! A new Incident, from what a person says in a line.

use crate::manifest;
use anyhow::Result;
use firebreak_crds::{Incident, Severity, incident::IncidentFinding};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

/// The most characters of a title in a name: with the date it stays below the 63 that a name may have.
const MAX_TITLE: usize = 48;

/// What is declared.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// What happened, in a line.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Its name; by default made from title and day.
    pub name: Option<String>,
    /// What is known so far.
    pub summary: Option<String>,
    /// Who leads.
    pub commander: Option<String>,
    /// Where the runbook is.
    pub runbook: Option<String>,
    /// What was found.
    pub findings: Vec<IncidentFinding>,
    /// ARNs of what is affected.
    pub affected: Vec<String>,
    /// Whether it is a drill.
    pub drill: bool,
}

impl Declaration {
    /// The manifest, with nothing in it that nobody said.
    ///
    /// # Errors
    /// When it breaks a rule of the CRD: the message names the field.
    pub fn manifest(&self, namespace: Option<&str>, now: Timestamp) -> Result<Value> {
        let mut metadata = json!({"name": self.name.clone().unwrap_or_else(|| name(&self.title, now))});
        if let Some(namespace) = namespace {
            metadata["namespace"] = namespace.into();
        }
        let manifest = json!({
            "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident", "metadata": metadata, "spec": self.spec(),
        });
        manifest::checked::<Incident>(manifest.clone(), "the command line")?;
        Ok(manifest)
    }

    fn spec(&self) -> Value {
        let optional = [
            ("summary", self.summary.clone().map(Value::from)),
            ("commander", self.commander.clone().map(Value::from)),
            ("runbook", self.runbook.clone().map(Value::from)),
            ("findings", (!self.findings.is_empty()).then(|| json!(self.findings))),
            ("affected", (!self.affected.is_empty()).then(|| json!(self.affected))),
            ("drill", self.drill.then(|| true.into())),
        ];
        let said = optional
            .into_iter()
            .filter_map(|(field, value)| Some((field.to_owned(), value?)));
        let first = [
            ("severity".to_owned(), json!(self.severity)),
            ("title".to_owned(), self.title.clone().into()),
        ];
        Value::Object(first.into_iter().chain(said).collect::<Map<_, _>>())
    }
}

/// A finding of which nothing but its id is known.
pub fn named(id: &str) -> IncidentFinding {
    IncidentFinding {
        id: id.to_owned(),
        ..IncidentFinding::default()
    }
}

/// Readable, and the same for everybody who declares the same on one day (UTC).
fn name(title: &str, now: Timestamp) -> String {
    let day = now.to_zoned(TimeZone::UTC).strftime("%Y%m%d").to_string();
    let title = slug(title, MAX_TITLE);
    match title.as_str() {
        "" => format!("incident-{day}"),
        title => format!("{title}-{day}"),
    }
}

/// Lower-case letters, digits and single hyphens.
pub fn slug(text: &str, most: usize) -> String {
    let dashed: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    let cut: String = words.join("-").chars().take(most).collect();
    cut.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn declaration(title: &str) -> Declaration {
        Declaration {
            title: title.into(),
            severity: Severity::Critical,
            name: None,
            summary: None,
            commander: None,
            runbook: None,
            findings: Vec::new(),
            affected: Vec::new(),
            drill: false,
        }
    }

    #[test]
    fn severity_and_title_are_enough() {
        let made =
            declaration("Credentials of payments-task are used from outside AWS!").manifest(None, fixtures::now());
        let wanted = json!({
            "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
            "metadata": {"name": "credentials-of-payments-task-are-used-from-outsi-20260101"},
            "spec": {"severity": "Critical", "title": "Credentials of payments-task are used from outside AWS!"},
        });
        assert_eq!(made.unwrap(), wanted);
    }

    #[test]
    fn everything_that_is_said_is_in_it() {
        let said = Declaration {
            name: Some("stolen-role".into()),
            summary: Some("Calls from 198.51.100.7.".into()),
            commander: Some("alice".into()),
            runbook: Some("https://wiki.example.com/stolen".into()),
            findings: [
                "arn:aws:guardduty:us-east-1:222222222222:detector/d/finding/f",
                "CASE-7",
            ]
            .map(named)
            .into(),
            affected: vec!["arn:aws:iam::222222222222:role/payments-task".into()],
            drill: true,
            ..declaration("t")
        };
        let made = said.manifest(Some("payments"), fixtures::now()).unwrap();
        assert_eq!(
            made["metadata"],
            json!({"name": "stolen-role", "namespace": "payments"})
        );
        let spec = &made["spec"];
        assert_eq!(spec["findings"][1], json!({"id": "CASE-7"}));
        assert_eq!((&spec["drill"], &spec["commander"]), (&json!(true), &json!("alice")));
        assert_eq!(spec["affected"][0], "arn:aws:iam::222222222222:role/payments-task");
    }

    #[test]
    fn what_breaks_a_rule_is_refused_before_the_cluster_is_asked() {
        for (said, field) in [
            (
                Declaration {
                    runbook: Some("http://wiki".into()),
                    ..declaration("t")
                },
                "spec.runbook",
            ),
            (
                Declaration {
                    affected: vec!["x".repeat(2049)],
                    ..declaration("t")
                },
                "spec.affected[0]",
            ),
            (declaration(&"t".repeat(257)), "spec.title"),
            (declaration(" "), "spec.title"),
        ] {
            let error = said.manifest(None, fixtures::now()).unwrap_err().to_string();
            assert!(error.contains("the command line") && error.contains(field), "{error}");
        }
    }

    #[test]
    fn every_title_gives_a_name() {
        for (title, made) in [("漢字", "incident-20260101"), ("--A  b--", "a-b-20260101")] {
            assert_eq!(name(title, fixtures::now()), made);
        }
        assert!(name(&"x".repeat(500), fixtures::now()).len() <= 63);
    }
}
