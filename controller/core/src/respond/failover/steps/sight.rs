//! What a design asks of AWS, and what it makes of silence.

use crate::{
    aws::Answer,
    blocked::Blocked,
    respond::failover::Halt,
    run::act::{Look, Sightings},
};
use firebreak_crds::Reason;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What was told: the value, none where it does not exist.
///
/// # Errors
/// [`Halt::Look`] while it was not asked; [`Halt::Blocked`] where AWS did not tell.
pub(in crate::respond::failover) fn told(
    sightings: &Sightings,
    look: &Look,
    what: &str,
) -> Result<Option<Value>, Halt> {
    let Some(sighting) = sightings.get(look) else {
        return Err(Halt::Look(vec![look.clone()]));
    };
    let region = &look.site.region;
    let (reason, why) = match &sighting.answer {
        Answer::Found(value) => return Ok(Some(value.clone())),
        Answer::NotFound => return Ok(None),
        Answer::Denied(why) => (Reason::AccessDenied, why.as_str()),
        Answer::Throttled => (Reason::Throttled, "AWS asks to slow down"),
        Answer::Unreachable(why) => (Reason::Unreachable, why.as_str()),
    };
    Err(Blocked::new(reason, format!("{what} in {region} could not be read: {why}")).into())
}

/// The same of what must not be waited for: none where AWS did not tell.
///
/// # Errors
/// [`Halt::Look`] while it was not asked.
pub(in crate::respond::failover) fn perhaps(sightings: &Sightings, look: &Look) -> Result<Option<Value>, Halt> {
    match told(sightings, look, "") {
        Ok(value) => Ok(value),
        Err(Halt::Look(looks)) => Err(Halt::Look(looks)),
        Err(Halt::Blocked(_)) => Ok(None),
    }
}

/// The value in its shape.
///
/// # Errors
/// `InternalError` where it has another one.
pub(in crate::respond::failover) fn read<T: DeserializeOwned>(value: Value, what: &str) -> Result<T, Blocked> {
    serde_json::from_value(value).map_err(|error| {
        Blocked::new(
            Reason::InternalError,
            format!("{what} was answered in another shape: {error}"),
        )
    })
}

/// Every one of several results, or every look that is missing among them.
///
/// # Errors
/// As [`both`].
pub(super) fn each<T>(results: impl IntoIterator<Item = Result<T, Halt>>) -> Result<Vec<T>, Halt> {
    let mut all = Ok(Vec::new());
    for result in results {
        all = both(all, result).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    all
}

/// All of several results, or every look that is missing among them.
///
/// # Errors
/// [`Halt::Look`] with all of them, or the first [`Halt::Blocked`].
pub(in crate::respond::failover) fn both<A, B>(one: Result<A, Halt>, other: Result<B, Halt>) -> Result<(A, B), Halt> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Halt::Look(mut one)), Err(Halt::Look(other))) => {
            one.extend(other);
            Err(Halt::Look(one))
        }
        (Err(Halt::Look(looks)), _) | (_, Err(Halt::Look(looks))) => Err(Halt::Look(looks)),
        (Err(blocked), _) | (_, Err(blocked)) => Err(blocked),
    }
}
