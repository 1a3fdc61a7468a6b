//! The conditions of an Incident, from how its responses stand and what people said.

use super::{
    clocks::ACKNOWLEDGE,
    life::{time, word},
    people,
    standing::Standing,
    summary::{self, Seen},
    world::World,
};
use firebreak_crds::{
    ConditionType as Type, Reason, Verb,
    condition::Wanted,
    incident::{Deadline, IncidentIntent, IncidentOutcome, ResponseState as State},
    text,
};

/// Every condition.
pub(super) fn all(world: &World, seen: &Seen) -> Vec<Wanted> {
    let contained = contained(seen);
    let mut all = vec![ready(world, seen, &contained)];
    all.extend(reconciling(seen));
    all.push(stalled(seen));
    all.push(confirmed(world, seen));
    all.push(acknowledged(seen));
    all.push(contained);
    all.push(recovered(world, seen));
    all.push(resolved(world, seen));
    all.push(reviewed(world, seen));
    all
}

fn confirmed(world: &World, seen: &Seen) -> Wanted {
    let outcome = people::outcome(world, seen.life.ruling.as_ref());
    match outcome {
        Some(IncidentOutcome::TruePositive) => {
            return Wanted::yes(Type::Confirmed, Reason::Confirmed, "its outcome is TruePositive");
        }
        Some(outcome @ (IncidentOutcome::FalsePositive | IncidentOutcome::Benign)) => {
            return Wanted::no(
                Type::Confirmed,
                Reason::NotConfirmed,
                format!("its outcome is {outcome:?}"),
            );
        }
        None => {}
    }
    match (seen.author, seen.clocks.acknowledged.is_some()) {
        (Some(by), _) => Wanted::yes(Type::Confirmed, Reason::Declared, format!("declared or edited by {by}")),
        (None, _) if was_not_read(world) => Wanted::no(
            Type::Confirmed,
            Reason::FindingNotRead,
            "a message tells of its findings, and the product that is said to have found them does not know them: a Decision that resolves it says whether it is real",
        ),
        (None, true) => Wanted::yes(Type::Confirmed, Reason::Declared, "a person has acknowledged it"),
        (None, false) if was_read(world) => Wanted::yes(
            Type::Confirmed,
            Reason::FindingRead,
            "its findings were read from the product that found them",
        ),
        (None, false) => Wanted::unknown(
            Type::Confirmed,
            Reason::NotConfirmed,
            "no person is known to have declared it: a Decision Acknowledge, or one that resolves it, says whether it is real",
        ),
    }
}

fn was_read(world: &World) -> bool {
    world
        .subject
        .findings
        .as_ref()
        .is_some_and(|findings| findings.confirmed)
}

/// Only a message tells of it: to acknowledge it is to look into it.
fn was_not_read(world: &World) -> bool {
    world
        .subject
        .findings
        .as_ref()
        .is_some_and(|findings| !findings.confirmed && !findings.is_unreadable)
}

fn acknowledged(seen: &Seen) -> Wanted {
    let deadline = seen.deadlines.iter().find(|one| one.name == ACKNOWLEDGE);
    if let Some(at) = &seen.clocks.acknowledged {
        let spoke = |verb: Verb| matches!(verb, Verb::Acknowledge | Verb::Resolve);
        let by = seen
            .words
            .iter()
            .find(|word| spoke(word.verb))
            .map(|word| format!("by {} ", word.by));
        let message = format!("{}at {}", by.unwrap_or_default(), text::recorded(at));
        return Wanted::yes(Type::Acknowledged, Reason::Acknowledged, message);
    }
    let by = deadline.map(|one: &Deadline| format!(" by {}", text::recorded(&one.due)));
    let message = format!(
        "no person has it: create a Decision Acknowledge{}",
        by.unwrap_or_default()
    );
    Wanted::no(Type::Acknowledged, Reason::NotAcknowledged, message)
}

/// All responses are contained at the last read: False where there is none, or one only observes; Unknown where one is not known.
fn contained(seen: &Seen) -> Wanted {
    let no = |reason, message: String| Wanted::no(Type::Contained, reason, message);
    let of = |wanted: Option<bool>| move |one: &&Standing| one.contained == wanted;
    if seen.standings.is_empty() {
        return no(
            Reason::NoResponses,
            "spec.responses names none: nothing is contained".into(),
        );
    }
    let observing: Vec<&Standing> = seen
        .standings
        .iter()
        .filter(|one| one.state == State::Observing)
        .collect();
    let not: Vec<&Standing> = seen.standings.iter().filter(of(Some(false))).collect();
    if !not.is_empty() {
        let only = observing.len() == not.len();
        let released = not.iter().all(|one| one.state == State::Released);
        let reason = match (only, released) {
            (true, _) => Reason::Observing,
            (false, true) => Reason::Released,
            (false, false) => Reason::NotContained,
        };
        return no(reason, sentence(&not));
    }
    let unknown: Vec<&Standing> = seen.standings.iter().filter(of(None)).collect();
    match unknown.is_empty() {
        true => Wanted::yes(
            Type::Contained,
            Reason::Contained,
            format!("{} contained", counted(seen.standings.len())),
        ),
        false => Wanted::unknown(Type::Contained, Reason::NotContained, sentence(&unknown)),
    }
}

