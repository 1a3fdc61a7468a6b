//! A rehearsal: what would become of findings, decided as it is in earnest, and done to a world in memory.
//!
//! # Assumptions
//! The first finding comes now, and each other one as long after it as it was updated after it: so what counts by the hour counts
//! as it would have, and Incidents that exist are older than all of it.

mod done;

pub(super) use done::apply;

use super::{
    Effect, Fate, Heard,
    answer::{Answers, Becomes, Skipped, Waits},
    asking::Site,
    decide, fate,
    joining::belongs,
    world::World,
};
use crate::{
    approval::{Case, Requirement, contain_now},
    coordinate::{
        finding::{self, Finding, Rejected},
        playbook::{Left, Verdict, choose, unnamed},
    },
};
use firebreak_crds::{Action, AwsAccountSpec, Severity, playbook::Suppression};
use jiff::Timestamp;
use serde_json::Value;

/// The most effects of one finding: a bound against a decision that never rests.
const MAX_EFFECTS: usize = 8;

/// A finding, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsed {
    /// Which of the findings it was.
    pub index: usize,
    /// The finding, where it is one.
    pub finding: Result<Finding, Rejected>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is not looked at.
    LeftOut(Skipped),
    /// It was found in the account with this id, of which there is no AwsAccount.
    Undeclared(String),
    /// No playbook speaks of it.
    Unmatched,
    /// A suppression covers it.
    Suppressed {
        /// The playbook.
        playbook: String,
        /// The suppression.
        by: Suppression,
    },
    /// The API server would refuse what is written.
    Refused(String),
    /// It is in an Incident.
    Placed(Box<Placed>),
}

/// The Incident in which a finding is.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The playbook that speaks of it.
    pub playbook: String,
    /// Name of the Incident.
    pub incident: String,
    /// How it came there.
    pub how: How,
    /// Whether it opened an Incident again that was over.
    pub reopens: bool,
    /// What becomes of what the playbook asks for.
    pub answers: Answers,
}

/// How a finding came into an Incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It opened it.
    Opens,
    /// It joined it.
    Joins,
    /// It was in there, and something of it is new.
    Updates,
    /// It was in there as it is.
    Stays,
}

/// Rehearses findings, the earliest update first; what is no finding comes last.
pub fn rehearse(world: &mut World, values: &[Value], now: Timestamp) -> Vec<Rehearsed> {
    let mut read: Vec<(usize, Result<Finding, Rejected>)> = values.iter().map(finding::read).enumerate().collect();
    let updated = |one: &Result<Finding, Rejected>| one.as_ref().ok().map(|finding| finding.updated_at);
    read.sort_by_key(|(_, one)| (one.is_err(), updated(one)));
    let first = read.first().and_then(|(_, one)| updated(one)).unwrap_or(now);
    let each = read.into_iter().map(|(index, one)| {
        let later = updated(&one).unwrap_or(now).duration_since(first);
        let at = now.saturating_add(later).unwrap_or(now);
        let outcome = match &one {
            Ok(finding) => come(world, finding, &values[index], at),
            Err(rejected) => Outcome::LeftOut(Skipped::Invalid(rejected.clone())),
        };
        Rehearsed {
            index,
            finding: one,
            outcome,
        }
    });
    each.collect()
}

/// Lets one finding come, from the region that it names.
fn come(world: &mut World, finding: &Finding, value: &Value, now: Timestamp) -> Outcome {
    let account = world.place(&finding.account_id).map(|place| place.name.to_owned());
    let site = Site {
        account: account.unwrap_or_default(),
        region: finding.region.clone(),
    };
    world.polled = [(site.clone(), Ok(vec![value.clone()]))].into();
    let mut placed = None;
    for _ in 0..MAX_EFFECTS {
        let effect = decide(world, now);
        let Some(told) = told(world, &effect) else { break };
        match apply(world, &effect, now) {
            Ok(()) => placed = Some(told),
            Err(why) => {
                world.refused.insert(finding.id.clone(), why);
            }
        }
    }
    outcome(world, &site, finding, placed, now)
}

