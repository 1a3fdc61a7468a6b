//! The ids of AwsAccounts by name, for controllers whose objects act in one.

use super::WatchedAwsAccount;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use kube::runtime::reflector::{ObjectRef, Store};
use std::sync::Arc;

/// The AwsAccounts as they were watched last.
#[derive(Clone)]
pub struct AccountIds {
    accounts: Store<WatchedAwsAccount>,
    filled: Shared<BoxFuture<'static, ()>>,
}

impl AccountIds {
    /// Those of this store.
    pub fn new(accounts: Store<WatchedAwsAccount>) -> Self {
        let store = accounts.clone();
        // A store whose watch has gone is as filled as it ever will be.
        let filled = async move { drop(store.wait_until_ready().await) };
        Self {
            accounts,
            filled: filled.boxed().shared(),
        }
    }

    /// The id of the account that an AwsAccount is of. All that name none, or one that does not exist, are one tenant: people
    /// choose the names.
    pub fn of(&self, name: &str) -> Arc<str> {
        let account = self.accounts.get(&ObjectRef::new(name));
        account.map_or_else(|| Arc::from(""), |account| Arc::from(account.spec.id()))
    }

    /// Ends when every AwsAccount is known, for however many wait. The store itself wakes only the last one that waits for it
    /// (kube-runtime's `DelayedInit` keeps one waker).
    pub fn filled(&self) -> BoxFuture<'static, ()> {
        self.filled.clone().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::runtime::{reflector, watcher::Event};
    use std::time::Duration;
    use tokio::{task::JoinSet, time::timeout};

    #[tokio::test(start_paused = true)]
    async fn everybody_who_waits_is_told_that_the_accounts_are_known() {
        let (store, mut writer) = reflector::store::<WatchedAwsAccount>();
        let ids = AccountIds::new(store);
        let mut waiting: JoinSet<()> = (0..3).map(|_| ids.filled()).collect();
        // Each of them waits before the store is filled.
        assert!(timeout(Duration::from_secs(1), waiting.join_next()).await.is_err());
        writer.apply_watcher_event(&Event::Init);
        writer.apply_watcher_event(&Event::InitDone);
        let all = timeout(Duration::from_secs(60), waiting.join_all()).await;
        assert_eq!(all.map(|ended| ended.len()), Ok(3));
    }
}
