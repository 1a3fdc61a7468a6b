//! Who has asked for what an Incident creates: a record that only grows. None of them counts as an approver of a response.

use super::{people, world::World};
use crate::approval;
use firebreak_crds::{Asked, incident::Ruling};

/// Everybody who has asked, with what the spec and a Decision say now.
pub(super) fn asked(world: &World, ruling: Option<&Ruling>) -> Asked {
    let mut asked = world.subject.status.asked.clone();
    match author(world) {
        Some(person) => asked.add_person(person),
        // Policies that are unreadable for a moment make nobody unattributed for good.
        None => asked.unattributed |= world.admission.requester_stamped,
    }
    asked.unattributed |= world.admission.requester_stamped && somebody_was_missed(world);
    if let Some(ruling) = ruling.filter(|ruling| people::asks(world, ruling)) {
        match approval::is_machine(&world.machines, &ruling.by) {
            true => asked.unattributed = true,
            false => asked.add_person(&ruling.by),
        }
    }
    if let Some(findings) = &world.subject.findings {
        asked.unattributed = true;
        findings.requesters.iter().for_each(|editor| asked.add_person(editor));
    }
    asked.add_severity(world.subject.spec.severity);
    asked
}

/// Who has asked for one response, and whether it was only proposed: once it was, it stays so.
pub(super) fn of_response(world: &World, asked: &Asked, response: &str, carried: Option<&Asked>) -> Asked {
    let proposed = world
        .subject
        .findings
        .as_ref()
        .is_some_and(|findings| findings.is_proposed(response));
    Asked {
        proposed: proposed || carried.is_some_and(|carried| carried.proposed),
        ..asked.clone()
    }
}

/// The person who last changed the spec, as far as the API server vouches for it.
pub(super) fn author(world: &World) -> Option<&str> {
    let stamped = world.subject.requested_by.as_deref();
    let vouched = stamped.filter(|_| world.admission.requester_stamped);
    vouched.filter(|name| approval::is_person(&world.machines, name))
}

/// Only the last editor is stamped: when the spec was changed more than once since the last look at which that stamp could be
/// believed, nobody knows who did it first.
fn somebody_was_missed(world: &World) -> bool {
    let seen = world.subject.status.attributed_generation.unwrap_or_default();
    world.subject.generation > seen + 1
}

/// The generation up to which it is recorded who asked.
pub(super) fn attributed(world: &World) -> Option<i64> {
    match world.admission.requester_stamped {
        true => Some(world.subject.generation),
        false => world.subject.status.attributed_generation,
    }
}