/// What an effect does with its finding.
struct Told {
    how: How,
    was_opened_again_at: Option<Timestamp>,
    answers: Answers,
}

fn told(world: &World, effect: &Effect) -> Option<Told> {
    Some(match effect {
        Effect::Open(open) => Told {
            how: How::Opens,
            was_opened_again_at: None,
            answers: open.answers.clone(),
        },
        Effect::Change(change) => {
            let seen = world.incidents.get(&change.name);
            let is_in_there = seen.is_some_and(|seen| seen.has(&change.finding));
            Told {
                how: if is_in_there { How::Updates } else { How::Joins },
                was_opened_again_at: opened_again_at(world, &change.name),
                answers: change.answers.clone(),
            }
        }
        Effect::Settle(_) | Effect::Rest(_) => return None,
    })
}

fn opened_again_at(world: &World, incident: &str) -> Option<Timestamp> {
    let record = world.incidents.get(incident)?.record.as_ref()?;
    Some(record.reopened.as_ref()?.at)
}

fn outcome(world: &World, site: &Site, finding: &Finding, told: Option<Told>, now: Timestamp) -> Outcome {
    match fate(world, Heard { site, confirmed: true }, finding, now) {
        Fate::LeftOut(why) => Outcome::LeftOut(why),
        Fate::Undeclared(account) => Outcome::Undeclared(account),
        Fate::Refused => Outcome::Refused(world.refused.get(&finding.id).cloned().unwrap_or_default()),
        Fate::Unmatched => Outcome::Unmatched,
        Fate::Suppressed | Fate::Opened | Fate::Joined | Fate::Needs(_) => spoken_of(world, site, finding, told, now),
    }
}

/// What became of a finding of which a playbook speaks.
fn spoken_of(world: &World, site: &Site, finding: &Finding, told: Option<Told>, now: Timestamp) -> Outcome {
    let playbook = match choose(&world.playbooks, finding, &site.account, now) {
        Verdict::Unmatched => return Outcome::Unmatched,
        Verdict::Suppressed { playbook, by } => {
            return Outcome::Suppressed {
                playbook: playbook.name.clone(),
                by: by.clone(),
            };
        }
        Verdict::Played(playbook) => playbook,
    };
    let incident = belongs(world, finding, true, now).name;
    let opened_again = opened_again_at(world, &incident);
    let mut told = told.unwrap_or(Told {
        how: How::Stays,
        was_opened_again_at: opened_again,
        answers: Answers::default(),
    });
    if told.how != How::Stays {
        let nothing = unnamed(playbook, finding).into_iter().map(|asked| Left {
            name: asked.name.clone(),
            why: format!("the finding names nothing that {:?} could be", asked.from),
        });
        told.answers.left.extend(nothing);
        guard(world, &incident, finding, &mut told.answers);
    }
    Outcome::Placed(Box::new(Placed {
        playbook: playbook.name.clone(),
        incident,
        how: told.how,
        reopens: opened_again != told.was_opened_again_at,
        answers: told.answers,
    }))
}

/// What would begin by itself waits where the Guardrails ask for people, as its run would say.
fn guard(world: &World, incident: &str, finding: &Finding, answers: &mut Answers) {
    let severity = world
        .incidents
        .get(incident)
        .map_or(finding.severity, |seen| seen.spec.severity);
    let Some(place) = world.place(&finding.account_id) else {
        return;
    };
    for answer in &mut answers.each {
        let asked = approvals(world, place.account, severity, answer.draft.destructive);
        if answer.becomes == Becomes::Acts && asked > 0 {
            answer.becomes = Becomes::Waits(Waits::Approvals(asked as u64));
        }
    }
}

/// How many people are asked for before anything is written. Nobody asked for a response but the finding.
fn approvals(world: &World, account: &AwsAccountSpec, severity: Severity, destructive: bool) -> usize {
    let case = Case {
        environment: account.environment,
        action: Action::Contain,
        severity,
        unattributed: true,
    };
    match !destructive && contain_now(&world.guardrails, case) {
        true => 0,
        false => Requirement::of(&world.guardrails, case, destructive).required,
    }
}
