//! What is said: conditions and status, from what a pass has seen. Truth first: what could not be read is Unknown.

use super::{
    carry, intent,
    standing::Standing,
    world::{Run, World},
};
use crate::{
    blocked::Blocked,
    failure::{Failure, FailureClass},
    plan::Plan,
};
use firebreak_crds::{ConditionType as Type, OnExpiry, QuarantineStatus, Reason, condition::Wanted};
use jiff::Timestamp;

/// Minutes within which steps that ran before approval are reviewed.
const REVIEW_SECONDS: i64 = 30 * 60;
/// Seconds until a person's mend is looked for again, where no watch tells.
const SLOW_SECONDS: u64 = 60;
/// Seconds until something that passes by itself is tried again.
const SOON_SECONDS: u64 = 5;

/// What is reported when nothing is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The conditions, without times.
    pub conditions: Vec<Wanted>,
    /// The status, without conditions.
    pub status: QuarantineStatus,
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
    pub(super) notes: Vec<String>,
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
        self.settled == self.total && self.drift.is_empty() && self.gone.is_empty() && self.waiting_for.is_none()
    }
}

/// What is said about a containment.
pub(super) fn containment(world: &World, run: &Run, standing: &Standing, look: &Look, now: Timestamp) -> Rest {
    let mut look = look.clone();
    let mut conditions = vec![approved(run, standing, now, &mut look), applied(&look), verified(&look)];
    conditions.push(in_sync(world, run, &look));
    conditions.push(contained(&look));
    conditions.push(Wanted::no(
        Type::Released,
        Reason::NotReleased,
        "it is contained, or is going to be",
    ));
    conditions.extend(halted(world));
    conditions.extend(reconciling(&look));
    let stalled = stalled(world, run, standing, &mut look, now);
    conditions.push(ready(world, &look, standing, &stalled));
    conditions.push(stalled);
    if !look.all_verified() && look.barrier.is_none() {
        look.after(2);
    }
    let mut status = status(world, Some(run), Some(standing));
    status.notes.extend(look.notes.clone());
    Rest {
        conditions,
        status,
        after: look.next,
        drift: look.drift.len(),
        over: false,
    }
}

fn approved(run: &Run, standing: &Standing, now: Timestamp, look: &mut Look) -> Wanted {
    let text = standing.sentence();
    if let Some(by) = &standing.voices.break_glass {
        return Wanted::yes(
            Type::Approved,
            Reason::BreakGlass,
            format!("{by} broke the glass; {text}"),
        );
    }
    if let Some(by) = &standing.voices.rejected {
        return Wanted::no(Type::Approved, Reason::Rejected, format!("rejected by {by}; {text}"));
    }
    if standing.all {
        let reason = if standing.requirement.required == 0 {
            Reason::ApprovalNotNeeded
        } else {
            Reason::Approved
        };
        return Wanted::yes(Type::Approved, reason, text);
    }
    if run.is_completed() && run.status.contained_now_at.is_none() {
        let by = run.status.approved_by.join(", ");
        return Wanted::yes(Type::Approved, Reason::Approved, format!("approved by {by}"));
    }
    match carry::second(run.status.contained_now_at.as_deref()) {
        Some(at) if now.as_second() - at >= REVIEW_SECONDS => Wanted::no(
            Type::Approved,
            Reason::ReviewOverdue,
            format!("contained before approval, and nobody reviewed it within 30 minutes; {text}"),
        ),
        Some(at) => {
            look.after(u64::try_from(at + REVIEW_SECONDS - now.as_second()).unwrap_or(1));
            Wanted::no(
                Type::Approved,
                Reason::AwaitingReview,
                format!(
                    "reversible steps ran before approval, as the Guardrail grants; review within 30 minutes; {text}"
                ),
            )
        }
        None => Wanted::no(Type::Approved, Reason::AwaitingApproval, text),
    }
}

