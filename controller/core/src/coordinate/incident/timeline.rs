//! The timeline: derived from what is seen, so that a second look adds nothing. Machines cannot crowd people out of it.

use super::{
    close_out, ledger,
    life::time,
    people::Word,
    regulations,
    standing::{Standing, condition},
    summary::Seen,
    world::{EndedRun, World},
};
use firebreak_crds::{
    Condition, ConditionType, TakenDecision, Verb,
    incident::{DeadlineState, MAX_TIMELINE, RegulatoryReport, ResponseState, TimelineEntry, TimelineEvent as Event},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Who did what Firebreak did.
const SELF: &str = "firebreak";
/// Entries of one event about one response that change with AWS: the first and the latest are kept, so that a flapping
/// response leaves room for people.
const FLAPPING: usize = 2;

/// Entries of findings that are kept: half of them the first, half of them the latest.
const FINDINGS: usize = 20;

/// Entries by their time, event, and what they are about.
type Sorted = BTreeMap<(Timestamp, Event, String), TimelineEntry>;

/// What was known and what is seen, each once, the newest 100, oldest first.
pub(super) fn merged(known: &[TimelineEntry], seen: Vec<TimelineEntry>) -> Vec<TimelineEntry> {
    let mut all = Sorted::new();
    // What findings say is read again each time, so that no more of it is kept than is told now.
    let told = |entry: &&TimelineEntry| !matches!(entry.event, Event::Activity | Event::Reported);
    // Two names that are cut to the same are one, before as after.
    for entry in known
        .iter()
        .filter(told)
        .cloned()
        .chain(seen)
        .map(TimelineEntry::bounded)
    {
        if let Ok(at) = entry.at.parse() {
            all.entry((at, entry.event, entry.about.clone())).or_insert(entry);
        }
    }
    let mut kept = calmed(all, |_| true);
    let surplus = kept.len().saturating_sub(MAX_TIMELINE);
    kept.drain(..surplus);
    kept
}

/// Whether AWS makes as many of these entries as somebody wants.
pub(super) fn flaps(event: Event) -> bool {
    matches!(event, Event::Contained | Event::NotContained | Event::Released)
}

/// Without the entries between the first and the latest of what flaps, as far as they may leave. The oldest first.
pub(super) fn calmed(all: Sorted, may_leave: impl Fn(&TimelineEntry) -> bool) -> Vec<TimelineEntry> {
    let mut groups: BTreeMap<(Event, String), Vec<Timestamp>> = BTreeMap::new();
    for (at, event, about) in all.keys().filter(|(_, event, _)| flaps(*event)) {
        groups.entry((*event, about.clone())).or_default().push(*at);
    }
    let keeps = |(at, event, about): &(Timestamp, Event, String)| match groups.get(&(*event, about.clone())) {
        Some(times) if times.len() > FLAPPING => times.first() == Some(at) || times.last() == Some(at),
        Some(_) | None => true,
    };
    let kept = all.into_iter().filter(|(key, one)| keeps(key) || !may_leave(one));
    kept.map(|(_, entry)| entry).collect()
}

/// Everything that is seen now, in any order.
pub(super) fn seen(world: &World, seen: &Seen, now: Timestamp) -> Vec<TimelineEntry> {
    let mut all = first_and_last(findings(world), now);
    all.extend(declared(world, seen));
    all.extend(seen.words.iter().filter_map(spoken));
    all.extend(seen.standings.iter().flat_map(|one| response(world, one)));
    all.extend(overdue(seen));
    all.extend(filed(world, now));
    all.extend(ended(world, seen, now));
    let reports = ledger::reports_told(world).into_iter();
    all.extend(reports.map(|(at, about, what)| entry(at, Event::ReportStored, Some(SELF), &about, what)));
    let closing = close_out::entries(world, seen).into_iter();
    all.extend(closing.map(|(at, event, what)| entry(at, event, Some(SELF), "", what)));
    all
}

fn entry(at: Timestamp, event: Event, who: Option<&str>, about: &str, what: String) -> TimelineEntry {
    TimelineEntry {
        at: at.to_string(),
        event,
        who: who.map(str::to_owned),
        about: about.to_owned(),
        what,
        entry: None,
    }
}

/// The first and the latest of what findings say: there are as many as somebody provokes, with any time.
fn first_and_last(mut all: Vec<TimelineEntry>, now: Timestamp) -> Vec<TimelineEntry> {
    all.retain(|one| time(Some(&one.at)).is_some_and(|at| at <= now));
    all.sort_by_key(|one| (time(Some(&one.at)), one.event, one.about.clone()));
    let last = all.len().saturating_sub(FINDINGS / 2);
    let kept = all.drain(..).enumerate();
    kept.filter(|(number, _)| *number < FINDINGS / 2 || *number >= last)
        .map(|(_, one)| one)
        .collect()
}

fn findings(world: &World) -> Vec<TimelineEntry> {
    let each = world.subject.spec.findings.iter().flat_map(|finding| {
        let title = finding.title.as_ref().or(finding.type_.as_ref()).unwrap_or(&finding.id);
        let product = finding.product.as_deref();
        let seen = time(finding.first_seen.as_ref()).map(|at| {
            entry(
                at,
                Event::Activity,
                None,
                &finding.id,
                format!("activity began: {title}"),
            )
        });
        let reported = time(finding.reported_at.as_ref())
            .map(|at| entry(at, Event::Reported, product, &finding.id, format!("reported: {title}")));
        seen.into_iter().chain(reported)
    });
    each.collect()
}

fn declared(world: &World, seen: &Seen) -> Vec<TimelineEntry> {
    let spec = &world.subject.spec;
    let first = seen.severities.first();
    let created = world.subject.created_at.map(|at| {
        let by = first.and_then(|one| one.by.as_deref());
        let severity = first.map_or(spec.severity, |one| one.severity);
        entry(
            at,
            Event::Declared,
            by,
            "",
            format!("declared {severity:?}: {}", spec.title),
        )
    });
    let changes = seen.severities.windows(2).filter_map(|two| {
        let what = format!("severity {:?}, before {:?}", two[1].severity, two[0].severity);
        Some(entry(
            time(Some(&two[1].since))?,
            Event::Severity,
            two[1].by.as_deref(),
            "",
            what,
        ))
    });
    created.into_iter().chain(changes).collect()
}

fn spoken(word: &Word) -> Option<TimelineEntry> {
    let reason = word.reason.clone().unwrap_or_default();
    let with = |what: &str| match reason.is_empty() {
        true => what.to_owned(),
        false => format!("{what}: {reason}"),
    };
    let (event, what) = match word.verb {
        Verb::Acknowledge => (Event::Acknowledged, with("acknowledged")),
        Verb::Note => (Event::Note, reason.clone()),
        Verb::Resolve => (Event::ResolveAsked, with("said that it is over")),
        Verb::Reopen => (Event::Reopened, with("said that it is not over")),
        Verb::Review => (Event::Reviewed, with("reviewed")),
        Verb::Approve | Verb::Reject | Verb::BreakGlass | Verb::Release | Verb::Abandon => return None,
        Verb::Start | Verb::Pause | Verb::Resume | Verb::Skip | Verb::Retry | Verb::Abort => return None,
    };
    Some(entry(word.at, event, Some(&word.by), &word.name, what))
}

fn response(world: &World, standing: &Standing) -> Vec<TimelineEntry> {
    // What happens to an object that is not this response's own is not told as if it were.
    let own = standing.child.filter(|_| standing.state != ResponseState::NotOurs);
    let Some(child) = own else {
        return Vec::new();
    };
    let name = standing.response.name.as_str();
    let created = child.created_at.filter(|_| standing.is_ours(world));
    let created = created.map(|at| {
        entry(
            at,
            Event::Response,
            Some(SELF),
            name,
            format!("Quarantine {} created", child.name),
        )
    });
    let written = child.record.first_write;
    let written = written.map(|at| {
        entry(
            at,
            Event::FirstWrite,
            Some(SELF),
            name,
            "first write to AWS started".into(),
        )
    });
    let words = child.record.decisions.iter().filter_map(|one| decided(name, one));
    let ended = child.record.ended.iter().filter_map(|run| self::run_ended(name, run));
    let turned = [
        turn(world, standing, ConditionType::Contained),
        turn(world, standing, ConditionType::Released),
    ];
    created
        .into_iter()
        .chain(written)
        .chain(words)
        .chain(ended)
        .chain(turned.into_iter().flatten())
        .collect()
}

fn run_ended(response: &str, run: &EndedRun) -> Option<TimelineEntry> {
    let at = time(Some(&run.at))?;
    let what = format!("run {} ({:?}) is {:?}", run.run, run.action, run.outcome).to_lowercase();
    let manifest = run.manifest.as_ref().map(|hash| format!("; manifest {hash}"));
    let what = format!("{what}; plan {}{}", run.digest, manifest.unwrap_or_default());
    Some(entry(
        at,
        Event::RunEnded,
        Some(SELF),
        &format!("{response} run-{:05}", run.run),
        what,
    ))
}

fn decided(response: &str, word: &TakenDecision) -> Option<TimelineEntry> {
    let at = time(word.given_at.as_ref())?;
    let (event, what) = match word.verb {
        Verb::Approve => (Event::Approved, "approved"),
        Verb::Reject => (Event::Rejected, "rejected"),
        Verb::BreakGlass => (Event::BreakGlass, "ran it without the other approvals"),
        Verb::Release => (Event::ReleaseAsked, "asked for its release"),
        Verb::Abandon => (Event::ReleaseAsked, "gave its custody up"),
        Verb::Acknowledge | Verb::Note | Verb::Resolve | Verb::Reopen | Verb::Review => return None,
        Verb::Start | Verb::Pause | Verb::Resume | Verb::Skip | Verb::Retry | Verb::Abort => return None,
    };
    let about = format!("{response} {}", word.name.as_deref().unwrap_or(&word.by));
    Some(entry(
        at,
        event,
        Some(&word.by),
        &about,
        format!("{what} {response} as {}", word.approver_role),
    ))
}

/// A condition of a response that became what it is now. What is not known turns nothing, and what the timeline says already is
/// not said again when it was not known for a while.
fn turn(world: &World, standing: &Standing, kind: ConditionType) -> Option<TimelineEntry> {
    let name = standing.response.name.as_str();
    let found: &Condition = condition(standing.child?, kind)?;
    let at = found.last_transition_time.0;
    let (event, what) = match (kind, found.status.as_str()) {
        (ConditionType::Contained, "True") => (Event::Contained, "contained"),
        (ConditionType::Contained, "False") => (Event::NotContained, "not contained any more"),
        (_, "True") => (Event::Released, "released"),
        _ => return None,
    };
    let known = world.subject.status.timeline.iter().rev();
    let turns = |event| matches!(event, Event::Contained | Event::NotContained | Event::Released);
    let last = known
        .filter(|one| one.about == name)
        .find(|one| turns(one.event))
        .map(|one| one.event);
    let says_so_already = match event {
        // It was never contained before, or its release is told already.
        Event::NotContained => last != Some(Event::Contained) || standing.state == ResponseState::Released,
        _ => last == Some(event),
    };
    (!says_so_already).then(|| entry(at, event, Some(SELF), name, format!("{name} {what}: {}", found.reason)))
}

fn overdue(seen: &Seen) -> Vec<TimelineEntry> {
    let late = seen
        .deadlines
        .iter()
        .filter(|one| matches!(one.state, DeadlineState::Missed | DeadlineState::Late));
    let each = late.filter_map(|one| {
        let at = time(Some(&one.due))?;
        Some(entry(
            at,
            Event::Overdue,
            None,
            &one.name,
            format!("deadline passed: {}", one.name),
        ))
    });
    each.collect()
}

fn filed(world: &World, now: Timestamp) -> Vec<TimelineEntry> {
    use RegulatoryReport::{EarlyWarning, FinalReport, IntermediateReport, Notification};
    let all = world.subject.spec.regulations.iter().flat_map(|regulation| {
        [EarlyWarning, Notification, IntermediateReport, FinalReport]
            .into_iter()
            .filter_map(move |report| {
                let name = format!("{} {}", regulation.name.as_str(), report.as_str());
                let at = regulations::filed(regulation, report, now)?;
                Some(entry(at, Event::Filed, None, &name, format!("filed: {name}")))
            })
    });
    all.collect()
}

fn ended(world: &World, seen: &Seen, now: Timestamp) -> Vec<TimelineEntry> {
    let spec_says = seen.life.ruling.is_none();
    let by = seen.author.filter(|_| spec_says);
    let resolved = seen
        .life
        .resolved_at
        .map(|at| entry(at, Event::Resolved, Some(SELF), "", "resolved".into()));
    let reopened = (seen.life.was_reopened(world) && spec_says).then(|| {
        entry(
            now,
            Event::Reopened,
            by,
            "",
            "spec.state says that it is not over".into(),
        )
    });
    resolved.into_iter().chain(reopened).collect()
}
