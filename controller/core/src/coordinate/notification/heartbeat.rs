//! A dead man's switch hears from Firebreak while the operator holds its lease, and raises the alarm when it does not.

use super::{
    About, Send,
    channel::is_troubled,
    providers::{Endpoint, Post},
    world::{World, later, seconds, time},
};
use jiff::Timestamp;
use serde_json::json;

const EVERY: i64 = 60;

/// The heartbeat that is due.
pub(super) fn due(world: &World, now: Timestamp) -> Option<Send> {
    let is_due = next(world)? <= now && !is_troubled(world, now) && world.operator_leads == Some(true);
    is_due.then(|| Send {
        about: About::Heartbeat,
        posts: vec![Post {
            to: Endpoint::Url,
            body: json!({"from": "firebreak"}),
        }],
    })
}

/// When the next is due; none of a channel that is no heartbeat.
pub(super) fn next(world: &World) -> Option<Timestamp> {
    let heartbeat = world.subject.spec.heartbeat.as_ref()?;
    let every = seconds(&heartbeat.every).unwrap_or(EVERY);
    let last = time(&world.subject.status.last_delivery);
    Some(last.map_or(Timestamp::UNIX_EPOCH, |last| later(last, every)))
}

/// What keeps it silent.
pub(super) fn silence(world: &World) -> Option<&'static str> {
    let is_silent = world.subject.spec.heartbeat.is_some() && world.operator_leads != Some(true);
    is_silent.then_some(
        "the operator is not known to hold its lease: no heartbeat is sent, so that the switch raises the alarm; see whether the operator runs",
    )
}
