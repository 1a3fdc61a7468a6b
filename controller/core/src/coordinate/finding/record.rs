//! What an Incident carries that findings opened, in an annotation that admission reserves to the operator.

use firebreak_crds::{FINDINGS_ANNOTATION, ObjectMeta};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most people and responses that are remembered.
const MOST: usize = 64;

/// What Firebreak knows of how findings opened an Incident.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// Whether each finding was read from its product.
    pub confirmed: bool,
    /// Who has edited the playbooks that asked for its responses: none of them counts as an approver.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requesters: Vec<String>,
    /// Every response that a playbook has added, by its name: none is added again that a person took out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub responses: BTreeMap<String, Made>,
    /// The findings that were read from their product, by id: no other is ever archived.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub read: BTreeMap<String, Origin>,
    /// The finding that last opened it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopened: Option<Reopening>,
    /// Whether it could not be read: then everything waits for people.
    #[serde(skip)]
    pub is_unreadable: bool,
}

/// Where a finding was read first.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Name of the AwsAccount whose detector told it: of a GuardDuty administrator account another one than that of the finding.
    pub account: String,
    /// The region of the detector.
    pub region: String,
}

/// A response that a playbook has added.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// When.
    pub at: Timestamp,
    /// The id of the account in which it acts.
    pub account_id: String,
    /// Whether it waits for a person, whatever Guardrails ask for.
    pub proposed: bool,
}

/// A finding with later activity than the end of an Incident.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Reopening {
    /// When that activity was seen.
    pub at: Timestamp,
    /// The finding's id.
    pub finding: String,
}

impl Record {
    /// What an object carries; none where no finding opened it.
    pub fn of(meta: &ObjectMeta) -> Option<Self> {
        Some(Self::read(meta.annotations.as_ref()?.get(FINDINGS_ANNOTATION)?))
    }

    /// Reads it as it is written.
    pub(crate) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            is_unreadable: true,
            ..Self::default()
        })
    }

    /// As it is written.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether a response waits for a person, whatever Guardrails ask for.
    pub fn is_proposed(&self, response: &str) -> bool {
        self.is_unreadable || self.responses.get(response).is_some_and(|made| made.proposed)
    }

    /// Remembers people, as many as there is room for. Nobody known is the requester of it anyway, which costs one more approver.
    pub fn add_requesters(&mut self, names: &[String]) {
        for name in names {
            if !self.requesters.contains(name) && self.requesters.len() < MOST {
                self.requesters.push(name.clone());
            }
        }
    }

    /// Remembers where a finding was read, and forgets those that the Incident does not list any more. Who read it first goes on.
    pub fn add_read(&mut self, id: &str, origin: Origin, listed: impl Fn(&str) -> bool) {
        self.read.retain(|known, _| listed(known));
        if self.read.len() < MOST {
            self.read.entry(id.to_owned()).or_insert(origin);
        }
    }

    /// Whether there is room for one more response.
    pub fn has_room(&self) -> bool {
        self.responses.len() < MOST
    }
}
