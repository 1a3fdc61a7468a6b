//! The closed list of AWS resources that a Quarantine can cut off, and the methods for each.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The AWS resource to cut off. Set exactly one field. Immutable: to change target or method, create
/// a second Quarantine, wait until it is Contained, then release the first.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.ec2Instance), has(self.ecsService), has(self.iamRole), has(self.iamUser), has(self.lambdaFunction), has(self.s3Bucket), has(self.securityGroupRule)].filter(x, x).size() == 1")
    .message("spec.target names exactly one target: set one of ec2Instance, ecsService, iamRole, iamUser, lambdaFunction, s3Bucket, securityGroupRule and remove the others"))]
pub struct Target {
    /// An Amazon EC2 instance, with every network interface that is attached to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec2_instance: Option<Ec2InstanceTarget>,
    /// An Amazon ECS service. Isolate and SwapSecurityGroups need the rolling (ECS) deployment controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs_service: Option<EcsServiceTarget>,
    /// An IAM role: every workload that runs with it is affected, wherever it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam_role: Option<IamRoleTarget>,
    /// An IAM user: its access keys, console password and sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam_user: Option<IamUserTarget>,
    /// An AWS Lambda function: frozen, and its URLs closed to anyone who does not sign the request. Its provisioned concurrency is
    /// removed, every event source mapping is disabled (those of aliases and versions too), and its reserved concurrency is set to
    /// 0, as one section. Invocations that run go on until their timeout; asynchronous events are retried for up to 6 hours and
    /// then lost or in the dead-letter queue. Credentials stolen from it live on: quarantine its role too. A release puts
    /// everything back; a URL that was open to everybody only on explicit word (restoreOnRelease FunctionUrl).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lambda_function: Option<LambdaFunctionTarget>,
    /// An Amazon S3 bucket, with everything in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_bucket: Option<S3BucketTarget>,
    /// One rule of a security group, such as one that lets the internet in: revoked. Everything that uses the group loses what the
    /// rule let through; connections that are open and tracked live on. A release adds the rule again with its description and
    /// tags, under a new id, because AWS does not give an id twice: the release says which. A rule that lets the whole internet
    /// in comes back only on explicit word (restoreOnRelease PublicAccess).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_group_rule: Option<SecurityGroupRuleTarget>,
}

/// An IAM role. Service-linked roles and AWSReservedSSO_ roles are refused: AWS does not let anybody change them.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IamRoleTarget {
    /// The role's name, without its path and not its ARN.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9+=,.@_-]+$')")
        .message("roleName is the role's name (letters, digits and +=,.@_-), not its ARN and without a path"))]
    pub role_name: String,
    /// What to do; all of them together are one plan. Default: DenyAll and RevokeSessions.
    /// DenyAll denies every action to the role: every workload that runs with it fails, once IAM has spread the change
    /// (seconds to minutes); it does not end connections that need no further AWS call.
    /// RevokeSessions denies every session issued before the moment of the write, and is renewed at +60 s and +5 min:
    /// workloads recover when they fetch new credentials, and so does an attacker who can still assume the role.
    /// ReplaceTrust puts a trust policy in place that lets nobody assume the role: sessions that exist live on until they
    /// expire, so combine it with RevokeSessions; the old trust policy comes back only on explicit word.
    /// None of them cuts off roles that were assumed onward from this one.
    #[serde(default = "default_role_methods")]
    #[schemars(length(min = 1, max = 3))]
    #[x_kube(validation = Rule::new("self.all(x, self.exists_one(y, y == x))").message("methods names each method once"))]
    pub methods: Vec<IamRoleMethod>,
    /// How DenyAll denies. Managed (default) attaches the pre-made policy named by the AwsAccount's
    /// denyPolicyArn, so that Firebreak needs no right to write policies; Inline writes an inline policy.
    #[serde(default)]
    pub deny_policy: DenyPolicy,
}

fn default_role_methods() -> Vec<IamRoleMethod> {
    vec![IamRoleMethod::DenyAll, IamRoleMethod::RevokeSessions]
}

/// One way to cut off an IAM role.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IamRoleMethod {
    /// Deny every action to the role. Every workload that runs with it fails. Takes effect after IAM's propagation
    /// (seconds to minutes). Does not end connections that need no further AWS call.
    DenyAll,
    /// Deny every session issued before the moment of the write. Workloads recover when they fetch new
    /// credentials, and so does an attacker who can still assume the role. Renewed at +60 s and +5 min.
    RevokeSessions,
    /// Replace the trust policy by one that lets nobody assume the role. Sessions that exist live on until they
    /// expire: combine with RevokeSessions. The old trust policy comes back only on explicit word.
    ReplaceTrust,
}

