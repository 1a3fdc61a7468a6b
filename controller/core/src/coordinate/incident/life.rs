//! Whether an Incident is open, is being resolved, or is over.

use super::{
    people::{self, Word},
    standing::Standing,
    world::World,
};
use firebreak_crds::{
    Verb,
    incident::{IncidentIntent, OnResolve, ResponseState, Ruling},
};
use jiff::Timestamp;

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Life {
    /// The Decision that outranks the spec.
    pub(super) ruling: Option<Ruling>,
    pub(super) wanted: IncidentIntent,
    /// Since when it is being resolved.
    pub(super) resolving_since: Option<Timestamp>,
    /// When it was resolved.
    pub(super) resolved_at: Option<Timestamp>,
    /// Responses that keep it from being resolved: they fail or wait.
    pub(super) unsettled: Vec<String>,
    /// Responses whose release it waits for.
    pub(super) unreleased: Vec<String>,
}

impl Life {
    pub(super) fn of(world: &World, words: &[Word], standings: &[Standing], now: Timestamp) -> Self {
        let ruling = people::ruling(world, words);
        let wanted = people::wanted(world, ruling.as_ref());
        let unsettled: Vec<String> = standings.iter().filter(|one| !one.is_settled()).map(told).collect();
        // A release that is asked for after the end is waited for as well; what is somebody else's by then is not.
        let asked_since = unreleased(world, standings).any(|one| !one.edited);
        let unreleased: Vec<String> = unreleased(world, standings).map(awaited).collect();
        let (resolving_since, resolved_at) = match wanted {
            IncidentIntent::Open => (None, None),
            IncidentIntent::Resolved => {
                let allowed = unsettled.is_empty() || is_insisted_on(ruling.as_ref());
                let since = time(world.subject.status.resolving_since.as_ref()).or(allowed.then_some(now));
                let released = since.filter(|_| unreleased.is_empty()).map(|_| now);
                let known = time(world.subject.status.clocks.resolved.as_ref());
                (since, known.filter(|_| !asked_since).or(released))
            }
        };
        Self {
            ruling,
            wanted,
            resolving_since,
            resolved_at,
            unsettled,
            unreleased,
        }
    }

    /// Whether it was being resolved, or was over, and is open now.
    pub(super) fn was_reopened(&self, world: &World) -> bool {
        world.subject.status.resolving_since.is_some() && self.wanted == IncidentIntent::Open
    }
}

/// A person who resolves with a reason has read what fails or waits.
fn is_insisted_on(ruling: Option<&Ruling>) -> bool {
    ruling.is_some_and(|ruling| ruling.verb == Verb::Resolve && ruling.reason.is_some())
}

fn told(standing: &Standing) -> String {
    let why = standing.waits_for.as_ref().map(|why| format!(" ({why})"));
    format!(
        "{} is {}{}",
        standing.response.name,
        word(standing.state),
        why.unwrap_or_default()
    )
}

/// A state in the words of a sentence.
pub(super) fn word(state: ResponseState) -> &'static str {
    match state {
        ResponseState::Pending => "not created",
        ResponseState::Missing => "missing",
        ResponseState::NotOurs => "not ours",
        ResponseState::Refused => "refused",
        ResponseState::Waiting => "waiting",
        ResponseState::Acting => "being contained",
        ResponseState::Observing => "only observing",
        ResponseState::Contained => "contained",
        ResponseState::Failed => "failing",
        ResponseState::Unknown => "unknown",
        ResponseState::Releasing => "being released",
        ResponseState::Released => "released",
        ResponseState::Abandoned => "abandoned",
        ResponseState::Deleted => "deleted",
    }
}

/// What was created here and is not released, where its release is to be awaited.
fn unreleased<'a>(world: &'a World, standings: &'a [Standing<'a>]) -> impl Iterator<Item = &'a Standing<'a>> {
    let releases = world.subject.spec.on_resolve == OnResolve::Release;
    let ours = standings.iter().filter(|one| one.is_ours(world) && !one.is_over());
    ours.filter(move |_| releases)
}

fn awaited(standing: &Standing) -> String {
    match (standing.edited, standing.child) {
        (true, Some(child)) => format!(
            "{} (its spec is somebody else's by now: kubectl firebreak release {})",
            standing.response.name, child.name
        ),
        _ => told(standing),
    }
}

/// A recorded time; none where it cannot be read.
pub(super) fn time(text: Option<&String>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}
