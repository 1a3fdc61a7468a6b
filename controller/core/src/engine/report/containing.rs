//! What is said about a containment, condition by condition.

use super::{
    super::{intent::AtEnd, standing},
    *,
};

/// What is said about a containment.
pub(in crate::engine) fn containment(
    world: &World,
    run: &Run,
    standing: &Standing,
    look: &Look,
    now: Timestamp,
) -> Rest {
    let mut look = look.clone();
    let mut conditions = vec![approved(run, standing, now, &mut look), applied(&look)];
    conditions.extend(shown(world, run, &look));
    conditions.push(Wanted::no(
        Type::Released,
        Reason::NotReleased,
        "it is contained, or is going to be",
    ));
    conditions.extend(halted(world));
    conditions.extend(evidence::conditions(world, look.unsealed.as_deref()));
    conditions.extend(reconciling(&look));
    let stalled = stalled(world, run, standing, &mut look, now);
    conditions.push(ready(world, &look, standing, &stalled, now));
    conditions.push(stalled);
    if !look.all_verified() && look.barrier.is_none() {
        look.after(2);
    }
    let mut status = status(world, Some(run), Some(standing));
    let said = match look.notes.is_empty() {
        true => &run.plan.notes,
        false => &look.notes,
    };
    let all = look.undone.iter().chain(said).cloned().collect::<Vec<String>>();
    status.notes = notes(run, &all);
    Rest {
        conditions,
        status,
        after: look.next,
        drift: look.drift.len(),
        over: false,
    }
}

/// What a read shows of a containment, whatever else is going on.
pub(super) fn shown(world: &World, run: &Run, look: &Look) -> [Wanted; 3] {
    [verified(look), in_sync(world, run, look), contained(look)]
}