/// An IAM user. The account's root user is refused: no policy of the account denies it anything.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IamUserTarget {
    /// The user's name as IAM writes it, without its path and not its ARN.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9+=,.@_-]+$')")
        .message("userName is the user's name (letters, digits and +=,.@_-), not its ARN and without a path"))]
    pub user_name: String,
    /// What to do; all of them together are one plan. Default: DeactivateKeys and DenyAll.
    /// DeactivateKeys deactivates every access key, and every one that is made while the user is contained; a release
    /// activates those that were active before only on explicit word (restoreOnRelease AccessKeys).
    /// DenyAll denies every action to the user, once IAM has spread the change (seconds to minutes): keys, console and
    /// sessions. The console password is kept, and anyone who signs in with it may do nothing until the release.
    /// RevokeSessions denies every session issued before the moment of the write, and is renewed at +60 s and +5 min; a
    /// release lifts it by itself only when the longest session (36 hours) has expired.
    /// None of them cuts off roles that the user has assumed, nor deactivates certificates, SSH keys and service-specific
    /// credentials: the plan names those.
    #[serde(default = "default_user_methods")]
    #[schemars(length(min = 1, max = 3))]
    #[x_kube(validation = Rule::new("self.all(x, self.exists_one(y, y == x))").message("methods names each method once"))]
    pub methods: Vec<IamUserMethod>,
    /// How DenyAll denies. Managed (default) attaches the pre-made policy named by the AwsAccount's
    /// denyPolicyArn, so that Firebreak needs no right to write policies; Inline writes an inline policy.
    #[serde(default)]
    pub deny_policy: DenyPolicy,
}

fn default_user_methods() -> Vec<IamUserMethod> {
    vec![IamUserMethod::DeactivateKeys, IamUserMethod::DenyAll]
}

/// One way to cut off an IAM user.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IamUserMethod {
    /// Deactivate every access key, also those that are made meanwhile. A release leaves them inactive, unless the word is given.
    DeactivateKeys,
    /// Deny every action to the user: keys, console and sessions. The console password is kept.
    DenyAll,
    /// Deny every session issued before the moment of the write. Renewed at +60 s and +5 min.
    RevokeSessions,
}

/// Where DenyAll's policy comes from.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DenyPolicy {
    /// Attach the AwsAccount's pre-made managed policy (needs only iam:AttachRolePolicy or iam:AttachUserPolicy on that policy).
    #[default]
    Managed,
    /// Write an inline policy named Firebreak-DenyAll (needs iam:PutRolePolicy or iam:PutUserPolicy).
    Inline,
}

/// An Amazon EC2 instance.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.method != 'Isolate' || has(self.isolationSecurityGroupId)")
    .message("method Isolate needs isolationSecurityGroupId: a security group without rules in the instance's VPC"))]
#[x_kube(validation = Rule::new("!has(self.untrackSecurityGroupId) || has(self.isolationSecurityGroupId)")
    .message("untrackSecurityGroupId is passed through on the way to isolationSecurityGroupId: set that too"))]
#[x_kube(validation = Rule::new(
    "!has(self.untrackSecurityGroupId) || !has(self.isolationSecurityGroupId) || self.untrackSecurityGroupId != self.isolationSecurityGroupId")
    .message("untrackSecurityGroupId lets everything through and isolationSecurityGroupId nothing: name two groups"))]
#[x_kube(validation = Rule::new("self.method == 'Stop' || !self.acknowledgeInstanceStoreLoss")
    .message("acknowledgeInstanceStoreLoss belongs to method Stop only: remove it or change the method"))]
