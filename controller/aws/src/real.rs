//! The real adapter: every query and every write of the port, made with the right role, within the account's budget and
//! in bounded time.

mod failovers;
mod findings;
mod inspection;

use crate::{
    breaker::Breakers,
    caller::Caller,
    endpoint_overrides,
    error::{answer, failure, has_stale_credentials},
    limits::{Direction, Limits},
    services::{self, s3::objects, sts},
    session::{Pin, Session, SessionKey, Sessions, base_config},
    transport::{INFORMATION_TIMEOUT, OPERATION_TIMEOUT},
};
use async_trait::async_trait;
use aws_config::SdkConfig;
use firebreak_cloud::{CallObserver, Cloud};
use firebreak_core::{
    aws::{
        Answer, Power, Query, Survey, Write,
        access::{Access, RoleKind},
        failure::{Failure, FailureClass, Receipt},
        guardduty::{CloseOut, ClosedOut, FindingsAsked},
        iam::IamWrite,
        s3::{Place, S3Write, Stored},
        sqs::{Message, Queue, Received},
        sts::CallerIdentity,
    },
    run::{
        act::{Deed, Probe},
        archive::{Archived, Document},
    },
};
use firebreak_crds::EvidenceStore;
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};
use thiserror::Error;

/// AWS itself.
pub struct Aws {
    own: Arc<Session>,
    region: String,
    sessions: Sessions,
    limits: Limits,
    breakers: Breakers,
    observer: Option<Arc<dyn CallObserver>>,
}

/// Why the connection to AWS was refused, by Firebreak itself.
#[derive(Error, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// Anyone who set these would be sent Firebreak's credentials.
    #[error("refusing to start: {} would send AWS calls somewhere else; unset it, or allow endpoint overrides (tests only)", .0.join(", "))]
    EndpointOverrides(Vec<String>),
}

impl Aws {
    /// Loads the operator's own configuration and credentials from the environment. No call is made yet.
    ///
    /// # Errors
    /// [`ConnectError::EndpointOverrides`] when there are some, and they are not allowed.
    pub async fn connect(allow_endpoint_overrides: bool) -> Result<Self, ConnectError> {
        let base = base_config().await;
        if !allow_endpoint_overrides {
            refuse_overrides(endpoint_overrides(std::env::vars()), base.endpoint_url())?;
        }
        Ok(Self::with_config(base))
    }

    /// Reports every call to an observer.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn CallObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Asks AWS with the credentials at hand instead of the roles that an AwsAccount names: for previews by people, whom those
    /// roles need not let in.
    #[must_use]
    pub fn with_own_credentials(mut self) -> Self {
        self.sessions = self.sessions.own();
        self
    }

    /// Who the operator itself is, with its own credentials.
    ///
    /// # Errors
    /// A classified [`Failure`].
    pub async fn own_identity(&self) -> Result<CallerIdentity, Failure> {
        let caller = self.caller(self.own.clone(), "self", &self.region);
        in_time("sts:GetCallerIdentity", sts::caller_identity(&caller)).await
    }

    pub(crate) fn with_config(base: SdkConfig) -> Self {
        let region = base
            .region()
            .map_or_else(|| "us-east-1".to_owned(), ToString::to_string);
        let with_region = base
            .to_builder()
            .region(aws_config::Region::new(region.clone()))
            .build();
        Self {
            own: Arc::new(Session::new(with_region, "self".into())),
            region,
            sessions: Sessions::new(base),
            limits: Limits::default(),
            breakers: Breakers::default(),
            observer: None,
        }
    }

