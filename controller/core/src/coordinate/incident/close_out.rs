//! The close-out of an Incident's findings: once it is resolved with an outcome, they are archived in the product that found them
//! and marked by that outcome, where a FindingSource that reads them says so. Only findings of the operator's own record are
//! touched. What is asked for is in the status before a call, and what became of it after it. It never holds the end back.

mod goal;
mod progress;
#[cfg(test)]
mod tests;
mod told;

pub use goal::{accounts, archives, is_asked};
pub use progress::CloseOut;

pub(super) use told::{Says, condition, entries, status};

use super::world::World;
use crate::aws::{
    access::Access,
    guardduty::{self, MOST_AT_ONCE},
};
use firebreak_crds::{
    IncidentStatus,
    incident::{CloseOutStatus, ClosingState},
};
use goal::{End, Goal, Site};
use jiff::Timestamp;

/// Seconds after which a pass begins no further call.
const PASS_SECONDS: i64 = 20;
/// Seconds after the first try in vain; each further one doubles them.
const RETRY_SECONDS: i64 = 60;
/// The longest pause between two tries.
const LONGEST_PAUSE: i64 = 3600;

/// Findings of one account and region, to close out with one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// As whom, and on whose behalf.
    pub access: Access,
    /// What is asked for.
    pub asked: guardduty::CloseOut,
    /// Where.
    pub(super) site: Site,
    /// The ids as the Incident lists them.
    pub(super) ids: Vec<String>,
}

/// The next findings to close out, as the status that is to be written says.
pub(super) fn next(world: &World, status: &IncidentStatus, now: Timestamp) -> Option<Step> {
    let goal = Goal::of(world, End::told(world, status))?;
    let begun = status.close_out.as_ref()?;
    let mut sites = goal.sites(begun);
    // One that does not answer does not always come first.
    let turn = begun.failures as usize % sites.len().max(1);
    sites.rotate_left(turn);
    match progress::is_open(world, now) {
        true => sites.into_iter().find_map(|site| step(world, &goal, begun, site)),
        false => None,
    }
}

fn step(world: &World, goal: &Goal, begun: &CloseOutStatus, site: Site) -> Option<Step> {
    if world.close_out.has_failed(&site) {
        return None;
    }
    let access = goal::reach(world, &site).ok()?;
    let waiting = goal.waiting(begun).filter(|one| one.site == site);
    let ids: Vec<String> = waiting.take(MOST_AT_ONCE).map(|one| one.id.clone()).collect();
    Some(Step {
        asked: guardduty::CloseOut {
            findings: ids.iter().map(|id| guardduty::bare_id(id).to_owned()).collect(),
            feedback: goal.feedback,
        },
        access,
        site,
        ids,
    })
}

/// Whether the status that was written last says what is asked for.
pub(super) fn is_planned(world: &World, status: &IncidentStatus, step: &Step) -> bool {
    let goal = Goal::of(world, End::told(world, status));
    let (Some(goal), Some(written)) = (goal, &world.subject.status.close_out) else {
        return false;
    };
    let begun = |id: &String| {
        written
            .findings
            .iter()
            .any(|one| one.id == *id && one.state == ClosingState::Begun)
    };
    goal.is_of(written) && step.ids.iter().all(begun)
}

/// Seconds after which to look again, for the findings' sake.
pub(super) fn look_again(world: &World, status: &IncidentStatus, now: Timestamp) -> Option<u64> {
    let end = End::told(world, status);
    if goal::must_look(world, end) {
        return Some(1);
    }
    let (goal, begun) = (Goal::of(world, end)?, status.close_out.as_ref()?);
    let can_be_reached = goal.sites(begun).iter().any(|site| goal::reach(world, site).is_ok());
    match (can_be_reached, &world.close_out.stop) {
        (false, _) => None,
        (true, Some(_)) => Some(RETRY_SECONDS.unsigned_abs()),
        (true, None) => Some(progress::pause_left(begun, now).max(1).unsigned_abs()),
    }
}
