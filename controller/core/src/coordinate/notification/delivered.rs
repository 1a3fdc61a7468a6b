//! What is remembered of a message.

use super::{
    About, Answered, Send, World, news,
    world::{is_over, later},
};
use firebreak_crds::{
    NotificationChannelStatus,
    notification_channel::{TOLD, Told, Trouble},
    text,
};
use jiff::Timestamp;

/// Seconds until the second attempt; then twice as many each time.
const FIRST: i64 = 5;
/// The most seconds between two attempts.
const LONGEST: i64 = 600;
/// The most seconds that a provider may ask for silence.
const SILENCE: u32 = 3600;

/// The status once a message was answered.
pub fn delivered(world: &World, send: &Send, answer: &Answered, now: Timestamp) -> NotificationChannelStatus {
    let mut status = world.subject.status.clone();
    match answer {
        Answered::Taken { thread } => taken(&mut status, send, thread.as_ref(), now),
        Answered::Later { after, why } => {
            // What a provider says of one message is true of all: it counts them.
            let silent = after.map(|seconds| later(now, i64::from(seconds.min(SILENCE))));
            status.silent_until = silent.map(text::seconds).or(status.silent_until);
            troubled(world, &mut status, send, why, false, now);
        }
        Answered::Refused(why) => troubled(world, &mut status, send, why, true, now),
    }
    status.bounded()
}

fn taken(status: &mut NotificationChannelStatus, send: &Send, thread: Option<&String>, now: Timestamp) {
    if !send.posts.is_empty() {
        status.counts.delivered += 1;
        status.last_delivery = Some(text::seconds(now));
    }
    match &send.about {
        About::Test(number) => {
            status.tested = *number;
            status.trouble = None;
        }
        About::Heartbeat => status.trouble = None,
        About::Incident { uid, told, .. } => {
            status.told.retain(|one| one.uid != *uid);
            if let Some(told) = told {
                let thread = told.thread.clone().or_else(|| thread.cloned());
                remember(
                    status,
                    Told {
                        thread,
                        ..(**told).clone()
                    },
                );
            }
        }
    }
}

/// Those that are over make room.
fn remember(status: &mut NotificationChannelStatus, told: Told) {
    if status.told.len() >= TOLD
        && let Some(over) = status.told.iter().position(|one| one.state.is_some_and(is_over))
    {
        status.told.remove(over);
    }
    status.told.push(told);
}

fn troubled(
    world: &World,
    status: &mut NotificationChannelStatus,
    send: &Send,
    why: &str,
    lasting: bool,
    now: Timestamp,
) {
    status.counts.failed += 1;
    let About::Incident { uid, name, .. } = &send.about else {
        status.trouble = Some(trouble(status.trouble.as_ref(), why, lasting, now));
        return;
    };
    let before = news::told(world, uid).cloned().unwrap_or_else(|| Told {
        uid: uid.clone(),
        name: name.clone(),
        ..Told::default()
    });
    let trouble = trouble(before.trouble.as_ref(), why, lasting, now);
    status.told.retain(|one| one.uid != *uid);
    remember(
        status,
        Told {
            trouble: Some(trouble),
            ..before
        },
    );
}

fn trouble(before: Option<&Trouble>, why: &str, lasting: bool, now: Timestamp) -> Trouble {
    let attempts = before.map_or(0, |trouble| trouble.attempts).saturating_add(1);
    let doubled = FIRST << (attempts - 1).min(10);
    let wait = if lasting { LONGEST } else { doubled.min(LONGEST) };
    Trouble {
        attempts,
        next: text::seconds(later(now, wait)),
        lasting,
        why: why.to_owned(),
    }
}
