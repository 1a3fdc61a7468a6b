//! Sessions: the credentials of an assumed role with the SDK clients that use them. A session is made once and kept, so
//! that a resync asks STS for nothing; how many are kept is bounded.

mod regional;

use crate::{
    endpoints::is_overridden,
    services::task_definitions::TaskDefinitions,
    transport::{read_timeouts, timeouts},
};
use aws_config::{BehaviorVersion, Region, SdkConfig, identity::IdentityCache};
use aws_credential_types::provider::SharedCredentialsProvider;
use firebreak_core::aws::access::{Access, RoleKind};
use regional::RegionalSts;
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::sync::OnceCell;

/// How many sessions are kept; the least recently used one goes first.
const MOST_SESSIONS: usize = 512;
/// STS takes no longer name.
const LONGEST_NAME: usize = 64;
/// Reads go on for as long as Firebreak runs; a session that may write lives as short as STS allows.
const READ_SESSION: Duration = Duration::from_secs(3600);
const WRITE_SESSION: Duration = Duration::from_secs(900);

/// What a session is for. Reads are the same for every object, so the account's objects share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionKey {
    account: String,
    region: String,
    role_arn: String,
    external_id: Option<String>,
    name: String,
    tags: Vec<(String, String)>,
    policy: Option<String>,
}

impl SessionKey {
    /// The session with which everybody reads the account in the region.
    pub(crate) fn read(access: &Access, region: &str) -> Self {
        Self::new(access, region, RoleKind::Read, "firebreak-read".into())
    }

    /// The session with which one object writes; with a pin, it reaches the policies of that resource only.
    pub(crate) fn write(access: &Access, kind: RoleKind, pin: Option<Pin<'_>>) -> Self {
        let name = session_name(&access.namespace, &access.name);
        Self {
            tags: session_tags(access),
            policy: pin.map(|pin| pin.policy(access)),
            ..Self::new(access, &access.region, kind, name)
        }
    }

    fn new(access: &Access, region: &str, kind: RoleKind, name: String) -> Self {
        Self {
            account: access.account.account_id.clone(),
            region: region.to_owned(),
            role_arn: access.role_arn(kind).to_owned(),
            external_id: access.account.external_id.clone(),
            name,
            tags: Vec::new(),
            policy: None,
        }
    }

    /// What writes is tagged with the object for which it writes.
    fn reads(&self) -> bool {
        self.tags.is_empty()
    }

    fn lifetime(&self) -> Duration {
        if self.reads() { READ_SESSION } else { WRITE_SESSION }
    }
}

/// `firebreak-NAMESPACE-NAME` with the characters and in the length that STS takes.
fn session_name(namespace: &str, name: &str) -> String {
    let parts = ["firebreak", namespace, name]
        .into_iter()
        .filter(|part| !part.is_empty());
    let joined = parts.collect::<Vec<_>>().join("-");
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) {
            c
        } else {
            '-'
        }
    };
    joined.chars().map(allowed).take(LONGEST_NAME).collect()
}

fn session_tags(access: &Access) -> Vec<(String, String)> {
    let tags = [
        ("namespace", &access.namespace),
        ("name", &access.name),
        ("uid", &access.uid),
    ];
    let given = tags.into_iter().filter(|(_, value)| !value.is_empty());
    given
        .map(|(key, value)| (format!("firebreak:{key}"), value.clone()))
        .collect()
}

