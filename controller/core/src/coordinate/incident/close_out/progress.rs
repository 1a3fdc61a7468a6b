//! How far the close-out is in this pass, and what AWS answered.

use super::{
    super::{life::time, world::World},
    LONGEST_PAUSE, PASS_SECONDS, RETRY_SECONDS, Step,
    goal::Site,
};
use crate::{
    aws::{
        failure::{Failure, FailureClass},
        guardduty::ClosedOut,
    },
    blocked::Blocked,
    coordinate::source::Account,
};
use firebreak_crds::{
    Reason,
    incident::{CloseOutStatus, ClosingState},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the close-out in a pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloseOut {
    /// The AwsAccounts whose findings a FindingSource of the namespace archives.
    pub archives: BTreeSet<String>,
    /// The AwsAccounts through which findings were read.
    pub accounts: BTreeMap<String, Account>,
    /// Why an EmergencyStop holds it back.
    pub stop: Option<String>,
    /// When the pass began.
    pub since: Option<Timestamp>,
    /// Whether all of this was looked for.
    pub(super) has_looked: bool,
    /// What became of findings in this pass, and when.
    pub(super) done: BTreeMap<String, (ClosingState, Timestamp)>,
    /// The first failure of this pass.
    pub(super) problem: Option<Blocked>,
    failed: BTreeSet<Site>,
}

impl CloseOut {
    /// As a pass finds it when it begins.
    pub fn at(
        archives: BTreeSet<String>,
        accounts: BTreeMap<String, Account>,
        stop: Option<String>,
        since: Timestamp,
    ) -> Self {
        Self {
            archives,
            accounts,
            stop,
            since: Some(since),
            has_looked: true,
            ..Self::default()
        }
    }

    /// Takes the answer about a step. Where GuardDuty was taken away from the region, its findings went with it.
    pub fn took(&mut self, step: &Step, answer: Result<ClosedOut, Failure>, now: Timestamp) {
        let gone = match answer {
            Ok(answer) => answer.gone,
            Err(failure) if failure.class == FailureClass::Gone => step.asked.findings.clone(),
            Err(failure) => {
                self.failed.insert(step.site.clone());
                self.problem.get_or_insert(blocked(step, &failure));
                return;
            }
        };
        for (id, bare) in step.ids.iter().zip(&step.asked.findings) {
            let state = match gone.contains(bare) {
                true => ClosingState::Gone,
                false => ClosingState::Archived,
            };
            self.done.insert(id.clone(), (state, now));
        }
    }

    pub(super) fn has_failed(&self, site: &Site) -> bool {
        self.failed.contains(site)
    }
}

fn blocked(step: &Step, failure: &Failure) -> Blocked {
    let reason = match failure.class {
        FailureClass::Denied => Reason::AccessDenied,
        FailureClass::Throttled => Reason::Throttled,
        FailureClass::Invalid => Reason::WriteRefused,
        _ => Reason::Unreachable,
    };
    Blocked::new(
        reason,
        format!("{} in {}: {failure}", step.site.account, step.site.region),
    )
}

/// Whether anything may be called now.
pub(super) fn is_open(world: &World, now: Timestamp) -> bool {
    let (pass, before) = (&world.close_out, world.subject.status.close_out.as_ref());
    let is_late = pass
        .since
        .is_some_and(|since| now.as_second() - since.as_second() >= PASS_SECONDS);
    // A failure of this very pass holds no other account back.
    let failed_before = before.filter(|status| time(status.failed_at.as_ref()) != pass.since);
    let rests = failed_before.is_some_and(|status| pause_left(status, now) > 0);
    pass.stop.is_none() && !is_late && !rests
}

/// Seconds until it is tried again.
pub(super) fn pause_left(status: &CloseOutStatus, now: Timestamp) -> i64 {
    let Some(failed) = time(status.failed_at.as_ref()) else {
        return 0;
    };
    failed.as_second() + pause(status.failures) - now.as_second()
}

/// A minute after the first failure, twice as long after each further one, and an hour at most.
fn pause(failures: u32) -> i64 {
    let doublings = failures.saturating_sub(1).min(6);
    (RETRY_SECONDS << doublings).min(LONGEST_PAUSE)
}
