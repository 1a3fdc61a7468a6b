//! What `-f` gives: the Playbooks that are tested, and AwsAccounts and Guardrails that they are tested with.

use crate::manifest;
use anyhow::{Result, bail};
use firebreak_core::coordinate::playbook::Known;
use firebreak_crds::{AwsAccount, Guardrail, Playbook};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::Value;
use std::path::PathBuf;

/// The objects of all files.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The Playbooks.
    pub playbooks: Vec<Playbook>,
    /// The AwsAccounts.
    pub accounts: Vec<AwsAccount>,
    /// The Guardrails.
    pub guardrails: Vec<Guardrail>,
}

impl Files {
    /// Reads every document of every file.
    ///
    /// # Errors
    /// Naming the file, the document and the field.
    pub fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut files = Self::default();
        for path in paths {
            files.add(&manifest::read(path)?, &path.display().to_string())?;
        }
        Ok(files)
    }

    /// Adds every document of a text.
    ///
    /// # Errors
    /// As [`Files::read`].
    pub fn add(&mut self, text: &str, source: &str) -> Result<()> {
        let documents = manifest::several(text, source)?;
        let many = documents.len();
        if many == 0 {
            bail!("{source} is empty: it must hold a Playbook, an AwsAccount or a Guardrail");
        }
        for (at, document) in documents.into_iter().enumerate() {
            let place = match many {
                1 => source.to_owned(),
                _ => format!("{source}, document {}", at + 1),
            };
            self.add_one(document, &place)?;
        }
        Ok(())
    }

    fn add_one(&mut self, document: Value, source: &str) -> Result<()> {
        match document["kind"].as_str() {
            Some("Playbook") => {
                let playbook = manifest::object(document, source)?;
                usable(&playbook, source)?;
                keep(&mut self.playbooks, playbook, source)
            }
            Some("AwsAccount") => keep(&mut self.accounts, manifest::object(document, source)?, source),
            Some("Guardrail") => keep(&mut self.guardrails, manifest::object(document, source)?, source),
            Some(other) => {
                bail!("{source}: kind is {other}, and a test takes Playbook, AwsAccount and Guardrail: leave it out")
            }
            None => bail!("{source}: kind is missing, and must be Playbook, AwsAccount or Guardrail"),
        }
    }

    /// The namespace that the Playbooks name.
    ///
    /// # Errors
    /// When they name several.
    pub fn namespace(&self) -> Result<Option<String>> {
        let mut named: Vec<String> = self.playbooks.iter().filter_map(ResourceExt::namespace).collect();
        named.sort();
        named.dedup();
        if named.len() > 1 {
            bail!(
                "the Playbooks are of the namespaces {}: test those of one at a time",
                named.join(", ")
            );
        }
        Ok(named.pop())
    }

    /// Whether they are enough to test without a cluster.
    pub fn suffice(&self) -> bool {
        !self.playbooks.is_empty() && !self.accounts.is_empty()
    }
}

/// What the schema cannot see.
fn usable(playbook: &Playbook, source: &str) -> Result<()> {
    match Known::of(playbook).problem().or_else(|| no_time(playbook)) {
        Some(why) => bail!("{source} is not a valid Playbook:\n  {why}"),
        None => Ok(()),
    }
}

/// The first time of a suppression that is none: only the API server evaluates the rule about it.
fn no_time(playbook: &Playbook) -> Option<String> {
    let times = playbook.spec.suppressions.iter().enumerate().flat_map(|(at, one)| {
        let place = |field: &str| format!("spec.suppressions[{at}].{field}");
        [(place("from"), &one.from), (place("until"), &one.until)]
    });
    let mut wrong = times.filter(|(_, text)| text.parse::<Timestamp>().is_err());
    wrong
        .next()
        .map(|(place, text)| format!("{place}: {text} is no RFC 3339 time"))
}

