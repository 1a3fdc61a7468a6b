//! How each response stands, as far as the last read of its object shows.

use super::{
    children,
    order::cycle,
    world::{Applied, Child, Found, World},
};
use firebreak_crds::{
    Condition, ConditionType, DesiredState, Mode, QuarantineState, Reason,
    incident::{IncidentResponse, ResponseState, ResponseStatus},
};
use std::collections::BTreeSet;

/// How one response stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing<'a> {
    pub(super) response: &'a IncidentResponse,
    /// The name of its object.
    pub(super) object: String,
    /// Its object, where there is one that can be read.
    pub(super) child: Option<&'a Child>,
    pub(super) state: ResponseState,
    pub(super) contained: Option<bool>,
    pub(super) waits_for: Option<String>,
    /// Whether somebody else edited what was created here.
    pub(super) edited: bool,
}

impl Standing<'_> {
    /// Whether its object was created here.
    pub(super) fn is_ours(&self, world: &World) -> bool {
        self.response.quarantine.is_some() && self.child.is_some_and(|child| world.is_ours(child))
    }

    /// Whether it neither fails nor waits.
    pub(super) fn is_settled(&self) -> bool {
        use ResponseState::{Abandoned, Contained, Deleted, Observing, Released};
        matches!(self.state, Abandoned | Contained | Deleted | Observing | Released)
    }

    /// Whether nothing of it is contained any more, as far as Firebreak can bring it back.
    pub(super) fn is_over(&self) -> bool {
        use ResponseState::{Abandoned, Deleted, Observing, Released};
        match self.state {
            Abandoned | Deleted | Released => true,
            Observing => self.child.is_some_and(|child| child.status.holds.is_empty()),
            _ => false,
        }
    }

    /// What the status says of it.
    pub(super) fn status(&self, before: Option<&ResponseStatus>) -> ResponseStatus {
        let uid = self.child.map(|child| child.uid.clone());
        ResponseStatus {
            name: self.response.name.clone(),
            kind: "Quarantine".into(),
            object: self.object.clone(),
            uid: uid.or_else(|| before.and_then(|before| before.uid.clone())),
            state: self.state,
            waits_for: self.waits_for.clone(),
            contained: self.contained,
            edited: self.edited,
        }
    }
}

/// How every response stands, in the order of the spec.
pub(super) fn all(world: &World) -> Vec<Standing<'_>> {
    let responses = &world.subject.spec.responses;
    let circle = cycle(responses);
    let mut all: Vec<Standing> = responses.iter().map(|response| one(world, response)).collect();
    let done: BTreeSet<String> = all.iter().filter(|one| lets_others_begin(one)).map(named).collect();
    for standing in all.iter_mut().filter(|one| one.state == ResponseState::Pending) {
        standing.waits_for = waits_for(standing.response, &circle, &done).or(standing.waits_for.take());
    }
    all
}

fn named(standing: &Standing) -> String {
    standing.response.name.clone()
}

/// Whether responses that depend on it may begin: it is contained, or planned where it only observes.
fn lets_others_begin(standing: &Standing) -> bool {
    let planned = standing.child.is_some_and(|child| child.status.plan.is_some());
    standing.contained == Some(true) || standing.state == ResponseState::Observing && planned
}

fn waits_for(response: &IncidentResponse, circle: &BTreeSet<&str>, done: &BTreeSet<String>) -> Option<String> {
    if circle.contains(response.name.as_str()) {
        let names: Vec<&str> = circle.iter().copied().collect();
        return Some(format!("itself: {} depend on each other (dependsOn)", names.join(", ")));
    }
    let open = response.depends_on.iter().filter(|name| !done.contains(*name));
    let open: Vec<&str> = open.map(String::as_str).collect();
    (!open.is_empty()).then(|| open.join(", "))
}

fn one<'a>(world: &'a World, response: &'a IncidentResponse) -> Standing<'a> {
    let object = children::object(world, response);
    let child = world.child(&object);
    let (state, contained, waits_for) = match world.objects.get(&object) {
        None => (ResponseState::Unknown, None, Some("it was not read yet".to_owned())),
        Some(Found::Unreadable(why)) => (
            ResponseState::Unknown,
            None,
            Some(format!("{object} cannot be read: {why}")),
        ),
        Some(Found::Absent) => absent(world, response, &object),
        Some(Found::Object(child)) => present(world, response, child),
    };
    let edited = child.is_some_and(|child| response.quarantine.is_some() && is_edited(world, response, child));
    Standing {
        response,
        object,
        child,
        state,
        contained,
        waits_for,
        edited,
    }
}

type Seen = (ResponseState, Option<bool>, Option<String>);

fn absent(world: &World, response: &IncidentResponse, object: &str) -> Seen {
    let known = before(world, response).is_some_and(|before| before.uid.is_some());
    if response.quarantine_ref.is_some() {
        let why = format!("there is no Quarantine {object}: correct quarantineRef, or create it");
        return (ResponseState::Missing, Some(false), Some(why));
    }
    if known {
        let why = format!(
            "{object} was deleted and is not created again: to contain again add a response under another name"
        );
        return (ResponseState::Deleted, Some(false), Some(why));
    }
    if let Some(why) = world.refused.get(object) {
        return (ResponseState::Refused, Some(false), Some(why.clone()));
    }
    let failed = world.failed.get(object).map(|why| format!("the API server: {why}"));
    (ResponseState::Pending, Some(false), failed)
}

