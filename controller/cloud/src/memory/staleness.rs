//! IAM and the configuration of buckets are eventually consistent: after a write, reads give the old value for a while.

/// For how long reads give the value from before a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Staleness {
    /// Every read sees every write.
    #[default]
    None,
    /// So many reads of the thing give the old value.
    Reads(u32),
    /// Reads give the old value for so many seconds of the virtual clock.
    Seconds(u32),
}

#[derive(Debug)]
struct Old<T> {
    account: String,
    name: String,
    value: T,
    left: Left,
}

#[derive(Debug)]
enum Left {
    Reads(u32),
    Until(i64),
}

/// The old values that reads still see, oldest first.
#[derive(Debug)]
pub(super) struct Stale<T> {
    pub(super) staleness: Staleness,
    old: Vec<Old<T>>,
}

impl<T> Default for Stale<T> {
    fn default() -> Self {
        Self {
            staleness: Staleness::None,
            old: Vec::new(),
        }
    }
}

impl<T: Clone + PartialEq> Stale<T> {
    /// Keeps the value from before a write that changed it.
    pub(super) fn keep_if_changed(
        &mut self,
        account: &str,
        name: &str,
        before: Option<T>,
        after: Option<&T>,
        now: i64,
    ) {
        match before {
            Some(before) if Some(&before) != after => self.keep(account, name, before, now),
            _ => {}
        }
    }

    fn keep(&mut self, account: &str, name: &str, value: T, now: i64) {
        let left = match self.staleness {
            Staleness::None | Staleness::Reads(0) => return,
            Staleness::Reads(reads) => Left::Reads(reads),
            Staleness::Seconds(seconds) => Left::Until(now + i64::from(seconds)),
        };
        self.old.push(Old {
            account: account.into(),
            name: name.into(),
            value,
            left,
        });
    }

    /// What a read of the thing sees instead of the truth; it counts as one read.
    pub(super) fn read(&mut self, account: &str, name: &str, now: i64) -> Option<T> {
        self.old
            .retain(|old| !matches!(old.left, Left::Until(until) if until <= now));
        let of_thing = |old: &&mut Old<T>| old.account == account && old.name == name;
        let mut seen = None;
        for old in self.old.iter_mut().filter(of_thing) {
            seen.get_or_insert_with(|| old.value.clone());
            if let Left::Reads(reads) = &mut old.left {
                *reads = reads.saturating_sub(1);
            }
        }
        self.old.retain(|old| !matches!(old.left, Left::Reads(0)));
        seen
    }

    /// Forgets the old values of everything: the world has converged.
    pub(super) fn converge(&mut self) {
        self.old.clear();
    }
}