fn count(look: &Look, done: usize, what: &str) -> String {
    format!("{done} of {} step(s) {what}", look.total)
}

fn applied(look: &Look) -> Wanted {
    let text = count(look, look.applied, "written");
    match look.all_applied() {
        true => Wanted::yes(Type::Applied, Reason::Applied, text),
        false if look.applied > 0 => Wanted::no(Type::Applied, Reason::Applying, text),
        false => Wanted::no(Type::Applied, Reason::NotApplied, text),
    }
}

fn verified(look: &Look) -> Wanted {
    let text = count(look, look.verified, "verified by a fresh read");
    match look.all_verified() {
        true => Wanted::yes(Type::Verified, Reason::Verified, text),
        false if look.applied > 0 => Wanted::no(Type::Verified, Reason::Verifying, text),
        false => Wanted::no(Type::Verified, Reason::NotApplied, text),
    }
}

fn in_sync(world: &World, run: &Run, look: &Look) -> Wanted {
    if !look.gone.is_empty() {
        return Wanted::no(
            Type::InSync,
            Reason::TargetGone,
            format!("{}: the resource is gone", look.gone.join(", ")),
        );
    }
    if !look.drift.is_empty() {
        let reason = if look.fight {
            Reason::DriftFight
        } else {
            Reason::DriftDetected
        };
        return Wanted::no(
            Type::InSync,
            reason,
            format!("AWS does not show what was written: {}", look.drift.join(", ")),
        );
    }
    if !run.has_begun() && !world.subject.enforces() {
        return Wanted::no(
            Type::InSync,
            Reason::DriftDetected,
            count(look, look.pending, "would be written (mode Observe)"),
        );
    }
    if !look.all_verified() {
        return Wanted::unknown(Type::InSync, Reason::NotApplied, "not every step is verified yet");
    }
    match last_reassertion(run) {
        Some((step, at)) => Wanted::yes(
            Type::InSync,
            Reason::DriftReasserted,
            format!("somebody changed {step}; it was put right at {at}"),
        ),
        None => Wanted::yes(Type::InSync, Reason::InSync, "AWS shows what was written"),
    }
}

fn last_reassertion(run: &Run) -> Option<(&String, &String)> {
    let times = run
        .status
        .journal
        .iter()
        .filter_map(|(step, record)| Some((step, record.reasserted_at.last()?)));
    times.max_by_key(|(_, at)| *at)
}

fn contained(look: &Look) -> Wanted {
    if look.contained() {
        return Wanted::yes(
            Type::Contained,
            Reason::Contained,
            "cut off; a read after the settling time still shows it",
        );
    }
    if !look.gone.is_empty() {
        return Wanted::no(
            Type::Contained,
            Reason::TargetGone,
            "the resource is gone; its recorded values stay in custody",
        );
    }
    if let Some(waiting) = &look.waiting_for {
        return Wanted::no(Type::Contained, Reason::Settling, waiting.clone());
    }
    match look.all_verified() {
        true => Wanted::no(
            Type::Contained,
            Reason::Settling,
            "written and seen; waiting until AWS's settling time has passed",
        ),
        false => Wanted::no(Type::Contained, Reason::NotContained, "not every step is verified"),
    }
}

fn halted(world: &World) -> Option<Wanted> {
    let reason = world.stop.as_ref().filter(|_| world.subject.enforces())?;
    Some(Wanted::yes(
        Type::Halted,
        Reason::EmergencyStop,
        format!("an EmergencyStop holds every new AWS write back: {reason}"),
    ))
}

fn reconciling(look: &Look) -> Option<Wanted> {
    if look.barrier.is_some() || look.contained() || !look.gone.is_empty() || look.fight {
        return None;
    }
    let reason = match (look.all_applied(), look.all_verified()) {
        (false, _) => Reason::Applying,
        (true, false) => Reason::Verifying,
        (true, true) => Reason::Settling,
    };
    Some(Wanted::yes(
        Type::Reconciling,
        reason,
        count(look, look.settled, "settled"),
    ))
}

