//! What has changed about an Incident since it was told.

use super::world::{Pending, Seen, is_over};
use firebreak_crds::{
    Severity,
    incident::{IncidentOutcome, IncidentState},
    notification_channel::Told,
};

/// One thing that people are told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// It was opened.
    Opened,
    /// It is worse than it was.
    Raised {
        /// How bad it was.
        from: Severity,
    },
    /// It was over, and goes on.
    Reopened,
    /// A response waits for people, or failed.
    Pending(Pending),
    /// What was remembered as pending is so no longer.
    Settled(String),
    /// A person has it.
    Acknowledged,
    /// Every response is contained.
    Contained,
    /// A response is not contained any more.
    NotContained,
    /// Nobody has acknowledged it yet.
    Reminder,
    /// It is over.
    Resolved(Option<IncidentOutcome>),
    /// The object is gone.
    Deleted,
}

/// What has changed since it was told; what was never told was opened, unless it is over already.
pub(super) fn changes(told: Option<&Told>, seen: &Seen) -> Vec<Change> {
    let told = told.filter(|told| told.severity.is_some());
    let Some(told) = told else {
        return match seen.is_over() {
            true => Vec::new(),
            false => [Change::Opened].into_iter().chain(pending(&[], seen)).collect(),
        };
    };
    let was_over = told.state.is_some_and(is_over);
    match (was_over, seen.is_over()) {
        (true, true) => Vec::new(),
        (false, true) => vec![Change::Resolved(seen.outcome)],
        (true, false) => [Change::Reopened].into_iter().chain(pending(&[], seen)).collect(),
        (false, false) => going_on(told, seen),
    }
}

fn going_on(told: &Told, seen: &Seen) -> Vec<Change> {
    let before = told.severity.unwrap_or_default();
    let raised = (seen.severity > before).then_some(Change::Raised { from: before });
    let acknowledged = (seen.acknowledged && !told.acknowledged).then_some(Change::Acknowledged);
    let settled = told
        .pending
        .iter()
        .filter(|key| seen.pending.iter().all(|one| one.key() != **key));
    let settled = settled.cloned().map(Change::Settled);
    let all = raised.into_iter().chain(acknowledged).chain(contained(told, seen));
    all.chain(pending(&told.pending, seen)).chain(settled).collect()
}

/// What is being resolved says nothing new about its responses.
fn contained(told: &Told, seen: &Seen) -> Option<Change> {
    let was = told.state == Some(IncidentState::Contained);
    match seen.state {
        IncidentState::Contained => (!was).then_some(Change::Contained),
        IncidentState::Open | IncidentState::Acknowledged => was.then_some(Change::NotContained),
        IncidentState::Resolving | IncidentState::Resolved | IncidentState::Reviewed => None,
    }
}

fn pending(known: &[String], seen: &Seen) -> Vec<Change> {
    let new = seen.pending.iter().filter(|one| !known.contains(&one.key()));
    new.cloned().map(Change::Pending).collect()
}

impl Change {
    /// A few words that follow the Incident's name.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Opened => "opened".into(),
            Self::Raised { from } => format!("raised from {from:?}"),
            Self::Reopened => "opened again".into(),
            Self::Pending(one) if one.failed => format!("{} {} needs a person", one.kind, one.object),
            Self::Pending(one) => format!("{} {} waits for people", one.kind, one.object),
            Self::Settled(_) => "a response goes on".into(),
            Self::Acknowledged => "acknowledged".into(),
            Self::Contained => "contained".into(),
            Self::NotContained => "not contained any more".into(),
            Self::Reminder => "nobody has acknowledged it yet".into(),
            Self::Resolved(Some(outcome)) => format!("resolved, {outcome:?}"),
            Self::Resolved(None) => "resolved".into(),
            Self::Deleted => "the object was deleted; what it created stays as it is".into(),
        }
    }
}
