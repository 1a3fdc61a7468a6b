//! A finding of a product such as Amazon GuardDuty, read from what the product says. All of it is hostile: names that AWS would
//! not give are left out, texts are bounded and harmless, and what is no finding is rejected by name.

mod reading;
mod record;
#[cfg(test)]
pub(crate) mod samples;
mod subject;
#[cfg(test)]
mod tests;

pub use reading::read;
pub use record::{Made, Origin, Record, Reopening};
pub use subject::{Instance, Subject};

use firebreak_crds::{Severity, TagMatch, incident::IncidentFinding, playbook::FindingResource, text};
use jiff::Timestamp;

/// The longest title that is kept.
const TITLE: usize = 512;

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its id: the ARN that its product gives it.
    pub id: String,
    /// What found it.
    pub product: &'static str,
    /// Its type.
    pub type_: String,
    /// What it says, in a line.
    pub title: String,
    /// How bad its product calls it.
    pub severity: Severity,
    /// The account in which it was found.
    pub account_id: String,
    /// The region in which it was found.
    pub region: String,
    /// The partition, such as aws.
    pub partition: String,
    /// When its product reported it.
    pub reported_at: Timestamp,
    /// When its product last updated it.
    pub updated_at: Timestamp,
    /// When the activity was first seen.
    pub first_seen: Option<Timestamp>,
    /// When the activity was last seen.
    pub last_seen: Option<Timestamp>,
    /// What it is about.
    pub resource: FindingResource,
    /// The role or user whose credentials were used.
    pub owners: Vec<Subject>,
    /// What else it names.
    pub others: Vec<Subject>,
    /// Tags of what it is about.
    pub tags: Vec<(String, String)>,
    /// Whether somebody asked the product for it to try something out.
    pub is_sample: bool,
    /// Whether it was archived in its product.
    pub is_archived: bool,
}

/// What is no finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its id, where it has one.
    pub id: Option<String>,
    /// The field, and what is wrong with it.
    pub why: String,
}

impl Finding {
    /// What it is about first of all: what an Incident is opened for. A finding that names nothing is about itself.
    pub fn about(&self) -> Subject {
        let named = self.subjects().next();
        named.cloned().unwrap_or_else(|| Subject::Other(self.id.clone()))
    }

    /// Everything that it names, what it is about first: the owner of credentials is beside what was done with them.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        let is_of_owner = matches!(
            self.resource,
            FindingResource::AccessKey | FindingResource::AttackSequence
        );
        let (first, then) = match is_of_owner {
            true => (&self.owners, &self.others),
            false => (&self.others, &self.owners),
        };
        first.iter().chain(then)
    }

    /// The ARN of something that it names.
    pub fn arn(&self, subject: &Subject) -> String {
        subject.arn(&self.partition, &self.region, &self.account_id)
    }

    /// Whether it is a sequence of signals.
    pub fn is_sequence(&self) -> bool {
        self.resource == FindingResource::AttackSequence
    }

    /// Whether it tells that detection was switched off or blinded.
    pub fn is_about_detection(&self) -> bool {
        self.type_.starts_with("Stealth:") || self.type_.starts_with("DefenseEvasion:")
    }

    /// Whether what it is about has such a tag.
    pub fn has_tag(&self, wanted: &TagMatch) -> bool {
        let value = |value: &str| wanted.value.as_deref().is_none_or(|one| one == value);
        self.tags.iter().any(|(key, one)| *key == wanted.key && value(one))
    }

    /// How an Incident lists it.
    pub fn listed(&self) -> IncidentFinding {
        IncidentFinding {
            id: self.id.clone(),
            product: Some(self.product.to_owned()),
            type_: Some(self.type_.clone()),
            severity: Some(self.severity),
            title: Some(self.title.clone()),
            first_seen: self.first_seen.map(text::seconds),
            last_seen: self.last_seen.map(text::seconds),
            reported_at: Some(text::seconds(self.reported_at)),
        }
    }
}

/// Where the evidence of a type comes from: what stands after its colon, and after its exclamation mark, such as `EC2!DNS`
/// (GuardDuty user guide, "GuardDuty finding format").
pub fn data_source(type_: &str) -> String {
    let (_, rest) = type_.split_once(':').unwrap_or(("", type_));
    let resource = rest.split('/').next().unwrap_or_default();
    match rest.split_once('!') {
        Some((_, artifact)) => format!("{resource}!{artifact}"),
        None => resource.to_owned(),
    }
}
