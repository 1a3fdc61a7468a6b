//! A FindingSource, decided: from what its product told to the next Incident that is opened or changed, or to the status.

mod answer;
mod asking;
mod joining;
mod kin;
mod naming;
mod opening;
pub mod queue;
mod rehearsal;
mod report;
#[cfg(test)]
mod tests;
mod witness;
mod world;

pub use answer::{Answer, Answers, Becomes, Skipped, Waits};
pub use asking::{Ask, Problem, Site, asks, is_due};
pub use rehearsal::{How, Outcome, Placed, Rehearsed, rehearse};
pub use world::{Account, Seen, Subject, World, begun_elsewhere};

use crate::coordinate::{
    finding::{self, Finding},
    playbook::{Verdict, choose},
};
use firebreak_crds::{FindingSourceStatus, finding_source::Samples};
use jiff::Timestamp;
use queue::LetterFate;
use serde_json::Value;

/// The next thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Create this Incident; one of that name that exists meanwhile is a conflict: read all again.
    Open(Box<Open>),
    /// Patch an Incident that is still what was read.
    Change(Box<Change>),
    /// Delete or reject messages: what they led to is durable.
    Settle(Vec<queue::Settle>),
    /// Nothing is to be done now.
    Rest(Box<Rest>),
}

/// An Incident to create.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// Its name.
    pub name: String,
    /// The finding for which it is opened: by its id, where its product has it.
    pub finding: String,
    /// The whole object.
    pub body: Value,
    /// What becomes of what the playbook asks for.
    pub answers: Answers,
}

/// What is changed of an Incident that is still what was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// Its resourceVersion when it was read.
    pub resource_version: String,
    /// The finding that joins it: by its id, where its product has it.
    pub finding: String,
    /// The fields of its spec that are set; all others stay as they are.
    pub fields: Vec<(&'static str, Value)>,
    /// What it carries about findings.
    pub record: String,
    /// What becomes of what the playbook asks for.
    pub answers: Answers,
}

/// What is reported when nothing is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The status, within its bounds.
    pub status: FindingSourceStatus,
    /// Seconds after which to look again.
    pub after: u64,
}

/// Where a finding was heard of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard<'a> {
    /// The account and the region that were asked.
    site: &'a Site,
    /// Whether it is what its product says, and not only what a message says.
    confirmed: bool,
}

/// What became of what was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// A sample, an archived one, or no valid finding.
    LeftOut(Skipped),
    /// It was found in an account that the source does not name.
    Undeclared(String),
    /// No playbook speaks of it.
    Unmatched,
    /// A suppression covers it.
    Suppressed,
    /// The API server refuses what it would open.
    Refused,
    /// It opened the Incident in which it is.
    Opened,
    /// It is in an Incident that was there.
    Joined,
    /// This must be done first.
    Needs(Effect),
}

/// Decides what to do next. Deciding twice from the same world gives the same effect.
pub fn decide(world: &World, now: Timestamp) -> Effect {
    let mut fates = Vec::new();
    for (site, value) in world.told() {
        let read = finding::read(value);
        let fate = match &read {
            Ok(finding) => {
                let heard = Heard { site, confirmed: true };
                fate(world, heard, finding, now)
            }
            Err(rejected) => Fate::LeftOut(Skipped::Invalid(rejected.clone())),
        };
        if let Fate::Needs(effect) = fate {
            return effect;
        }
        fates.push((site, read.ok().map(|finding| finding.updated_at), fate));
    }
    let mut letters = Vec::new();
    for letter in world.letters() {
        match queue::fate(world, letter, now) {
            LetterFate::Fate(Fate::Needs(effect)) => return effect,
            fate => letters.push(fate),
        }
    }
    let settles = queue::next(world, &letters);
    match settles.is_empty() {
        true => Effect::Rest(Box::new(report::rest(world, &fates, &letters, now))),
        false => Effect::Settle(settles),
    }
}

fn fate(world: &World, heard: Heard<'_>, finding: &Finding, now: Timestamp) -> Fate {
    if let Some(why) = skipped(world, heard, finding) {
        return Fate::LeftOut(why);
    }
    let Some(place) = world.place(&finding.account_id) else {
        return Fate::Undeclared(finding.account_id.clone());
    };
    if world.refused.contains_key(&joining::key(finding, heard.confirmed)) {
        return Fate::Refused;
    }
    match choose(&world.playbooks, finding, place.name, now) {
        Verdict::Unmatched => Fate::Unmatched,
        Verdict::Suppressed { .. } => Fate::Suppressed,
        Verdict::Played(playbook) => joining::join(
            world,
            &joining::Play {
                playbook,
                finding,
                place,
                site: heard.site,
                confirmed: heard.confirmed,
            },
            now,
        ),
    }
}

/// What only a message calls a sample is none to rehearse with.
fn skipped(world: &World, heard: Heard<'_>, finding: &Finding) -> Option<Skipped> {
    let rehearses = world.subject.spec.samples == Samples::Drill && heard.confirmed;
    let all = [
        (finding.is_sample && !rehearses, Skipped::Sample),
        (finding.is_archived, Skipped::Archived),
        (finding.region != heard.site.region, Skipped::Elsewhere),
    ];
    all.into_iter().find_map(|(holds, why)| holds.then_some(why))
}
