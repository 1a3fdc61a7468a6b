//! What is told of one Incident now, and what is remembered then.

use super::{
    changes::{Change, changes},
    routing,
    world::{Seen, World, is_over, later, seconds, time},
};
use firebreak_crds::{incident::IncidentState, notification_channel::Told, text};
use jiff::Timestamp;

/// What people are told of one Incident.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct News<'a> {
    /// The Incident; none where it is gone.
    pub seen: Option<&'a Seen>,
    /// What was told before.
    pub before: Option<&'a Told>,
    /// What is told now.
    pub changes: Vec<Change>,
}

/// When a channel looks at an Incident next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Due<'a> {
    /// Now.
    Now(News<'a>),
    /// Then.
    At(Timestamp),
    /// When something changes.
    Never,
}

/// What is due of one Incident.
pub(super) fn due<'a>(world: &'a World, seen: &'a Seen, now: Timestamp) -> Due<'a> {
    let before = told(world, &seen.uid);
    let is_known = before.is_some_and(|told| told.severity.is_some());
    if !is_known && !routing::hears(&world.subject.spec, seen) {
        match routing::handed_over(world, seen) {
            None => return Due::Never,
            Some(at) if at > now => return Due::At(at),
            Some(_) => {}
        }
    }
    let held = [
        before.and_then(|told| time(&told.trouble.as_ref().map(|trouble| trouble.next.clone()))),
        routing::quiet_until(world.subject.spec.quiet_hours.as_ref(), seen.severity, now),
    ];
    match (news(world, seen, before, now), held.into_iter().flatten().max()) {
        (Due::Now(_), Some(at)) if at > now => Due::At(at),
        (due, _) => due,
    }
}

fn news<'a>(world: &'a World, seen: &'a Seen, before: Option<&'a Told>, now: Timestamp) -> Due<'a> {
    let mut changes = changes(before, seen);
    // Only a pager has something to take back where a response goes on.
    if world.subject.spec.pager_duty.is_none() {
        changes.retain(|change| !matches!(change, Change::Settled(_)));
    }
    if changes.is_empty() {
        match remind_at(world, seen, before) {
            None => return Due::Never,
            Some(at) if at > now => return Due::At(at),
            Some(_) => changes.push(Change::Reminder),
        }
    }
    Due::Now(News {
        seen: Some(seen),
        before,
        changes,
    })
}

fn remind_at(world: &World, seen: &Seen, before: Option<&Told>) -> Option<Timestamp> {
    let every = seconds(&world.subject.spec.remind_every)?;
    let last = time(&before.filter(|told| told.severity.is_some())?.last)?;
    (!seen.acknowledged && !seen.is_over() && seen.state != IncidentState::Resolving).then(|| later(last, every))
}

/// What is due of Incidents that are gone: they were told as going on.
pub(super) fn gone(world: &World) -> impl Iterator<Item = (&Told, News<'_>)> {
    let gone = world
        .subject
        .status
        .told
        .iter()
        .filter(|told| !world.incidents.contains_key(&told.uid));
    let going_on = gone.filter(|told| told.severity.is_some() && !told.state.is_some_and(is_over));
    going_on.map(|told| {
        let news = News {
            seen: None,
            before: Some(told),
            changes: vec![Change::Deleted],
        };
        (told, news)
    })
}

/// What was told of an Incident.
pub(super) fn told<'a>(world: &'a World, uid: &str) -> Option<&'a Told> {
    world.subject.status.told.iter().find(|told| told.uid == uid)
}

impl News<'_> {
    /// What is remembered once it was taken; none where there is nothing left to remember.
    pub(super) fn remembered(&self, now: Timestamp) -> Option<Told> {
        let seen = self.seen?;
        // What is being resolved was told as what it was before.
        let state = match seen.state {
            IncidentState::Resolving => self.before.and_then(|told| told.state).unwrap_or(IncidentState::Open),
            state => state,
        };
        Some(Told {
            uid: seen.uid.clone(),
            name: seen.name.clone(),
            severity: Some(seen.severity),
            state: Some(state),
            acknowledged: seen.acknowledged,
            pending: seen.pending.iter().map(super::world::Pending::key).collect(),
            last: Some(text::seconds(now)),
            thread: self.before.and_then(|told| told.thread.clone()),
            trouble: None,
        })
    }
}
