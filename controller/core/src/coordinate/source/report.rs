//! The status of a FindingSource.

use super::{
    Fate, Rest,
    asking::{PAGE, Problem, Site},
    world::World,
};
use firebreak_crds::{
    ConditionType as Type, FindingSourceStatus, Reason,
    condition::{Wanted, merge},
    finding_source::{FindingCounts, PollStatus},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// A finding's site, the time of its update where it has one, and what became of it.
pub(super) type Told<'a> = (&'a Site, Option<Timestamp>, Fate);

/// What is reported, and when to look again: at once where a site had more than one look takes.
pub(super) fn rest(world: &World, fates: &[Told<'_>], now: Timestamp) -> Rest {
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
        counts: counts(world, fates),
        undeclared_accounts: undeclared(before, fates),
    };
    Rest {
        status: status.bounded(),
        after: if more { 0 } else { world.interval() },
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
    counts
}

fn undeclared(before: &FindingSourceStatus, fates: &[Told<'_>]) -> Vec<String> {
    let now = fates.iter().filter_map(|(_, _, fate)| match fate {
        Fate::Undeclared(account) => Some(account.clone()),
        _ => None,
    });
    let all: BTreeSet<String> = before.undeclared_accounts.iter().cloned().chain(now).collect();
    all.into_iter().collect()
}

fn conditions(world: &World) -> Vec<Wanted> {
    let problems: Vec<&Problem> = world
        .polled
        .values()
        .filter_map(|answer| answer.as_ref().err())
        .collect();
    let answering = world.polled.len() - problems.len();
    let polling = format!("{answering} of {} regions of accounts answer", world.polled.len());
    let receiving = match (answering, problems.first()) {
        (0, Some(problem)) => Wanted::no(Type::Receiving, Reason::PollFailed, problem.message.clone()),
        _ => Wanted::yes(Type::Receiving, Reason::Polling, polling.clone()),
    };
    let refused = world.refused.iter().next().map(|(finding, why)| Problem {
        reason: Reason::PollFailed,
        message: format!("the API server refuses the Incident of finding {finding}: {why}"),
    });
    let worst = gravest(&problems).or(refused.as_ref());
    let (ready, stalled) = match worst {
        None => (
            Wanted::yes(Type::Ready, Reason::Polling, polling),
            Wanted::no(Type::Stalled, Reason::Polling, "every account and region answers"),
        ),
        Some(problem) => (
            Wanted::no(Type::Ready, problem.reason, problem.message.clone()),
            Wanted {
                kind: Type::Stalled,
                status: Some(needs_a_person(problem.reason)),
                reason: problem.reason,
                message: problem.message.clone(),
            },
        ),
    };
    vec![ready, stalled, receiving]
}

/// What a person must correct comes before what may pass.
fn gravest<'a>(problems: &[&'a Problem]) -> Option<&'a Problem> {
    let person = problems.iter().find(|problem| needs_a_person(problem.reason));
    person.or(problems.first()).copied()
}

fn needs_a_person(reason: Reason) -> bool {
    let lasting = [
        Reason::AccessDenied,
        Reason::AccountNotFound,
        Reason::AccountNotGranted,
        Reason::RegionNotListed,
        Reason::Unreadable,
    ];
    lasting.contains(&reason)
}
