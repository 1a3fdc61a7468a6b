//! What limits every response: AwsAccounts, Guardrails and EmergencyStops.

use super::{Records, Result, paged};
use crate::objects;
use firebreak_core::guard;
use firebreak_crds::{
    AwsAccount, AwsAccountStatus, EmergencyStop, Guardrail, GuardrailSpec, IN_USE_FINALIZER, readable::Item,
};
use kube::api::ListParams;
use serde_json::Value;
use std::sync::Arc;

impl Records {
    /// An AwsAccount, live.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn account(&self, name: &str) -> Result<Option<AwsAccount>> {
        let one = async { Ok(Arc::new(self.cluster().get_opt(name).await?)) };
        let found = self.together.accounts.answer(name, one).await?;
        Ok(Option::clone(&found))
    }

    /// What Firebreak needs in any account to act there: ARN patterns. Of an account that cannot be read they count as well.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn ways(&self) -> Result<Arc<Vec<String>>> {
        let all = async {
            let accounts: Vec<Item<AwsAccount>> = self.cluster().list(&paged()).await?;
            Ok(Arc::new(accounts.iter().flat_map(ways).collect()))
        };
        self.together.ways.answer(all).await
    }

    /// Every Guardrail. What cannot be read of one counts as the strictest that it could be.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn guardrails(&self) -> Result<Arc<Vec<GuardrailSpec>>> {
        let all = async {
            let all: Vec<Item<Guardrail>> = self.cluster().list(&paged()).await?;
            let specs = all.into_iter().map(|item| match item {
                Ok(guardrail) => guardrail.spec,
                Err(bad) => guard::strictest(&bad.part(&["spec"])),
            });
            Ok(Arc::new(specs.collect()))
        };
        self.together.guardrails.answer(all).await
    }

    /// The reason of an EmergencyStop, if there is one: read live before each step. One that cannot be read stops all the same.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn stop(&self) -> Result<Option<String>> {
        let first = async {
            let one = ListParams::default().limit(1);
            let stops: Vec<Item<EmergencyStop>> = self.cluster().list_first(&one).await?;
            Ok(Arc::new(stops.into_iter().next().map(|stop| match stop {
                Ok(stop) => stop.spec.reason,
                Err(bad) => bad.to_string(),
            })))
        };
        let stop = self.together.stops.answer(first).await?;
        Ok(Option::clone(&stop))
    }

    /// Keeps an AwsAccount, or lets it go, if nobody changed it since. Nothing else of it changes.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn set_in_use(&self, account: &AwsAccount, in_use: bool) -> Result<AwsAccount> {
        let changes = objects::finalizer(&account.metadata, IN_USE_FINALIZER, in_use);
        match changes.is_empty() {
            true => Ok(account.clone()),
            false => self.cluster().patch(&account.metadata, changes).await,
        }
    }

    /// Writes an AwsAccount's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn write_account_status(&self, account: &AwsAccount, status: AwsAccountStatus) -> Result<AwsAccount> {
        self.cluster().patch_status(&account.metadata, &status).await
    }
}

/// What Firebreak needs in an account to act there.
fn ways(account: &Item<AwsAccount>) -> Vec<String> {
    let bad = match account {
        Ok(account) => return guard::operator_dependencies(&account.spec),
        Err(bad) => bad.part(&["spec"]),
    };
    let text = |path| bad.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let bucket = text("/evidence/bucket").map(|bucket| format!("arn:*:s3:::{bucket}"));
    let paths = [
        "/roles/read",
        "/roles/contain",
        "/roles/containIdentity",
        "/roles/failover",
        "/denyPolicyArn",
        "/evidence/roleArn",
    ];
    paths.into_iter().filter_map(text).chain(bucket).collect()
}