fn stalled(world: &World, run: &Run, standing: &Standing, look: &mut Look, now: Timestamp) -> Wanted {
    if look.fight {
        return Wanted::yes(
            Type::Stalled,
            Reason::DriftFight,
            "somebody keeps undoing the containment; it is not put right any more: find out who, then deny it at the organisation",
        );
    }
    if !look.gone.is_empty() {
        return Wanted::yes(
            Type::Stalled,
            Reason::TargetGone,
            "the resource is gone: release the Quarantine",
        );
    }
    if let Some(Barrier::Guard(blocked)) = look
        .barrier
        .as_ref()
        .filter(|b| matches!(b, Barrier::Guard(g) if !g.passes()))
    {
        return Wanted::yes(Type::Stalled, blocked.reason, blocked.message.clone());
    }
    if let Some(by) = standing
        .voices
        .rejected
        .as_ref()
        .filter(|_| run.status.contained_now_at.is_some())
    {
        let text = format!("contained before approval, and rejected by {by}: release it, or approve a new run");
        return Wanted::yes(Type::Stalled, Reason::Rejected, text);
    }
    if overdue(run, standing, now) {
        return Wanted::yes(
            Type::Stalled,
            Reason::ReviewOverdue,
            "contained before approval, and nobody reviewed it within 30 minutes: approve or reject the plan",
        );
    }
    lease(world, look, now).unwrap_or_else(|| Wanted::no(Type::Stalled, Reason::InSync, "nobody needs to do anything"))
}

fn overdue(run: &Run, standing: &Standing, now: Timestamp) -> bool {
    let since = carry::second(run.status.contained_now_at.as_deref());
    !standing.all && since.is_some_and(|at| now.as_second() - at >= REVIEW_SECONDS)
}

fn lease(world: &World, look: &mut Look, now: Timestamp) -> Option<Wanted> {
    let end = intent::lease_end(world)?;
    if end > now {
        look.after(u64::try_from(end.as_second() - now.as_second()).unwrap_or(1));
        return None;
    }
    let holds = world
        .subject
        .spec
        .lease
        .as_ref()
        .is_none_or(|lease| lease.on_expiry == OnExpiry::Hold);
    holds.then(|| {
        Wanted::yes(
            Type::Stalled,
            Reason::LeaseExpired,
            format!("the lease ended at {end}: release it, or give it a longer lease"),
        )
    })
}

fn ready(world: &World, look: &Look, standing: &Standing, stalled: &Wanted) -> Wanted {
    if stalled.status == Some(true) && stalled.reason != Reason::LeaseExpired && stalled.reason != Reason::ReviewOverdue
    {
        return Wanted::no(Type::Ready, stalled.reason, stalled.message.clone());
    }
    match &look.barrier {
        Some(Barrier::Approval) => return Wanted::no(Type::Ready, Reason::AwaitingApproval, standing.sentence()),
        Some(Barrier::Stop(why)) => {
            return Wanted::no(
                Type::Ready,
                Reason::EmergencyStop,
                format!("held back by an EmergencyStop: {why}"),
            );
        }
        Some(Barrier::Guard(blocked)) => return Wanted::no(Type::Ready, blocked.reason, blocked.message.clone()),
        Some(Barrier::Observe) => {
            return Wanted::yes(
                Type::Ready,
                Reason::Observing,
                "mode Observe: planned and watched, nothing is written",
            );
        }
        Some(Barrier::Earlier) | None => {}
    }
    if !world.subject.enforces() {
        return Wanted::yes(
            Type::Ready,
            Reason::Observing,
            "mode Observe: watched, nothing is written",
        );
    }
    match look.contained() {
        true => Wanted::yes(Type::Ready, Reason::Contained, "contained, and held so"),
        false if look.all_verified() => Wanted::no(
            Type::Ready,
            Reason::Settling,
            "waiting until AWS's settling time has passed",
        ),
        false => Wanted::no(Type::Ready, Reason::Applying, count(look, look.verified, "verified")),
    }
}

