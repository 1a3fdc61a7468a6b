//! The real adapter: every query and every write of the port, made with the right role, within the account's budget and
//! in bounded time.

mod inspection;
mod instances;

use crate::{
    Cloud, application_autoscaling,
    breaker::Breakers,
    caller::{CallObserver, Caller},
    ec2, ecs, elbv2, endpoint_overrides,
    error::{answer, failure, has_stale_credentials},
    iam::{self, users},
    lambda,
    limits::{Direction, Limits},
    s3::{self, objects},
    session::{Pin, Session, SessionKey, Sessions, base_config},
    sts,
    transport::{INFORMATION_TIMEOUT, OPERATION_TIMEOUT},
};
use async_trait::async_trait;
use aws_config::SdkConfig;
use firebreak_core::{
    access::{Access, RoleKind},
    archive::{Archived, Document},
    cell::Cell,
    facts::{Answer, CallerIdentity},
    failure::{Failure, FailureClass, Receipt},
    query::Query,
    survey::Survey,
    write::Write,
};
use firebreak_crds::EvidenceStore;
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
        let first = Box::pin(read(&self.reader(access, region).await, query)).await;
        match first {
            Err(failure) if has_stale_credentials(&failure) => {
                self.sessions.forget(&SessionKey::read(access, region));
                Box::pin(read(&self.reader(access, region).await, query)).await
            }
            result => result,
        }
    }

    /// Writes, once more with a new session when the credentials are no longer taken: then nothing was written.
    async fn change(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        let key = SessionKey::write(access, write.role(), pin(write));
        match self.change_with(access, write, &key).await {
            Err(failure) if has_stale_credentials(&failure) => {
                self.sessions.forget(&key);
                self.sessions.forget(&SessionKey::read(access, &access.region));
                self.change_with(access, write, &key).await
            }
            result => result,
        }
    }

    async fn change_with(&self, access: &Access, write: &Write, key: &SessionKey) -> Result<Receipt, Failure> {
        let account = &access.account.account_id;
        let writer = self.caller(self.sessions.get(key).await, account, &access.region);
        let check = || right_account(&writer, account);
        writer.session.account_checked.get_or_try_init(check).await?;
        Box::pin(make(&writer, &self.reader(access, &access.region).await, write)).await
    }
}

#[async_trait]
impl Cloud for Aws {
    async fn observe(&self, access: &Access, query: &Query) -> Answer {
        let call = query.permissions().first().copied().unwrap_or_default();
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
        let call = survey.permissions().first().copied().unwrap_or_default();
        in_time(call, Box::pin(look_over(&caller, survey, queries))).await
    }

    async fn write(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        in_time(write.permission(), self.change(access, write)).await
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
        Write::DeleteBucketPolicyStatement { bucket, .. } | Write::PutBucketPolicyStatement { bucket, .. } => {
            Some(Pin::Bucket(bucket))
        }
        Write::PutRolePolicy { role, .. }
        | Write::DeleteRolePolicy { role, .. }
        | Write::UpdateAssumeRolePolicy { role, .. }
            if write.role() == RoleKind::ContainIdentity =>
        {
            Some(Pin::Role(role))
        }
        Write::DeleteUserPolicy { user, .. }
        | Write::PutUserPolicy { user, .. }
        | Write::UpdateAccessKey { user, .. } => Some(Pin::User(user)),
        _ => None,
    }
    .filter(|_| write.role() == RoleKind::ContainIdentity)
}

async fn look_over(caller: &Caller<'_>, survey: Survey, queries: &[Query]) -> Result<Vec<(Query, Answer)>, Failure> {
    match survey {
        Survey::Identities => Box::pin(iam::details::answers(caller, queries)).await,
        Survey::Instances => Box::pin(ec2::surveys::instances(caller, queries)).await,
        Survey::Interfaces => Box::pin(ec2::surveys::interfaces(caller, queries)).await,
        Survey::Services => Box::pin(ecs::surveys::services(caller, queries)).await,
    }
}