/// The one resource whose policies a session may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin<'a> {
    /// The policy of a bucket, by its name.
    Bucket(&'a str),
    /// The inline policies and the trust policy of a role, by its name.
    Role(&'a str),
    /// The inline policies and the access keys of a user, by its name.
    User(&'a str),
}

impl Pin<'_> {
    /// A session policy takes rights away: whatever the role may do, the session may only write this resource's own policies.
    fn policy(self, access: &Access) -> String {
        let (partition, account) = (access.partition(), &access.account.account_id);
        // An identity is reached wherever its path is.
        let identity = |what: &str, name: &str| {
            let prefix = format!("arn:{partition}:iam::{account}:{what}");
            vec![format!("{prefix}/{name}"), format!("{prefix}/*/{name}")]
        };
        let (actions, resources): (&[&str], Vec<String>) = match self {
            Self::Bucket(bucket) => (
                &["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"],
                vec![format!("arn:{partition}:s3:::{bucket}")],
            ),
            Self::Role(role) => (
                &[
                    "iam:DeleteRolePolicy",
                    "iam:PutRolePolicy",
                    "iam:UpdateAssumeRolePolicy",
                ],
                identity("role", role),
            ),
            Self::User(user) => (
                &["iam:DeleteUserPolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"],
                identity("user", user),
            ),
        };
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    }
}

/// An assumed role, and the clients that act as it.
pub(crate) struct Session {
    config: SdkConfig,
    retries: String,
    /// Set once STS has said that the session is in the expected account.
    pub(crate) account_checked: OnceCell<()>,
    pub(crate) task_definitions: TaskDefinitions,
    applicationautoscaling: OnceLock<aws_sdk_applicationautoscaling::Client>,
    autoscaling: OnceLock<aws_sdk_autoscaling::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    elbv2: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    guardduty: OnceLock<aws_sdk_guardduty::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    wafv2: OnceLock<aws_sdk_wafv2::Client>,
}

/// The client of a service, made at its first use. Retries are rationed per account: the SDK's own ration is shared by
/// all accounts of a region.
macro_rules! client {
    ($name:ident, $sdk:ident) => {
        pub(crate) fn $name(&self) -> &$sdk::Client {
            self.$name.get_or_init(|| {
                let partition = format!("{}-{}", self.retries, stringify!($name));
                let retries = $sdk::config::retry::RetryPartition::new(partition);
                let config = $sdk::config::Builder::from(&self.config)
                    .retry_partition(retries)
                    .build();
                $sdk::Client::from_conf(config)
            })
        }
    };
}

impl Session {
    /// A session with the given configuration's own credentials.
    pub(crate) fn new(config: SdkConfig, retries: String) -> Self {
        Self {
            config,
            retries,
            account_checked: OnceCell::new(),
            task_definitions: TaskDefinitions::default(),
            applicationautoscaling: OnceLock::new(),
            autoscaling: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            ec2: OnceLock::new(),
            ecs: OnceLock::new(),
            elbv2: OnceLock::new(),
            guardduty: OnceLock::new(),
            iam: OnceLock::new(),
            lambda: OnceLock::new(),
            rds: OnceLock::new(),
            s3: OnceLock::new(),
            sqs: OnceLock::new(),
            sts: OnceLock::new(),
            wafv2: OnceLock::new(),
        }
    }

    /// Prepares a session; the role is assumed with the first call.
    async fn assume(base: &SdkConfig, key: &SessionKey) -> Self {
        let provider = RegionalSts::new(base, key).await;
        let timeouts = if key.reads() { read_timeouts() } else { timeouts() };
        let config = base
            .to_builder()
            .timeout_config(timeouts)
            .region(Region::new(key.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .identity_cache(IdentityCache::lazy().build())
            .build();
        Self::new(config, format!("{}-{}", key.account, key.region))
    }

    client!(applicationautoscaling, aws_sdk_applicationautoscaling);
    client!(autoscaling, aws_sdk_autoscaling);
    client!(cloudwatch, aws_sdk_cloudwatch);
    client!(ec2, aws_sdk_ec2);
    client!(ecs, aws_sdk_ecs);
    client!(elbv2, aws_sdk_elasticloadbalancingv2);
    client!(guardduty, aws_sdk_guardduty);
    client!(iam, aws_sdk_iam);
    client!(lambda, aws_sdk_lambda);
    client!(rds, aws_sdk_rds);
    client!(sqs, aws_sdk_sqs);
    client!(sts, aws_sdk_sts);
    client!(wafv2, aws_sdk_wafv2);

    /// S3 at AWS is asked by the bucket's host name; what stands in for it has no such names.
    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let retries = aws_sdk_s3::config::retry::RetryPartition::new(format!("{}-s3", self.retries));
            let config = aws_sdk_s3::config::Builder::from(&self.config)
                .retry_partition(retries)
                .force_path_style(is_overridden(self.config.endpoint_url(), std::env::vars()))
                .build();
            aws_sdk_s3::Client::from_conf(config)
        })
    }
}

/// The sessions that are kept.
pub(crate) struct Sessions {
    base: SdkConfig,
    /// Whether no role is assumed: everything is asked with the base's own credentials.
    own: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    sessions: HashMap<SessionKey, (Arc<Session>, u64)>,
    uses: u64,
}

impl Sessions {
    pub(crate) fn new(base: SdkConfig) -> Self {
        Self {
            base,
            own: false,
            kept: Mutex::default(),
        }
    }

    /// Sessions that assume no role.
    pub(crate) fn own(self) -> Self {
        Self {
            own: true,
            kept: Mutex::default(),
            ..self
        }
    }

    async fn made(&self, key: &SessionKey) -> Session {
        if !self.own {
            return Session::assume(&self.base, key).await;
        }
        let region = Region::new(key.region.clone());
        let config = self.base.to_builder().region(region).build();
        Session::new(config, format!("{}-{}", key.account, key.region))
    }

