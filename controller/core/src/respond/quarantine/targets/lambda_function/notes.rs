//! What people should know: what goes on for a while, what is lost, and who else holds the function's credentials.

use crate::{
    aws::lambda::Function,
    blocked::Stop,
    facts::SiteFacts,
    respond::quarantine::{Context, targets::sessions},
};

/// How many roles of published versions are looked at: anybody who may publish versions can make thousands.
const MOST_OTHER_ROLES: usize = 9;

pub(super) fn of(context: &Context<'_>, function: &Function, facts: &SiteFacts<'_>) -> Result<Vec<String>, Stop> {
    let seconds = function.timeout_seconds;
    let unknown = function.unread_versions.as_ref();
    let mut notes = vec![format!(
        "Cannot stop: invocations that run go on, for up to {seconds} s each; it counts as contained only when they must have ended"
    )];
    notes.extend(
        unknown.map(|why| format!("Its published versions, with their time-outs and roles, are unknown: {why}")),
    );
    notes.extend(FOR_ALL.iter().map(|note| (*note).to_owned()));
    for role in roles(function) {
        let note = sessions::note(context, facts, role, "execution role", "a running invocation")?;
        notes.push(note);
    }
    let more = function.other_roles.len().saturating_sub(MOST_OTHER_ROLES);
    if more > 0 {
        notes.push(format!(
            "Sessions of {more} more execution roles of published versions are not looked at"
        ));
    }
    Ok(notes)
}

/// The roles that it runs with, published versions included: as many as are looked at.
pub(super) fn roles(function: &Function) -> impl Iterator<Item = &String> {
    [&function.role]
        .into_iter()
        .chain(function.other_roles.iter().take(MOST_OTHER_ROLES))
}

/// docs/targets/lambda-function.md gives the sources.
const FOR_ALL: [&str; 3] = [
    "Breaks: anyone who invokes it is refused with 429 TooManyRequestsException, every alias and version included",
    "Lost after a while: asynchronous events are retried for up to 6 hours, then go to the dead-letter queue or are dropped; queues and streams keep theirs as long as their retention says",
    "Provisioned concurrency is ready again only minutes after the release",
];
