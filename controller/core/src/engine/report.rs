//! What is said: conditions and status, from what a pass has seen. Truth first: what could not be read is Unknown.

mod containing;
mod releasing;
mod summary;

pub(super) use containing::containment;
pub(super) use releasing::{Releasing, abandoned, left_behind, released, releasing};
pub(super) use summary::summarised;

use super::{evidence, intent, journal, standing::Standing, world::World};
use crate::{
    aws::failure::{Failure, FailureClass},
    blocked::Blocked,
    respond::Summary,
    run::{Run, plan::Plan},
};
use firebreak_crds::{Action, ConditionType as Type, Reason, condition::Wanted, text};
use jiff::Timestamp;

/// Minutes within which steps that ran before approval are reviewed.
const REVIEW_SECONDS: i64 = 30 * 60;
/// The most notes of one status.
const MOST_NOTES: usize = 30;
/// Seconds until a person's fix is looked for again, where no watch tells.
const SLOW_SECONDS: u64 = 60;
/// Seconds until something that passes by itself is tried again.
const SOON_SECONDS: u64 = 5;

/// What is reported when nothing is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The conditions, without times.
    pub conditions: Vec<Wanted>,
    /// What is said beside them.
    pub summary: Summary,
    /// Seconds after which to look again, besides watch events.
    pub after: u64,
    /// Cells in which drift is seen and not put right.
    pub drift: usize,
    /// Whether nothing of it is contained any more, so that it no longer counts against caps.
    pub over: bool,
}

/// What keeps the next step from starting.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Barrier {
    Approval,
    Earlier,
    Evidence(String),
    Guard(Blocked),
    Observe,
    Stop(String),
}

/// What a pass over the steps has seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Look {
    total: usize,
    pub(super) applied: usize,
    pub(super) verified: usize,
    pub(super) settled: usize,
    pub(super) pending: usize,
    pub(super) barrier: Option<Barrier>,
    pub(super) drift: Vec<String>,
    pub(super) gone: Vec<String>,
    pub(super) fight: bool,
    pub(super) settling: bool,
    pub(super) acting: bool,
    pub(super) waiting_for: Option<String>,
    pub(super) bypassed: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) undone: Vec<String>,
    pub(super) unsealed: Option<String>,
    next: u64,
}

impl Look {
    pub(super) fn new(plan: &Plan, resync: u32) -> Self {
        Self {
            total: plan.steps.len(),
            next: u64::from(resync),
            ..Self::default()
        }
    }

    /// Asks to look again after so many seconds at the latest.
    pub(super) fn after(&mut self, seconds: u64) {
        self.next = self.next.min(seconds.max(1));
    }

    /// A step that needs nothing counts as done.
    pub(super) fn skip<T>(&mut self) -> Option<T> {
        self.applied += 1;
        self.verified += 1;
        self.settled += 1;
        None
    }

    pub(super) fn all_applied(&self) -> bool {
        self.applied == self.total
    }

    pub(super) fn all_verified(&self) -> bool {
        self.verified == self.total
    }

    pub(super) fn contained(&self) -> bool {
        let proven = self.waiting_for.is_none() && self.bypassed.is_none();
        self.settled == self.total && self.drift.is_empty() && self.gone.is_empty() && proven
    }
}

/// What is said when something stands in the way. What was written, or put back, was not read: nothing is known of it.
pub(super) fn blocked(world: &World, blocked: &Blocked, now: Timestamp) -> Rest {
    let gone = matches!(blocked.reason, Reason::TargetGone | Reason::TargetNotFound);
    let run = world.latest().filter(|run| run.is_open());
    let standing = run.map(|run| Standing::of(world, run, now));
    let mut conditions = shown(world, blocked, gone);
    conditions.push(in_the_way(Type::Ready, blocked, unreadable(blocked)));
    conditions.push(match blocked.passes() {
        true => Wanted::no(Type::Stalled, blocked.reason, "it passes by itself"),
        false => Wanted::yes(Type::Stalled, blocked.reason, blocked.message.clone()),
    });
    conditions.extend(
        run.zip(standing.as_ref())
            .map(|(run, standing)| approved(run, standing, now)),
    );
    conditions.extend(halted(world));
    let after = if blocked.passes() { SOON_SECONDS } else { SLOW_SECONDS };
    Rest {
        conditions,
        summary: summary(world, run, standing.as_ref()),
        after,
        drift: 0,
        over: Written::of(world) == Written::Nothing,
    }
}

/// What is said when a record cannot be used: how AWS stands is not known, whatever the other records suggest.
pub(super) fn unread(world: &World, reason: &Blocked, now: Timestamp) -> Rest {
    let of_aws = [
        Type::Applied,
        Type::Verified,
        Type::InSync,
        world.done().condition,
        Type::Released,
    ];
    let mut rest = blocked(world, reason, now);
    rest.over = false;
    rest.conditions.retain(|wanted| !of_aws.contains(&wanted.kind));
    let unknown = |kind| Wanted::unknown(kind, reason.reason, reason.message.clone());
    rest.conditions.extend(of_aws.map(unknown));
    rest
}

/// How people stand about a run is known, whatever else is not.
fn approved(run: &Run, standing: &Standing, now: Timestamp) -> Wanted {
    match run.spec.action {
        Action::Contain => containing::approved(run, standing, now, &mut Look::default()),
        Action::Release | Action::FailOver => releasing::approved(standing),
    }
}

