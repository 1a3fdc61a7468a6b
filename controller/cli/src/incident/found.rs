//! What findings in a file say of a new Incident: read as the operator reads them, so that nothing else is believed of them.

use super::declaration::named;
use crate::{exit::usage, findings::Given};
use anyhow::{Result, bail};
use firebreak_core::coordinate::finding::{self, Finding};
use firebreak_crds::{Severity, incident::IncidentFinding, text};
use std::collections::BTreeMap;

/// The most ids that an error names.
const NAMED: usize = 10;
/// The longest id that is told back.
const SHOWN: usize = 512;
/// The longest title of an Incident.
const TITLE: usize = 256;
/// The most ARNs of an Incident.
const AFFECTED: usize = 64;

/// What is known of the Incident before a person says more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The findings, each once.
    pub findings: Vec<IncidentFinding>,
    /// What the gravest of them says.
    pub title: Option<String>,
    /// How bad the gravest of them is.
    pub severity: Option<Severity>,
    /// The ARNs of everything that they name.
    pub affected: Vec<String>,
    /// The first sample among them.
    pub sample: Option<String>,
}

impl Found {
    /// What people name by id, without a file.
    pub fn said(ids: &[String]) -> Self {
        Self {
            findings: ids.iter().map(|id| named(id)).collect(),
            ..Self::default()
        }
    }

    /// Takes the finding of a file, or those of its findings that a person chooses by ARN or id.
    ///
    /// # Errors
    /// When there are several and none is chosen, a chosen one is not there, or what is taken is no valid finding.
    pub fn among(given: &[Given], chosen: &[String], file: &str) -> Result<Self> {
        let read = Read::of(given);
        let taken = match chosen {
            [] => vec![read.only(file)?],
            ids => ids.iter().map(|id| read.named(id, file)).collect::<Result<_>>()?,
        };
        Ok(Self::of(&taken))
    }

    fn of(taken: &[&Finding]) -> Self {
        let mut found = Self::default();
        for one in taken {
            if found.findings.iter().all(|known| known.id != one.id) {
                found.findings.push(one.listed());
            }
            let arns = one.subjects().map(|subject| one.arn(subject));
            arns.for_each(|arn| found.affects(arn));
        }
        // Of several that are as bad the first one counts.
        let gravest = taken.iter().rev().max_by_key(|one| one.severity);
        found.title = gravest.map(|one| title(one));
        found.severity = gravest.map(|one| one.severity);
        found.sample = taken.iter().find(|one| one.is_sample).map(|one| one.id.clone());
        found
    }

    /// Adds what a person says is affected: that comes first, and is never left out for want of room.
    pub fn affecting(mut self, said: Vec<String>) -> Self {
        let named = std::mem::replace(&mut self.affected, said);
        named.into_iter().for_each(|arn| self.affects(arn));
        self
    }

    fn affects(&mut self, arn: String) {
        if self.affected.len() < AFFECTED && !self.affected.contains(&arn) {
            self.affected.push(arn);
        }
    }
}

fn title(finding: &Finding) -> String {
    let says = match finding.title.trim() {
        "" => &finding.type_,
        title => title,
    };
    text::bounded(says, TITLE)
}

/// The findings of a file.
#[derive(Debug, Default)]
struct Read {
    /// The latest update of each, by id.
    valid: BTreeMap<String, Finding>,
    /// What is no valid finding: its id where it has one, and what is wrong with it.
    invalid: Vec<(Option<String>, String)>,
}

impl Read {
    fn of(given: &[Given]) -> Self {
        let mut all = Self::default();
        for one in given {
            match finding::read(&one.value) {
                Ok(finding) => all.add(finding),
                Err(rejected) => all
                    .invalid
                    .push((rejected.id, format!("{}: {}", one.source, rejected.why))),
            }
        }
        all
    }

    fn add(&mut self, finding: Finding) {
        let newer = self
            .valid
            .get(&finding.id)
            .is_none_or(|known| known.updated_at <= finding.updated_at);
        if newer {
            self.valid.insert(finding.id.clone(), finding);
        }
    }

    /// The one that there is.
    fn only(&self, file: &str) -> Result<&Finding> {
        let wrong = self.invalid.first().map(|(_, why)| why);
        let mut all = self.valid.values();
        match (all.next(), all.next(), wrong) {
            (Some(finding), None, None) => Ok(finding),
            (None, _, Some(why)) => bail!("{why}"),
            (_, _, wrong) => {
                let many = text::counted((self.valid.len() + self.invalid.len()) as u64, "finding");
                let wrong = wrong.map(|why| format!("; not valid: {why}")).unwrap_or_default();
                let ids = self.ids();
                Err(usage(format!(
                    "{file} holds {many}: choose with --finding ID; {ids}{wrong}"
                )))
            }
        }
    }

    /// That one, by its ARN or by the id at the end of it.
    fn named(&self, id: &str, file: &str) -> Result<&Finding> {
        let is_it = |known: &str| known == id || known.rsplit('/').next() == Some(id);
        if let Some((_, finding)) = self.valid.iter().find(|(known, _)| is_it(known)) {
            return Ok(finding);
        }
        let wrong = self
            .invalid
            .iter()
            .find(|(known, _)| known.as_deref().is_some_and(is_it));
        match wrong {
            Some((_, why)) => bail!("{why}"),
            None => Err(usage(format!(
                "{file} holds no finding {}; {}",
                text::bounded(id, SHOWN),
                self.ids()
            ))),
        }
    }

    fn ids(&self) -> String {
        let ids: Vec<&str> = self.valid.keys().take(NAMED).map(String::as_str).collect();
        let more = match self.valid.len().saturating_sub(NAMED) {
            0 => String::new(),
            many => format!(" and {many} more"),
        };
        format!("it has {}{more}", ids.join(", "))
    }
}

#[cfg(test)]
#[path = "found_tests.rs"]
mod tests;