pub struct Ec2InstanceTarget {
    /// The instance's id, such as i-0123456789abcdef0.
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^i-[0-9a-f]{8,17}$')")
        .message("instanceId looks like i-0123456789abcdef0"))]
    pub instance_id: String,
    /// How to cut the instance off. Both first snapshot its volumes, protect it from termination and take it out of its Auto
    /// Scaling group by standby, as the fields below say.
    /// Isolate puts every network interface into isolationSecurityGroupId and leaves the instance running, with its memory as
    /// evidence. It cannot stop connections that are open and tracked (see untrackSecurityGroupId), DNS through the VPC's
    /// resolver, or credentials that were taken from the instance. It is refused when AWS manages one of the interfaces.
    /// Stop stops the instance: its memory is lost, and what is on instance store. Destructive. With isolationSecurityGroupId its
    /// interfaces are swapped too, so that it is still cut off if somebody starts it.
    pub method: Ec2InstanceMethod,
    /// The quarantine security group: in the instance's VPC and without any rule. Isolate needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sg-[0-9a-f]{8,17}$')")
        .message("isolationSecurityGroupId looks like sg-0123456789abcdef0"))]
    pub isolation_security_group_id: Option<String>,
    /// A security group that lets everything in and out for 0.0.0.0/0, and for ::/0 where an interface has IPv6, in the instance's
    /// VPC. Each interface is put into it for
    /// a moment first: AWS then no longer tracks the connections that are open, so that the quarantine group ends them.
    /// While that moment lasts, every address can reach the instance as far as routes and network ACLs let it. Without it the
    /// interfaces are swapped once, and tracked connections live on until they were idle for up to 5 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sg-[0-9a-f]{8,17}$')")
        .message("untrackSecurityGroupId looks like sg-0123456789abcdef0"))]
    pub untrack_security_group_id: Option<String>,
    /// Whether a snapshot of every EBS volume is requested first. Their point in time is fixed at the request, so containment
    /// does not wait until they are completed; snapshots that fail do not hold it back. They stay after a release. Default true.
    #[serde(default = "yes")]
    pub snapshots: bool,
    /// Whether the instance profile is disassociated, so that the instance gets no new credentials. Those that it has
    /// live on for up to 6 hours: quarantine the role as well. Systems Manager loses the instance. It is put back only on
    /// explicit word (InstanceProfile). Default true.
    #[serde(default = "yes")]
    pub detach_instance_profile: bool,
    /// Whether the instance metadata service is switched off, which hands out the credentials. Default true.
    #[serde(default = "yes")]
    pub disable_metadata: bool,
    /// Whether termination protection is switched on, for Isolate stop protection too, and a shutdown from inside stops the
    /// instance instead of terminating it. Spot Instances cannot be protected, Auto Scaling does not heed it. Default true.
    #[serde(default = "yes")]
    pub protect_termination: bool,
    /// Stop only: the data on instance store volumes may be lost. Without it Stop is refused where the instance type has some.
    #[serde(default)]
    pub acknowledge_instance_store_loss: bool,
}

fn yes() -> bool {
    true
}

/// One way to cut off an EC2 instance.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ec2InstanceMethod {
    /// Swap the security groups of every network interface; the instance runs on as evidence.
    Isolate,
    /// Stop the instance. Destructive: memory is lost, and what is on instance store.
    Stop,
}

/// An Amazon ECS service.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.method != 'SwapSecurityGroups' || has(self.securityGroupId)")
    .message("method SwapSecurityGroups needs securityGroupId: a security group without rules in the service's VPC"))]
#[x_kube(validation = Rule::new("self.method == 'SwapSecurityGroups' || !has(self.securityGroupId)")
    .message("securityGroupId belongs to method SwapSecurityGroups only: remove it or change the method"))]
pub struct EcsServiceTarget {
    /// Name of the cluster, not its ARN.
    #[schemars(length(min = 1, max = 255))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9_-]+$')")
        .message("cluster is the cluster's name (letters, digits, _ and -), not its ARN"))]
    pub cluster: String,
    /// Name of the service, not its ARN.
    #[schemars(length(min = 1, max = 255))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9_-]+$')")
        .message("service is the service's name (letters, digits, _ and -), not its ARN"))]
    pub service: String,
    /// How to cut the service off.
    /// Isolate deregisters its tasks from their target groups and strips the rules of its security groups, when only this
    /// service uses them (else it is Blocked, naming the others): tasks and their memory live on as evidence. It cannot stop
    /// connections that are open already, DNS, or credentials that were stolen from a task.
    /// SwapSecurityGroups redeploys it into a quarantine security group: new tasks start, the old ones stop and their memory
    /// is lost; new tasks may be unable to start because they cannot pull their image. Destructive.
    /// ScaleToZero clears task protection, sets the desired count to 0 and stops stragglers: memory is lost. Destructive.
    /// All of them suspend the service's autoscaling meanwhile. Credentials stolen from a task live on: quarantine its role too.
    pub method: EcsMethod,
    /// The quarantine security group for SwapSecurityGroups: in the service's VPC and without any rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sg-[0-9a-f]{8,17}$')")
        .message("securityGroupId looks like sg-0123456789abcdef0"))]
    pub security_group_id: Option<String>,
}

