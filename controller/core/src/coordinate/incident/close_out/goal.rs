//! Which findings are to be closed out, and how each is reached.

use super::super::{
    life::{Life, time},
    people,
    world::{Subject, World},
};
use crate::{
    aws::{
        access::Access,
        guardduty::{self, CLOSE_OUT_GRANTED_AS},
    },
    blocked::Blocked,
    coordinate::{finding::Origin, source::Account},
};
use firebreak_crds::{
    FindingSource, IncidentStatus, Reason,
    finding_source::FindingsOnResolve,
    incident::{CloseOutStatus, ClosingState, FindingFeedback, IncidentOutcome, Ruling},
};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// An account and a region in which findings were read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Site {
    /// Name of the AwsAccount.
    pub(super) account: String,
    pub(super) region: String,
}

/// A finding that is to be closed out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) id: String,
    pub(super) site: Site,
}

/// What is to be done for one end of the Incident.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Goal {
    pub(super) resolved_at: Timestamp,
    pub(super) feedback: Option<FindingFeedback>,
    pub(super) findings: Vec<Finding>,
}

/// The end of the Incident.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct End {
    pub(super) at: Timestamp,
    /// What it was, as far as anybody said.
    pub(super) outcome: Option<IncidentOutcome>,
}

impl End {
    /// As it is seen.
    pub(super) fn seen(world: &World, life: &Life) -> Option<Self> {
        Some(Self {
            at: life.resolved_at?,
            outcome: outcome(world, life.ruling.as_ref()),
        })
    }

    /// As a status says.
    pub(super) fn told(world: &World, status: &IncidentStatus) -> Option<Self> {
        Some(Self {
            at: time(status.clocks.resolved.as_ref())?,
            outcome: outcome(world, status.ruling.as_ref()),
        })
    }
}

impl Goal {
    /// None where it is not over, nobody said what it was, or no source asks for it.
    pub(super) fn of(world: &World, end: Option<End>) -> Option<Self> {
        let (end, findings) = (end?, asked_for(world));
        let outcome = end.outcome?;
        (!findings.is_empty()).then(|| Self {
            resolved_at: end.at,
            feedback: (!world.subject.spec.drill).then(|| feedback(outcome)),
            findings,
        })
    }

    /// Whether a status is about this goal, and no earlier one.
    pub(super) fn is_of(&self, status: &CloseOutStatus) -> bool {
        time(Some(&status.resolved_at)) == Some(self.resolved_at) && status.feedback == self.feedback
    }

    /// The findings that are neither archived nor gone.
    pub(super) fn waiting<'a>(&'a self, status: &'a CloseOutStatus) -> impl Iterator<Item = &'a Finding> {
        let is_done = |id: &str| {
            let mut known = status.findings.iter();
            known.any(|one| one.id == id && one.state != ClosingState::Begun)
        };
        self.findings.iter().filter(move |one| !is_done(&one.id))
    }

    /// Where findings wait, each once.
    pub(super) fn sites(&self, status: &CloseOutStatus) -> Vec<Site> {
        let sites: BTreeSet<Site> = self.waiting(status).map(|one| one.site.clone()).collect();
        sites.into_iter().collect()
    }
}

/// What it was. An Incident that goes on in another one has no end of its own.
fn outcome(world: &World, ruling: Option<&Ruling>) -> Option<IncidentOutcome> {
    let goes_on = world.subject.spec.merged_into.is_some();
    people::outcome(world, ruling).filter(|_| !goes_on)
}

/// A finding was useful that told of what happened, whether it was meant to or not (GuardDuty API reference,
/// UpdateFindingsFeedback: USEFUL or NOT_USEFUL).
fn feedback(outcome: IncidentOutcome) -> FindingFeedback {
    match outcome {
        IncidentOutcome::TruePositive | IncidentOutcome::Benign => FindingFeedback::Useful,
        IncidentOutcome::FalsePositive => FindingFeedback::NotUseful,
    }
}