/// What a service's own file answers is boxed: without optimisation, a function keeps room on the stack for each of its arms.
async fn read(caller: &Caller<'_>, query: &Query) -> Result<Answer, Failure> {
    Ok(match query {
        Query::Bucket { bucket } => Answer::found(&Box::pin(s3::bucket(caller, bucket)).await?),
        Query::AccessKeysOfUser { .. }
        | Query::OtherCredentialsOfUser { .. }
        | Query::User { .. }
        | Query::UserAccess { .. } => return Box::pin(users::read(caller, query)).await,
        Query::CallerIdentity => Answer::found(&sts::caller_identity(caller).await?),
        Query::Cell(cell) => return Box::pin(read_cell(caller, cell)).await,
        Query::EventSourcesOfFunction { .. } | Query::Function { .. } => {
            return Box::pin(lambda::read(caller, query)).await;
        }
        Query::FunctionsOfRole { role_arn, .. } => Answer::found(&lambda::functions_of_role(caller, role_arn).await?),
        Query::BranchInterfaces { .. }
        | Query::Instance { .. }
        | Query::MissingReferences { .. }
        | Query::InstanceGroup { .. }
        | Query::InstanceInterfaces { .. }
        | Query::InstanceProfileRoles { .. }
        | Query::InstanceSnapshots { .. }
        | Query::InstanceStore { .. } => Box::pin(instances::read(caller, query)).await?,
        Query::InstanceProfilesOfRole { role } => Answer::found(&iam::instance_profiles(caller, role).await?),
        Query::ManagedPolicy { arn } => Answer::found(&iam::managed_policy(caller, arn).await?),
        Query::Role { role } => Answer::found(&iam::role(caller, role).await?),
        Query::SecurityGroup { group_id } => Answer::found(&ec2::security_group(caller, group_id).await?),
        Query::SecurityGroupUsers { group_id } => Answer::found(&ec2::security_group_users(caller, group_id).await?),
        Query::Service { cluster, service } => Answer::found(&ecs::service(caller, cluster, service).await?),
        Query::ServiceTasks { cluster, service } => Answer::found(&ecs::service_tasks(caller, cluster, service).await?),
        Query::ServicesOfRole { role_arn, .. } => Answer::found(&ecs::services_of_role(caller, role_arn).await?),
        Query::StandaloneTasksOfRole { cluster, role_arn } => {
            Answer::found(&ecs::standalone_tasks_of_role(caller, cluster, role_arn).await?)
        }
        Query::TargetHealth { target_group_arn } => {
            Answer::found(&elbv2::target_health(caller, target_group_arn).await?)
        }
        Query::TaskDefinition { arn } => Answer::found(&ecs::task_definition(caller, arn).await?),
    })
}

async fn read_cell(caller: &Caller<'_>, cell: &Cell) -> Result<Answer, Failure> {
    Ok(Answer::Found(match cell {
        Cell::BucketPolicyStatement { bucket, sid } => s3::statement(caller, bucket, sid).await?,
        Cell::BucketPublicAccessBlock { bucket } => s3::public_access_block(caller, bucket).await?,
        Cell::FunctionConcurrency { .. }
        | Cell::FunctionEventSources { .. }
        | Cell::FunctionProvisionedConcurrency { .. }
        | Cell::FunctionUrls { .. } => return Box::pin(lambda::read_cell(caller, cell)).await,
        Cell::UserAccessKeys { .. } | Cell::UserInlinePolicy { .. } | Cell::UserPolicyAttachment { .. } => {
            return Box::pin(users::read_cell(caller, cell)).await;
        }
        Cell::RolePolicyAttachment { role, policy_arn } => iam::is_attached(caller, role, policy_arn).await?.into(),
        Cell::RoleInlinePolicy { role, policy_name } => iam::inline_policy(caller, role, policy_name).await?,
        Cell::RoleTrustPolicy { role } => iam::role(caller, role).await?.trust,
        Cell::TargetRegistrations {
            target_group_arn,
            cluster,
            service,
        } => elbv2::registrations(caller, target_group_arn, cluster, service).await?,
        Cell::InstanceAttribute { .. }
        | Cell::InstanceMetadata { .. }
        | Cell::InstanceProfile { .. }
        | Cell::InstanceSnapshots { .. }
        | Cell::InstanceStandby { .. }
        | Cell::InstanceState { .. }
        | Cell::NetworkInterfaceGroups { .. } => return Box::pin(instances::read_cell(caller, cell)).await,
        Cell::SecurityGroupRules { group_id } => ec2::rules(caller, group_id).await?,
        Cell::ServiceDeployment { cluster, service } => ecs::deployment(caller, cluster, service).await?,
        Cell::ServiceDesiredCount { cluster, service } => {
            ecs::service(caller, cluster, service).await?.desired_count.into()
        }
        Cell::ScalingMinimum { cluster, service } => {
            let target = application_autoscaling::scalable_target(caller, cluster, service).await?;
            return Ok(Answer::found(&target.map(|target| target.min)));
        }
        Cell::ScalingSuspension { cluster, service } => {
            let target = application_autoscaling::scalable_target(caller, cluster, service).await?;
            return Ok(Answer::found(&target.map(|target| target.suspended)));
        }
        Cell::TaskProtection { cluster, service } => ecs::protected_tasks(caller, cluster, service).await?.into(),
        Cell::ServiceTasks { cluster, service } => ecs::live_tasks(caller, cluster, service).await?.into(),
    }))
}