/// One way to cut off an ECS service.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcsMethod {
    /// Deregister its tasks from their target groups and strip the rules of its security groups, when only this
    /// service uses them (else Blocked, naming the others). Tasks and their memory live on as evidence. Cannot stop:
    /// tracked connections that are open already, DNS, and credentials that were stolen from a task.
    Isolate,
    /// Redeploy it into a quarantine security group: new tasks start, the old ones stop and their memory is lost.
    /// Destructive, and new tasks may be unable to start because they cannot pull their image.
    SwapSecurityGroups,
    /// Stop every task: protection cleared, desired count 0, stragglers stopped. Destructive: memory is lost.
    ScaleToZero,
}

/// An Amazon S3 bucket. Directory buckets and access points are other APIs, and are refused by their names.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct S3BucketTarget {
    /// The bucket's name, not its ARN; it must be in spec.region and belong to the account.
    #[schemars(length(min = 3, max = 63))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9][a-z0-9.-]*[a-z0-9]$')")
        .message("bucket is the bucket's name (small letters, digits, . and -), not its ARN"))]
    #[x_kube(validation = Rule::new("!self.matches('(--x-s3|--table-s3|-s3alias|--ol-s3)$')")
        .message("bucket is a general purpose bucket: directory buckets (--x-s3), table buckets (--table-s3) and aliases of access points (-s3alias, --ol-s3) are not supported"))]
    pub bucket: String,
    /// What to do; all of them together are one plan. Default: BlockPublicAccess and DenyAll.
    /// BlockPublicAccess sets all four flags of the bucket's PublicAccessBlock: nobody outside of the account reads it because
    /// an ACL or the bucket policy makes it public; anyone who has a right of their own keeps it. What was open before comes back
    /// only on explicit word.
    /// DenyAll adds one statement to the bucket policy, with the Sid FirebreakQuarantine: everything is denied to everybody but
    /// services that deliver logs, the roles of the AwsAccount and its breakGlass principals. The other statements stay as they are, also when
    /// others edit them meanwhile. Presigned URLs are cut. Copies that were made before, and replicas in other buckets, are not.
    /// It breaks every workload that uses the bucket, and replication from it. Buckets that receive logs are refused.
    #[serde(default = "default_bucket_methods")]
    #[schemars(length(min = 1, max = 2))]
    #[x_kube(validation = Rule::new("self.all(x, self.exists_one(y, y == x))").message("methods names each method once"))]
    pub methods: Vec<S3BucketMethod>,
}

fn default_bucket_methods() -> Vec<S3BucketMethod> {
    vec![S3BucketMethod::BlockPublicAccess, S3BucketMethod::DenyAll]
}

/// One way to cut off an S3 bucket.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum S3BucketMethod {
    /// Set all four flags of the bucket's PublicAccessBlock. What was open before comes back only on explicit word.
    BlockPublicAccess,
    /// Deny everything to everybody but services that deliver logs, the AwsAccount's roles and its breakGlass principals, by one
    /// statement of the bucket policy. Cannot stop: copies that were made before.
    DenyAll,
}

/// An AWS Lambda function.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LambdaFunctionTarget {
    /// Name of the function, not its ARN, without alias or version: concurrency 0 throttles them all.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9_-]+$')")
        .message("functionName is the function's name (letters, digits, _ and -), not its ARN and without an alias or version"))]
    pub function_name: String,
}

/// One rule of a security group. Rules of groups that are shared from another account are refused: only their owner changes them.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupRuleTarget {
    /// The group's id, such as sg-0123456789abcdef0; it must be in spec.region and belong to the account.
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sg-[0-9a-f]{8,17}$')")
        .message("groupId looks like sg-0123456789abcdef0"))]
    pub group_id: String,
    /// The rule's id, such as sgr-0123456789abcdef0, which the console and ec2:DescribeSecurityGroupRules show. What it lets
    /// through is read when it is planned and decides from then on: the same rule is revoked again if somebody adds it under
    /// another id.
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sgr-[0-9a-f]{8,17}$')")
        .message("ruleId looks like sgr-0123456789abcdef0"))]
    pub rule_id: String,
}

/// Values that would reopen the compromise if they were put back; release restores them only on explicit word.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reopens {
    /// Associate the recorded instance profile with the instance again.
    InstanceProfile,
    /// Make a bucket public again, as it was recorded, or let the whole internet into a security group again.
    PublicAccess,
    /// Activate the access keys that were active before.
    AccessKeys,
    /// Let everybody call a function URL again, without a signature.
    FunctionUrl,
    /// Lift the session revocation before the revoked sessions have expired by themselves.
    Sessions,
    /// Put the recorded trust policy back.
    TrustPolicy,
}
