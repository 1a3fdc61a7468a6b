//! IAM is eventually consistent: after a write, reads give the old value for a while.

use super::world::IamRole;

/// For how long reads of a role give the value from before a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Staleness {
    /// Every read sees every write.
    #[default]
    None,
    /// So many reads of the role give the old value.
    Reads(u32),
    /// Reads give the old value for so many seconds of the virtual clock.
    Seconds(u32),
}

#[derive(Debug)]
struct Old {
    account: String,
    name: String,
    role: IamRole,
    left: Left,
}

#[derive(Debug)]
enum Left {
    Reads(u32),
    Until(i64),
}

/// The old values that reads still see, oldest first.
#[derive(Debug, Default)]
pub(super) struct Stale {
    pub(super) staleness: Staleness,
    old: Vec<Old>,
}

impl Stale {
    /// Keeps the value from before a write that changed it.
    pub(super) fn keep_if_changed(
        &mut self,
        account: &str,
        name: &str,
        before: Option<IamRole>,
        after: Option<&IamRole>,
        now: i64,
    ) {
        match before {
            Some(before) if Some(&before) != after => self.keep(account, name, before, now),
            _ => {}
        }
    }

    fn keep(&mut self, account: &str, name: &str, role: IamRole, now: i64) {
        let left = match self.staleness {
            Staleness::None | Staleness::Reads(0) => return,
            Staleness::Reads(reads) => Left::Reads(reads),
            Staleness::Seconds(seconds) => Left::Until(now + i64::from(seconds)),
        };
        self.old.push(Old {
            account: account.into(),
            name: name.into(),
            role,
            left,
        });
    }

    /// What a read of the role sees instead of the truth; it counts as one read.
    pub(super) fn read(&mut self, account: &str, name: &str, now: i64) -> Option<IamRole> {
        self.old
            .retain(|old| !matches!(old.left, Left::Until(until) if until <= now));
        let of_role = |old: &&mut Old| old.account == account && old.name == name;
        let mut seen = None;
        for old in self.old.iter_mut().filter(of_role) {
            seen.get_or_insert_with(|| old.role.clone());
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
