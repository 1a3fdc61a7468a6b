//! The status of a FindingSource.

mod conditions;
mod mail;

use super::{
    Fate, Rest,
    asking::{PAGE, Problem, Site, interval},
    queue::LetterFate,
    world::World,
};
use conditions::conditions;
use firebreak_crds::{
    FindingSourceStatus,
    condition::merge,
    finding_source::{FindingCounts, PollStatus},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// A finding's site, the time of its update where it has one, and what became of it.
pub(super) type Told<'a> = (&'a Site, Option<Timestamp>, Fate);

/// What is reported, and when to look again: at once where a site had more than one look takes, or the queue gave what was handled.
pub(super) fn rest(world: &World, fates: &[Told<'_>], letters: &[LetterFate], now: Timestamp) -> Rest {
    let before = &world.subject.status;
    let polls = world
        .polled
        .iter()
        .map(|(site, answer)| poll(world, site, answer.as_ref(), fates, now))
        .collect();
    let more = world.polled.values().flatten().any(|values| values.len() >= PAGE);
    let status = FindingSourceStatus {
        observed_generation: Some(world.subject.generation),
        conditions: merge(&before.conditions, &conditions(world), world.subject.generation, now),
        polls,
        queue: mail::status(world, letters, now),
        counts: mail::counted(world, letters, counts(world, fates)),
        undeclared_accounts: undeclared(before, fates, letters),
    };
    let quiet = mail::after(world).unwrap_or_else(|| interval(&world.subject));
    Rest {
        status: status.bounded(),
        after: if more { 0 } else { quiet },
    }
}

fn poll(
    world: &World,
    site: &Site,
    answer: Result<&Vec<serde_json::Value>, &Problem>,
    fates: &[Told<'_>],
    now: Timestamp,
) -> PollStatus {
    let before = up_to(world, site);
    let here = fates.iter().filter(|(of, ..)| *of == site);
    // A time to come would hide what is found until then.
    let updates = here.filter_map(|(_, at, _)| *at).map(|at| at.min(now));
    let latest = updates.max().into_iter().chain(before).max();
    let is_full = answer.is_ok_and(|values| values.len() >= PAGE);
    // A page whose findings were all updated at the moment it was asked from would be read for ever.
    let stuck = is_full && latest == before;
    let next = latest.map(|at| {
        if stuck {
            at.saturating_add(SignedDuration::from_millis(1)).unwrap_or(at)
        } else {
            at
        }
    });
    PollStatus {
        account: site.account.clone(),
        region: site.region.clone(),
        up_to: next.map(|at| at.to_string()),
        more: is_full,
        problem: answer.err().map(|problem| problem.message.clone()),
    }
}

fn up_to(world: &World, site: &Site) -> Option<Timestamp> {
    let mut polls = world.subject.status.polls.iter();
    let known = polls.find(|poll| poll.account == site.account && poll.region == site.region)?;
    known.up_to.as_ref()?.parse().ok()
}

/// What was counted before, and what was read for the first time: the latest of the last look is read again each time.
fn counts(world: &World, fates: &[Told<'_>]) -> FindingCounts {
    let mut counts = world.subject.status.counts.clone();
    for (site, at, fate) in fates {
        let known = up_to(world, site).is_some_and(|up_to| at.is_none_or(|at| at <= up_to));
        if known {
            continue;
        }
        count(&mut counts, fate);
    }
    counts
}

fn count(counts: &mut FindingCounts, fate: &Fate) {
    counts.read += 1;
    match fate {
        Fate::LeftOut(_) | Fate::Undeclared(_) | Fate::Refused => counts.left_out += 1,
        Fate::Unmatched => counts.unmatched += 1,
        Fate::Suppressed => counts.suppressed += 1,
        Fate::Opened => counts.opened += 1,
        Fate::Joined => counts.joined += 1,
        Fate::Needs(_) => {}
    }
}

fn undeclared(before: &FindingSourceStatus, fates: &[Told<'_>], letters: &[LetterFate]) -> Vec<String> {
    let of_letters = letters.iter().filter_map(|letter| match letter {
        LetterFate::Fate(fate) => Some(fate),
        LetterFate::Rejected(_) | LetterFate::Stays => None,
    });
    let all = fates.iter().map(|(_, _, fate)| fate).chain(of_letters);
    let now = all.filter_map(|fate| match fate {
        Fate::Undeclared(account) => Some(account.clone()),
        _ => None,
    });
    let all: BTreeSet<String> = before.undeclared_accounts.iter().cloned().chain(now).collect();
    all.into_iter().collect()
}
