//! How a release ends: finished, let go with custody left behind, or given up.

use super::{returning::without_custody, *};

/// Nothing is in custody: every run is closed, the object is let go, and it is said.
pub(super) fn finished(world: &World, now: Timestamp) -> Effect {
    let open = |run: &&Run| run.is_open() && run.status.closed_at.is_none();
    if let Some(run) = world.runs.iter().rfind(open) {
        let outcome = match run.spec.action {
            Action::Contain if !run.is_completed() => PlanOutcome::Superseded,
            Action::Contain | Action::Release | Action::FailOver => PlanOutcome::Completed,
        };
        let why = "nothing is in custody any more";
        return contain::close(world, &accounted(run), outcome, why.into(), now);
    }
    if let Some(effect) = evidence::closing(world, now) {
        return effect;
    }
    if world.subject.has_finalizer {
        return Effect::RemoveFinalizer;
    }
    Effect::Rest(Box::new(report::released(world, released_text(world))))
}

/// The run with every step accounted for: no step of a release that is over stays open.
fn accounted(run: &Run) -> Run {
    let mut run = run.clone();
    if run.spec.action == Action::Contain {
        return run;
    }
    for step in &run.plan.steps {
        let record = run.status.journal.entry(step.id.clone()).or_default();
        if !matches!(record.state, StepState::Skipped | StepState::Verified) {
            record.state = StepState::Skipped;
            record.message = Some(without_custody(step));
        }
    }
    run
}

fn released_text(world: &World) -> String {
    let run = world.latest().filter(|run| run.spec.action == Action::Release);
    let said: Vec<String> = run
        .map(|run| run.status.journal.values().filter_map(|r| r.message.clone()).collect())
        .unwrap_or_default();
    let left = one_way(world).join("; ");
    let text: String = match (run.is_some(), said.is_empty()) {
        (true, true) => "everything that was changed is back".into(),
        (true, false) => format!("released; {}", said.join("; ")),
        (false, _) if !left.is_empty() => "nothing that can be put back was changed".into(),
        (false, _) if world.latest().is_some() => {
            "nothing was changed; the plan that waited is withdrawn, and another is made once the spec changes".into()
        }
        (false, _) => "nothing was changed".into(),
    };
    match left.is_empty() {
        true => text,
        false => format!("{text}; this cannot be undone: {left}"),
    }
}

/// What the last containment did that nothing puts back.
fn one_way(world: &World) -> Vec<&str> {
    let contained = world
        .runs
        .iter()
        .rfind(|run| run.spec.action == Action::Contain && run.has_begun());
    let Some(run) = contained else { return Vec::new() };
    let done = |step: &&Step| {
        let record = journal::record(run, step);
        let written = matches!(record.state, StepState::Applied | StepState::Verified);
        step.hold.is_none() && written && record.started_at.is_some()
    };
    run.plan
        .steps
        .iter()
        .filter(done)
        .map(|step| step.summary.as_str())
        .collect()
}

/// Observe writes nothing and drops nothing, and what was written is still read; an object that is being deleted leaves its
/// custody behind.
pub(super) fn observe(world: &World, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    if world.subject.deleting_since.is_some() {
        return Ok(let_go(world, now));
    }
    if let Some(run) = world.containment()
        && let Some(effect) = carry::hold(world, run, facts, now)?
    {
        return Ok(effect);
    }
    let blocked = Blocked::new(
        Reason::Observing,
        "spec.mode is Observe: nothing is put back; set it to Enforce to release",
    );
    told(world, facts, now, Releasing::Blocked(&blocked))
}

pub(in crate::engine) fn overdue(world: &World, now: Timestamp) -> bool {
    world
        .subject
        .deleting_since
        .is_some_and(|since| now.as_second() - since.as_second() >= LET_GO_SECONDS)
}

/// Whether the object has begun to be let go: then nothing else is done for it any more.
pub(super) fn is_being_let_go(world: &World) -> bool {
    let orphaned = |run: &Run| run.status.outcome == Some(PlanOutcome::Orphaned);
    world.subject.deleting_since.is_some() && world.latest().is_some_and(orphaned)
}