pub(super) fn approved(run: &Run, standing: &Standing, now: Timestamp, look: &mut Look) -> Wanted {
    let text = standing.sentence();
    if standing.voices.break_glass.is_some() {
        return Wanted::yes(Type::Approved, Reason::BreakGlass, text);
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
    match journal::second(run.status.contained_now_at.as_deref()) {
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
    format!("{done} of {} {what}", text::counted(look.total, "step"))
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
            format!("somebody changed {step}; it was put right at {}", to_the_second(at)),
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

fn to_the_second(at: &str) -> String {
    journal::second(Some(at))
        .and_then(|second| Timestamp::from_second(second).ok())
        .map_or_else(|| at.to_owned(), |at| at.to_string())
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
    if let Some(why) = &look.bypassed {
        return Wanted::no(Type::Contained, Reason::Bypassed, why.clone());
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

fn reconciling(look: &Look) -> Option<Wanted> {
    if look.barrier.is_some() || look.contained() || !look.gone.is_empty() || look.fight || look.bypassed.is_some() {
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

/// What a person must look into, because of what a read shows.
pub(super) fn trouble(look: &Look) -> Option<Wanted> {
    let stalled = |reason, text: &str| Some(Wanted::yes(Type::Stalled, reason, text));
    if look.fight {
        return stalled(
            Reason::DriftFight,
            "somebody keeps undoing the containment; it is not put right any more: find out who, then deny it at the organisation",
        );
    }
    if let Some(why) = &look.bypassed {
        return stalled(Reason::Bypassed, why);
    }
    if !look.gone.is_empty() {
        return stalled(Reason::TargetGone, "the resource is gone: release the Quarantine");
    }
    None
}

fn stalled(world: &World, run: &Run, standing: &Standing, look: &mut Look, now: Timestamp) -> Wanted {
    if let Some(trouble) = trouble(look) {
        return trouble;
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
    expiry(world, look, now).unwrap_or_else(|| waiting(world, run, standing, look))
}

/// Nobody is called: it goes on by itself, or waits for what people have set or will say.
fn waiting(world: &World, run: &Run, standing: &Standing, look: &Look) -> Wanted {
    let no = |reason, text: String| Wanted::no(Type::Stalled, reason, text);
    match &look.barrier {
        Some(Barrier::Approval) => {
            let text = format!("it waits for people to approve: {}", standing.sentence());
            return no(Reason::AwaitingApproval, text);
        }
        Some(Barrier::Stop(why)) => {
            let text = format!("it goes on when the EmergencyStop is deleted: {why}");
            return no(Reason::EmergencyStop, text);
        }
        Some(Barrier::Evidence(why)) => {
            return no(Reason::Capturing, format!("it waits for the evidence bucket: {why}"));
        }
        Some(Barrier::Guard(blocked)) => return no(blocked.reason, blocked.message.clone()),
        Some(Barrier::Observe | Barrier::Earlier) | None => {}
    }
    if run.status.contained_now_at.is_some() && !standing.all {
        let text = format!("people must review it within 30 minutes: {}", standing.sentence());
        return no(Reason::AwaitingReview, text);
    }
    if look.contained() || !world.subject.enforces() {
        return no(Reason::InSync, "nobody needs to do anything".into());
    }
    no(Reason::InSync, "it goes on by itself".into())
}

fn overdue(run: &Run, standing: &Standing, now: Timestamp) -> bool {
    let since = journal::second(run.status.contained_now_at.as_deref());
    !standing.all && since.is_some_and(|at| now.as_second() - at >= REVIEW_SECONDS)
}

fn expiry(world: &World, look: &mut Look, now: Timestamp) -> Option<Wanted> {
    world.containment()?;
    let end = intent::named_end(world)?;
    if end > now {
        look.after(u64::try_from(end.as_second() - now.as_second()).unwrap_or(1));
        return None;
    }
    let text = format!(
        "it expired at {end}, and nothing was restored by itself{}: it stays contained and {}. Release it, or give it a later expiry",
        why_it_stays(intent::at_end(world, now)),
        asks(world)
    );
    Some(Wanted::yes(Type::Stalled, Reason::Expired, text))
}

/// What will happen at the time that the spec names.
fn at_end(world: &World, now: Timestamp) -> Option<String> {
    let end = intent::named_end(world)?;
    Some(match intent::at_end(world, now) {
        AtEnd::Releases => format!("it is released at {end}, as it was approved"),
        stays => format!(
            "at {end} nothing is restored by itself{}: it stays contained and {}",
            why_it_stays(stays),
            asks(world)
        ),
    })
}

fn why_it_stays(at_end: AtEnd) -> &'static str {
    match at_end {
        AtEnd::Releases | AtEnd::Holds => "",
        AtEnd::Unplanned => ", because no plan with this expiry was approved",
        AtEnd::Uncovered => ", because fewer people approved the containment than a release needs",
    }
}

fn asks(world: &World) -> String {
    match standing::release_requirement(world, intent::requester(world)).required {
        0 => "asks for a release".into(),
        1 => "asks one person for a release".into(),
        more => format!("asks {more} people for a release"),
    }
}

fn contained_until(world: &World, now: Timestamp) -> String {
    let held = "contained, and held so";
    at_end(world, now).map_or_else(|| held.to_owned(), |then| format!("{held}; {then}"))
}

fn ready(world: &World, look: &Look, standing: &Standing, stalled: &Wanted, now: Timestamp) -> Wanted {
    if stalled.status == Some(true) {
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
        Some(Barrier::Evidence(why)) => {
            return Wanted::no(
                Type::Ready,
                Reason::Capturing,
                format!("waiting for the evidence bucket, for a minute at most: {why}"),
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
        true => Wanted::yes(Type::Ready, Reason::Contained, contained_until(world, now)),
        false if look.all_verified() => Wanted::no(
            Type::Ready,
            Reason::Settling,
            "waiting until AWS's settling time has passed",
        ),
        false => Wanted::no(Type::Ready, Reason::Applying, count(look, look.verified, "verified")),
    }
}