/// What the status said of a response before.
pub(super) fn before<'a>(world: &'a World, response: &IncidentResponse) -> Option<&'a ResponseStatus> {
    let all = &world.subject.status.responses;
    all.iter().find(|before| before.name == response.name)
}

fn present(world: &World, response: &IncidentResponse, child: &Child) -> Seen {
    let Some(template) = &response.quarantine else {
        return seen(child);
    };
    if !world.is_ours(child) {
        let why = format!(
            "{} exists and was not created here: reference it with quarantineRef under another response name, or delete it",
            child.name
        );
        return (ResponseState::NotOurs, Some(false), Some(why));
    }
    let spec = &child.spec;
    if (&spec.account_ref, &spec.region, &spec.target) != (&template.account_ref, &template.region, &template.target) {
        let why = format!(
            "{} is about another target, and stays so: give this response another name",
            child.name
        );
        // What is contained is another target than this response names.
        return (ResponseState::Refused, Some(false), Some(why));
    }
    let (state, contained, waits_for) = seen(child);
    match world.refused.get(&child.name) {
        Some(why) => (ResponseState::Refused, contained, Some(why.clone())),
        None => (state, contained, waits_for),
    }
}

/// Whether somebody else changed the spec of what was created here. Once it is theirs it stays theirs.
fn is_edited(world: &World, response: &IncidentResponse, child: &Child) -> bool {
    let stamped = child
        .requested_by
        .as_deref()
        .filter(|_| world.admission.requester_stamped);
    let differs = match &child.applied {
        Applied::Never => return false,
        Applied::Unreadable => true,
        Applied::Spec(applied) => **applied != child.spec,
    };
    let known = before(world, response).filter(|before| before.uid.as_deref() == Some(child.uid.as_str()));
    world.is_ours(child)
        && (differs || known.is_some_and(|before| before.edited) || stamped.is_some_and(|by| by != world.operator))
}

/// How an object stands, by its conditions as far as they speak of its present spec.
fn seen(child: &Child) -> Seen {
    let contained = contained(child);
    if is_released(child) {
        return (ResponseState::Released, Some(false), None);
    }
    if child.status.state == Some(QuarantineState::Abandoned) && is_current(child) {
        return (ResponseState::Abandoned, Some(false), None);
    }
    let releasing = child.is_being_deleted
        || child.spec.state == DesiredState::Released
        || child.status.state == Some(QuarantineState::Releasing);
    if let Some(why) = stalled(child) {
        return (ResponseState::Failed, contained, Some(why));
    }
    if reason(child, ConditionType::Ready).is_some_and(|reason| reason == Reason::AwaitingApproval.as_str()) {
        return (ResponseState::Waiting, contained, Some(approvals(child, releasing)));
    }
    match (releasing, child.spec.mode, contained) {
        (true, _, _) => (ResponseState::Releasing, contained, None),
        (false, Mode::Observe, _) if !is_current(child) => (ResponseState::Acting, contained, None),
        (false, Mode::Observe, _) => (ResponseState::Observing, Some(false), None),
        (false, Mode::Enforce, Some(true)) => (ResponseState::Contained, contained, None),
        (false, Mode::Enforce, Some(false)) => (ResponseState::Acting, contained, child.status.waiting_for.clone()),
        (false, Mode::Enforce, None) if !is_current(child) => (ResponseState::Acting, None, None),
        (false, Mode::Enforce, None) => (ResponseState::Unknown, None, unknown(child)),
    }
}

/// Whether it is released, at the last read of its present spec.
pub(super) fn is_released(child: &Child) -> bool {
    holds(child, ConditionType::Released) == Some(true)
}

/// Whether it is contained, at the last read: what only observes contains nothing.
fn contained(child: &Child) -> Option<bool> {
    match child.spec.mode {
        Mode::Observe => Some(false),
        Mode::Enforce => holds(child, ConditionType::Contained),
    }
}

fn is_current(child: &Child) -> bool {
    child.status.observed_generation == Some(child.generation)
}

/// A condition of an object; none where it is Unknown, absent, or speaks of an earlier spec.
fn holds(child: &Child, kind: ConditionType) -> Option<bool> {
    match condition(child, kind)?.status.as_str() {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}

/// A condition that speaks of the present spec.
pub(super) fn condition(child: &Child, kind: ConditionType) -> Option<&Condition> {
    let all = child.status.conditions.iter();
    let mut current = all.filter(|one| one.observed_generation == Some(child.generation));
    current.find(|one| one.type_ == kind.as_str())
}

fn reason(child: &Child, kind: ConditionType) -> Option<&str> {
    condition(child, kind).map(|one| one.reason.as_str())
}

fn stalled(child: &Child) -> Option<String> {
    let stalled = condition(child, ConditionType::Stalled).filter(|one| one.status == "True")?;
    Some(format!("{}: {}", stalled.reason, stalled.message))
}

fn approvals(child: &Child, releasing: bool) -> String {
    let what = if releasing {
        "approval of its release"
    } else {
        "approval"
    };
    match &child.status.approvals {
        Some(count) => format!("{what} ({count})"),
        None => what.to_owned(),
    }
}

fn unknown(child: &Child) -> Option<String> {
    condition(child, ConditionType::Contained).map(|one| format!("{}: {}", one.reason, one.message))
}
