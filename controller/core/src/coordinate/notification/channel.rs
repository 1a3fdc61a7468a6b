//! The next message of a channel.

use super::{
    About, Send, heartbeat,
    news::{self, Due, News},
    providers,
    world::{Secret, Seen, World, is_over, time},
};
use firebreak_crds::{NotificationChannelSpec, notification_channel::TOLD};
use jiff::Timestamp;
use std::cmp::Reverse;

/// The name of the Secret that a channel uses; none where its spec names no provider.
pub fn secret_name(spec: &NotificationChannelSpec) -> Option<&str> {
    let of = [
        spec.slack.as_ref().map(|one| &one.secret_ref),
        spec.pager_duty.as_ref().map(|one| &one.secret_ref),
        spec.teams.as_ref().map(|one| &one.secret_ref),
        spec.webhook.as_ref().map(|one| &one.secret_ref),
        spec.heartbeat.as_ref().map(|one| &one.secret_ref),
    ];
    of.into_iter().flatten().next().map(|secret| secret.name.as_str())
}

/// The key without which its Secret is of no use.
fn key(spec: &NotificationChannelSpec) -> &'static str {
    match (&spec.slack, &spec.pager_duty) {
        (Some(slack), _) if slack.channel.is_some() => "token",
        (_, Some(_)) => "routingKey",
        _ => "url",
    }
}

/// The Secret with what it must have.
pub(super) fn secret(world: &World) -> Result<&Secret, String> {
    let secret = world.secret.as_ref().map_err(|problem| problem.0.clone())?;
    let (key, spec) = (key(&world.subject.spec), &world.subject.spec);
    let name = secret_name(spec).unwrap_or_default();
    match secret.get(key) {
        None => Err(format!("Secret {name} has no key {key}, or it is empty: add it")),
        Some(url) if key == "url" && !url.starts_with("https://") => {
            Err(format!("Secret {name}: its key url is no https URL: correct it"))
        }
        Some(_) => Ok(secret),
    }
}

/// The message that is due.
pub(super) fn due(world: &World, now: Timestamp) -> Option<Send> {
    let silent = time(&world.subject.status.silent_until).is_some_and(|until| until > now);
    if silent || secret(world).is_err() {
        return None;
    }
    test(world, now)
        .or_else(|| heartbeat::due(world, now))
        .or_else(|| gone(world, now))
        .or_else(|| incident(world, now))
}

fn test(world: &World, now: Timestamp) -> Option<Send> {
    let (spec, status) = (&world.subject.spec, &world.subject.status);
    let is_due = spec.heartbeat.is_none() && spec.test > status.tested && !is_troubled(world, now);
    is_due.then(|| Send {
        about: About::Test(spec.test),
        posts: providers::test(world),
    })
}

/// Whether a test message, or a heartbeat, waits until it is tried again.
pub(super) fn is_troubled(world: &World, now: Timestamp) -> bool {
    let trouble = world.subject.status.trouble.as_ref();
    trouble
        .and_then(|trouble| trouble.next.parse().ok())
        .is_some_and(|next: Timestamp| next > now)
}

fn gone(world: &World, now: Timestamp) -> Option<Send> {
    let mut all = news::gone(world);
    let (told, news) = all.find(|(told, _)| {
        let next = told
            .trouble
            .as_ref()
            .and_then(|trouble| trouble.next.parse::<Timestamp>().ok());
        next.is_none_or(|next| next <= now)
    })?;
    Some(Send {
        about: About::Incident {
            uid: told.uid.clone(),
            name: told.name.clone(),
            told: None,
        },
        posts: providers::posts(world, &news),
    })
}

fn incident(world: &World, now: Timestamp) -> Option<Send> {
    let mut all: Vec<&Seen> = world
        .incidents
        .values()
        .filter(|seen| has_room(world, &seen.uid))
        .collect();
    all.sort_by_key(|seen| (Reverse(seen.severity), seen.since));
    let due = all.into_iter().find_map(|seen| match news::due(world, seen, now) {
        Due::Now(news) => Some((seen, news)),
        Due::At(_) | Due::Never => None,
    });
    due.map(|(seen, news)| send(world, seen, &news, now))
}

fn send(world: &World, seen: &Seen, news: &News<'_>, now: Timestamp) -> Send {
    Send {
        about: About::Incident {
            uid: seen.uid.clone(),
            name: seen.name.clone(),
            told: news.remembered(now).map(Box::new),
        },
        posts: providers::posts(world, news),
    }
}

/// Whether it can be remembered what is told of an Incident: otherwise it would be told for ever.
pub(super) fn has_room(world: &World, uid: &str) -> bool {
    let told = &world.subject.status.told;
    told.len() < TOLD || told.iter().any(|one| one.uid == uid || one.state.is_some_and(is_over))
}