    /// The session for a key, made when there is none.
    pub(crate) async fn get(&self, key: &SessionKey) -> Arc<Session> {
        if let Some(session) = self.with(|kept| kept.find(key)) {
            return session;
        }
        let made = Arc::new(self.made(key).await);
        self.with(|kept| kept.find(key).unwrap_or_else(|| kept.keep(key, made)))
    }

    /// Drops a session whose credentials AWS no longer takes.
    pub(crate) fn forget(&self, key: &SessionKey) {
        self.with(|kept| kept.sessions.remove(key));
    }

    fn with<T>(&self, then: impl FnOnce(&mut Kept) -> T) -> T {
        then(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn find(&mut self, key: &SessionKey) -> Option<Arc<Session>> {
        self.uses += 1;
        let (session, used) = self.sessions.get_mut(key)?;
        *used = self.uses;
        Some(session.clone())
    }

    fn keep(&mut self, key: &SessionKey, session: Arc<Session>) -> Arc<Session> {
        if self.sessions.len() >= MOST_SESSIONS {
            let oldest = self
                .sessions
                .iter()
                .min_by_key(|(_, (_, used))| *used)
                .map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.sessions.remove(&oldest));
        }
        self.sessions.insert(key.clone(), (session.clone(), self.uses));
        session
    }
}

/// The configuration that every session starts from, with the operator's own credentials.
pub(crate) async fn base_config() -> SdkConfig {
    let base = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(crate::transport::http_client())
        .retry_config(crate::transport::retries())
        .timeout_config(crate::transport::timeouts());
    base.load().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn session_names_are_what_sts_takes() {
        assert_eq!(session_name("team-a", "leak"), "firebreak-team-a-leak");
        assert_eq!(session_name("", "orphan"), "firebreak-orphan");
        assert_eq!(session_name("a", "x:y/z"), "firebreak-a-x-y-z");
        assert_eq!(session_name(&"n".repeat(63), "name").len(), LONGEST_NAME);
    }

    #[test]
    fn objects_share_the_read_session_and_have_write_sessions_of_their_own() {
        let (one, other) = (testing::access("one"), testing::access("other"));
        assert_eq!(
            SessionKey::read(&one, "us-east-1"),
            SessionKey::read(&other, "us-east-1")
        );
        let write = |access| SessionKey::write(access, RoleKind::Contain, None);
        assert_ne!(write(&one), write(&other));
    }

    #[test]
    fn a_session_for_policies_reaches_one_role_wherever_its_path_is() {
        let key = SessionKey::write(
            &testing::access("one"),
            RoleKind::ContainIdentity,
            Some(Pin::Role("api")),
        );
        let policy: serde_json::Value = serde_json::from_str(&key.policy.unwrap()).unwrap();
        let resources = json!([
            "arn:aws:iam::123456789012:role/api",
            "arn:aws:iam::123456789012:role/*/api"
        ]);
        assert_eq!(policy["Statement"][0]["Resource"], resources);
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_session_for_bucket_policies_reaches_one_bucket_and_no_object() {
        let key = SessionKey::write(
            &testing::access("one"),
            RoleKind::ContainIdentity,
            Some(Pin::Bucket("exports")),
        );
        let policy: serde_json::Value = serde_json::from_str(&key.policy.unwrap()).unwrap();
        let only = json!({"Effect": "Allow", "Action": ["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"],
            "Resource": ["arn:aws:s3:::exports"]});
        assert_eq!(policy["Statement"], json!([only]));
    }

    #[test]
    fn a_session_for_a_user_reaches_its_policies_and_keys_only() {
        let pin = Some(Pin::User("ci"));
        let key = SessionKey::write(&testing::access("one"), RoleKind::ContainIdentity, pin);
        let policy: serde_json::Value = serde_json::from_str(&key.policy.unwrap()).unwrap();
        let statement = json!([{
            "Effect": "Allow",
            "Action": ["iam:DeleteUserPolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"],
            "Resource": ["arn:aws:iam::123456789012:user/ci", "arn:aws:iam::123456789012:user/*/ci"],
        }]);
        assert_eq!(policy["Statement"], statement);
    }

    #[tokio::test]
    async fn the_least_recently_used_session_goes_when_there_are_too_many() {
        let sessions = Sessions::new(testing::Wire::default().config().await);
        let key = |n: usize| SessionKey::read(&testing::access("one"), &format!("region-{n}"));
        let first = sessions.get(&key(0)).await;
        for n in 1..MOST_SESSIONS {
            sessions.get(&key(n)).await;
        }
        assert!(Arc::ptr_eq(&first, &sessions.get(&key(0)).await));
        sessions.get(&key(MOST_SESSIONS)).await;
        assert_eq!(sessions.with(|kept| kept.sessions.len()), MOST_SESSIONS);
        assert!(sessions.with(|kept| kept.find(&key(0)).is_some() && kept.find(&key(1)).is_none()));
    }
}
