//! Which accounts and regions are asked, and since when.

use super::world::{Account, Subject};
use crate::{
    aws::{
        access::Access,
        guardduty::{FindingsAsked, GRANTED_AS, reaches},
    },
    engine::intent::duration_seconds,
};
use firebreak_crds::{
    AwsAccountSpec, Grant, Reason, Severity,
    finding_source::{GuardDutySource, PollStatus},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Findings that one look at one site takes; where there are more, the next look follows at once.
pub(super) const PAGE: usize = 100;
/// Seconds that each look goes back: a finding may be told later than others that were updated after it. What is known already
/// changes nothing.
const OVERLAP: i64 = 600;
/// Seconds that the first look goes back before the source was created, where it does not say.
const LOOKBACK: i64 = 3600;

/// An account and a region that are asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// Name of the AwsAccount.
    pub account: String,
    /// The region.
    pub region: String,
}

/// Why a site cannot be asked, or did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// In one word.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

/// The fields of a source that name accounts and regions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) accounts: &'static str,
    pub(super) regions: &'static str,
}

const POLLED: Fields = Fields {
    accounts: "spec.guardDuty.accounts",
    regions: "spec.guardDuty.regions",
};
/// Those by which findings are read that a message names.
pub(super) const FROM_QUEUE: Fields = Fields {
    accounts: "spec.sqs.accounts",
    regions: "spec.sqs.accounts",
};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Of whom.
    pub site: Site,
    /// With which roles.
    pub access: Access,
    /// What.
    pub asked: FindingsAsked,
}

/// Every question, and why what else is wanted cannot be asked.
pub fn asks(subject: &Subject, accounts: &BTreeMap<String, Account>) -> (Vec<Ask>, BTreeMap<Site, Problem>) {
    let (mut asks, mut problems) = (Vec::new(), BTreeMap::new());
    let Some(polled) = &subject.spec.guard_duty else {
        return (asks, problems);
    };
    for named in &polled.accounts {
        for (site, access) in sites(subject, polled, &named.name, accounts.get(&named.name)) {
            match access {
                Ok(access) => asks.push(Ask {
                    asked: asked(subject, polled, &site),
                    access: *access,
                    site,
                }),
                Err(problem) => {
                    problems.insert(site, problem);
                }
            }
        }
    }
    (asks, problems)
}

type Reached = (Site, Result<Box<Access>, Problem>);

fn sites(subject: &Subject, polled: &GuardDutySource, name: &str, account: Option<&Account>) -> Vec<Reached> {
    let site = |region: &str| Site {
        account: name.to_owned(),
        region: region.to_owned(),
    };
    let whole = |problem: Problem| vec![(site(""), Err(problem))];
    match account {
        Some(Account::Known(account)) => {
            let wanted = &polled.regions;
            let regions = if wanted.is_empty() { &account.regions } else { wanted };
            let each = regions
                .iter()
                .map(|region| (site(region), reach(subject, POLLED, name, account, region)));
            each.collect()
        }
        Some(Account::Unreadable(why)) => whole(Problem {
            reason: Reason::Unreadable,
            message: format!("{}: {why}", POLLED.accounts),
        }),
        Some(Account::Absent) | None => whole(missing(POLLED.accounts, name)),
    }
}

/// Says that a field names no AwsAccount that there is.
pub(super) fn missing(field: &str, name: &str) -> Problem {
    Problem {
        reason: Reason::AccountNotFound,
        message: format!("{field}: there is no AwsAccount {name}: create it, or correct the name"),
    }
}

/// As whom findings of a region of an account are read.
///
/// # Errors
/// Why they may not be read, and what to do about it.
pub(super) fn reach(
    subject: &Subject,
    fields: Fields,
    name: &str,
    account: &AwsAccountSpec,
    region: &str,
) -> Result<Box<Access>, Problem> {
    let namespace = &subject.owner.namespace;
    let no = |reason, message| Err(Problem { reason, message });
    if !account.regions.iter().any(|one| one == region) {
        let message = format!(
            "{}: the AwsAccount {name} does not list {region}: its owner adds it to spec.regions, or remove it here",
            fields.regions
        );
        return no(Reason::RegionNotListed, message);
    }
    if !reaches(account, GRANTED_AS, namespace, region) {
        let message = format!(
            "{}: the AwsAccount {name} grants namespace {namespace} no {GRANTED_AS} in {region}: its owner adds the word to the kinds of a grant in spec.grants",
            fields.accounts
        );
        return no(Reason::AccountNotGranted, message);
    }
    Ok(Box::new(Access {
        account: account.clone(),
        region: region.to_owned(),
        namespace: namespace.clone(),
        name: subject.owner.name.clone(),
        uid: subject.owner.uid.clone(),
    }))
}

/// The grants of an account that give a namespace what a word stands for.
pub(super) fn grants<'a>(account: &'a AwsAccountSpec, namespace: &str, word: &str) -> impl Iterator<Item = &'a Grant> {
    let has = |list: &[String], word: &str| list.iter().any(|one| one == "*" || one == word);
    account
        .grants
        .iter()
        .filter(move |grant| has(&grant.namespaces, namespace) && has(&grant.kinds, word))
}

fn asked(subject: &Subject, polled: &GuardDutySource, site: &Site) -> FindingsAsked {
    let known = subject
        .status
        .polls
        .iter()
        .find(|poll| poll.account == site.account && poll.region == site.region);
    FindingsAsked {
        updated_since: known.and_then(next).unwrap_or_else(|| first(subject, polled)),
        least: polled.minimum_severity.unwrap_or(Severity::Low),
        most: PAGE,
    }
}

/// Where there was more than one look takes, the next one goes on from there; otherwise it goes back a little.
fn next(poll: &PollStatus) -> Option<Timestamp> {
    let up_to: Timestamp = poll.up_to.as_ref()?.parse().ok()?;
    let back = SignedDuration::from_secs(if poll.more { 0 } else { OVERLAP });
    Some(up_to.saturating_sub(back).unwrap_or(up_to))
}

/// What was found shortly before the source was created.
fn first(subject: &Subject, polled: &GuardDutySource) -> Timestamp {
    let back = polled
        .lookback
        .as_deref()
        .and_then(duration_seconds)
        .unwrap_or(LOOKBACK);
    let created = subject.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
    created
        .saturating_sub(SignedDuration::from_secs(back))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Whether a site is to be asked again, where it was asked last at that time: a queue is looked at more often than what is polled.
pub fn is_due(subject: &Subject, site: &Site, last: Timestamp, now: Timestamp) -> bool {
    let mut polls = subject.status.polls.iter();
    let more = polls.any(|poll| poll.account == site.account && poll.region == site.region && poll.more);
    let passed = now.as_second() - last.as_second();
    more || !(0..interval(subject) as i64).contains(&passed)
}

/// Seconds between two looks at what is polled.
pub(super) fn interval(subject: &Subject) -> u64 {
    let polled = subject.spec.guard_duty.as_ref();
    let said = polled.and_then(|polled| polled.interval.as_deref().and_then(duration_seconds));
    u64::try_from(said.unwrap_or(60)).unwrap_or(60).max(5)
}