/// What is said while AWS is still being asked, and has not answered for long.
pub(super) fn silent(world: &World, now: Timestamp) -> Rest {
    let why = "AWS has not answered for ten seconds; it is still being asked";
    blocked(world, &Blocked::new(Reason::Unreachable, why), now)
}

/// What there may be in AWS of Firebreak's, by the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Nothing,
    /// A containment, of which nobody has begun to put anything back.
    Containment,
    /// What is left of one that is being put back.
    Rest,
}

impl Written {
    fn of(world: &World) -> Self {
        match (world.containment(), world.mine.is_empty()) {
            (Some(_), _) => Self::Containment,
            (None, false) => Self::Rest,
            (None, true) => Self::Nothing,
        }
    }
}

/// What is said of AWS when something stands in the way of reading it.
fn shown(world: &World, blocked: &Blocked, gone: bool) -> Vec<Wanted> {
    let done = world.done();
    let say = |kind| in_the_way(kind, blocked, !gone);
    let released = |text: &str| Wanted::no(Type::Released, Reason::NotReleased, text);
    match Written::of(world) {
        Written::Nothing => vec![
            Wanted::unknown(Type::InSync, blocked.reason, "nothing was written"),
            Wanted::no(done.condition, done.not_yet, "nothing was written"),
            released("nothing was put back"),
        ],
        Written::Containment => vec![
            say(Type::InSync),
            say(Type::Verified),
            say(done.condition),
            released("nothing was put back"),
        ],
        Written::Rest => vec![
            say(Type::InSync),
            say(Type::Verified),
            say(done.condition),
            released("not everything is back"),
        ],
    }
}

fn in_the_way(kind: Type, blocked: &Blocked, unknown: bool) -> Wanted {
    match unknown {
        true => Wanted::unknown(kind, blocked.reason, blocked.message.clone()),
        false => Wanted::no(kind, blocked.reason, blocked.message.clone()),
    }
}

fn unreadable(blocked: &Blocked) -> bool {
    matches!(
        blocked.reason,
        Reason::Throttled | Reason::Unreachable | Reason::AccessDenied | Reason::WrongAccount
    )
}

/// What stands in the way when AWS refused a write.
pub(super) fn refusal(world: &World, step: &str, failure: &Failure) -> Blocked {
    let reason = match failure.class {
        FailureClass::Throttled => Reason::Throttled,
        FailureClass::Conflict | FailureClass::NotYet | FailureClass::Transient => Reason::Unreachable,
        FailureClass::Denied if failure.code == "WrongAccount" => Reason::WrongAccount,
        FailureClass::Denied => Reason::AccessDenied,
        FailureClass::Invalid => Reason::WriteRefused,
        FailureClass::Limit => Reason::LimitExceeded,
        FailureClass::Gone if is_of_a_part(world, step) => Reason::Unreachable,
        FailureClass::Gone => Reason::TargetGone,
        FailureClass::Unmodifiable => Reason::Unmodifiable,
    };
    Blocked::new(reason, format!("step {step}: {failure}"))
}

/// What is said when AWS refused a write.
pub(super) fn failed(world: &World, step: &str, failure: &Failure, now: Timestamp) -> Rest {
    let mut rest = blocked(world, &refusal(world, step, failure), now);
    rest.after = failure.retry_after().unwrap_or(rest.after);
    rest
}

/// Whether AWS refuses for good what stays as it is. A part that is gone is found out by the next look.
pub(super) fn is_for_good(world: &World, step: &str, failure: &Failure) -> bool {
    let part = failure.class == FailureClass::Gone && is_of_a_part(world, step);
    failure.class.is_for_good() && !part
}

/// Whether the step is about a part of the target that comes and goes: the next look finds that it is gone, and goes on.
fn is_of_a_part(world: &World, step: &str) -> bool {
    let steps = world.latest().map_or(&[][..], |run| &run.plan.steps[..]);
    steps.iter().any(|it| it.id == step && it.cell.is_of_a_part())
}

/// What is said beside the conditions.
fn summary(world: &World, run: Option<&Run>, standing: Option<&Standing>) -> Summary {
    let subject = &world.subject;
    Summary {
        generation: subject.generation,
        waiting_for: None,
        title: subject.response.title().ok().map(|title| text::message(&title)),
        run: run.map(|run| run.spec.run),
        plan: run.map(|run| run.reference.clone()),
        requested_by: intent::requester(world).map(str::to_owned),
        approvals: standing.map(|s| format!("{}/{}", s.voices.people().len(), s.requirement.required)),
        holds: world.mine.clone(),
        expires_at: intent::named_end(world).map(|end| end.to_string()),
        notes: run.map(|run| notes(run, &run.plan.notes)).unwrap_or_default(),
    }
}

/// What hangs on the target, and what people should know.
fn notes(run: &Run, said: &[String]) -> Vec<String> {
    let names = run.plan.impact_lines();
    let stops = (!names.is_empty()).then(|| format!("Stops working with it: {}", names.join(", ")));
    let all = run.plan.warnings.iter().chain(&stops).chain(said).take(MOST_NOTES);
    all.map(|note| text::message(note)).collect()
}

fn halted(world: &World) -> Option<Wanted> {
    let reason = world.stop.as_ref().filter(|_| world.subject.enforces())?;
    Some(Wanted::yes(
        Type::Halted,
        Reason::EmergencyStop,
        format!("an EmergencyStop holds every new AWS write back: {reason}"),
    ))
}