fn keep<K: ResourceExt>(all: &mut Vec<K>, one: K, source: &str) -> Result<()> {
    let (name, namespace) = (one.name_any(), one.namespace());
    if all
        .iter()
        .any(|other| other.name_any() == name && other.namespace() == namespace)
    {
        bail!("{source}: {name} is given twice: leave one of them out");
    }
    all.push(one);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::testing::{ACCOUNT, GUARDRAIL, PLAYBOOK};

    fn refusal(text: &str) -> String {
        let mut files = Files::default();
        format!("{:#}", files.add(text, "p.yaml").unwrap_err())
    }

    #[test]
    fn a_file_may_hold_all_that_a_test_needs() {
        let mut files = Files::default();
        files
            .add(&format!("{PLAYBOOK}---\n{ACCOUNT}---\n{GUARDRAIL}"), "p.yaml")
            .unwrap();
        assert!(files.suffice());
        assert_eq!(
            (files.playbooks.len(), files.accounts.len(), files.guardrails.len()),
            (1, 1, 1)
        );
        assert_eq!(files.namespace().unwrap().as_deref(), Some("payments"));
        assert!(!Files::default().suffice());
    }

    #[test]
    fn every_example_can_be_tested() {
        let mut files = Files::default();
        for text in [
            include_str!("../../../../examples/playbooks/compromised-instance.yaml"),
            include_str!("../../../../examples/playbooks/everything-else.yaml"),
            include_str!("../../../../examples/playbooks/public-bucket.yaml"),
            include_str!("../../../../examples/playbooks/stolen-credentials.yaml"),
            include_str!("../../../../examples/guardduty-to-quarantine/account.yaml"),
            include_str!("../../../../examples/guardduty-to-quarantine/guardrail.yaml"),
        ] {
            files.add(text, "example").unwrap();
        }
        assert_eq!(files.playbooks.len(), 4);
    }

    #[test]
    fn what_is_wrong_is_named_by_file_document_and_field() {
        for (text, says) in [
            (String::new(), "p.yaml is empty"),
            (
                "kind: Quarantine".into(),
                "p.yaml: kind is Quarantine, and a test takes Playbook, AwsAccount and Guardrail",
            ),
            (format!("{ACCOUNT}---\na: 1\n"), "p.yaml, document 2: kind is missing"),
            (
                PLAYBOOK.replace("mode: Act", "mode: Always"),
                "spec.mode: \"Always\" is not one of Observe, Propose, Act",
            ),
            (
                PLAYBOOK.replace(
                    "from: AccessKeyOwner",
                    "from: AccessKeyOwner\n    ec2Instance: {method: Stop}",
                ),
                "ec2Instance belongs to from: Instance",
            ),
            (
                PLAYBOOK.replace("until: '2026-01-08T00:00:00Z'", "until: '2026-03-08T00:00:00Z'"),
                "at most 30 days",
            ),
            (
                PLAYBOOK.replace("from: '2026-01-01T00:00:00Z'", "from: yesterday"),
                "spec.suppressions[0].from: yesterday is no RFC 3339 time",
            ),
            (
                format!("{PLAYBOOK}---\n{PLAYBOOK}"),
                "p.yaml, document 2: stolen is given twice",
            ),
        ] {
            let why = refusal(&text);
            assert!(why.contains(says), "{why}");
        }
        let circle = "  - {name: a, from: Role, dependsOn: [b]}\n  - {name: b, from: User, dependsOn: [a]}\n";
        let why = refusal(&format!("{PLAYBOOK}{circle}"));
        assert!(why.contains("spec.responses: a, b wait for each other"), "{why}");
    }

    #[test]
    fn playbooks_of_several_namespaces_are_not_tested_together() {
        let mut files = Files::default();
        let other = PLAYBOOK.replace("namespace: payments", "namespace: orders");
        files.add(&format!("{PLAYBOOK}---\n{other}"), "p.yaml").unwrap();
        let why = files.namespace().unwrap_err().to_string();
        assert!(why.contains("orders, payments"), "{why}");
    }
}
