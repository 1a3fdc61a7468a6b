//! The world as the in-memory AWS knows it: plain data, so that a test compares whole worlds before and after.
//! Nothing here decides anything.

mod compute;
mod failover;
mod queue;
mod waf;

pub use super::groups::{Group, RuleIds};
pub use compute::{AutoScalingGroup, Instance, InstanceState, Lifecycle, SnapshotOf};
pub use failover::{Datum, DbInstance, Promotes, Promotion, Website};
pub use queue::{Post, StandardQueue};
pub use waf::{IpSet, WebAcl};

use firebreak_core::aws::{
    application_autoscaling::ScalableTarget,
    cloudwatch::AlarmState,
    ecs::{Deployment, Network, Reference, TaskDefinition},
    iam::{AccessKey, OtherCredential, Role, User, UserAccess},
    lambda::Function as FunctionFacts,
    s3::PublicAccessBlock,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that exists, by account id.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Accounts by their 12-digit id.
    pub accounts: BTreeMap<String, Account>,
    /// What URLs outside of AWS answer.
    pub websites: BTreeMap<String, Website>,
}

/// One account.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Roles by name.
    pub roles: BTreeMap<String, IamRole>,
    /// Users by name.
    pub users: BTreeMap<String, IamUser>,
    /// Default versions of the customer managed policies, by ARN. AWS's own policies all exist.
    pub managed_policies: BTreeMap<String, Value>,
    /// Regions by name. A region that is not here is empty.
    pub regions: BTreeMap<String, Region>,
}

/// A role with its policies.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct IamRole {
    /// What iam:GetRole tells.
    pub facts: Role,
    /// Inline policies by name.
    pub inline_policies: BTreeMap<String, Value>,
    /// ARNs of the attached managed policies.
    pub attached_policies: BTreeSet<String>,
    /// Names of the instance profiles that carry it.
    pub instance_profiles: BTreeSet<String>,
}

/// A user with its policies and credentials.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct IamUser {
    /// What iam:GetUser tells.
    pub facts: User,
    /// Inline policies by name.
    pub inline_policies: BTreeMap<String, Value>,
    /// ARNs of the attached managed policies.
    pub attached_policies: BTreeSet<String>,
    /// Access keys by id.
    pub access_keys: BTreeMap<String, AccessKey>,
    /// Password, MFA devices and groups.
    pub access: UserAccess,
    /// Certificates, SSH keys and service-specific credentials.
    pub other_credentials: Vec<OtherCredential>,
}

/// What one region of an account holds.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// The account's id.
    pub account: String,
    /// The region's name.
    pub name: String,
    /// How many tasks, interfaces and deployments were made; the next ids come from it.
    pub made: u64,
    /// S3 buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// ECS clusters by name.
    pub clusters: BTreeMap<String, Cluster>,
    /// ECS task definitions by ARN.
    pub task_definitions: BTreeMap<String, TaskDefinition>,
    /// What their containers fetch or talk to, by ARN.
    pub task_references: BTreeMap<String, Vec<Reference>>,
    /// Target groups by ARN.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// The weights of target groups in the forward actions of listeners and of rules, by ARN; none where the action is no forward one.
    pub forwards: BTreeMap<String, BTreeMap<String, i32>>,
    /// Security groups by id.
    pub security_groups: BTreeMap<String, Group>,
    /// Security groups of other accounts that were deleted, and that rules can still name.
    pub lost_peers: BTreeSet<String>,
    /// The VPC of each subnet.
    pub subnets: BTreeMap<String, String>,
    /// Network interfaces by id.
    pub network_interfaces: BTreeMap<String, NetworkInterface>,
    /// Scalable targets by `cluster/service`.
    pub scalable_targets: BTreeMap<String, ScalableTarget>,
    /// EC2 instances by id, until they are terminated.
    pub instances: BTreeMap<String, Instance>,
    /// EC2 Auto Scaling groups by name.
    pub auto_scaling_groups: BTreeMap<String, AutoScalingGroup>,
    /// Snapshots of instances' volumes, by id.
    pub snapshots: BTreeMap<String, SnapshotOf>,
    /// Lambda functions by name.
    pub functions: BTreeMap<String, Function>,
    /// Lambda's event source mappings by UUID.
    pub event_source_mappings: BTreeMap<String, EventSourceMapping>,
    /// CloudWatch alarms that are in ALARM.
    pub firing_alarms: BTreeSet<String>,
    /// The other alarms, with their states.
    pub alarms: BTreeMap<String, AlarmState>,
    /// Metrics that have datapoints.
    pub metrics: Vec<Datum>,
    /// RDS instances by identifier.
    pub databases: BTreeMap<String, DbInstance>,
    /// GuardDuty's findings, as EventBridge delivers them: the `detail` of an event.
    pub findings: Vec<Value>,
    /// Whether GuardDuty is off: it has no detector.
    pub without_detector: bool,
    /// SQS queues by name.
    pub queues: BTreeMap<String, StandardQueue>,
    /// IP sets of AWS WAF by name.
    pub ip_sets: BTreeMap<String, IpSet>,
    /// Web ACLs of AWS WAF by name.
    pub web_acls: BTreeMap<String, WebAcl>,
}

