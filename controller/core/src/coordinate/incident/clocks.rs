//! When what happened, and by when what must be done.

use super::{
    life::{Life, time},
    people::Word,
    regulations,
    standing::{Standing, condition},
    summary,
    world::World,
};
use crate::engine::intent::duration_seconds;
use firebreak_crds::{
    ConditionType, Environment, GuardrailSpec, IncidentStatus, Severity, Verb,
    incident::{Clocks, Deadline, DeadlineState, IncidentFinding, ResponseState, SeveritySince},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Seconds after which an Incident is looked at again, where no deadline comes before.
const RESYNC_SECONDS: i64 = 300;
/// The name of the deadline by which a person must have it.
pub(super) const ACKNOWLEDGE: &str = "acknowledge";

/// The Guardrails that speak for an Incident whose responses lie in accounts of these environments: all of them where none is
/// known.
pub fn speaking_for(guardrails: &[GuardrailSpec], environments: &[Environment]) -> Vec<GuardrailSpec> {
    let speaks = |guardrail: &&GuardrailSpec| {
        let named = &guardrail.environments;
        environments.is_empty() || named.is_empty() || named.iter().any(|one| environments.contains(one))
    };
    guardrails.iter().filter(speaks).cloned().collect()
}

/// Seconds within which a person must acknowledge an Incident of a severity: the shortest of all Guardrails, or the default.
fn target(guardrails: &[GuardrailSpec], severity: Severity) -> i64 {
    let times = guardrails.iter().flat_map(|guardrail| &guardrail.response_times);
    let named = times.filter(|time| time.severity == severity);
    // What cannot be read counts as the shortest that can be set.
    let shortest = named.map(|time| duration_seconds(&time.within).unwrap_or(60)).min();
    shortest.unwrap_or(match severity {
        Severity::Critical => 15 * 60,
        Severity::High => 3600,
        Severity::Medium => 4 * 3600,
        Severity::Low => 24 * 3600,
    })
}

/// The severities that it had, each since when: a change is recorded when it is first seen.
pub(super) fn severities(world: &World, author: Option<&str>, now: Timestamp) -> Vec<SeveritySince> {
    let (spec, mut all) = (&world.subject.spec, world.subject.status.severities.clone());
    if all.last().is_none_or(|last| last.severity != spec.severity) {
        let declared = world.subject.created_at.filter(|_| all.is_empty());
        all.push(SeveritySince {
            severity: spec.severity,
            since: declared.unwrap_or(now).to_string(),
            by: author.map(str::to_owned),
        });
    }
    all
}

/// When what happened. What was recorded once stays, also when the object that told it is gone; what findings say is read again.
pub(super) fn clocks(world: &World, words: &[Word], standings: &[Standing], life: &Life) -> Clocks {
    let reopened = life.was_reopened(world);
    let known = match reopened {
        true => Clocks {
            contained: None,
            recovered: None,
            ..world.subject.status.clocks.clone()
        },
        false => world.subject.status.clocks.clone(),
    };
    let nothing_left = summary::left_cut_off(world).is_empty();
    // What was true before it was opened again is not what it waits for now.
    let since = |kind| all_since(standings, kind).filter(|_| !reopened);
    let first = |pick: fn(&IncidentFinding) -> Option<&String>| {
        let times = world
            .subject
            .spec
            .findings
            .iter()
            .filter_map(|finding| time(pick(finding)));
        times.min().map(|time| time.to_string())
    };
    let has_it = words
        .iter()
        .find(|word| matches!(word.verb, Verb::Acknowledge | Verb::Resolve));
    let others = |one: &&Standing| one.state == ResponseState::NotOurs;
    let ours = standings.iter().filter(|one| !others(one));
    let writes = ours.filter_map(|one| one.child?.record.first_write);
    let or = |known: Option<String>, found: Option<Timestamp>| known.or(found.map(|time| time.to_string()));
    Clocks {
        first_activity: first(|finding| finding.first_seen.as_ref()),
        reported: first(|finding| finding.reported_at.as_ref()),
        declared: world.subject.created_at.map(|time| time.to_string()),
        acknowledged: or(known.acknowledged, has_it.map(|word| word.at)),
        first_write: or(known.first_write, writes.min()),
        contained: or(known.contained, since(ConditionType::Contained)),
        recovered: or(known.recovered, since(ConditionType::Released).filter(|_| nothing_left)),
        resolved: life.resolved_at.map(|time| time.to_string()),
    }
}

/// Since when a condition of every response is True.
fn all_since(standings: &[Standing], kind: ConditionType) -> Option<Timestamp> {
    let since = standings.iter().map(|one| {
        let found = condition(one.child?, kind).filter(|condition| condition.status == "True");
        let counts = match kind {
            ConditionType::Contained => one.contained == Some(true),
            _ => one.state == ResponseState::Released,
        };
        found
            .filter(|_| counts)
            .map(|condition| condition.last_transition_time.0)
    });
    since.collect::<Option<Vec<Timestamp>>>()?.into_iter().max()
}

/// Every deadline, the earliest first.
pub(super) fn deadlines(world: &World, severities: &[SeveritySince], clocks: &Clocks, now: Timestamp) -> Vec<Deadline> {
    let mut all: Vec<(String, Timestamp, Option<Timestamp>)> =
        acknowledge(world, severities, clocks).into_iter().collect();
    all.extend(regulations::due(
        &world.subject.spec,
        time(clocks.declared.as_ref()),
        now,
    ));
    all.extend(
        world
            .subject
            .spec
            .tasks
            .iter()
            .filter(|task| !task.done)
            .filter_map(|task| {
                let due = time(task.due.as_ref())?;
                Some((format!("task {}", task.name), due, None))
            }),
    );
    all.sort_by(|one, other| (one.1, &one.0).cmp(&(other.1, &other.0)));
    all.into_iter()
        .map(|(name, due, met)| deadline(name, due, met, now))
        .collect()
}

fn deadline(name: String, due: Timestamp, met: Option<Timestamp>, now: Timestamp) -> Deadline {
    Deadline {
        name,
        due: due.to_string(),
        met_at: met.map(|time| time.to_string()),
        state: match met {
            Some(met) if met <= due => DeadlineState::Met,
            Some(_) => DeadlineState::Late,
            None if now > due => DeadlineState::Missed,
            None => DeadlineState::Running,
        },
    }
}

/// By when a person must have it. A severity that is raised shortens the time from the moment that it is raised, so that nobody
/// is late at once; one that is lowered gives the time of the lower one.
fn acknowledge(
    world: &World,
    severities: &[SeveritySince],
    clocks: &Clocks,
) -> Option<(String, Timestamp, Option<Timestamp>)> {
    let declared = world.subject.created_at?;
    let after = |from: Timestamp, severity| {
        let second = from.as_second().saturating_add(target(&world.guardrails, severity));
        Timestamp::from_second(second).ok()
    };
    let mut due: Option<(Severity, Timestamp)> = None;
    // Who lowers a severity and raises it again gains no time.
    let mut known: BTreeMap<Severity, Timestamp> = BTreeMap::new();
    for one in severities {
        let whole = after(declared, one.severity)?;
        let next = match due {
            Some((before, due)) if one.severity > before => {
                let raised = due.min(after(time(Some(&one.since))?, one.severity)?);
                known.get(&one.severity).map_or(raised, |earlier| raised.min(*earlier))
            }
            Some(_) | None => whole,
        };
        known.insert(one.severity, next);
        due = Some((one.severity, next));
    }
    let met = time(clocks.acknowledged.as_ref()).or(time(clocks.resolved.as_ref()));
    due.map(|(_, due)| (ACKNOWLEDGE.to_owned(), due, met))
}

/// The earliest deadline that is not met, for people.
pub(super) fn next_deadline(deadlines: &[Deadline]) -> Option<String> {
    let open = deadlines.iter().find(|one| one.met_at.is_none())?;
    let late = if open.state == DeadlineState::Missed {
        " (overdue)"
    } else {
        ""
    };
    Some(format!("{} by {}{late}", open.name, open.due))
}

/// Seconds until the next deadline passes, and a few minutes at most.
pub(super) fn look_again(status: &IncidentStatus, now: Timestamp) -> u64 {
    let running = status
        .deadlines
        .iter()
        .filter(|one| one.state == DeadlineState::Running);
    let next = running
        .filter_map(|one| time(Some(&one.due)))
        .map(|due| due.as_second() + 1 - now.as_second());
    next.fold(RESYNC_SECONDS, i64::min).max(1).unsigned_abs()
}
