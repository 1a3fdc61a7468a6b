//! What was read from AWS. `NotFound`, `Denied` and `Throttled` are facts like any other.

use crate::{
    blocked::{Blocked, Stop},
    query::Query,
};
use firebreak_crds::Reason;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// The answer to one query.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum Answer {
    /// It exists; the value has the shape that the query's documentation gives.
    Found(Value),
    /// AWS says that it does not exist.
    NotFound,
    /// AWS refused the read; the text names the permission or the cause.
    Denied(String),
    /// AWS asked to slow down. Nothing is known.
    Throttled,
    /// No answer in time, or a server error. Nothing is known.
    Unreachable(String),
}

impl Answer {
    /// An answer from a typed fact.
    pub fn found(fact: &impl Serialize) -> Self {
        match serde_json::to_value(fact) {
            Ok(value) => Self::Found(value),
            Err(error) => Self::Unreachable(format!("the answer could not be read: {error}")),
        }
    }
}

/// The answers of one pass. A pass starts with none, so its facts are at most as old as the pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(BTreeMap<Query, Answer>);

impl Facts {
    /// Keeps an answer.
    pub fn insert(&mut self, query: Query, answer: Answer) {
        self.0.insert(query, answer);
    }

    /// Keeps only the answers for which it holds: after a write, what the write may have changed is asked anew.
    pub fn retain(&mut self, keep: impl Fn(&Query) -> bool) {
        self.0.retain(|query, _| keep(query));
    }

    /// The answer, if it was asked.
    pub fn answer(&self, query: &Query) -> Option<&Answer> {
        self.0.get(query)
    }

    /// Everything that is known, in a stable order.
    pub fn all(&self) -> impl Iterator<Item = (&Query, &Answer)> {
        self.0.iter()
    }

    /// Asks for everything that is not known yet, in one round.
    ///
    /// # Errors
    /// [`Stop::Ask`] with the missing queries.
    pub fn ask(&self, queries: impl IntoIterator<Item = Query>) -> Result<(), Stop> {
        let missing: Vec<Query> = queries.into_iter().filter(|q| !self.0.contains_key(q)).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Stop::Ask(missing))
        }
    }

    /// The typed answer; `None` when AWS says that it does not exist.
    ///
    /// # Errors
    /// [`Stop::Ask`] when it was not asked yet, [`Stop::Blocked`] when AWS did not tell.
    pub fn need<T: DeserializeOwned>(&self, query: Query) -> Result<Option<T>, Stop> {
        match self.0.get(&query) {
            None => Err(Stop::Ask(vec![query])),
            Some(Answer::NotFound) => Ok(None),
            Some(Answer::Found(value)) => serde_json::from_value(value.clone()).map(Some).map_err(|error| {
                Blocked::new(
                    Reason::InternalError,
                    format!("{query:?} was answered in another shape: {error}"),
                )
                .into()
            }),
            Some(Answer::Denied(why)) => Err(Blocked::new(Reason::AccessDenied, why.clone()).into()),
            Some(Answer::Throttled) => Err(Blocked::new(
                Reason::Throttled,
                format!("AWS throttles the read of {}", query.subject()),
            )
            .into()),
            Some(Answer::Unreachable(why)) => Err(Blocked::new(
                Reason::Unreachable,
                format!("{} could not be read: {why}", query.subject()),
            )
            .into()),
        }
    }
}

/// Who the credentials belong to (sts:GetCallerIdentity).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CallerIdentity {
    /// The account id.
    pub account: String,
    /// The caller's ARN; for an assumed role `arn:aws:sts::ID:assumed-role/NAME/SESSION`.
    pub arn: String,
}

/// A role (iam:GetRole), without its policies.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// The role's ARN, with its path.
    pub arn: String,
    /// The role's path, such as `/aws-service-role/ecs.amazonaws.com/`.
    pub path: String,
    /// The trust policy.
    pub trust: Value,
    /// The longest session in seconds.
    pub max_session_seconds: u32,
    /// When it was last used (RFC 3339), as far as AWS tracks it (400 days).
    pub last_used: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A managed policy's default version (iam:GetPolicy, iam:GetPolicyVersion).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ManagedPolicy {
    /// The document of the default version.
    pub document: Value,
}

