//! Who has asked since a containment was first planned, and how grave it was called. It is kept in the newest run and in every
//! Hold, so that neither an edit nor a deletion makes anybody forget it, and it ends with the containment.

use super::{Effect, carried, intent, standing::is_unattributed, world::World};
use crate::run::Run;
use firebreak_crds::{Action, Asked, HoldSpec, PlanOutcome};

/// Everybody who has asked, with what the spec says now.
pub(super) fn asked(world: &World) -> Asked {
    recorded(world).with(&said_now(world))
}

/// What the records say. A containment that is over is forgotten: the next one begins from nothing.
fn recorded(world: &World) -> Asked {
    let run = world.latest().filter(|run| !is_over(world, run));
    let of_run = run.map(|run| run.spec.asked.clone().with(&run.status.asked));
    let held = world.mine.iter().filter_map(|name| world.hold(name));
    held.fold(of_run.unwrap_or_default(), |all, hold| all.with(&hold.asked))
}

fn is_over(world: &World, run: &Run) -> bool {
    let ended = match run.status.outcome {
        Some(PlanOutcome::Completed) => run.spec.action == Action::Release,
        Some(PlanOutcome::Abandoned | PlanOutcome::Orphaned) => true,
        Some(PlanOutcome::RolledBack | PlanOutcome::Stopped) => true,
        Some(PlanOutcome::Running | PlanOutcome::Superseded | PlanOutcome::Rejected) | None => false,
    };
    ended && world.mine.is_empty()
}

/// What the spec says, who changed it last, and whom it carries as having asked: all of them whatever vouches for that, since a
/// name more never makes fewer people enough. A machine is no person; it counts where it changed what was planned already.
fn said_now(world: &World) -> Asked {
    let mut asked = Asked::default();
    asked.add_severity(world.subject.terms().severity);
    match intent::requester(world).filter(|name| !is_unattributed(world, Some(name))) {
        Some(person) => asked.add_person(person),
        None => asked.unattributed = was_edited(world),
    }
    asked.with(&world.subject.carried.clone().unwrap_or_default())
}

/// Whether the spec was changed since the newest run was planned. A deletion changes no spec.
fn was_edited(world: &World) -> bool {
    let run = world.latest().filter(|run| !is_over(world, run));
    let planned = run.map(|run| run.spec.owner_generation);
    planned.is_some_and(|generation| generation != world.subject.generation) && world.subject.deleting_since.is_none()
}

/// What an edit adds is recorded before anything else is done: in each Hold, then in the newest run.
pub(super) fn record(world: &World) -> Option<Effect> {
    let run = world.latest().filter(|run| !is_over(world, run))?;
    let mut all = asked(world);
    // Policies that are unreadable for a moment make nobody unattributed for good.
    all.unattributed &= carried::is_vouched_for(&world.subject, world.admission, &world.settings.operator);
    world
        .mine
        .iter()
        .find_map(|name| grown(name, world.hold(name)?, &all))
        .or_else(|| remembered(run, &all))
}

fn grown(name: &str, hold: &HoldSpec, all: &Asked) -> Option<Effect> {
    let asked = hold.asked.clone().with(all);
    (asked != hold.asked).then(|| Effect::UpdateHold {
        name: name.to_owned(),
        hold: Box::new(HoldSpec { asked, ..hold.clone() }),
    })
}

fn remembered(run: &Run, all: &Asked) -> Option<Effect> {
    let known = run.spec.asked.clone().with(&run.status.asked);
    let grown = known.clone().with(all);
    (grown != known).then(|| {
        let mut status = run.status.clone();
        status.asked = status.asked.with(all);
        Effect::UpdatePlan {
            plan: run.reference.name.clone(),
            status: Box::new(status),
        }
    })
}
