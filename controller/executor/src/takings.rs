//! Custody that is being taken, by AwsAccount: an account is let go only between two takings. A list of Holds does not show
//! the one whose creation is under way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Custody is being taken.
pub type Taking = OwnedRwLockReadGuard<()>;
/// The account may be let go.
pub type LettingGo = OwnedRwLockWriteGuard<()>;

/// Who takes custody where. Accounts in which nothing happens are forgotten.
#[derive(Default)]
pub(crate) struct Takings(Mutex<HashMap<String, Arc<RwLock<()>>>>);

impl Takings {
    pub(crate) async fn begin(&self, account: &str) -> Taking {
        self.of(account).read_owned().await
    }

    pub(crate) async fn stop(&self, account: &str) -> LettingGo {
        self.of(account).write_owned().await
    }

    fn of(&self, account: &str) -> Arc<RwLock<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(all.entry(account.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn an_account_is_let_go_between_takings_and_other_accounts_do_not_wait() {
        let takings = Takings::default();
        let both = (takings.begin("a").await, takings.begin("a").await);
        assert!(takings.stop("a").now_or_never().is_none());
        assert!(takings.stop("b").now_or_never().is_some());
        drop(both);
        let going = takings.stop("a").await;
        assert!(takings.begin("a").now_or_never().is_none());
        drop(going);
        assert!(takings.begin("a").now_or_never().is_some());
        takings.begin("c").await;
        assert_eq!(takings.0.lock().unwrap().len(), 1, "what nobody uses is forgotten");
    }
}