/// An S3 bucket. Where it is in another region than the one that was asked, only that is known of it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Bucket {
    /// Its region.
    pub region: String,
    /// Its policy, if it has one.
    pub policy: Option<Value>,
    /// Whether S3 counts the policy as public (s3:GetBucketPolicyStatus).
    pub policy_is_public: bool,
    /// Whom its ACL lets in beside the owner: URIs of groups, and canonical user ids.
    pub grantees: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// What a bucket refuses to be public by. S3 combines it with the account's: the stricter one counts.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "they are the four flags of the AWS API")]
pub struct PublicAccessBlock {
    /// Refuses new public ACLs.
    pub block_public_acls: bool,
    /// Ignores public ACLs.
    pub ignore_public_acls: bool,
    /// Refuses every bucket policy that is public.
    pub block_public_policy: bool,
    /// Lets only AWS services and the owner's account in while the policy is public.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Everything is blocked.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// An ECS service (ecs:DescribeServices); secrets and environment are never read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EcsService {
    /// The service's ARN.
    pub arn: String,
    /// ACTIVE, DRAINING or INACTIVE.
    pub status: String,
    /// ECS, CODE_DEPLOY or EXTERNAL.
    pub deployment_controller: String,
    /// ROLLING, BLUE_GREEN, LINEAR or CANARY; ROLLING when AWS does not say.
    pub strategy: String,
    /// ARN of the task definition.
    pub task_definition: String,
    /// Tasks wanted.
    pub desired_count: i32,
    /// Tasks running.
    pub running_count: i32,
    /// awsvpc network configuration; none for other network modes.
    pub network: Option<Network>,
    /// Target groups in which its tasks are registered, by ARN.
    pub target_groups: Vec<String>,
    /// Deployments under way or done.
    pub deployments: Vec<EcsDeployment>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// One deployment of a service.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EcsDeployment {
    /// Its id.
    pub id: String,
    /// PRIMARY, ACTIVE or INACTIVE.
    pub status: String,
    /// COMPLETED, IN_PROGRESS or FAILED.
    pub rollout_state: String,
    /// Tasks running.
    pub running_count: i32,
    /// Its security groups, sorted.
    pub security_groups: Vec<String>,
}

/// awsvpc network configuration of a service.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Network {
    /// Subnet ids.
    pub subnets: Vec<String>,
    /// Security-group ids.
    pub security_groups: Vec<String>,
    /// Whether tasks get a public IP. It must be sent again with every change, or it becomes DISABLED.
    pub assign_public_ip: bool,
}

/// Deployment configuration of a service, as far as Firebreak writes it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// Percent of the desired count that must stay healthy.
    pub minimum_healthy_percent: i32,
    /// Percent of the desired count that may run at once.
    pub maximum_percent: i32,
    /// Whether the deployment circuit breaker is on.
    pub circuit_breaker: bool,
    /// Whether the circuit breaker rolls back, which would undo a containment.
    pub circuit_breaker_rollback: bool,
    /// Whether deployment alarms are on.
    pub alarms: bool,
    /// Whether alarms roll back, which would undo a containment.
    pub alarms_rollback: bool,
    /// Names of the alarms.
    pub alarm_names: Vec<String>,
}

/// What AWS uses when a rolling service has no deployment configuration (ECS API reference, DeploymentConfiguration).
impl Default for Deployment {
    fn default() -> Self {
        Self {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: false,
            circuit_breaker_rollback: false,
            alarms: false,
            alarms_rollback: false,
            alarm_names: Vec::new(),
        }
    }
}

/// The roles of a task definition. Nothing else of it is read into Firebreak: it may hold secrets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TaskDefinition {
    /// ARN of the role that its containers run with.
    pub task_role: Option<String>,
    /// ARN of the role with which its images and secrets are fetched.
    pub execution_role: Option<String>,
}

