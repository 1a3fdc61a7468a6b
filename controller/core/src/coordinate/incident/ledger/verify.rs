//! Is the chain whole? From what the bucket holds and from the head that the Incident's status names: names a gap, a cut tail, a
//! fork, a changed entry and a foreign record.

use super::{
    entry::{Entry, key},
    reports::{FORMS, file_name},
};
use crate::digest;
use firebreak_crds::{
    OwnerRef,
    incident::{LedgerStatus, TimelineEvent},
};
use std::{collections::BTreeMap, fmt};

/// The most missing entries in a row that are named one by one.
const MOST: usize = 100;

/// What the bucket holds, and what it is judged by.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    /// The Incident.
    pub incident: &'a OwnerRef,
    /// The operator's username.
    pub writer: &'a str,
    /// What every key begins with.
    pub prefix: &'a str,
    /// What its status says of the ledger.
    pub head: &'a LedgerStatus,
    /// Every object under the prefix, by its key: its content, or why it cannot be read.
    pub objects: &'a BTreeMap<String, Result<String, String>>,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An entry is missing between others.
    Gap(u32),
    /// The last entries are missing: from this one to that one.
    CutTail(u32, u32),
    /// From this entry on it is another chain than the one whose head the status names.
    Fork(u32),
    /// An entry is not what the one after it, or the head, was made from.
    Changed(u32),
    /// An entry was written by somebody else, or for another Incident.
    Foreign(u32, String),
    /// An entry cannot be read.
    Unreadable(u32, String),
    /// An object that no ledger has.
    Stray(String),
    /// A file of a report is missing, or is not the one whose hash an entry has.
    Report(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap(seq) => write!(f, "gap: entry {seq} is missing"),
            Self::CutTail(from, to) if from == to => write!(f, "cut tail: entry {from}, the last one, is missing"),
            Self::CutTail(from, to) => write!(f, "cut tail: entries {from} to {to}, the last ones, are missing"),
            Self::Fork(seq) => write!(
                f,
                "fork: entry {seq} is in the place of the one that the Incident's status vouches for"
            ),
            Self::Changed(seq) => write!(f, "changed: entry {seq} is not what the one after it was made from"),
            Self::Foreign(seq, why) => write!(f, "foreign: entry {seq} {why}"),
            Self::Unreadable(seq, why) => write!(f, "unreadable: entry {seq}: {why}"),
            Self::Stray(key) => write!(f, "stray: {key} is no part of a ledger"),
            Self::Report(name) => write!(
                f,
                "report: {name} is missing, or is not the one whose hash the ledger has"
            ),
        }
    }
}

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What could be read, in its order.
    pub entries: Vec<Entry>,
    /// Entries after the head that continue the chain: put, and not in the status yet.
    pub ahead: u32,
    /// What is not as it was written; none where the ledger is whole.
    pub flaws: Vec<Flaw>,
}

/// An entry as it is stored: its hash, and what it says.
struct Stored {
    hash: String,
    entry: Result<Entry, String>,
}

/// Judges a chain.
pub fn verify(chain: &Chain<'_>) -> Verdict {
    let stored = stored(chain);
    let last = stored.keys().next_back().copied().unwrap_or_default();
    let (mut flaws, ahead) = links(chain, &stored, last);
    flaws.extend(missing(chain, &stored, last));
    flaws.extend(stored.iter().filter_map(|(seq, one)| foreign(chain, *seq, one)));
    flaws.extend(strays(chain, &stored));
    flaws.extend(reports(chain, &stored));
    flaws.sort_by_key(|flaw| (seq(flaw).unwrap_or(u32::MAX), flaw.to_string()));
    let entries = stored.into_values().filter_map(|one| one.entry.ok());
    Verdict {
        entries: entries.collect(),
        ahead,
        flaws,
    }
}

fn seq(flaw: &Flaw) -> Option<u32> {
    match flaw {
        Flaw::Gap(seq) | Flaw::CutTail(seq, _) | Flaw::Fork(seq) | Flaw::Changed(seq) => Some(*seq),
        Flaw::Foreign(seq, _) | Flaw::Unreadable(seq, _) => Some(*seq),
        Flaw::Stray(_) | Flaw::Report(_) => None,
    }
}

/// The number that a key says.
pub fn number(prefix: &str, object: &str) -> Option<u32> {
    let digits = object.strip_prefix(prefix)?.strip_suffix(".json")?;
    let number = digits.parse().ok()?;
    (number > 0 && object == key(prefix, number)).then_some(number)
}

fn stored(chain: &Chain<'_>) -> BTreeMap<u32, Stored> {
    let each = chain.objects.iter().filter_map(|(object, content)| {
        let number = number(chain.prefix, object)?;
        let hash = content.as_ref().map(|text| digest::of_bytes(text.as_bytes()));
        let entry = content
            .clone()
            .and_then(|text| serde_json::from_str::<Entry>(&text).map_err(|error| error.to_string()));
        let hash = hash.unwrap_or_default();
        Some((number, Stored { hash, entry }))
    });
    each.collect()
}

