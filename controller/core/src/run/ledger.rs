//! The one ledger of caps, rates and claims: what is contained, per account, and what runs that were begun will touch.
//! Reserved when a containment starts, rebuilt from Holds and open runs by a new leader.

use super::{
    Run,
    claims::{self, Claim, Claims},
};
use crate::pattern::same_arn;
use firebreak_crds::Action;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const HOUR_SECONDS: i64 = 3600;

/// How much an account has contained, without the object in question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Targets contained now.
    pub contained: u32,
    /// Containments started within the last hour.
    pub started_last_hour: u32,
}

/// What is contained, by the UID of the object that contains it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    entries: BTreeMap<String, Entry>,
    /// What runs that were begun will touch.
    pub claims: Claims,
}

/// Why nothing was reserved: the ledger is not as the decision saw it.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The usage as it is now: decide again.
    Usage(Usage),
    /// Somebody else claims what the run wants at another value.
    Claimed,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    account_id: String,
    since: Timestamp,
    over: bool,
}

impl Ledger {
    /// What the account has contained, without one object.
    pub fn usage(&self, account_id: &str, without: &str, now: Timestamp) -> Usage {
        let others = self
            .entries
            .iter()
            .filter(|(uid, entry)| uid.as_str() != without && entry.account_id == account_id);
        let (mut contained, mut started_last_hour) = (0, 0);
        for (_, entry) in others {
            contained += u32::from(!entry.over);
            started_last_hour += u32::from(now.as_second() - entry.since.as_second() < HOUR_SECONDS);
        }
        Usage {
            contained,
            started_last_hour,
        }
    }

    /// Whether the object is counted.
    pub fn counts(&self, uid: &str) -> bool {
        self.entries.get(uid).is_some_and(|entry| !entry.over)
    }

    /// Counts the object and claims what its run will touch, if the account's usage is still what the decision was made on,
    /// and nobody else claims any of it at another value.
    ///
    /// # Errors
    /// [`Refusal`]: decide again.
    pub fn reserve(&mut self, run: &Run, seen: Usage, now: Timestamp) -> Result<(), Refusal> {
        let (uid, account_id) = (&run.spec.owner.uid, &run.plan.account_id);
        let usage = self.usage(account_id, uid, now);
        if usage != seen {
            return Err(Refusal::Usage(usage));
        }
        if !run.has_begun() && self.is_claimed(run) {
            return Err(Refusal::Claimed);
        }
        self.enter(uid, account_id, now);
        self.claims.set(uid, claims::intended(run));
        Ok(())
    }

    fn is_claimed(&self, run: &Run) -> bool {
        let holds = |step: &crate::run::plan::Step| step.hold.clone();
        run.plan.steps.iter().any(|step| {
            let others = holds(step).map(|hold| self.claims.on(&hold, &run.spec.owner.uid));
            claims::against(&others.unwrap_or_default(), step).is_some()
        })
    }

    /// Whether the object is counted and its run's claims are known.
    pub fn reserved(&self, uid: &str, run: Option<&Run>) -> bool {
        let claimed = run.is_none_or(|run| self.claims.are(uid, &claims::intended(run)));
        self.counts(uid) && claimed
    }

    /// Counts an object that contains something already. What is counted keeps its earliest time.
    pub fn enter(&mut self, uid: &str, account_id: &str, since: Timestamp) {
        let known = self.entries.get(uid).filter(|entry| !entry.over);
        let entry = Entry {
            account_id: account_id.to_owned(),
            since: known.map_or(since, |entry| entry.since.min(since)),
            over: false,
        };
        self.entries.insert(uid.to_owned(), entry);
    }

    /// Counts an object whose run was begun, also one that holds nothing yet, and claims what the run will touch.
    pub fn resume(&mut self, run: &Run, since: Timestamp) {
        let claims = claims::of(run);
        if run.spec.action == Action::FailOver {
            return self.claims.set(&run.spec.owner.uid, claims);
        }
        if !claims.is_empty() {
            self.enter(&run.spec.owner.uid, &run.plan.account_id, since);
            self.claims.set(&run.spec.owner.uid, claims);
        }
    }

    /// Claims what a failover will touch, unless another kind has claimed any of it that the decision did not see: then nothing is
    /// claimed. A failover contains nothing, and is not counted.
    pub fn begin(&mut self, run: &Run, seen: &[Claim]) -> bool {
        let intended = claims::intended(run);
        let owner = &run.spec.owner;
        let is_new = |other: &Claim| !seen.contains(other) && intended.iter().any(|own| same_arn(&own.arn, &other.arn));
        let accounts: BTreeSet<&str> = intended.iter().map(|claim| claim.account_id.as_str()).collect();
        let contested = accounts
            .into_iter()
            .any(|account| self.claims.beside(&owner.kind, account).any(is_new));
        if !contested {
            self.claims.set(&owner.uid, intended);
        }
        !contested
    }

    /// The object contains nothing any more. Its start still counts for an hour.
    pub fn release(&mut self, uid: &str, now: Timestamp) {
        self.claims.drop(uid);
        if let Some(entry) = self.entries.get_mut(uid) {
            entry.over = true;
        }
        self.entries
            .retain(|_, entry| !entry.over || now.as_second() - entry.since.as_second() < HOUR_SECONDS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::claims::tests::{begun, run};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn two_reservations_on_the_same_view_do_not_both_succeed() {
        let mut ledger = Ledger::default();
        let seen = ledger.usage("1", "a", at(0));
        assert!(ledger.reserve(&run("a", "1", "hold-1"), seen, at(0)).is_ok());
        let now = ledger.reserve(&run("b", "1", "hold-2"), seen, at(0)).unwrap_err();
        let usage = Usage {
            contained: 1,
            started_last_hour: 1,
        };
        assert_eq!(now, Refusal::Usage(usage));
    }

    #[test]
    fn one_cell_is_not_reserved_for_two_values() {
        let mut ledger = Ledger::default();
        ledger
            .reserve(&run("a", "1", "hold-1"), Usage::default(), at(0))
            .unwrap();
        let seen = ledger.usage("1", "b", at(0));
        let other = run("b", "2", "hold-1");
        assert_eq!(ledger.reserve(&other, seen, at(0)), Err(Refusal::Claimed));
        assert!(!ledger.reserved("b", Some(&other)));
        ledger.release("a", at(1));
        assert!(ledger.reserve(&other, ledger.usage("1", "b", at(1)), at(1)).is_ok());
        assert!(ledger.reserved("b", Some(&other)));
        assert!(!ledger.reserved("b", Some(&run("b", "3", "hold-1"))), "another plan");
    }

    #[test]
    fn begun_run_is_counted_and_claims_without_custody() {
        let mut ledger = Ledger::default();
        ledger.resume(&run("a", "1", "hold-1"), at(0));
        assert_eq!(ledger, Ledger::default(), "it was not begun");
        ledger.resume(&begun(run("a", "1", "hold-1")), at(0));
        assert_eq!(ledger.usage("1", "b", at(0)).contained, 1);
        assert!(ledger.claims.any_in("1"));
    }

    #[test]
    fn a_released_object_frees_its_place_but_its_start_counts_for_an_hour() {
        let mut ledger = Ledger::default();
        ledger.enter("a", "1", at(0));
        ledger.release("a", at(10));
        assert_eq!(
            ledger.usage("1", "b", at(10)),
            Usage {
                contained: 0,
                started_last_hour: 1
            }
        );
        assert_eq!(ledger.usage("1", "b", at(3601)), Usage::default());
        assert_eq!(ledger.usage("2", "b", at(10)), Usage::default());
    }
}