/// An S3 bucket.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Its policy, if it has one.
    pub policy: Option<Value>,
    /// Its own public access block, if it has one.
    pub public_access_block: Option<PublicAccessBlock>,
    /// Whom its ACL lets in beside the owner.
    pub grantees: Vec<String>,
    /// Its objects' content by key: switches, and records of runs.
    pub objects: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A Lambda function.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// What lambda:GetFunctionConfiguration and ListTags tell.
    pub facts: FunctionFacts,
    /// What each published version keeps, whatever becomes of the function.
    pub versions: BTreeMap<String, FunctionVersion>,
    /// Its aliases by name.
    pub aliases: BTreeMap<String, Alias>,
    /// Reserved concurrency.
    pub reserved: Option<i32>,
    /// Provisioned concurrency by alias or version.
    pub provisioned: BTreeMap<String, i32>,
    /// AuthType of its URLs, by alias; `$LATEST` is its own.
    pub urls: BTreeMap<String, String>,
}

/// An alias of a function.
#[derive(Serialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Alias {
    /// The version that it invokes.
    pub version: String,
    /// Its revision: it grows with each change.
    pub revision: u64,
    /// Whether another version takes a part of the invocations.
    pub shares: bool,
}

/// A published version of a function: it never changes.
#[derive(Serialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionVersion {
    /// ARN of the execution role.
    pub role: String,
    /// The longest that an invocation runs, in seconds.
    pub timeout_seconds: u32,
}

/// An event source mapping.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct EventSourceMapping {
    /// The function that it invokes, by name.
    pub function: String,
    /// The alias or version that it invokes.
    pub qualifier: Option<String>,
    /// ARN of the source.
    pub source: String,
    /// Whether it is on, or will be.
    pub enabled: bool,
    /// Whether AWS is changing it.
    pub state: MappingState,
}

/// Whether AWS is changing a mapping. Times are in seconds since 1970.
#[derive(Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MappingState {
    /// It is Enabled or Disabled.
    #[default]
    Settled,
    /// It is Enabling or Disabling.
    Moving {
        /// When it will have settled.
        until: i64,
    },
    /// It is being updated, for as long as a test says.
    Updating,
}

/// An ECS cluster.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    /// Services by name.
    pub services: BTreeMap<String, Service>,
    /// Tasks by ARN, until they are STOPPED.
    pub tasks: BTreeMap<String, Task>,
}

/// An ECS service.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Its ARN.
    pub arn: String,
    /// ACTIVE, DRAINING or INACTIVE.
    pub status: String,
    /// ECS, CODE_DEPLOY or EXTERNAL.
    pub deployment_controller: String,
    /// ROLLING, BLUE_GREEN, LINEAR or CANARY.
    pub strategy: String,
    /// Whether its scheduling strategy is DAEMON.
    pub daemon: bool,
    /// ARN of the task definition.
    pub task_definition: String,
    /// Tasks wanted.
    pub desired_count: i32,
    /// awsvpc network configuration; none for other network modes.
    pub network: Option<Network>,
    /// Deployment configuration.
    pub deployment: Deployment,
    /// Container port by target group ARN.
    pub load_balancers: BTreeMap<String, i32>,
    /// Deployments, the PRIMARY one first.
    pub rollouts: Vec<Rollout>,
    /// Network and task definition of the last deployment that completed: what a rollback goes back to.
    pub last_good: Option<(Option<Network>, String)>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// One deployment of a service. The first of a service is PRIMARY, the others are ACTIVE.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// Its id.
    pub id: String,
    /// IN_PROGRESS, COMPLETED or FAILED.
    pub state: String,
    /// The network that its tasks start in.
    pub network: Option<Network>,
    /// The task definition that its tasks start with.
    pub task_definition: String,
    /// Tasks that could not start.
    pub failed_tasks: i32,
}

/// An ECS task.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Task {
    /// Its ARN.
    pub arn: String,
    /// `service:NAME` or `family:NAME`.
    pub group: String,
    /// Id of the deployment that started it.
    pub rollout: Option<String>,
    /// Private IPv4 address.
    pub ip: String,
    /// Its network interface.
    pub network_interface: String,
    /// ARN of its task definition.
    pub task_definition: String,
    /// Where in its life it is.
    pub phase: Phase,
    /// Whether it is protected from scale-in and from being replaced.
    pub protected: bool,
}

/// Where in its life a task is. Times are in seconds since 1970.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits for its network and image.
    Pending {
        /// Since when.
        since: i64,
    },
    /// It runs and is wanted.
    Running,
    /// It is to stop, and still runs while its targets drain.
    Stopping {
        /// When it will have stopped.
        until: i64,
    },
}

/// An ELB target group.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct TargetGroup {
    /// Seconds that a deregistered target drains.
    pub deregistration_delay: i64,
    /// Its targets, sorted.
    pub targets: Vec<Target>,
}

/// One target with its health.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Target {
    /// IP.
    pub id: String,
    /// Port.
    pub port: i32,
    /// Its health.
    pub health: Health,
}

/// Health of a target. Times are in seconds since 1970.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// The first health checks run.
    Initial {
        /// When they will be done.
        until: i64,
    },
    /// A running task answers there.
    Healthy,
    /// Nothing answers there.
    Unhealthy,
    /// It was deregistered; open connections live on.
    Draining {
        /// When it disappears.
        until: i64,
    },
}

/// An elastic network interface.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct NetworkInterface {
    /// Description.
    pub description: String,
    /// Ids of its security groups.
    pub groups: BTreeSet<String>,
    /// The VPC, where it belongs to an instance.
    pub vpc: String,
    /// The instance that it is attached to.
    pub instance: Option<String>,
    /// Whether AWS manages it for a service.
    pub requester_managed: bool,
    /// Whether it has IPv6 addresses.
    pub ipv6: bool,
    /// Whether branches may hang on it.
    pub trunk: bool,
    /// The trunk that it is a branch of: it is attached to nothing.
    pub branch_of: Option<String>,
}