/// Closes every run, orphans one Hold after the other, then lets the object go.
pub(in crate::engine) fn let_go(world: &World, now: Timestamp) -> Effect {
    if let Some(run) = world.runs.iter().rfind(|run| run.status.closed_at.is_none()) {
        let why = "the object was deleted before it could be released: custody was left behind in orphaned Holds";
        return contain::close(world, run, PlanOutcome::Orphaned, why.into(), now);
    }
    match held(world) {
        Some((name, hold)) => Effect::UpdateHold {
            name: name.clone(),
            hold: Box::new(custody::orphan(
                hold,
                &world.subject.owner,
                world.subject.terms().mode,
                now,
            )),
        },
        None if world.subject.has_finalizer => Effect::RemoveFinalizer,
        None => Effect::Rest(Box::new(report::left_behind(world))),
    }
}

/// Closes the record of a run whose object is gone.
pub(in crate::engine) fn without_object(
    run: &ResponsePlanStatus,
    left_behind: bool,
    now: Timestamp,
) -> Option<ResponsePlanStatus> {
    let (outcome, why) = match (run.outcome, left_behind) {
        _ if run.closed_at.is_some() => return None,
        (_, true) => (
            PlanOutcome::Orphaned,
            "the object is gone, and custody was left behind in orphaned Holds",
        ),
        (Some(PlanOutcome::Completed), false) => (PlanOutcome::Completed, "the object is gone"),
        (_, false) => (
            PlanOutcome::Superseded,
            "the object was deleted before the run was over",
        ),
    };
    Some(ResponsePlanStatus {
        outcome: Some(outcome),
        message: Some(why.into()),
        closed_at: Some(now.to_string()),
        ..run.clone()
    })
}

/// The first Hold that the object still holds.
fn held(world: &World) -> Option<(&String, &HoldSpec)> {
    let own = |name: &&String| world.holds_it(name);
    world
        .mine
        .iter()
        .filter(own)
        .find_map(|name| Some((name, world.hold(name)?)))
}

/// Custody is given up: the Holds go, AWS stays as it is.
pub(in crate::engine) fn abandon(world: &World, people: &[String], now: Timestamp) -> Result<Effect, Stop> {
    world.know(world.mine.iter().cloned())?;
    if let Some(run) = world.latest().filter(|run| run.is_open()) {
        let why = format!("{} on the word of {}", given_up(world), people.join(", "));
        return Ok(contain::close(world, run, PlanOutcome::Abandoned, why, now));
    }
    if let Some(run) = world
        .runs
        .iter()
        .rfind(|run| run.is_open() && run.status.closed_at.is_none())
    {
        let why = "custody was given up; AWS stays as it is";
        return Ok(contain::close(world, run, PlanOutcome::Abandoned, why.into(), now));
    }
    if let Some((name, hold)) = held(world) {
        let left = custody::leave(hold, &world.subject.owner.uid);
        return Ok(match custody::is_nobodys(&left) {
            true => Effect::DeleteHold { name: name.clone() },
            false => Effect::UpdateHold {
                name: name.clone(),
                hold: Box::new(left),
            },
        });
    }
    if let Some(effect) = evidence::closing(world, now) {
        return Ok(effect);
    }
    if world.subject.has_finalizer {
        return Ok(Effect::RemoveFinalizer);
    }
    Ok(Effect::Rest(Box::new(report::abandoned(world, given_up(world)))))
}

/// What giving up came to: where nothing was written, nothing was in custody.
fn given_up(world: &World) -> &'static str {
    match world.runs.iter().any(Run::has_begun) {
        true => "custody was given up; AWS stays as it is",
        false => "nothing was in custody and nothing was changed; the plan that waited is withdrawn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: Option<PlanOutcome>, closed: Option<&str>) -> ResponsePlanStatus {
        ResponsePlanStatus {
            outcome,
            closed_at: closed.map(str::to_owned),
            ..ResponsePlanStatus::default()
        }
    }

    #[test]
    fn no_run_of_a_gone_object_stays_running() {
        use PlanOutcome::{Completed, Orphaned, Running, Superseded};
        for (outcome, left, ends) in [
            (None, false, Superseded),
            (Some(Running), false, Superseded),
            (Some(Running), true, Orphaned),
            (Some(Completed), false, Completed),
            (Some(Completed), true, Orphaned),
        ] {
            let closed = without_object(&run(outcome, None), left, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(
                (closed.outcome, closed.closed_at.is_some()),
                (Some(ends), true),
                "{outcome:?} {left}"
            );
        }
        let over = run(Some(Completed), Some("2026-01-01T12:00:00Z"));
        assert_eq!(without_object(&over, true, Timestamp::UNIX_EPOCH), None);
    }
}