/// One task.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The task's ARN.
    pub arn: String,
    /// Such as RUNNING or STOPPED.
    pub last_status: String,
    /// `service:NAME` for a service's task, `family:NAME` for a standalone one.
    pub group: String,
    /// Private IPv4 address, once it has one.
    pub ip: Option<String>,
    /// Its network interface, once it has one.
    pub network_interface: Option<String>,
    /// ARN of its task definition.
    pub task_definition: String,
}

/// A scalable target of Application Auto Scaling.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalableTarget {
    /// Smallest capacity; a scaling activity raises the desired count to it.
    pub min: i32,
    /// Largest capacity.
    pub max: i32,
    /// What is suspended.
    pub suspended: Suspension,
}

/// Which kinds of scaling are suspended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Suspension {
    /// Scaling in.
    pub scale_in: bool,
    /// Scaling out.
    pub scale_out: bool,
    /// Scheduled scaling.
    pub scheduled: bool,
}

impl Suspension {
    /// Every kind is suspended.
    pub const ALL: Self = Self {
        scale_in: true,
        scale_out: true,
        scheduled: true,
    };
}

/// A security group and its rules.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    /// The VPC that it belongs to.
    pub vpc_id: String,
    /// Number of rules, both ways.
    pub rules: u32,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// One rule of a security group. Rule ids are not part of it: AWS gives new ones when a rule is made again.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityGroupRule {
    /// Protocol name or number; `-1` is all.
    pub protocol: String,
    /// First port, or ICMP type.
    pub from_port: Option<i32>,
    /// Last port, or ICMP code.
    pub to_port: Option<i32>,
    /// IPv4 range.
    pub cidr_ipv4: Option<String>,
    /// IPv6 range.
    pub cidr_ipv6: Option<String>,
    /// Prefix list id.
    pub prefix_list: Option<String>,
    /// The group that it refers to.
    pub group: Option<String>,
    /// The account of the group that it refers to, when it is another one.
    pub group_owner: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Tags of the rule.
    pub tags: BTreeMap<String, String>,
}

/// Something that uses a security group.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupUser {
    /// The network interface's id.
    pub network_interface: String,
    /// Its description, for people.
    pub description: String,
}

/// One target of a target group, with its health.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct TargetHealth {
    /// IP, instance id or ARN.
    pub id: String,
    /// Port.
    pub port: i32,
    /// Such as healthy, draining or unused.
    pub state: String,
}

/// An EC2 instance (ec2:DescribeInstances). Its user data is never read: it may hold secrets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Instance {
    /// Such as running, stopped or terminated.
    pub state: String,
    /// Such as m5.large.
    pub instance_type: String,
    /// Whether it is a Spot Instance.
    pub spot: bool,
    /// Whether its root device is an instance store volume: it can then not be stopped.
    pub instance_store_root: bool,
    /// Ids of the EBS volumes that are attached to it, sorted.
    pub volumes: Vec<String>,
    /// ARN of its instance profile.
    pub instance_profile: Option<String>,
    /// Whether AWS has applied the last change of its metadata options.
    pub metadata_applied: bool,
    /// Tags, without those of AWS's own.
    pub tags: BTreeMap<String, String>,
}

/// Attributes of an EC2 instance that Firebreak sets. AWS takes one in a call (API reference, ModifyInstanceAttribute).
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceAttribute {
    /// Stop protection, which protects from termination too. Not for Spot Instances and instance-store roots.
    DisableApiStop,
    /// Termination protection. Not for Spot Instances.
    DisableApiTermination,
    /// Whether a shutdown from inside stops or terminates it; termination protection does not stand in the way of that.
    InstanceInitiatedShutdownBehavior,
}

impl InstanceAttribute {
    /// AWS's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DisableApiStop => "DisableApiStop",
            Self::DisableApiTermination => "DisableApiTermination",
            Self::InstanceInitiatedShutdownBehavior => "InstanceInitiatedShutdownBehavior",
        }
    }
}

