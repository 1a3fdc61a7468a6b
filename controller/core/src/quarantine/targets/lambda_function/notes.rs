//! What people should know: what goes on for a while, what is lost, and who else holds the function's credentials.

use crate::{
    blocked::Stop,
    facts::{Facts, Function},
    quarantine::{Context, targets::sessions},
};

pub(super) fn of(context: &Context<'_>, function: &Function, facts: &Facts) -> Result<Vec<String>, Stop> {
    let seconds = function.timeout_seconds;
    let mut notes = vec![format!(
        "Cannot stop: invocations that run go on, for up to {seconds} s each; it counts as contained only when they must have ended"
    )];
    notes.extend(FOR_ALL.iter().map(|note| (*note).to_owned()));
    notes.push(sessions::note(
        context,
        facts,
        &function.role,
        "execution role",
        "a running invocation",
    )?);
    Ok(notes)
}

/// docs/targets.md gives the sources.
const FOR_ALL: [&str; 3] = [
    "Breaks: whoever invokes it is refused with 429 TooManyRequestsException, every alias and version included",
    "Lost after a while: asynchronous events are retried for up to 6 hours, then go to the dead-letter queue or are dropped; queues and streams keep theirs as long as their retention says",
    "Provisioned concurrency is ready again only minutes after the release",
];
