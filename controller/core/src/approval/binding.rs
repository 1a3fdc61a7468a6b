//! Whether a Decision may be believed: admission bound it to its author, and it has not expired.

use firebreak_crds::{Decision, text};
use jiff::Timestamp;

/// Why no Decision counts while the admission policies are missing, changed or absent from the cluster.
pub const NOT_BOUND: &str = "the admission policies that bind a Decision to its author are not in force";

/// How the reason begins why a Decision does not count that was given too soon after the policies were installed.
const TOO_EARLY: &str = "the admission policies were written shortly before, and Decisions count only from ";

/// Seconds for which the policies must have been in force before a Decision counts: they spread to every API server.
const IN_FORCE_SECONDS: i64 = 10;

/// What admission guarantees, as the controller compared it with the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Admission {
    /// Since when the policies that bind a Decision to its author are in force unchanged; none when they are not.
    pub decisions_bound_since: Option<Timestamp>,
    /// Whether the API server stamps who changed a spec.
    pub requester_stamped: bool,
    /// Whether the policy is in force that lets nobody but the operator write who asked for what an Incident created.
    pub asked_reserved: bool,
}

/// From when on a Decision counts, where the policies are in force since then.
fn counts_from(since: Timestamp) -> Timestamp {
    Timestamp::from_second(since.as_second() + IN_FORCE_SECONDS).unwrap_or(since)
}

/// From when on Decisions count, out of the reason why an earlier one does not; none for another reason.
pub fn counts_again_from(why: &str) -> Option<Timestamp> {
    let (time, _) = why.strip_prefix(TOO_EARLY)?.split_once(": ")?;
    time.parse().ok()
}

/// Whether a Decision may be believed at all, whatever it is about.
pub fn bound(decision: &Decision, admission: Admission, now: Timestamp) -> Option<String> {
    let Some(since) = admission.decisions_bound_since else {
        return Some(NOT_BOUND.into());
    };
    let given = decision.metadata.creation_timestamp.as_ref().map(|time| time.0);
    if given.is_none_or(|given| given.as_second() < counts_from(since).as_second()) {
        return Some(format!(
            "{TOO_EARLY}{}: give it again then",
            text::seconds(counts_from(since))
        ));
    }
    let expires = decision.spec.expires_at.as_ref()?;
    match expires.parse::<Timestamp>() {
        Ok(expires) if expires > now => None,
        _ => Some("it has expired (spec.expiresAt)".into()),
    }
}
