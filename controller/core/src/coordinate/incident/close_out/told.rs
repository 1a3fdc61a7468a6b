//! What the status, its condition and the timeline say of the close-out.

use super::{
    super::{
        life::{Life, time},
        summary::Seen,
        world::World,
    },
    goal::{self, End, Goal, Site, reach},
    progress,
};
use crate::blocked::Blocked;
use firebreak_crds::{
    ConditionType as Type, Reason,
    condition::Wanted,
    incident::{CloseOutStatus, ClosingFinding, ClosingState, FindingFeedback, TimelineEvent as Event},
    text::counted,
};
use jiff::Timestamp;

/// How the close-out stands; as it was where nothing is to be closed out.
pub(in super::super) fn status(world: &World, life: &Life, now: Timestamp) -> Option<CloseOutStatus> {
    let before = world.subject.status.close_out.clone();
    let Some(goal) = Goal::of(world, End::seen(world, life)) else {
        return before;
    };
    let mut told = before.filter(|one| goal.is_of(one)).unwrap_or_else(|| CloseOutStatus {
        resolved_at: goal.resolved_at.to_string(),
        feedback: goal.feedback,
        ..CloseOutStatus::default()
    });
    take(world, &mut told);
    fail(world, &mut told);
    begin(world, &goal, &mut told, now);
    if goal.waiting(&told).next().is_none() {
        (told.problem, told.failed_at, told.failures) = (None, None, 0);
    }
    Some(told)
}

/// What became of findings in this pass.
fn take(world: &World, told: &mut CloseOutStatus) {
    for one in told.findings.iter_mut().filter(|one| one.state == ClosingState::Begun) {
        if let Some((state, at)) = world.close_out.done.get(&one.id) {
            one.state = *state;
            told.closed_at = Some(at.to_string());
        }
    }
    if !world.close_out.done.is_empty() && world.close_out.problem.is_none() {
        (told.problem, told.failed_at, told.failures) = (None, None, 0);
    }
}

/// A pass that fails counts once, however often its status is written.
fn fail(world: &World, told: &mut CloseOutStatus) {
    let Some(problem) = &world.close_out.problem else {
        return;
    };
    let at = world.close_out.since.map(|since| since.to_string());
    told.problem = Some(problem.message.clone());
    if told.failed_at != at {
        told.failures = told.failures.saturating_add(1);
        told.failed_at = at;
    }
}

/// Names what is asked for next, before it is. Of what is there the findings stay that are done.
fn begin(world: &World, goal: &Goal, told: &mut CloseOutStatus, now: Timestamp) {
    let is_goal = |id: &str| goal.findings.iter().any(|one| one.id == id);
    told.findings.retain(|one| is_goal(&one.id));
    if !progress::is_open(world, now) {
        return;
    }
    let can_be_reached = |site: &Site| !world.close_out.has_failed(site) && reach(world, site).is_ok();
    let is_new = |id: &String| told.findings.iter().all(|one| one.id != *id);
    let reached = goal.findings.iter().filter(|one| can_be_reached(&one.site));
    let new: Vec<String> = reached.map(|one| one.id.clone()).filter(is_new).collect();
    if new.is_empty() {
        return;
    }
    if told.begun_at.is_none() || told.closed_at.is_some() {
        (told.begun_at, told.closed_at) = (Some(now.to_string()), None);
    }
    told.findings.extend(new.into_iter().map(|id| ClosingFinding {
        id,
        state: ClosingState::Begun,
    }));
}

/// What is said of the condition.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Says {
    /// Nothing: the Incident is not over, or no source asks for it.
    Nothing,
    /// What was said before: nothing is known to have changed.
    AsBefore,
    /// This.
    This(Wanted),
}

/// The condition.
pub(in super::super) fn condition(world: &World, seen: &Seen) -> Says {
    let (end, asked) = (End::seen(world, &seen.life), goal::asked_for(world));
    if goal::must_look(world, end) {
        return Says::AsBefore;
    }
    if end.is_none() || asked.is_empty() {
        return Says::Nothing;
    }
    let (Some(goal), Some(told)) = (Goal::of(world, end), &seen.closing) else {
        return no(Reason::NoOutcome, unclear(world, asked.len()));
    };
    let waiting = goal.waiting(told).count();
    if waiting == 0 {
        return Says::This(Wanted::yes(Type::ClosedOut, Reason::Archived, done(told)));
    }
    let wait = format!("{} of {} wait", waiting, counted(goal.findings.len(), "finding"));
    if let Some(stop) = &world.close_out.stop {
        return no(Reason::EmergencyStop, format!("{wait}: {stop}"));
    }
    match world.close_out.problem.clone().or_else(|| barred(world, &goal, told)) {
        Some(why) => no(why.reason, format!("{wait}: {}", why.message)),
        None if told.failed_at.is_some() => Says::AsBefore,
        None => no(Reason::Applying, wait),
    }
}

fn no(reason: Reason, message: String) -> Says {
    Says::This(Wanted::no(Type::ClosedOut, reason, message))
}

fn unclear(world: &World, many: usize) -> String {
    let left = format!(
        "{} left as {}",
        counted(many, "finding"),
        if many == 1 { "it is" } else { "they are" }
    );
    match &world.subject.spec.merged_into {
        Some(other) => format!("{left}: it goes on in the Incident {other}"),
        None => format!("{left}: set spec.outcome to say what it was"),
    }
}

/// Why the first site that waits cannot be reached at all.
fn barred(world: &World, goal: &Goal, told: &CloseOutStatus) -> Option<Blocked> {
    goal.sites(told).iter().find_map(|site| reach(world, site).err())
}

/// What was done, in a sentence.
fn done(told: &CloseOutStatus) -> String {
    let of = |state| told.findings.iter().filter(|one| one.state == state).count();
    let marked = match told.feedback {
        Some(FindingFeedback::Useful) => " and marked as useful",
        Some(FindingFeedback::NotUseful) => " and marked as not useful",
        None => "",
    };
    let gone = match of(ClosingState::Gone) {
        0 => String::new(),
        many => format!("; {many} not there any more"),
    };
    format!(
        "{} archived{marked}{gone}",
        counted(of(ClosingState::Archived), "finding")
    )
}

/// What the timeline tells: that it is begun, and that it is done.
pub(in super::super) fn entries(world: &World, seen: &Seen) -> Vec<(Timestamp, Event, String)> {
    let told = seen.closing.as_ref();
    let Some(told) = told.filter(|one| time(Some(&one.resolved_at)) == seen.life.resolved_at) else {
        return Vec::new();
    };
    let begun = time(told.begun_at.as_ref()).map(|at| {
        let what = match told.feedback {
            Some(feedback) => format!("archives findings in the product that found them, as {feedback:?}"),
            None => "archives findings in the product that found them".to_owned(),
        };
        (at, Event::ClosingOut, what)
    });
    let waits = told.findings.iter().any(|one| one.state == ClosingState::Begun) || world.close_out.problem.is_some();
    let closed = time(told.closed_at.as_ref()).filter(|_| !waits);
    let closed = closed.map(|at| (at, Event::ClosedOut, done(told)));
    begun.into_iter().chain(closed).collect()
}
