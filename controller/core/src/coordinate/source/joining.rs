//! To which Incident a finding belongs, and whether it is in there already.

use super::{
    Fate,
    asking::Site,
    kin::Kin,
    naming::{free, is_storm, name, storm},
    opening,
    world::{Seen, World},
};
use crate::coordinate::{
    finding::Finding,
    playbook::{Known, Limits, Place},
};
use firebreak_crds::Severity;
use jiff::Timestamp;

/// The most findings of one Incident, as its schema says.
pub(super) const MAX_FINDINGS: usize = 64;
/// The most steps from an Incident to that with which it goes on.
const MAX_MERGES: usize = 5;

/// A finding, the playbook that speaks of it, and where it was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play<'a> {
    /// The playbook.
    pub(super) playbook: &'a Known,
    /// The finding.
    pub(super) finding: &'a Finding,
    /// The account.
    pub(super) place: Place<'a>,
    /// Where it was read.
    pub(super) site: &'a Site,
    /// Whether it is what its product says, and not only what a message says.
    pub(super) confirmed: bool,
}

impl Play<'_> {
    /// By what the finding is told apart within a pass: what only a message tells of stands for nothing else.
    pub(super) fn key(&self) -> String {
        key(self.finding, self.confirmed)
    }
}

/// As [`Play::key`].
pub(super) fn key(finding: &Finding, confirmed: bool) -> String {
    match confirmed {
        true => finding.id.clone(),
        false => format!("unconfirmed {}", finding.id),
    }
}

/// Where a finding belongs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Belongs {
    pub(super) name: String,
    /// Whether it is the Incident for what is too much within an hour.
    pub(super) is_storm: bool,
}

pub(super) fn join(world: &World, play: &Play<'_>, now: Timestamp) -> Fate {
    let belongs = belongs(world, play.finding, play.confirmed, now);
    let Some(seen) = world.incidents.get(&belongs.name) else {
        return Fate::Needs(opening::open(world, play, &belongs, now));
    };
    match opening::change(world, play, &belongs, seen, now) {
        Some(effect) => Fate::Needs(effect),
        None if has_opened(seen, play.finding) => Fate::Opened,
        None => Fate::Joined,
    }
}

/// Whether the Incident was made for this very update of the finding. The API server stamps whole seconds.
fn has_opened(seen: &Seen, finding: &Finding) -> bool {
    let first = seen.spec.findings.first().is_some_and(|one| one.id == finding.id);
    first
        && seen
            .created_at
            .is_some_and(|at| at.as_second() >= finding.updated_at.as_second())
}

/// A finding that is in an Incident stays there; another one joins the Incident about the same thing, or opens it. Beyond what
/// Guardrails let findings open, all but Critical ones share one. Only its kin shares an Incident with it, or a number of those that may
/// open.
pub(super) fn belongs(world: &World, finding: &Finding, confirmed: bool, now: Timestamp) -> Belongs {
    let kin = Kin::of(finding, confirmed);
    let mut holding = world.incidents.iter().filter(|(_, seen)| seen.is_joinable(kin));
    if let Some((name, _)) = holding.find(|(_, seen)| seen.has(&finding.id)) {
        return follow(world, name, kin);
    }
    let name = free(world, &name(finding, kin), kin, MAX_FINDINGS);
    let is_full = world.opened(kin, now) >= Limits(&world.guardrails).max_open() as usize;
    let pages_alone = confirmed && finding.severity == Severity::Critical;
    if world.incidents.contains_key(&name) || !is_full || pages_alone {
        return follow(world, &name, kin);
    }
    Belongs {
        name: free(world, &storm(now, kin), kin, MAX_FINDINGS),
        is_storm: true,
    }
}

/// The Incident with which one goes on, where its kin may join that too.
fn follow(world: &World, name: &str, kin: Kin) -> Belongs {
    let mut at = name;
    for _ in 0..MAX_MERGES {
        let next = world.incidents.get(at).and_then(Seen::goes_on_in);
        let usable = |name: &&str| {
            world
                .incidents
                .get(*name)
                .is_some_and(|seen| seen.is_joinable(kin) && seen.spec.findings.len() < MAX_FINDINGS)
        };
        match next.filter(usable) {
            Some(next) => at = next,
            None => break,
        }
    }
    Belongs {
        name: at.to_owned(),
        is_storm: is_storm(at),
    }
}
