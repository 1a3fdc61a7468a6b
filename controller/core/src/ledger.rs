//! The one ledger of caps and rates: what is contained, per account. Reserved when a containment starts, rebuilt from Holds
//! by a new leader.

use crate::guard::Usage;
use jiff::Timestamp;
use std::collections::BTreeMap;

const HOUR_SECONDS: i64 = 3600;

/// What is contained, by the UID of the object that contains it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger(BTreeMap<String, Entry>);

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
            .0
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
        self.0.get(uid).is_some_and(|entry| !entry.over)
    }

    /// Counts the object, if the account's usage is still what the decision was made on.
    ///
    /// # Errors
    /// The usage as it is now: decide again.
    pub fn reserve(&mut self, uid: &str, account_id: &str, seen: Usage, now: Timestamp) -> Result<(), Usage> {
        let usage = self.usage(account_id, uid, now);
        if usage != seen {
            return Err(usage);
        }
        self.enter(uid, account_id, now);
        Ok(())
    }

    /// Counts an object that contains something already.
    pub fn enter(&mut self, uid: &str, account_id: &str, since: Timestamp) {
        let entry = Entry {
            account_id: account_id.to_owned(),
            since,
            over: false,
        };
        self.0.insert(uid.to_owned(), entry);
    }

    /// The object contains nothing any more. Its start still counts for an hour.
    pub fn release(&mut self, uid: &str, now: Timestamp) {
        if let Some(entry) = self.0.get_mut(uid) {
            entry.over = true;
        }
        self.0
            .retain(|_, entry| !entry.over || now.as_second() - entry.since.as_second() < HOUR_SECONDS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn two_reservations_on_the_same_view_do_not_both_succeed() {
        let mut ledger = Ledger::default();
        let seen = ledger.usage("1", "a", at(0));
        assert!(ledger.reserve("a", "1", seen, at(0)).is_ok());
        let now = ledger.reserve("b", "1", seen, at(0)).unwrap_err();
        assert_eq!(
            now,
            Usage {
                contained: 1,
                started_last_hour: 1
            }
        );
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
