//! Does another cluster respond in the account? The evidence bucket has one marker for each account, put once: the first cluster
//! that comes names itself in it. Two clusters take each other's containment for the value from before.

use crate::executor::Executor;
use firebreak_core::{
    aws::{
        access::Access,
        failure::{Failure, FailureClass},
    },
    run::archive::{self, Document},
};
use firebreak_crds::{
    AwsAccount, Reason,
    condition::{ConditionType, Wanted},
};
use kube::ResourceExt;
use std::time::Duration;

/// The longest that the bucket is waited for.
const DEADLINE: Duration = Duration::from_secs(5);

impl Executor {
    /// What the account's marker says; none where the account names no evidence bucket.
    pub(crate) async fn exclusive(&self, account: &AwsAccount) -> Option<Wanted> {
        let store = account.spec.evidence.as_ref()?;
        let unknown = |reason, why: String| Some(Wanted::unknown(ConditionType::Exclusive, reason, why));
        let own = match self.records.cluster_uid().await {
            Ok(Some(own)) => own,
            Ok(None) => return unknown(Reason::InternalError, "the cluster has no namespace kube-system".into()),
            Err(error) => return unknown(Reason::Unreachable, error.to_string()),
        };
        let marker = archive::cluster(store, &account.spec.account_id, &own);
        let told = tokio::time::timeout(DEADLINE, self.marked(&access(account), &marker)).await;
        match told {
            Ok(Ok(text)) => Some(judged(account, &marker, &own, &text)),
            Ok(Err(failure)) if failure.class == FailureClass::Denied => {
                unknown(Reason::AccessDenied, failure.to_string())
            }
            Ok(Err(failure)) => unknown(Reason::Unreachable, failure.to_string()),
            Err(_) => unknown(Reason::Unreachable, "the evidence bucket does not answer".into()),
        }
    }

    /// What the marker says; it is put where there is none, unless an EmergencyStop holds writes back. Without the right to list,
    /// S3 answers Denied for what does not exist.
    async fn marked(&self, access: &Access, marker: &Document) -> Result<String, Failure> {
        match self.cloud.retrieve(access, &marker.key).await {
            Err(failure) if matches!(failure.class, FailureClass::Gone | FailureClass::Denied) => {}
            told => return told,
        }
        let stopped = self.records.stop().await.ok().is_none_or(|stop| stop.is_some());
        if stopped || self.lead().is_err() {
            return Err(not_now());
        }
        self.cloud.archive(access, marker).await?;
        self.cloud.retrieve(access, &marker.key).await
    }
}

fn judged(account: &AwsAccount, marker: &Document, own: &str, text: &str) -> Wanted {
    let other = archive::cluster_of(text);
    if other.as_deref() == Some(own) {
        let id = &account.spec.account_id;
        return Wanted::yes(
            ConditionType::Exclusive,
            Reason::Exclusive,
            format!("the evidence bucket names this cluster ({own}) for account {id}"),
        );
    }
    let whom = other.map_or_else(
        || "something that is no cluster".into(),
        |uid| format!("the cluster {uid:?}"),
    );
    let message = format!(
        "{} names {whom} and not this one ({own}): what is found in the account as the value from before may be its containment. Let one cluster respond in an account; if the other one is gone, kubectl firebreak adopt {} --take-over",
        marker.key,
        account.name_any()
    );
    Wanted::no(ConditionType::Exclusive, Reason::AnotherCluster, message)
}

fn access(account: &AwsAccount) -> Access {
    Access {
        account: account.spec.clone(),
        region: account.spec.regions.first().cloned().unwrap_or_default(),
        namespace: String::new(),
        name: account.name_any(),
        uid: account.uid().unwrap_or_default(),
    }
}

fn not_now() -> Failure {
    Failure {
        class: FailureClass::Transient,
        call: "s3:PutObject".into(),
        code: "EmergencyStop".into(),
        message: "the evidence bucket names no cluster yet, and nothing is written now".into(),
    }
}
