//! AwsAccounts: looked at on their own clock, and when custody in them comes or goes.

use super::{Controller, Setup, WatchedHold};
use crate::{
    runtime::{NextLook, Priority, Trigger, Watches, triggers::touched},
    watched::{Identified, Nothing, Watched},
};
use firebreak_crds::AwsAccount;
use firebreak_executor::{Executor, ReconcileError};
use futures::{StreamExt, stream::BoxStream};
use kube::runtime::reflector::{ObjectRef, Store};
use std::{sync::Arc, time::Duration};

/// One look at an AwsAccount does for all Holds that come and go in it meanwhile.
const GATHERED: Duration = Duration::from_secs(2);
/// How often an AwsAccount is looked at.
const AGAIN: Duration = Duration::from_secs(60);

/// An AwsAccount as it is watched.
pub type WatchedAwsAccount = Watched<AwsAccount, Identified, Nothing>;

/// Their controller.
pub(super) struct AwsAccounts {
    executor: Arc<Executor>,
}

impl Controller for AwsAccounts {
    type Watched = WatchedAwsAccount;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
        }
    }

    fn account_id(&self, account: &WatchedAwsAccount) -> Arc<str> {
        Arc::from(account.spec.id())
    }

    /// Holds in them come and go.
    fn triggers(watches: &mut Watches, _: &Store<WatchedAwsAccount>) -> BoxStream<'static, Trigger<WatchedAwsAccount>> {
        let holds = touched::<WatchedHold>(watches);
        let triggers = holds.map(|hold| Trigger {
            object: ObjectRef::new(hold.spec.account()),
            priority: Priority::Drift,
            after: GATHERED,
        });
        triggers.boxed()
    }

    async fn reconcile(&self, object: ObjectRef<WatchedAwsAccount>, _: String) -> Result<NextLook, ReconcileError> {
        self.executor.look_at_account(&object.name).await?;
        Ok(NextLook::After(AGAIN))
    }
}
