//! Which accounts and regions are asked, and since when.

use super::world::{Account, Subject, World};
use crate::{
    aws::{
        access::Access,
        guardduty::{FindingsAsked, GRANTED_AS, reaches},
    },
    engine::intent::duration_seconds,
};
use firebreak_crds::{AwsAccountSpec, Reason, Severity, finding_source::PollStatus};
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
    for named in &subject.spec.guard_duty.accounts {
        for (site, access) in sites(subject, &named.name, accounts.get(&named.name)) {
            match access {
                Ok(access) => asks.push(Ask {
                    asked: asked(subject, &site),
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

fn sites(subject: &Subject, name: &str, account: Option<&Account>) -> Vec<Reached> {
    let site = |region: &str| Site {
        account: name.to_owned(),
        region: region.to_owned(),
    };
    let field = "spec.guardDuty.accounts";
    let whole = |reason, message: String| vec![(site(""), Err(Problem { reason, message }))];
    match account {
        Some(Account::Known(account)) => {
            let wanted = &subject.spec.guard_duty.regions;
            let regions = if wanted.is_empty() { &account.regions } else { wanted };
            let each = regions
                .iter()
                .map(|region| (site(region), reach(subject, name, account, region)));
            each.collect()
        }
        Some(Account::Unreadable(why)) => whole(Reason::Unreadable, format!("{field}: {why}")),
        Some(Account::Absent) | None => whole(
            Reason::AccountNotFound,
            format!("{field}: there is no AwsAccount {name}: create it, or correct the name"),
        ),
    }
}

fn reach(subject: &Subject, name: &str, account: &AwsAccountSpec, region: &str) -> Result<Box<Access>, Problem> {
    let namespace = &subject.owner.namespace;
    let no = |reason, message| Err(Problem { reason, message });
    if !account.regions.iter().any(|one| one == region) {
        let message = format!(
            "spec.guardDuty.regions: the AwsAccount {name} does not list {region}: its owner adds it to spec.regions, or remove it here"
        );
        return no(Reason::RegionNotListed, message);
    }
    if !reaches(account, GRANTED_AS, namespace, region) {
        let message = format!(
            "spec.guardDuty.accounts: the AwsAccount {name} grants namespace {namespace} no {GRANTED_AS} in {region}: its owner adds the word to the kinds of a grant in spec.grants"
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

fn asked(subject: &Subject, site: &Site) -> FindingsAsked {
    let known = subject
        .status
        .polls
        .iter()
        .find(|poll| poll.account == site.account && poll.region == site.region);
    FindingsAsked {
        updated_since: known.and_then(next).unwrap_or_else(|| first(subject)),
        least: subject.spec.guard_duty.minimum_severity.unwrap_or(Severity::Low),
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
fn first(subject: &Subject) -> Timestamp {
    let back = subject
        .spec
        .guard_duty
        .lookback
        .as_deref()
        .and_then(duration_seconds)
        .unwrap_or(LOOKBACK);
    let created = subject.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
    created
        .saturating_sub(SignedDuration::from_secs(back))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

impl World {
    /// Seconds between two looks.
    pub(super) fn interval(&self) -> u64 {
        let said = self
            .subject
            .spec
            .guard_duty
            .interval
            .as_deref()
            .and_then(duration_seconds);
        u64::try_from(said.unwrap_or(60)).unwrap_or(60).max(5)
    }
}