    fn caller<'a>(&'a self, session: Arc<Session>, account: &'a str, region: &'a str) -> Caller<'a> {
        Caller {
            session,
            account,
            region,
            limits: &self.limits,
            breakers: &self.breakers,
            observer: self.observer.as_deref(),
            reads: Direction::Read,
        }
    }

    /// The evidence bucket, as the role for evidence, in the bucket's own region.
    async fn evidence<'a>(&'a self, access: &'a Access, store: &'a EvidenceStore) -> objects::Place<'a> {
        let there = Access {
            region: store.region.clone(),
            ..access.clone()
        };
        let session = self
            .sessions
            .get(&SessionKey::write(&there, RoleKind::Evidence, None))
            .await;
        let account = access.account.account_id.as_str();
        objects::Place {
            caller: self.caller(session, account, &store.region),
            store,
            owner: store.owner_account_id.as_deref().unwrap_or(account),
        }
    }

    async fn reader<'a>(&'a self, access: &'a Access, region: &'a str) -> Caller<'a> {
        let session = self.sessions.get(&SessionKey::read(access, region)).await;
        self.caller(session, &access.account.account_id, region)
    }

    /// Answers, once more with a new session when the credentials are no longer taken.
    async fn read(&self, access: &Access, query: &Query) -> Result<Answer, Failure> {
        let region = region_of(access, query);
        let first = Box::pin(services::read(&self.reader(access, region).await, query)).await;
        match first {
            Err(failure) if has_stale_credentials(&failure) => {
                self.sessions.forget(&SessionKey::read(access, region));
                Box::pin(services::read(&self.reader(access, region).await, query)).await
            }
            result => result,
        }
    }

    /// Writes, once more with a new session when the credentials are no longer taken: then nothing was written.
    async fn change(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        let key = SessionKey::write(access, write.call().power.role(), pin(write));
        match self.change_with(access, write, &key).await {
            Err(failure) if has_stale_credentials(&failure) => {
                self.sessions.forget(&key);
                self.sessions.forget(&SessionKey::read(access, &access.region));
                self.change_with(access, write, &key).await
            }
            result => result,
        }
    }

    /// A session that writes, once STS has said that it is in the account that people approved.
    async fn writer<'a>(&'a self, access: &'a Access, key: &SessionKey) -> Result<Caller<'a>, Failure> {
        let account = &access.account.account_id;
        let writer = self.caller(self.sessions.get(key).await, account, &access.region);
        let check = || right_account(&writer, account);
        writer.session.account_checked.get_or_try_init(check).await?;
        Ok(writer)
    }

    async fn change_with(&self, access: &Access, write: &Write, key: &SessionKey) -> Result<Receipt, Failure> {
        let writer = self.writer(access, key).await?;
        Box::pin(services::make(
            &writer,
            &self.reader(access, &access.region).await,
            write,
        ))
        .await
    }
}

#[async_trait]
impl Cloud for Aws {
    async fn observe(&self, access: &Access, query: &Query) -> Answer {
        let call = query.first_action();
        let limit = match query.is_informational() {
            true => INFORMATION_TIMEOUT,
            false => OPERATION_TIMEOUT,
        };
        within(limit, call, self.read(access, query))
            .await
            .unwrap_or_else(answer)
    }

    async fn survey(
        &self,
        access: &Access,
        survey: Survey,
        queries: &[Query],
    ) -> Result<Vec<(Query, Answer)>, Failure> {
        let caller = self.reader(access, &access.region).await.surveying();
        let call = survey.action();
        in_time(call, Box::pin(services::survey(&caller, survey, queries))).await
    }

    async fn write(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        in_time(write.call().action, self.change(access, write)).await
    }

    async fn archive(&self, access: &Access, document: &Document) -> Result<Archived, Failure> {
        let put = async { Box::pin(self.evidence(access, store_of(access)?).await.put(document)).await };
        in_time("s3:PutObject", put).await
    }

    async fn replace(&self, access: &Access, document: &Document) -> Result<(), Failure> {
        let put = async { Box::pin(self.evidence(access, store_of(access)?).await.replace(document)).await };
        in_time("s3:PutObject", put).await
    }

    async fn archived_keys(&self, access: &Access, prefix: &str) -> Result<Vec<String>, Failure> {
        let place = self.evidence(access, store_of(access)?).await;
        Box::pin(place.keys(prefix)).await
    }

    async fn retrieve(&self, access: &Access, key: &str) -> Result<String, Failure> {
        let get = async { Box::pin(self.evidence(access, store_of(access)?).await.get(key)).await };
        in_time("s3:GetObject", get).await
    }

    async fn look(&self, access: &Access, probe: &Probe) -> Answer {
        Box::pin(self.sight(access, probe)).await
    }

    async fn perform(&self, access: &Access, deed: &Deed) -> Result<Vec<String>, Failure> {
        Box::pin(self.deed(access, deed)).await
    }

    async fn stored(&self, access: &Access, at: &Place) -> Result<Option<Stored>, Failure> {
        Box::pin(self.kept(access, at)).await
    }

    async fn store(&self, access: &Access, at: &Place, body: &str, over: Option<&str>) -> Result<Stored, Failure> {
        Box::pin(self.keep(access, at, body, over)).await
    }