/// What is said when something stands in the way.
pub(super) fn blocked(world: &World, blocked: &Blocked, now: Timestamp) -> Rest {
    let unreadable = matches!(
        blocked.reason,
        Reason::Throttled | Reason::Unreachable | Reason::AccessDenied | Reason::WrongAccount
    );
    let say = |kind, message: &str| match unreadable {
        true => Wanted::unknown(kind, blocked.reason, blocked.message.clone()),
        false => Wanted::no(kind, blocked.reason, message),
    };
    let run = world.latest().filter(|run| run.is_open());
    let contained = world.containment().is_some();
    let mut conditions = match contained {
        true => vec![
            say(Type::InSync, &blocked.message),
            say(Type::Verified, &blocked.message),
            say(Type::Contained, &blocked.message),
        ],
        false => vec![
            Wanted::unknown(Type::InSync, blocked.reason, "nothing was written"),
            Wanted::no(Type::Contained, Reason::NotContained, "nothing was written"),
        ],
    };
    conditions.push(say(Type::Ready, &blocked.message));
    conditions.push(match blocked.passes() {
        true => Wanted::no(Type::Stalled, blocked.reason, "it passes by itself"),
        false => Wanted::yes(Type::Stalled, blocked.reason, blocked.message.clone()),
    });
    conditions.push(Wanted::no(Type::Released, Reason::NotReleased, "nothing was put back"));
    conditions.extend(halted(world));
    let standing = run.map(|run| Standing::of(world, run, now));
    let after = if blocked.passes() { SOON_SECONDS } else { SLOW_SECONDS };
    Rest {
        conditions,
        status: status(world, run, standing.as_ref()),
        after,
        drift: 0,
        over: !contained,
    }
}

/// What is said when AWS refused a write.
pub fn failed(world: &World, step: &str, failure: &Failure, now: Timestamp) -> Rest {
    let reason = match failure.class {
        FailureClass::Throttled => Reason::Throttled,
        FailureClass::Conflict | FailureClass::NotYet | FailureClass::Transient => Reason::Unreachable,
        FailureClass::Denied if failure.code == "WrongAccount" => Reason::WrongAccount,
        FailureClass::Denied => Reason::AccessDenied,
        FailureClass::Invalid => Reason::WriteRefused,
        FailureClass::Limit => Reason::LimitExceeded,
        FailureClass::Gone => Reason::TargetGone,
        FailureClass::Unmodifiable => Reason::Unmodifiable,
    };
    let mut rest = blocked(world, &Blocked::new(reason, format!("step {step}: {failure}")), now);
    if failure.class == FailureClass::Conflict {
        rest.after = 1;
    }
    rest
}

/// What is said about a release that has nothing more to do.
pub(super) fn released(world: &World, message: String) -> Rest {
    let conditions = vec![
        Wanted::yes(Type::Ready, Reason::Released, message.clone()),
        Wanted::yes(Type::Released, Reason::Released, message),
        Wanted::no(Type::Contained, Reason::Released, "released"),
        Wanted::no(Type::Stalled, Reason::Released, "nobody needs to do anything"),
    ];
    let after = u64::from(world.settings.resync_seconds);
    Rest {
        conditions,
        status: status(world, world.latest(), None),
        after,
        drift: 0,
        over: true,
    }
}