fn counted(number: usize) -> String {
    match number {
        1 => "the response is".into(),
        2 => "both responses are".into(),
        _ => format!("all {number} responses are"),
    }
}

/// What was cut off works again.
fn recovered(world: &World, seen: &Seen) -> Wanted {
    let no = |reason, message: String| Wanted::no(Type::Recovered, reason, message);
    let left = summary::left_cut_off(world);
    if !left.is_empty() {
        let message = "created for a response that is not in spec.responses any more, and is not known to be released";
        return no(Reason::NotRecovered, format!("{} was {message}", left.join(", ")));
    }
    if seen.standings.is_empty() {
        return no(
            Reason::NoResponses,
            "spec.responses names none: there is nothing to put back".into(),
        );
    }
    let is_back = |one: &&Standing| matches!(one.state, State::Released);
    let cut: Vec<&Standing> = seen.standings.iter().filter(|one| !is_back(one)).collect();
    if cut.is_empty() {
        return Wanted::yes(Type::Recovered, Reason::Recovered, "every response was released");
    }
    match cut.iter().all(|one| one.contained.is_none()) {
        true => Wanted::unknown(Type::Recovered, Reason::NotRecovered, sentence(&cut)),
        false => no(Reason::NotRecovered, sentence(&cut)),
    }
}

fn resolved(world: &World, seen: &Seen) -> Wanted {
    let life = &seen.life;
    let no = |reason, message: String| Wanted::no(Type::Resolved, reason, message);
    if let Some(at) = life.resolved_at {
        return match &world.subject.spec.merged_into {
            Some(other) => Wanted::yes(
                Type::Resolved,
                Reason::Merged,
                format!("it goes on in the Incident {other}"),
            ),
            None => Wanted::yes(
                Type::Resolved,
                Reason::Resolved,
                how_it_ended(world, seen, at.to_string()),
            ),
        };
    }
    match (life.wanted, life.resolving_since) {
        (IncidentIntent::Open, _) => no(Reason::NotResolved, "it is open".into()),
        (IncidentIntent::Resolved, None) => no(
            Reason::ResponseWaiting,
            format!(
                "{}: settle that, or create a Decision Resolve whose spec.reason says why it is over all the same",
                life.unsettled.join("; ")
            ),
        ),
        (IncidentIntent::Resolved, Some(_)) => no(
            Reason::Releasing,
            format!(
                "its release is asked for (onResolve Release): {}",
                life.unreleased.join("; ")
            ),
        ),
    }
}

fn how_it_ended(world: &World, seen: &Seen, at: String) -> String {
    let ruling = seen.life.ruling.as_ref().filter(|ruling| ruling.verb == Verb::Resolve);
    let outcome = people::outcome(world, ruling).map(|outcome| format!(" as {outcome:?}"));
    let by = ruling.map(|ruling| format!(" by {}", ruling.by));
    let why = ruling
        .and_then(|ruling| ruling.reason.as_ref())
        .map(|reason| format!(": {reason}"));
    let all = [outcome, by, why].map(Option::unwrap_or_default).concat();
    format!("at {}{all}", text::recorded(&at))
}

fn reviewed(world: &World, seen: &Seen) -> Wanted {
    let no = |reason, message: String| Wanted::no(Type::Reviewed, reason, message);
    let Some(resolved) = seen.life.resolved_at else {
        return no(
            Reason::NotResolved,
            "an incident is reviewed when it is resolved".into(),
        );
    };
    let open: Vec<&str> = world
        .subject
        .spec
        .tasks
        .iter()
        .filter(|task| !task.done)
        .map(|task| task.name.as_str())
        .collect();
    // The API server stamps whole seconds.
    let after = |at: jiff::Timestamp| at.as_second() >= resolved.as_second();
    let word = seen
        .words
        .iter()
        .find(|word| word.verb == Verb::Review && after(word.at));
    match (word, open.is_empty()) {
        (_, false) => no(
            Reason::TasksOpen,
            format!("set done: true in spec.tasks of {} when it is done", open.join(", ")),
        ),
        (Some(word), true) => {
            let message = format!("by {} at {}", word.by, text::seconds(word.at));
            Wanted::yes(Type::Reviewed, Reason::Reviewed, message)
        }
        (None, true) if was_reviewed(world, seen) => {
            Wanted::yes(Type::Reviewed, Reason::Reviewed, "a person reviewed it")
        }
        (None, true) => no(Reason::NotReviewed, "create a Decision Review about it".into()),
    }
}