    async fn findings(&self, access: &Access, asked: &FindingsAsked) -> Result<Vec<Value>, Failure> {
        Box::pin(self.found(access, asked)).await
    }

    async fn close_out(&self, access: &Access, asked: &CloseOut) -> Result<ClosedOut, Failure> {
        Box::pin(self.closed_out(access, asked)).await
    }

    async fn named_findings(&self, access: &Access, ids: &[String]) -> Result<Vec<Value>, Failure> {
        Box::pin(self.found_by_id(access, ids)).await
    }

    async fn receive(&self, access: &Access, queue: &Queue) -> Result<Received, Failure> {
        Box::pin(self.received(access, queue)).await
    }

    async fn acknowledge(&self, access: &Access, queue: &Queue, receipts: &[String]) -> Result<(), Failure> {
        Box::pin(self.acknowledged(access, queue, receipts)).await
    }

    async fn reject(
        &self,
        access: &Access,
        queue: &Queue,
        to: &Queue,
        message: &Message,
        why: &str,
    ) -> Result<(), Failure> {
        Box::pin(self.rejected(access, queue, to, message, why)).await
    }
}

fn store_of(access: &Access) -> Result<&EvidenceStore, Failure> {
    let none = || {
        let message = "the AwsAccount names no evidence bucket: set spec.evidence";
        failure(FailureClass::Invalid, "s3:PutObject", "NoEvidenceBucket", message)
    };
    access.account.evidence.as_ref().ok_or_else(none)
}

fn refuse_overrides(mut variables: Vec<String>, profile: Option<&str>) -> Result<(), ConnectError> {
    if let (true, Some(_)) = (variables.is_empty(), profile) {
        variables.push("endpoint_url in the AWS profile".into());
    }
    if variables.is_empty() {
        Ok(())
    } else {
        Err(ConnectError::EndpointOverrides(variables))
    }
}

async fn in_time<T>(call: &str, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    within(OPERATION_TIMEOUT, call, work).await
}

async fn within<T>(limit: Duration, call: &str, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = || {
        let message = format!("no result within {} s", limit.as_secs());
        failure(FailureClass::Transient, call, "TimeoutError", message)
    };
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}

/// Nothing is written in an account that is not the one that people approved.
async fn right_account(writer: &Caller<'_>, expected: &str) -> Result<(), Failure> {
    let identity = sts::caller_identity(writer).await?;
    if identity.account == expected {
        return Ok(());
    }
    let message = format!(
        "nothing was written: the role is in account {}, not in {expected}",
        identity.account
    );
    Err(failure(
        FailureClass::Denied,
        "sts:GetCallerIdentity",
        "WrongAccount",
        message,
    ))
}

fn region_of<'a>(access: &'a Access, query: &'a Query) -> &'a str {
    query.region().unwrap_or(&access.region)
}

/// The resource to whose policies a session is pinned.
fn pin(write: &Write) -> Option<Pin<'_>> {
    match write {
        Write::Iam(write) if write.call().power == Power::ContainIdentity => Some(match write {
            IamWrite::AttachRolePolicy { role, .. }
            | IamWrite::DeleteRolePolicy { role, .. }
            | IamWrite::DetachRolePolicy { role, .. }
            | IamWrite::PutRolePolicy { role, .. }
            | IamWrite::UpdateAssumeRolePolicy { role, .. } => Pin::Role(role),
            IamWrite::AttachUserPolicy { user, .. }
            | IamWrite::DeleteUserPolicy { user, .. }
            | IamWrite::DetachUserPolicy { user, .. }
            | IamWrite::PutUserPolicy { user, .. }
            | IamWrite::UpdateAccessKey { user, .. } => Pin::User(user),
        }),
        Write::S3(write) if write.call().power == Power::ContainIdentity => Some(match write {
            S3Write::DeleteBucketPolicyStatement { bucket, .. }
            | S3Write::DeletePublicAccessBlock { bucket }
            | S3Write::PutBucketPolicyStatement { bucket, .. }
            | S3Write::PutPublicAccessBlock { bucket, .. } => Pin::Bucket(bucket),
        }),
        Write::ApplicationAutoScaling(_)
        | Write::AutoScaling(_)
        | Write::Ec2(_)
        | Write::Ecs(_)
        | Write::Elbv2(_)
        | Write::Iam(_)
        | Write::Lambda(_)
        | Write::Rds(_)
        | Write::S3(_)
        | Write::Wafv2(_) => None,
    }
}

#[cfg(test)]
mod tests;
