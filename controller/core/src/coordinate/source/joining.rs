//! To which Incident a finding belongs, and whether it is in there already.

use super::{
    Fate,
    asking::Site,
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
}

/// Where a finding belongs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Belongs {
    pub(super) name: String,
    /// Whether it is the Incident for what is too much within an hour.
    pub(super) is_storm: bool,
}

pub(super) fn join(world: &World, play: &Play<'_>, now: Timestamp) -> Fate {
    let belongs = belongs(world, play.finding, now);
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
/// Guardrails let findings open, all but Critical ones share one. Samples and real findings never share any: a drill swallows nothing.
pub(super) fn belongs(world: &World, finding: &Finding, now: Timestamp) -> Belongs {
    let is_drill = finding.is_sample;
    let mut holding = world.incidents.iter().filter(|(_, seen)| seen.is_joinable(is_drill));
    if let Some((name, _)) = holding.find(|(_, seen)| seen.has(&finding.id)) {
        return follow(world, name, is_drill);
    }
    let name = free(world, &name(finding), MAX_FINDINGS, is_drill);
    let is_full = world.opened(is_drill, now) >= Limits(&world.guardrails).max_open() as usize;
    if world.incidents.contains_key(&name) || !is_full || finding.severity == Severity::Critical {
        return follow(world, &name, is_drill);
    }
    Belongs {
        name: free(world, &storm(now, is_drill), MAX_FINDINGS, is_drill),
        is_storm: true,
    }
}

/// The Incident with which one goes on, where such findings may join that too.
fn follow(world: &World, name: &str, is_drill: bool) -> Belongs {
    let mut at = name;
    for _ in 0..MAX_MERGES {
        let next = world.incidents.get(at).and_then(Seen::goes_on_in);
        let usable = |name: &&str| {
            world
                .incidents
                .get(*name)
                .is_some_and(|seen| seen.is_joinable(is_drill) && seen.spec.findings.len() < MAX_FINDINGS)
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