/// Makes a write with the one session; what must be looked up for it is read with the other.
async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &Write) -> Result<Receipt, Failure> {
    match write {
        Write::AssociateIamInstanceProfile { .. }
        | Write::CreateSnapshots { .. }
        | Write::DisassociateIamInstanceProfile { .. }
        | Write::EnterStandby { .. }
        | Write::ExitStandby { .. }
        | Write::ModifyInstanceAttribute { .. }
        | Write::ModifyInstanceMetadataOptions { .. }
        | Write::ModifyNetworkInterfaceGroups { .. }
        | Write::StartInstances { .. }
        | Write::StopInstances { .. } => Box::pin(instances::make(writer, reader, write)).await,
        Write::DeleteBucketPolicyStatement { bucket, sid } => s3::delete_statement(writer, reader, bucket, sid).await,
        Write::DeletePublicAccessBlock { bucket } => s3::delete_public_access_block(writer, bucket).await,
        Write::PutBucketPolicyStatement { bucket, sid, statement } => {
            s3::put_statement(writer, reader, bucket, sid, statement).await
        }
        Write::PutPublicAccessBlock { bucket, block } => s3::put_public_access_block(writer, bucket, *block).await,
        Write::AttachUserPolicy { .. }
        | Write::DeleteUserPolicy { .. }
        | Write::DetachUserPolicy { .. }
        | Write::PutUserPolicy { .. }
        | Write::UpdateAccessKey { .. } => Box::pin(users::make(writer, reader, write)).await,
        Write::DeleteFunctionConcurrency { .. }
        | Write::DeleteProvisionedConcurrencyConfig { .. }
        | Write::PutFunctionConcurrency { .. }
        | Write::PutProvisionedConcurrencyConfig { .. }
        | Write::UpdateEventSourceMapping { .. }
        | Write::UpdateFunctionUrlConfig { .. } => Box::pin(lambda::make(writer, reader, write)).await,
        Write::AttachRolePolicy { role, policy_arn } => iam::attach(writer, role, policy_arn).await,
        Write::DetachRolePolicy { role, policy_arn } => iam::detach(writer, reader, role, policy_arn).await,
        Write::PutRolePolicy {
            role,
            policy_name,
            document,
        } => iam::put_policy(writer, role, policy_name, document).await,
        Write::DeleteRolePolicy { role, policy_name } => iam::delete_policy(writer, reader, role, policy_name).await,
        Write::UpdateAssumeRolePolicy { role, document } => iam::set_trust(writer, role, document).await,
        Write::RegisterTargets {
            target_group_arn,
            targets,
        } => elbv2::register(writer, target_group_arn, targets).await,
        Write::DeregisterTargets {
            target_group_arn,
            targets,
        } => elbv2::deregister(writer, target_group_arn, targets).await,
        Write::AuthorizeSecurityGroupRules {
            group_id,
            egress,
            rules,
        } => ec2::authorize(writer, reader, group_id, *egress, rules).await,
        Write::RevokeSecurityGroupRules {
            group_id,
            egress,
            rules,
        } => ec2::revoke(writer, reader, group_id, *egress, rules).await,
        Write::RegisterScalableTarget {
            cluster,
            service,
            min,
            suspended,
        } => application_autoscaling::register(writer, (cluster, service), *min, *suspended).await,
        Write::ClearTaskProtection { cluster, tasks } => ecs::clear_protection(writer, cluster, tasks).await,
        Write::StopTask { cluster, task } => ecs::stop_task(writer, cluster, task).await,
        Write::UpdateServiceDeployment {
            cluster,
            service,
            network,
            deployment,
            parts,
        } => ecs::set_deployment(writer, (cluster, service), network, deployment, *parts).await,
        Write::UpdateServiceDesiredCount {
            cluster,
            service,
            desired_count,
        } => ecs::set_desired_count(writer, cluster, service, *desired_count).await,
    }
}

#[cfg(test)]
mod tests;