/// What is said while a release waits or has left something behind.
pub(super) fn releasing(world: &World, run: Option<&Run>, standing: Option<&Standing>, what: Releasing<'_>) -> Rest {
    let (reason, message, stalled) = match what {
        Releasing::AwaitingApproval(text) => (Reason::AwaitingApproval, text.to_owned(), false),
        Releasing::Blocked(blocked) => (blocked.reason, blocked.message.clone(), !blocked.passes()),
        Releasing::Conflict(text) => (Reason::ReleaseConflict, text.to_owned(), true),
        Releasing::Withheld(text) => (Reason::RestoreWithheld, text.to_owned(), true),
        Releasing::Settling(text) => (Reason::Releasing, text.to_owned(), false),
    };
    let mut conditions = vec![
        Wanted::no(Type::Ready, reason, message.clone()),
        Wanted::no(Type::Released, reason, message.clone()),
        Wanted {
            kind: Type::Stalled,
            status: Some(stalled),
            reason,
            message: message.clone(),
        },
        contained_while_releasing(world, reason),
    ];
    if let Some(standing) = standing {
        conditions.push(match standing.all {
            true => Wanted::yes(Type::Approved, Reason::Approved, standing.sentence()),
            false => Wanted::no(Type::Approved, Reason::AwaitingApproval, standing.sentence()),
        });
    }
    if reason == Reason::Releasing {
        conditions.push(Wanted::yes(Type::Reconciling, Reason::Releasing, message));
    }
    conditions.extend(halted(world));
    let after = if reason == Reason::Releasing { 2 } else { SLOW_SECONDS };
    Rest {
        conditions,
        status: status(world, run, standing),
        after,
        drift: 0,
        over: false,
    }
}

/// Why a release rests.
pub(super) enum Releasing<'a> {
    AwaitingApproval(&'a str),
    Blocked(&'a Blocked),
    Conflict(&'a str),
    Withheld(&'a str),
    Settling(&'a str),
}

/// While nobody has put anything back, it is as contained as its last proof said.
fn contained_while_releasing(world: &World, reason: Reason) -> Wanted {
    let proven = world.containment().is_some_and(Run::is_completed);
    match proven && reason != Reason::Releasing {
        true => Wanted::yes(
            Type::Contained,
            Reason::Contained,
            "still contained while the release waits",
        ),
        false => Wanted::no(Type::Contained, Reason::Releasing, "it is being released"),
    }
}

/// The status without conditions.
fn status(world: &World, run: Option<&Run>, standing: Option<&Standing>) -> QuarantineStatus {
    let subject = &world.subject;
    let mut notes: Vec<String> = run.map(|run| run.plan.notes.clone()).unwrap_or_default();
    if let Some(run) = run.filter(|run| !run.plan.dependants.is_empty()) {
        let names: Vec<String> = run
            .plan
            .dependants
            .iter()
            .map(|d| format!("{} {}", d.kind, d.name))
            .collect();
        notes.insert(0, format!("Stops working with it: {}", names.join(", ")));
    }
    notes.truncate(30);
    QuarantineStatus {
        observed_generation: Some(subject.generation),
        conditions: Vec::new(),
        target: world.target().ok().map(|target| target.title(&subject.spec.target)),
        run: run.map(|run| run.spec.run),
        plan: run.map(|run| run.reference.clone()),
        requested_by: subject.requested_by.clone(),
        approvals: standing.map(|s| format!("{}/{}", s.voices.people().len(), s.requirement.required)),
        holds: world.mine.clone(),
        lease_expires_at: intent::lease_end(world).map(|end| end.to_string()),
        notes,
    }
}

/// What is said when custody was given up.
pub(super) fn abandoned(world: &World, message: &str) -> Rest {
    let conditions = vec![
        Wanted::no(Type::Ready, Reason::Abandoned, message),
        Wanted::no(Type::Released, Reason::Abandoned, message),
        Wanted::unknown(Type::Contained, Reason::Abandoned, message),
        Wanted::no(Type::Stalled, Reason::Abandoned, "nobody needs to do anything"),
    ];
    let after = u64::from(world.settings.resync_seconds);
    Rest {
        conditions,
        status: status(world, world.latest(), None),
        after,
        drift: 0,
        over: true,
    }
}
