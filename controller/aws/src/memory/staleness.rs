//! IAM is eventually consistent: after a write, reads give the old value for a while.

use super::world::{IamRole, IamUser};

/// For how long reads of a role or user give the value from before a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Staleness {
    /// Every read sees every write.
    #[default]
    None,
    /// So many reads of the role or user give the old value.
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

#[derive(Clone, Copy, Debug)]
enum Left {
    Reads(u32),
    Until(i64),
}

/// The old values that reads still see, oldest first.
#[derive(Debug, Default)]
pub(super) struct Stale {
    pub(super) staleness: Staleness,
    roles: Vec<Old<IamRole>>,
    users: Vec<Old<IamUser>>,
}

impl Stale {
    /// Keeps the role from before a write that changed it.
    pub(super) fn keep_role(
        &mut self,
        account: &str,
        name: &str,
        before: Option<IamRole>,
        after: Option<&IamRole>,
        now: i64,
    ) {
        if let (Some(left), Some(before)) = (self.left(now), before.filter(|before| Some(before) != after)) {
            self.roles.push(Old::new(account, name, before, left));
        }
    }

    /// Keeps the user from before a write that changed it.
    pub(super) fn keep_user(
        &mut self,
        account: &str,
        name: &str,
        before: Option<IamUser>,
        after: Option<&IamUser>,
        now: i64,
    ) {
        if let (Some(left), Some(before)) = (self.left(now), before.filter(|before| Some(before) != after)) {
            self.users.push(Old::new(account, name, before, left));
        }
    }

    fn left(&self, now: i64) -> Option<Left> {
        match self.staleness {
            Staleness::None | Staleness::Reads(0) => None,
            Staleness::Reads(reads) => Some(Left::Reads(reads)),
            Staleness::Seconds(seconds) => Some(Left::Until(now + i64::from(seconds))),
        }
    }

    /// What a read of the role sees instead of the truth; it counts as one read.
    pub(super) fn role(&mut self, account: &str, name: &str, now: i64) -> Option<IamRole> {
        read(&mut self.roles, account, name, now)
    }

    /// What a read of the user sees instead of the truth; it counts as one read.
    pub(super) fn user(&mut self, account: &str, name: &str, now: i64) -> Option<IamUser> {
        read(&mut self.users, account, name, now)
    }

    /// Forgets the old values of everything: the world has converged.
    pub(super) fn converge(&mut self) {
        self.roles.clear();
        self.users.clear();
    }
}

impl<T> Old<T> {
    fn new(account: &str, name: &str, value: T, left: Left) -> Self {
        Self {
            account: account.into(),
            name: name.into(),
            value,
            left,
        }
    }
}

fn read<T: Clone>(kept: &mut Vec<Old<T>>, account: &str, name: &str, now: i64) -> Option<T> {
    kept.retain(|old| !matches!(old.left, Left::Until(until) if until <= now));
    let of_it = |old: &&mut Old<T>| old.account == account && old.name == name;
    let mut seen = None;
    for old in kept.iter_mut().filter(of_it) {
        seen.get_or_insert_with(|| old.value.clone());
        if let Left::Reads(reads) = &mut old.left {
            *reads = reads.saturating_sub(1);
        }
    }
    kept.retain(|old| !matches!(old.left, Left::Reads(0)));
    seen
}