/// What is missing before the last entry, and after it.
fn missing(chain: &Chain<'_>, stored: &BTreeMap<u32, Stored>, last: u32) -> Vec<Flaw> {
    let mut flaws: Vec<Flaw> = Vec::new();
    let mut next = 1;
    for seq in stored.keys() {
        flaws.extend((next..*seq).take(MOST).map(Flaw::Gap));
        next = seq.saturating_add(1);
    }
    if last < chain.head.entries {
        flaws.push(Flaw::CutTail(last.saturating_add(1), chain.head.entries));
    }
    flaws
}

/// What does not hang together, and how many entries the chain has beyond its head.
fn links(chain: &Chain<'_>, stored: &BTreeMap<u32, Stored>, last: u32) -> (Vec<Flaw>, u32) {
    let head = chain.head.entries;
    let beyond: Vec<u32> = stored.keys().copied().filter(|seq| *seq > head).collect();
    let strange = beyond.iter().copied().find(|seq| !follows(stored, *seq));
    let mut flaws = down(chain, stored, last);
    flaws.extend(strange.map(Flaw::Fork));
    (flaws, u32::try_from(beyond.len()).unwrap_or(u32::MAX))
}

/// Whether an entry was made for its place. Of one whose neighbour is missing nothing is said: the gap is.
fn follows(stored: &BTreeMap<u32, Stored>, seq: u32) -> bool {
    let before = match seq {
        1 => None,
        seq => match stored.get(&(seq - 1)) {
            Some(before) => Some(before.hash.clone()),
            None => return true,
        },
    };
    previous(stored, seq).is_none_or(|previous| previous == before)
}

/// Walks from the head down: each entry must be what the one after it was made from.
fn down(chain: &Chain<'_>, stored: &BTreeMap<u32, Stored>, last: u32) -> Vec<Flaw> {
    let head = chain.head.entries;
    let mut flaws = Vec::new();
    // What the one above says of it; none where that is not known.
    let mut wanted = chain.head.head.clone().map(Some).filter(|_| last >= head);
    for seq in (1..=head.min(last)).rev() {
        let found = stored.get(&seq);
        let differs = wanted
            .zip(found)
            .is_some_and(|(wanted, found)| wanted.as_ref() != Some(&found.hash));
        if differs {
            let made_for_it = seq == head && found.is_some_and(|one| one.entry.is_ok()) && follows(stored, seq);
            flaws.push(if made_for_it {
                Flaw::Fork(seq)
            } else {
                Flaw::Changed(seq)
            });
        }
        wanted = previous(stored, seq);
    }
    // The first one follows none.
    if wanted.is_some_and(|wanted| wanted.is_some()) && !flaws.contains(&Flaw::Changed(1)) {
        flaws.push(Flaw::Changed(1));
    }
    flaws
}

/// What an entry says of the one before it; none where that is not known.
fn previous(stored: &BTreeMap<u32, Stored>, seq: u32) -> Option<Option<String>> {
    let entry = stored.get(&seq)?.entry.as_ref().ok()?;
    Some(entry.previous.clone())
}

fn foreign(chain: &Chain<'_>, seq: u32, stored: &Stored) -> Option<Flaw> {
    let entry = match &stored.entry {
        Ok(entry) => entry,
        Err(why) => return Some(Flaw::Unreadable(seq, why.clone())),
    };
    let why = match () {
        () if entry.incident.uid != chain.incident.uid => format!("is bound to the Incident {:?}", entry.incident.uid),
        () if entry.incident != *chain.incident => "names another Incident".to_owned(),
        () if entry.writer != chain.writer => format!("was written by {:?}", entry.writer),
        () if entry.seq != seq => format!("says that it is entry {}", entry.seq),
        () => return None,
    };
    Some(Flaw::Foreign(seq, why))
}

/// Names of report files with their hashes, as the entries have them.
fn told(stored: &BTreeMap<u32, Stored>) -> Vec<(&str, &str)> {
    let entries = stored.values().filter_map(|one| one.entry.as_ref().ok());
    let reports = entries.filter(|entry| entry.record.event == TimelineEvent::ReportStored);
    reports
        .flat_map(|entry| entry.record.what.split("; ").filter_map(|file| file.split_once(' ')))
        .collect()
}

fn reports(chain: &Chain<'_>, stored: &BTreeMap<u32, Stored>) -> Vec<Flaw> {
    let differs = |(name, hash): &(&str, &str)| {
        let found = chain.objects.get(&format!("{}{name}", chain.prefix));
        let found = found.and_then(|content| content.as_ref().ok());
        found.is_none_or(|text| digest::of_bytes(text.as_bytes()) != *hash)
    };
    let told = told(stored).into_iter().filter(differs);
    told.map(|(name, _)| Flaw::Report(name.to_owned())).collect()
}

/// What is neither an entry nor a report of which an entry or the status tells.
fn strays(chain: &Chain<'_>, stored: &BTreeMap<u32, Stored>) -> Vec<Flaw> {
    let told = told(stored);
    let is_known = |object: &str| {
        let name = object.strip_prefix(chain.prefix).unwrap_or(object);
        let reports = chain.head.reports.iter();
        let mut files = reports.flat_map(|one| FORMS.map(|form| file_name(one.number, form)));
        number(chain.prefix, object).is_some()
            || told.iter().any(|(told, _)| *told == name)
            || files.any(|file| file == name)
    };
    let all = chain.objects.keys().filter(|object| !is_known(object));
    all.map(|object| Flaw::Stray(object.clone())).collect()
}