/// The findings of the Incident that were read through an account which a source archives. What a person typed into the spec is none
/// of them, and what a person took out of it is left alone.
pub(super) fn asked_for(world: &World) -> Vec<Finding> {
    let Some(record) = &world.subject.findings else {
        return Vec::new();
    };
    let is_listed = |id: &str| world.subject.spec.findings.iter().any(|one| one.id == id);
    let archives = |by: &Origin| world.close_out.archives.contains(&by.account);
    let read = record.read.iter().filter(|(id, by)| is_listed(id) && archives(by));
    let each = read.map(|(id, by)| Finding {
        id: id.clone(),
        site: Site {
            account: by.account.clone(),
            region: by.region.clone(),
        },
    });
    each.collect()
}

/// Whether the FindingSources of the namespace are asked: the Incident is over, and findings of it were read.
pub fn is_asked(subject: &Subject) -> bool {
    let read = subject.findings.as_ref().is_some_and(|record| !record.read.is_empty());
    read && subject.status.clocks.resolved.is_some()
}

/// The AwsAccounts whose findings the FindingSources of a namespace archive: one that says so is enough.
pub fn archives<'a>(sources: impl IntoIterator<Item = &'a FindingSource>) -> BTreeSet<String> {
    let archiving = sources
        .into_iter()
        .filter(|source| source.spec.on_resolve == FindingsOnResolve::Archive);
    let accounts = archiving.flat_map(|source| {
        let polled = source.spec.guard_duty.iter().flat_map(|polled| &polled.accounts);
        polled.chain(source.spec.sqs.iter().flat_map(|queue| &queue.accounts))
    });
    accounts.map(|account| account.name.clone()).collect()
}

/// Those of them through which findings of the Incident were read.
pub fn accounts(subject: &Subject, archives: &BTreeSet<String>) -> BTreeSet<String> {
    let read = subject.findings.iter().flat_map(|record| record.read.values());
    let asked = read.filter(|by| archives.contains(&by.account));
    asked.map(|by| by.account.clone()).collect()
}

/// Whether the end is so new that no source was asked yet.
pub(super) fn must_look(world: &World, end: Option<End>) -> bool {
    let read = world
        .subject
        .findings
        .as_ref()
        .is_some_and(|record| !record.read.is_empty());
    read && end.is_some() && !world.close_out.has_looked
}

/// As whom findings of a site are archived, or why they cannot be.
pub(super) fn reach(world: &World, site: &Site) -> Result<Access, Blocked> {
    let (owner, name) = (&world.subject.owner, &site.account);
    let account = match world.close_out.accounts.get(name) {
        Some(Account::Known(account)) => account,
        Some(Account::Unreadable(why)) => return Err(Blocked::new(Reason::Unreadable, why.clone())),
        Some(Account::Absent) | None => {
            let why = format!("there is no AwsAccount {name} any more, through which findings were read");
            return Err(Blocked::new(Reason::AccountNotFound, why));
        }
    };
    if !account.regions.contains(&site.region) {
        let why = format!("the AwsAccount {name} does not list {} any more", site.region);
        return Err(Blocked::new(Reason::RegionNotListed, why));
    }
    if !guardduty::reaches(account, CLOSE_OUT_GRANTED_AS, &owner.namespace, &site.region) {
        let why = format!(
            "the AwsAccount {name} grants namespace {} no {CLOSE_OUT_GRANTED_AS} in {}: its owner adds the word to the kinds of a grant in spec.grants, or the FindingSource says onResolve: Leave",
            owner.namespace, site.region
        );
        return Err(Blocked::new(Reason::AccountNotGranted, why));
    }
    Ok(Access {
        account: (**account).clone(),
        region: site.region.clone(),
        namespace: owner.namespace.clone(),
        name: owner.name.clone(),
        uid: owner.uid.clone(),
    })
}