/// Metadata options of an EC2 instance, in AWS's words.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// `enabled` or `disabled`.
    pub http_endpoint: String,
    /// `optional` or `required`.
    pub http_tokens: Option<String>,
    /// 1 to 64.
    pub http_put_response_hop_limit: Option<i32>,
    /// `enabled` or `disabled`.
    pub http_protocol_ipv6: Option<String>,
    /// `enabled` or `disabled`.
    pub instance_metadata_tags: Option<String>,
}

/// A network interface of an instance.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", default)]
pub struct Interface {
    /// Its id.
    pub id: String,
    /// Its description, for people.
    pub description: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Ids of its security groups, sorted.
    pub groups: Vec<String>,
    /// Whether AWS manages it for a service, so that nobody else can change it.
    pub requester_managed: bool,
    /// The account that it belongs to.
    pub owner: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An IAM user (iam:GetUser), without policies and credentials.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user's name as IAM writes it.
    pub name: String,
    /// The user's ARN, with its path.
    pub arn: String,
    /// When the console password was last used (RFC 3339), as far as AWS tells.
    pub password_last_used: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An instance's place in its Auto Scaling group.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupMembership {
    /// Name of the group.
    pub group: String,
    /// ARN of the group.
    pub arn: String,
    /// Such as InService, EnteringStandby or Standby.
    pub lifecycle: String,
    /// Smallest size.
    pub min: i32,
    /// Largest size.
    pub max: i32,
    /// Size that the group wants.
    pub desired: i32,
    /// ARNs of the target groups that are attached to the group.
    pub target_groups: Vec<String>,
}

/// A snapshot of an EBS volume.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// The volume that it is of.
    pub volume: String,
    /// `pending`, `completed` or `error`.
    pub state: String,
}
/// An access key of a user (iam:ListAccessKeys, iam:GetAccessKeyLastUsed). Its secret cannot be read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AccessKey {
    /// The access key id: an identifier, no secret.
    pub id: String,
    /// Active, Inactive or Expired.
    pub status: String,
    /// When it was last used (RFC 3339); none when AWS knows of no use since it tracks this (April 22nd, 2015).
    pub last_used: Option<String>,
    /// The service that it was last used for, such as `s3`.
    pub last_service: Option<String>,
    /// The region that it was last used in.
    pub last_region: Option<String>,
}

/// How a user gets in besides keys, and through which groups it has rights.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct UserAccess {
    /// Whether it has a console password (iam:GetLoginProfile).
    pub password: bool,
    /// How many MFA devices it has (iam:ListMFADevices).
    pub mfa_devices: u32,
    /// Names of its groups (iam:ListGroupsForUser).
    pub groups: Vec<String>,
}

/// A credential of a user that is neither access key nor password. Only what identifies it is read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct OtherCredential {
    /// `signing certificate`, `SSH public key`, or `service-specific credential for SERVICE`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Active, Inactive or Expired.
    pub status: String,
}

/// A Lambda function (lambda:GetFunctionConfiguration, lambda:ListTags). Its environment variables are never kept: they may
/// hold secrets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// The function's ARN, without a qualifier.
    pub arn: String,
    /// ARN of its execution role.
    pub role: String,
    /// The longest that an invocation runs, in seconds.
    pub timeout_seconds: u32,
    /// Whether it runs on a capacity provider (Lambda managed instances) instead of Lambda's own capacity.
    pub capacity_provider: bool,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An event source mapping of a function (lambda:ListEventSourceMappings).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct EventSource {
    /// Its id.
    pub uuid: String,
    /// ARN of the queue, stream or cluster; `self-managed` where there is none.
    pub source: String,
    /// Alias or version that it invokes; none for the function itself.
    pub qualifier: Option<String>,
    /// Creating, Enabling, Enabled, Disabling, Disabled, Updating or Deleting.
    pub state: String,
}

impl EventSource {
    /// Whether AWS is still changing it.
    pub fn is_moving(&self) -> bool {
        !matches!(self.state.as_str(), "Enabled" | "Disabled")
    }
}
