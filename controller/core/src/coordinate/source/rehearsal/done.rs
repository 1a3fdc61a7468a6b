//! What is decided, done to a world in memory as the API server would do it.

use super::super::{
    Change, Effect, Open,
    queue::Settle,
    world::{Seen, World},
};
use crate::coordinate::finding::Record;
use firebreak_crds::{Incident, text};
use jiff::Timestamp;
use serde_json::json;

/// Does it: afterwards the world holds what would be read of the API server.
///
/// # Errors
/// Why the API server would refuse it: the Incident is there already, is another one than was read, or is none.
pub fn apply(world: &mut World, effect: &Effect, now: Timestamp) -> Result<(), String> {
    match effect {
        Effect::Open(open) => create(world, open, now),
        Effect::Change(change) => patch(world, change),
        Effect::Settle(settles) => {
            settle(world, settles);
            Ok(())
        }
        Effect::Rest(rest) => {
            world.subject.status = rest.status.clone();
            Ok(())
        }
    }
}

fn settle(world: &mut World, settles: &[Settle]) {
    let Some(Ok(mail)) = &mut world.post else { return };
    for settle in settles {
        if let Some(letter) = mail.letters.get_mut(settle.letter) {
            letter.settled = Some(Ok(()));
        }
    }
}

fn create(world: &mut World, open: &Open, now: Timestamp) -> Result<(), String> {
    if world.incidents.contains_key(&open.name) {
        return Err(format!("there is an Incident {} already", open.name));
    }
    let mut body = open.body.clone();
    body["metadata"]["uid"] = json!(format!("rehearsed-{}", open.name));
    body["metadata"]["resourceVersion"] = json!("1");
    body["metadata"]["creationTimestamp"] = json!(text::seconds(now));
    let object: Incident = serde_json::from_value(body).map_err(|error| error.to_string())?;
    world.incidents.insert(open.name.clone(), Seen::of(&object));
    Ok(())
}

fn patch(world: &mut World, change: &Change) -> Result<(), String> {
    let seen = world.incidents.get_mut(&change.name);
    let seen = seen.ok_or_else(|| format!("there is no Incident {}", change.name))?;
    if seen.resource_version != change.resource_version {
        return Err(format!("the Incident {} was changed since it was read", change.name));
    }
    let mut spec = json!(seen.spec);
    for (name, value) in &change.fields {
        spec[*name] = value.clone();
    }
    seen.spec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    seen.record = Some(Record::read(&change.record));
    seen.resource_version = next(&seen.resource_version);
    Ok(())
}

/// Another version than that one.
fn next(version: &str) -> String {
    let number: u64 = version.parse().unwrap_or(0);
    number.saturating_add(1).to_string()
}
