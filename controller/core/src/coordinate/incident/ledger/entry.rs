//! One entry of the chain: bound to the entry before it, to the Incident, and to its writer.

use super::{super::world::World, place::Site, progress};
use crate::{digest, run::archive::Document};
use firebreak_crds::{OwnerRef, incident::TimelineEntry};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The version of an entry's form.
const VERSION: u32 = 1;
/// The name of an entry's document.
const NAME: &str = "entry";

/// An entry.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The version of its form.
    pub version: u32,
    /// Its number, from 1.
    pub seq: u32,
    /// The hash of the entry before it; none of the first.
    pub previous: Option<String>,
    /// The Incident.
    pub incident: OwnerRef,
    /// Who wrote it: the operator's username.
    pub writer: String,
    /// What happened, as the timeline has it.
    pub record: TimelineEntry,
    /// What the URL of its object begins with.
    #[serde(skip)]
    pub place: String,
    /// What its key begins with.
    #[serde(skip)]
    pub prefix: String,
}

impl Entry {
    /// The entry after those that are recorded.
    pub(super) fn of(world: &World, site: &Site, seq: u32, record: &TimelineEntry) -> Self {
        Self {
            version: VERSION,
            seq,
            previous: progress::head(world),
            incident: world.subject.owner.clone(),
            writer: world.operator.clone(),
            record: bare(record),
            place: site.url.clone(),
            prefix: site.prefix.clone(),
        }
    }

    /// Its object: canonical JSON.
    pub fn document(&self) -> Document {
        Document {
            name: NAME,
            key: key(&self.prefix, self.seq),
            body: digest::canonical_text(&json!(self)),
        }
    }

    /// Whether a stored object says the same: it was put here, before a crash, or by another version.
    pub(super) fn is_told_by(&self, text: &str) -> bool {
        let Ok(stored) = serde_json::from_str::<Self>(text) else {
            return false;
        };
        let same = Self {
            version: self.version,
            place: self.place.clone(),
            prefix: self.prefix.clone(),
            ..stored
        };
        same == *self
    }
}

/// The key of an entry.
pub(super) fn key(prefix: &str, seq: u32) -> String {
    format!("{prefix}{seq:020}.json")
}

/// An entry of the timeline without its number, which the ledger gives it.
pub(super) fn bare(entry: &TimelineEntry) -> TimelineEntry {
    TimelineEntry {
        entry: None,
        ..entry.clone()
    }
}
