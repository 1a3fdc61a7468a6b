//! Which entries stay in the timeline of an Incident that has a ledger: none leaves before it is in the ledger, as long as there
//! is room. And what the status says of the ledger.

use super::{
    super::{timeline, world::World},
    marks::{Key, key, mark},
    place::Place,
    reports,
};
use firebreak_crds::{
    IncidentStatus, Reason,
    condition::{ConditionType, Wanted},
    incident::{LedgerStatus, MAX_BEHIND, MAX_TIMELINE, TimelineEntry, TimelineEvent as Event},
};
use std::collections::{BTreeMap, BTreeSet};

/// The most entries that have a number and are not in the ledger: their order stands.
const NUMBERED: u32 = 50;

/// What is kept.
pub(in super::super) struct Kept {
    pub(in super::super) timeline: Vec<TimelineEntry>,
    pub(in super::super) ledger: Option<LedgerStatus>,
}

/// The timeline from what was known and what is seen, and how its ledger stands.
pub(in super::super) fn kept(world: &World, seen: Vec<TimelineEntry>) -> Kept {
    let known = &world.subject.status.timeline;
    let Some(mut ledger) = status(world) else {
        // Numbers of a ledger that was never begun mean nothing.
        let known: Vec<TimelineEntry> = known.iter().map(super::entry::bare).collect();
        return Kept {
            timeline: timeline::merged(&known, seen),
            ledger: None,
        };
    };
    let all = together(known, seen, &ledger);
    let mut timeline = thinned(all, ledger.entries);
    let there: BTreeSet<Key> = timeline.iter().filter_map(key).collect();
    for one in known
        .iter()
        .filter(|one| key(one).is_some_and(|key| !there.contains(&key)))
    {
        match (is_in(one, ledger.entries), key(one)) {
            (true, Some(key)) => ledger.left.push(mark(&key)),
            (false, _) if may_vanish(one.event) => {}
            _ => ledger.missed = ledger.missed.saturating_add(1),
        }
    }
    if matches!(world.ledger.place, Place::At(_)) {
        number(&mut timeline, ledger.entries);
    }
    Kept {
        timeline,
        ledger: Some(ledger),
    }
}

/// Everything once, the oldest first. What is in the ledger and has left does not come back.
fn together(known: &[TimelineEntry], seen: Vec<TimelineEntry>, ledger: &LedgerStatus) -> BTreeMap<Key, TimelineEntry> {
    let seen: BTreeMap<Key, TimelineEntry> = seen
        .into_iter()
        .map(TimelineEntry::bounded)
        .filter_map(|one| Some((key(&one)?, one)))
        .collect();
    let left: BTreeSet<&str> = ledger.left.iter().map(String::as_str).collect();
    // What findings say is read again each time: what they do not say any more stays only until it is where its number says.
    let stays = |key: &Key, one: &TimelineEntry| {
        let waits = one.entry.is_some_and(|number| number > ledger.entries);
        !is_of_finding(one.event) || waits || seen.contains_key(key)
    };
    let known = known.iter().filter_map(|one| Some((key(one)?, one.clone())));
    let mut all: BTreeMap<Key, TimelineEntry> = known.filter(|(key, one)| stays(key, one)).collect();
    for (key, one) in seen {
        if !left.contains(mark(&key).as_str()) {
            all.entry(key).or_insert(one);
        }
    }
    all
}

fn is_of_finding(event: Event) -> bool {
    matches!(event, Event::Activity | Event::Reported)
}

/// What may leave without a trace, as it does where there is no ledger: there is as much of it as somebody provokes.
fn may_vanish(event: Event) -> bool {
    is_of_finding(event) || timeline::flaps(event)
}

fn is_in(entry: &TimelineEntry, entries: u32) -> bool {
    entry.entry.is_some_and(|number| number <= entries)
}

/// What is in the ledger makes room. What is not stays, up to the most that a status holds: then what flaps leaves, and at last
/// the oldest that has no number.
fn thinned(all: BTreeMap<Key, TimelineEntry>, entries: u32) -> Vec<TimelineEntry> {
    let mut all: Vec<TimelineEntry> = timeline::calmed(all, |one| is_in(one, entries));
    make_room(&mut all, MAX_TIMELINE, |one| is_in(one, entries));
    if all.len() > MAX_BEHIND {
        let keyed = all.into_iter().filter_map(|one| Some((key(&one)?, one))).collect();
        all = timeline::calmed(keyed, |one| one.entry.is_none());
        make_room(&mut all, MAX_BEHIND, |one| one.entry.is_none());
    }
    all
}

