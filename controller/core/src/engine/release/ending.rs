//! How a release ends: finished, let go with custody left behind, or given up.

use super::*;

/// Nothing is in custody: every run is closed, the object is let go, and it is said.
pub(super) fn finished(world: &World, now: Timestamp) -> Effect {
    let open = |run: &&Run| run.is_open() && run.status.closed_at.is_none();
    if let Some(run) = world.runs.iter().rfind(open) {
        let outcome = match run.spec.action {
            Action::Contain if !run.is_completed() => PlanOutcome::Superseded,
            Action::Contain | Action::Release => PlanOutcome::Completed,
        };
        return contain::close(run, outcome, "nothing is in custody any more".into(), now);
    }
    if world.subject.has_finalizer {
        return Effect::RemoveFinalizer;
    }
    Effect::Rest(Box::new(report::released(world, released_text(world))))
}

fn released_text(world: &World) -> String {
    let run = world.latest().filter(|run| run.spec.action == Action::Release);
    let said: Vec<String> = run
        .map(|run| run.status.journal.values().filter_map(|r| r.message.clone()).collect())
        .unwrap_or_default();
    match (run.is_some(), said.is_empty()) {
        (true, true) => "everything that was changed is back".into(),
        (true, false) => format!("released; {}", said.join("; ")),
        (false, _) => "nothing was changed".into(),
    }
}

/// Observe writes nothing and drops nothing; an object that is being deleted leaves its custody behind.
pub(super) fn observe(world: &World) -> Effect {
    if world.subject.deleting_since.is_some() {
        return let_go(world);
    }
    let blocked = Blocked::new(
        Reason::Observing,
        "spec.mode is Observe: nothing is put back; set it to Enforce to release",
    );
    Effect::Rest(Box::new(report::releasing(
        world,
        world.latest(),
        None,
        Releasing::Blocked(&blocked),
    )))
}

pub(in crate::engine) fn overdue(world: &World, now: Timestamp) -> bool {
    world
        .subject
        .deleting_since
        .is_some_and(|since| now.as_second() - since.as_second() >= LET_GO_SECONDS)
}

/// Orphans one Hold after the other, then lets the object go.
pub(in crate::engine) fn let_go(world: &World) -> Effect {
    let owner = &world.subject.owner;
    let why = format!(
        "{} {}/{} was deleted before it could be released",
        owner.kind, owner.namespace, owner.name
    );
    let held = world
        .mine
        .iter()
        .find_map(|name| Some((name, world.hold(name).filter(|_| world.holds_it(name))?)));
    match held {
        Some((name, hold)) => {
            let left = custody::leave(hold, &owner.uid, &why);
            Effect::UpdateHold {
                name: name.clone(),
                hold: Box::new(left),
            }
        }
        None if world.subject.has_finalizer => Effect::RemoveFinalizer,
        None => Effect::Rest(Box::new(report::released(
            world,
            "custody was left behind in orphaned Holds".into(),
        ))),
    }
}

/// Custody is given up: the Holds go, AWS stays as it is.
pub(in crate::engine) fn abandon(world: &World, people: &[String], now: Timestamp) -> Result<Effect, Stop> {
    world.know(world.mine.iter().cloned())?;
    let owner = &world.subject.owner.uid;
    let held = world
        .mine
        .iter()
        .find_map(|name| Some((name, world.hold(name).filter(|_| world.holds_it(name))?)));
    if let Some((name, hold)) = held {
        let left = custody::leave(hold, owner, "given up");
        return Ok(match left.holders.is_empty() {
            true => Effect::DeleteHold { name: name.clone() },
            false => Effect::UpdateHold {
                name: name.clone(),
                hold: Box::new(left),
            },
        });
    }
    if let Some(run) = world.latest().filter(|run| run.is_open()) {
        let why = format!(
            "custody was given up on the word of {}; AWS stays as it is",
            people.join(", ")
        );
        return Ok(contain::close(run, PlanOutcome::Abandoned, why, now));
    }
    if world.subject.has_finalizer {
        return Ok(Effect::RemoveFinalizer);
    }
    let text = "custody was given up; AWS stays as it is";
    Ok(Effect::Rest(Box::new(report::abandoned(world, text))))
}