/// What the status said stays true while a Decision cannot be believed for a moment.
fn was_reviewed(world: &World, seen: &Seen) -> bool {
    let told = firebreak_crds::condition::is_true(&world.subject.status.conditions, Type::Reviewed);
    told && time(world.subject.status.clocks.resolved.as_ref()) == seen.life.resolved_at
}

fn ready(world: &World, seen: &Seen, contained: &Wanted) -> Wanted {
    let no = |reason, message: String| Wanted::no(Type::Ready, reason, message);
    if let Some((reason, message)) = in_need(seen) {
        return no(reason, message);
    }
    let resolved = resolved(world, seen);
    if seen.life.wanted == IncidentIntent::Resolved {
        return Wanted {
            kind: Type::Ready,
            ..resolved
        };
    }
    let waiting: Vec<&Standing> = seen
        .standings
        .iter()
        .filter(|one| one.state == State::Waiting)
        .collect();
    if !waiting.is_empty() {
        return no(Reason::AwaitingApproval, sentence(&waiting));
    }
    match (contained.status, contained.reason) {
        (Some(false), Reason::NoResponses) => Wanted::yes(Type::Ready, Reason::Open, "it names no response"),
        (Some(false), Reason::Observing) => Wanted::yes(Type::Ready, Reason::Observing, contained.message.clone()),
        (Some(false), Reason::Released) => Wanted::yes(Type::Ready, Reason::Open, contained.message.clone()),
        (Some(false), _) => no(Reason::ResponseWaiting, contained.message.clone()),
        (Some(true) | None, _) => Wanted {
            kind: Type::Ready,
            ..contained.clone()
        },
    }
}

fn reconciling(seen: &Seen) -> Option<Wanted> {
    let acts = |one: &&Standing| {
        let begins = one.state == State::Pending && one.waits_for.is_none() && seen.life.resolving_since.is_none();
        begins || matches!(one.state, State::Acting | State::Releasing)
    };
    let acting: Vec<&Standing> = seen.standings.iter().filter(acts).collect();
    (!acting.is_empty()).then(|| Wanted::yes(Type::Reconciling, Reason::Applying, sentence(&acting)))
}

fn stalled(seen: &Seen) -> Wanted {
    match in_need(seen) {
        Some((reason, message)) => Wanted::yes(Type::Stalled, reason, message),
        None if seen.life.resolved_at.is_some() => Wanted::no(Type::Stalled, Reason::Resolved, "it is over"),
        None => Wanted::no(Type::Stalled, Reason::Open, "no response fails"),
    }
}

/// What a person must do something about. A resolved incident needs nobody.
fn in_need(seen: &Seen) -> Option<(Reason, String)> {
    if seen.life.resolved_at.is_some() {
        return None;
    }
    let of = |state: State| {
        seen.standings
            .iter()
            .filter(move |one| one.state == state)
            .collect::<Vec<_>>()
    };
    let each = [
        (State::Failed, Reason::ResponseFailed),
        (State::Refused, Reason::ResponseRefused),
        (State::NotOurs, Reason::NotOurs),
        (State::Missing, Reason::ResponseMissing),
        (State::Deleted, Reason::ResponseMissing),
    ];
    let failing = each.into_iter().map(|(state, reason)| (reason, of(state)));
    let found = failing
        .map(|(reason, all)| (reason, sentence(&all)))
        .find(|(_, message)| !message.is_empty());
    found.or_else(|| {
        let circle = |one: &&Standing| one.waits_for.as_deref().is_some_and(|why| why.starts_with("itself: "));
        let all: Vec<&Standing> = seen
            .standings
            .iter()
            .filter(|one| one.state == State::Pending)
            .filter(circle)
            .collect();
        (!all.is_empty()).then(|| (Reason::DependencyCycle, sentence(&all)))
    })
}

/// Responses with their states, for people.
fn sentence(all: &[&Standing]) -> String {
    let each = all.iter().map(|one| {
        let why = one.waits_for.as_ref().map(|why| match one.state {
            State::Pending | State::Waiting => format!(", waits for {why}"),
            _ => format!(": {why}"),
        });
        format!(
            "{} is {}{}",
            one.response.name,
            word(one.state),
            why.unwrap_or_default()
        )
    });
    each.collect::<Vec<_>>().join("; ")
}
