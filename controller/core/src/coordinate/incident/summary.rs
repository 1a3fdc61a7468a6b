//! The status of an Incident, and what a deletion leaves.

use super::{
    asked, clocks, close_out, conditions, ledger,
    life::Life,
    people::{self, Word},
    standing::{self, Standing},
    timeline,
    world::{Found, World},
};
use firebreak_crds::{
    Asked, Condition, ConditionType, IncidentStatus,
    condition::merge,
    incident::{Clocks, CloseOutStatus, Deadline, IncidentState, ResponseState, SeveritySince},
};
use jiff::Timestamp;

/// What a pass has seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen<'a> {
    pub(super) words: Vec<Word>,
    pub(super) standings: Vec<Standing<'a>>,
    pub(super) life: Life,
    pub(super) asked: Asked,
    /// The person who last changed the spec.
    pub(super) author: Option<&'a str>,
    pub(super) severities: Vec<SeveritySince>,
    pub(super) clocks: Clocks,
    pub(super) deadlines: Vec<Deadline>,
    /// How the close-out of its findings stands.
    pub(super) closing: Option<CloseOutStatus>,
}

impl<'a> Seen<'a> {
    pub(super) fn of(world: &'a World, now: Timestamp) -> Self {
        let words = people::words(world, now);
        let standings = standing::all(world);
        let life = Life::of(world, &words, &standings, now);
        let author = asked::author(world);
        let severities = clocks::severities(world, author, now);
        let clocks = clocks::clocks(world, &words, &standings, &life);
        let deadlines = clocks::deadlines(world, &severities, &clocks, now);
        Self {
            asked: asked::asked(world, life.ruling.as_ref()),
            closing: close_out::status(world, &life, now),
            words,
            standings,
            life,
            author,
            severities,
            clocks,
            deadlines,
        }
    }
}

/// The whole status.
pub(super) fn status(world: &World, seen: &Seen, now: Timestamp) -> IncidentStatus {
    let (before, generation) = (&world.subject.status, world.subject.generation);
    let kept = ledger::kept(world, timeline::seen(world, seen, now));
    let mut wanted = conditions::all(world, seen);
    let ledgered = kept.condition(world);
    let mut staying: Vec<ConditionType> = Vec::new();
    if ledgered.is_none() && kept.ledger.is_some() {
        staying.push(ConditionType::Ledgered);
    }
    wanted.extend(ledgered);
    match close_out::condition(world, seen) {
        close_out::Says::This(condition) => wanted.push(condition),
        close_out::Says::AsBefore => staying.push(ConditionType::ClosedOut),
        close_out::Says::Nothing => {}
    }
    let stays = |one: &&Condition| staying.iter().any(|kind| one.type_ == kind.as_str());
    let as_before = before.conditions.iter().filter(stays);
    let conditions = merge(&before.conditions, &wanted, generation, now);
    let responses = seen
        .standings
        .iter()
        .map(|one| one.status(standing::before(world, one.response)));
    IncidentStatus {
        observed_generation: Some(generation),
        state: Some(state(&wanted, seen)),
        contained: Some(contained(seen)),
        waiting_for: waiting_for(seen),
        next_deadline: clocks::next_deadline(&seen.deadlines),
        responses: responses.collect(),
        left: left(world).map(|(name, _)| name.clone()).collect(),
        clocks: seen.clocks.clone(),
        deadlines: seen.deadlines.clone(),
        timeline: kept.timeline,
        ledger: kept.ledger,
        close_out: seen.closing.clone(),
        asked: seen.asked.clone(),
        attributed_generation: asked::attributed(world),
        severities: seen.severities.clone(),
        ruling: seen.life.ruling.clone(),
        reopened_for: people::reopened_for(world),
        resolving_since: seen.life.resolving_since.map(|time| time.to_string()),
        conditions: conditions.into_iter().chain(as_before.cloned()).collect(),
    }
    .bounded()
}

/// What must be written before anything is applied: nobody who asked, and nothing that was decided, is forgotten by a crash.
pub(super) fn must_be_remembered(before: &IncidentStatus, now: &IncidentStatus) -> bool {
    (
        &before.asked,
        before.attributed_generation,
        &before.severities,
        &before.ruling,
        &before.reopened_for,
        &before.resolving_since,
        &before.clocks.resolved,
    ) != (
        &now.asked,
        now.attributed_generation,
        &now.severities,
        &now.ruling,
        &now.reopened_for,
        &now.resolving_since,
        &now.clocks.resolved,
    )
}

fn state(wanted: &[firebreak_crds::condition::Wanted], seen: &Seen) -> IncidentState {
    use firebreak_crds::ConditionType as Type;
    let is = |kind| wanted.iter().any(|one| one.kind == kind && one.status == Some(true));
    match () {
        () if is(Type::Reviewed) => IncidentState::Reviewed,
        () if is(Type::Resolved) => IncidentState::Resolved,
        () if seen.life.resolving_since.is_some() => IncidentState::Resolving,
        () if is(Type::Contained) => IncidentState::Contained,
        () if is(Type::Acknowledged) => IncidentState::Acknowledged,
        () => IncidentState::Open,
    }
}

fn contained(seen: &Seen) -> String {
    let done = seen.standings.iter().filter(|one| one.contained == Some(true)).count();
    format!("{done}/{}", seen.standings.len())
}

/// What it waits for, in a few words: what fails before what waits, and people at last.
fn waiting_for(seen: &Seen) -> Option<String> {
    use ResponseState as State;
    if seen.life.resolved_at.is_some() {
        return None;
    }
    let first = |states: &[State]| seen.standings.iter().find(|one| states.contains(&one.state));
    let failing = first(&[
        State::Failed,
        State::Refused,
        State::NotOurs,
        State::Missing,
        State::Deleted,
        State::Unknown,
    ]);
    let waiting = first(&[State::Waiting])
        .or_else(|| first(&[State::Acting, State::Releasing]))
        .or_else(|| first(&[State::Pending]));
    let told = failing.or(waiting).map(|one| match (one.state, &one.waits_for) {
        (State::Waiting, Some(why)) => format!("{}: {why}", one.response.name),
        (State::Pending, Some(why)) => format!("{} after {why}", one.response.name),
        (state, _) => format!("{}: {}", one.response.name, super::life::word(state)),
    });
    told.or_else(|| seen.clocks.acknowledged.is_none().then(|| "acknowledgement".to_owned()))
}

/// What was created here for responses that are not in the spec any more. An object that no response names was found by the UID
/// that it carries.
fn left(world: &World) -> impl Iterator<Item = (&String, &Found)> {
    let named = super::children::objects(&world.subject.owner.name, &world.subject.spec.responses);
    let all = world.objects.iter().filter(move |(name, _)| !named.contains(name));
    all.filter(|(_, found)| match found {
        Found::Object(child) => world.is_ours(child),
        Found::Unreadable(_) => true,
        Found::Absent => false,
    })
}

/// Of what is left, what is not known to be released.
pub(super) fn left_cut_off(world: &World) -> Vec<&str> {
    let released = |found: &Found| matches!(found, Found::Object(child) if standing::is_released(child));
    let cut = left(world).filter(|(_, found)| !released(found));
    cut.map(|(name, _)| name.as_str()).collect()
}

/// What becomes of an object whose Incident was deleted: deleting an Incident releases nothing.
pub fn left_behind(incident: &str, object: &str) -> String {
    format!(
        "the Incident {incident} that created it was deleted: it stays as it is, and is released by itself (kubectl firebreak release {object})"
    )
}