/// Lets the oldest of those go that may, until no more are there.
fn make_room(all: &mut Vec<TimelineEntry>, most: usize, may_leave: impl Fn(&TimelineEntry) -> bool) {
    let mut surplus = all.len().saturating_sub(most);
    all.retain(|one| {
        let leaves = surplus > 0 && may_leave(one);
        surplus -= usize::from(leaves);
        !leaves
    });
}

/// Numbers the next entries. A number is never given twice.
fn number(timeline: &mut [TimelineEntry], entries: u32) {
    let given = timeline.iter().filter_map(|one| one.entry).max();
    let mut last = given.unwrap_or_default().max(entries);
    for one in timeline.iter_mut().filter(|one| one.entry.is_none()) {
        if last - entries >= NUMBERED {
            return;
        }
        last += 1;
        one.entry = Some(last);
    }
}

/// What the status says of the ledger, before entries leave the timeline; none where there is none.
fn status(world: &World) -> Option<LedgerStatus> {
    let before = world.subject.status.ledger.clone();
    let mut ledger = match &world.ledger.place {
        Place::At(site) => LedgerStatus {
            account: site.account.clone(),
            place: site.url.clone(),
            ..before.unwrap_or_default()
        },
        Place::Nowhere | Place::Barred(_) => before.filter(|ledger| ledger.entries > 0)?,
    };
    if let Some(head) = &world.ledger.head {
        ledger.entries = head.entries;
        ledger.head = Some(head.hash.clone());
        ledger.at = Some(head.at.to_string());
        (ledger.problem, ledger.failed_at) = (None, None);
    }
    if let Some(problem) = &world.ledger.problem {
        ledger.problem = Some(problem.message.clone());
        ledger.failed_at = world.ledger.since.map(|since| since.to_string());
    }
    reports::taken(world, &mut ledger);
    Some(ledger)
}

/// How many entries of the timeline are not in the ledger.
pub(super) fn behind(status: &IncidentStatus) -> usize {
    let Some(ledger) = &status.ledger else { return 0 };
    let waiting = status.timeline.iter().filter(|one| !is_in(one, ledger.entries));
    waiting.count()
}

impl Kept {
    /// The condition; none where there is no ledger, or where nothing was tried yet: then it stays as it was.
    pub(in super::super) fn condition(&self, world: &World) -> Option<Wanted> {
        let no = |reason, message| Some(Wanted::no(ConditionType::Ledgered, reason, message));
        if let Place::Barred(why) = &world.ledger.place {
            return no(why.reason, why.message.clone());
        }
        let ledger = self.ledger.as_ref()?;
        let waiting = self.timeline.iter().filter(|one| !is_in(one, ledger.entries)).count();
        if let Some(problem) = &world.ledger.problem {
            let what = match waiting {
                0 => "the report waits".to_owned(),
                _ => format!("{waiting} of the timeline's entries wait"),
            };
            let message = format!("{what}: {}: {}", ledger.place, problem.message);
            return no(problem.reason, message);
        }
        match (&world.ledger.place, &world.ledger.stop) {
            (Place::Nowhere, _) => no(
                Reason::EvidenceMissing,
                format!("no account is named any more, and it begins in {}", ledger.place),
            ),
            (_, _) if waiting == 0 && ledger.problem.is_none() => Some(whole(ledger)),
            (_, Some(stop)) => no(
                Reason::EmergencyStop,
                format!("{waiting} of the timeline's entries wait: {stop}"),
            ),
            (_, None) => None,
        }
    }
}

fn whole(ledger: &LedgerStatus) -> Wanted {
    let missed = match ledger.missed {
        0 => String::new(),
        many => format!("; {many} had to leave the timeline before, while it could not be written"),
    };
    let entries = match ledger.entries {
        1 => "1 entry is".to_owned(),
        many => format!("{many} entries are"),
    };
    let message = format!("{entries} in {}{missed}", ledger.place);
    Wanted::yes(ConditionType::Ledgered, Reason::Recorded, message)
}
