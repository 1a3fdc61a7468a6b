//! The status of a channel, and when it is looked at again.

use super::{
    Rest, channel, heartbeat,
    news::{self, Due},
    world::{World, is_over, time},
};
use firebreak_crds::{
    ConditionType as Type, NotificationChannelStatus, Reason,
    condition::{Wanted, merge},
    notification_channel::{TOLD, Told, Trouble},
};
use jiff::Timestamp;

/// Seconds between two looks at a channel for which nothing is due.
const SLOW: i64 = 300;
/// Seconds until a Secret is read again that cannot be used.
const SECRET: i64 = 30;

/// What is reported, and when to look again.
pub(super) fn rest(world: &World, now: Timestamp) -> Rest {
    let before = &world.subject.status;
    let generation = world.subject.generation;
    let status = NotificationChannelStatus {
        observed_generation: Some(generation),
        conditions: merge(&before.conditions, &conditions(world), generation, now),
        silent_until: before
            .silent_until
            .clone()
            .filter(|_| time(&before.silent_until).is_some_and(|at| at > now)),
        told: kept(world),
        ..before.clone()
    };
    Rest {
        status: status.bounded(),
        after: after(world, now),
    }
}

/// What is still worth remembering.
fn kept(world: &World) -> Vec<Told> {
    let is_pager = world.subject.spec.pager_duty.is_some();
    let kept = world.subject.status.told.iter().filter_map(|told| {
        let Some(seen) = world.incidents.get(&told.uid) else {
            let is_settled = told.severity.is_none() || told.state.is_some_and(is_over);
            return (!is_settled).then(|| told.clone());
        };
        let mut told = told.clone();
        // What comes again later is told again.
        told.severity = told.severity.map(|severity| severity.min(seen.severity));
        if !is_pager {
            told.pending
                .retain(|key| seen.pending.iter().any(|one| one.key() == *key));
        }
        Some(told)
    });
    kept.collect()
}

fn after(world: &World, now: Timestamp) -> u64 {
    let status = &world.subject.status;
    let looks = world
        .incidents
        .values()
        .filter_map(|seen| match news::due(world, seen, now) {
            Due::At(at) => Some(at),
            Due::Now(_) | Due::Never => None,
        });
    let trouble = |trouble: &Option<Trouble>| time(&trouble.as_ref().map(|one| one.next.clone()));
    let troubles = status.told.iter().map(|told| trouble(&told.trouble));
    let others = [
        time(&status.silent_until),
        trouble(&status.trouble),
        heartbeat::next(world),
    ];
    let all = looks.chain(troubles.chain(others).flatten()).filter(|at| *at > now);
    let most = if channel::secret(world).is_err() { SECRET } else { SLOW };
    let soonest = all.map(|at| at.as_second() - now.as_second() + 1).min().unwrap_or(most);
    let soonest = if heartbeat::silence(world).is_some() {
        soonest.min(SECRET)
    } else {
        soonest
    };
    soonest.clamp(1, most).unsigned_abs()
}

fn conditions(world: &World) -> Vec<Wanted> {
    if let Err(why) = channel::secret(world) {
        return not_delivered(Reason::SecretUnreadable, &why, true);
    }
    if let Some(trouble) = gravest(&world.subject.status) {
        let why = format!(
            "{} (attempt {}, again at {})",
            trouble.why, trouble.attempts, trouble.next
        );
        return not_delivered(Reason::NotDelivered, &why, trouble.lasting);
    }
    if let Some(why) = heartbeat::silence(world) {
        return not_delivered(Reason::NotDelivered, why, false);
    }
    let left = world
        .incidents
        .keys()
        .filter(|uid| !channel::has_room(world, uid))
        .count();
    if left > 0 {
        let why = format!(
            "it remembers of {TOLD} Incidents at most what it told, and all of those go on: nothing is told of {left} others; resolve or merge some"
        );
        return not_delivered(Reason::NotDelivered, &why, true);
    }
    let (reason, says) = match &world.subject.status.last_delivery {
        Some(at) => (Reason::Delivered, format!("the last message was delivered at {at}")),
        None => (Reason::Accepted, "nothing had to be told yet".into()),
    };
    vec![
        Wanted::yes(Type::Ready, reason, says.clone()),
        Wanted::no(Type::Stalled, reason, says),
    ]
}

/// What a person must correct comes before what may pass.
fn gravest(status: &NotificationChannelStatus) -> Option<&Trouble> {
    let all: Vec<&Trouble> = status
        .told
        .iter()
        .flat_map(|told| &told.trouble)
        .chain(&status.trouble)
        .collect();
    all.iter().find(|one| one.lasting).or(all.first()).copied()
}

fn not_delivered(reason: Reason, why: &str, needs_a_person: bool) -> Vec<Wanted> {
    let stalled = Wanted {
        kind: Type::Stalled,
        status: Some(needs_a_person),
        reason,
        message: why.to_owned(),
    };
    vec![Wanted::no(Type::Ready, reason, why), stalled]
}
