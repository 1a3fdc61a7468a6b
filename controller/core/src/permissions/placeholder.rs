//! What a policy leaves open, because only its user knows it. `${Partition}` and `${Account}` are filled in by AWS
//! CloudFormation and Terraform themselves.

/// One that the user sets.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// None where there is nothing to assume.
    pub(super) default: Option<&'static str>,
    /// What stands in the plain JSON files.
    pub(super) example: &'static str,
}

const fn required(name: &'static str, example: &'static str, description: &'static str) -> Parameter {
    Parameter {
        name,
        description,
        default: None,
        example,
    }
}

const fn optional(name: &'static str, default: &'static str, description: &'static str) -> Parameter {
    Parameter {
        name,
        description,
        default: Some(default),
        example: default,
    }
}

const OPERATOR_ROLE_ARN: Parameter = required(
    "OperatorRoleArn",
    "arn:aws:iam::111111111111:role/firebreak-operator",
    "ARN of the role that the operator's pods run with.",
);
const EXTERNAL_ID: Parameter = required(
    "ExternalId",
    "REPLACE-THE-EXTERNAL-ID",
    "External id that the operator must give: spec.externalId of the AwsAccount.",
);
const ROLE_PREFIX: Parameter = optional(
    "RolePrefix",
    "firebreak",
    "What begins the names of Firebreak's roles and policies. No role whose name begins so can be contained.",
);
const DENY_POLICY_NAME: Parameter = optional(
    "DenyPolicyName",
    "FirebreakDenyAll",
    "Name of the managed policy that denies everything. No other one can be attached.",
);
const EVIDENCE_BUCKET: Parameter = required(
    "EvidenceBucket",
    "REPLACE-THE-EVIDENCE-BUCKET",
    "Name of the evidence bucket: spec.evidence.bucket of the AwsAccounts.",
);
const TARGET_ROLES: Parameter = optional(
    "TargetRoles",
    "*",
    "Names, with path, of the roles that may be contained; * stands for any characters.",
);
const TARGET_USERS: Parameter = optional(
    "TargetUsers",
    "*",
    "Names, with path, of the users that may be contained; * stands for any characters.",
);
const TARGET_BUCKETS: Parameter = optional(
    "TargetBuckets",
    "*",
    "Names of the buckets that may be contained; * stands for any characters.",
);
const TARGET_FUNCTIONS: Parameter = optional(
    "TargetFunctions",
    "*",
    "Names of the Lambda functions that may be contained, and of those that FailoverPlans act on; * stands for any characters.",
);
const TARGET_DATABASES: Parameter = optional(
    "TargetDatabases",
    "*",
    "Identifiers of the RDS read replicas that a FailoverPlan may promote; * stands for any characters.",
);
const RUN_BUCKETS: Parameter = optional(
    "RunBuckets",
    "firebreak-runs-*",
    "Names of the buckets in spec.runStore of FailoverPlans; * stands for any characters.",
);
const SWITCH_BUCKETS: Parameter = optional(
    "SwitchBuckets",
    "firebreak-switch-*",
    "Names of the buckets of healthCheckSwitch steps of FailoverPlans; * stands for any characters.",
);
const FINDING_QUEUES: Parameter = optional(
    "FindingQueues",
    "firebreak-*",
    "Names of the queues in spec.sqs of FindingSources, and of their dead-letter queues; * stands for any characters.",
);
const INSTANCE_ROLES: Parameter = optional(
    "InstanceRoles",
    "*",
    "Names, with path, of the roles that a release may give back to EC2 instances; * stands for any characters.",
);

/// Of an account that Firebreak acts in.
pub(super) const OF_ACCOUNT: [Parameter; 13] = [
    OPERATOR_ROLE_ARN,
    EXTERNAL_ID,
    ROLE_PREFIX,
    DENY_POLICY_NAME,
    TARGET_ROLES,
    TARGET_USERS,
    TARGET_BUCKETS,
    TARGET_FUNCTIONS,
    INSTANCE_ROLES,
    TARGET_DATABASES,
    RUN_BUCKETS,
    SWITCH_BUCKETS,
    FINDING_QUEUES,
];
/// Of the account of the evidence bucket.
pub(super) const OF_EVIDENCE: [Parameter; 4] = [OPERATOR_ROLE_ARN, EXTERNAL_ID, ROLE_PREFIX, EVIDENCE_BUCKET];
/// Of the operator's own.
pub(super) const OF_OPERATOR: [Parameter; 1] = [ROLE_PREFIX];

/// Fills every placeholder in.
pub(super) fn fill(text: &str, with: impl Fn(&Parameter) -> String) -> String {
    let all = OF_ACCOUNT.iter().chain(&OF_EVIDENCE);
    all.fold(text.to_owned(), |text, parameter| {
        text.replace(&format!("${{{}}}", parameter.name), &with(parameter))
    })
}

/// Fills in what has a default that is no wildcard alone: where nobody says otherwise, it is so.
pub fn with_defaults(text: &str) -> String {
    let narrow = [
        ROLE_PREFIX,
        DENY_POLICY_NAME,
        RUN_BUCKETS,
        SWITCH_BUCKETS,
        FINDING_QUEUES,
    ];
    narrow.iter().fold(text.to_owned(), |text, it| {
        text.replace(&format!("${{{}}}", it.name), it.default.unwrap_or("*"))
    })
}

/// For reads: what depends on a target may lie outside of what may be contained.
pub(super) fn unlimited(resource: &str) -> String {
    let targets = OF_ACCOUNT.iter().filter(|it| it.name.starts_with("Target"));
    targets.fold(resource.to_owned(), |text, it| {
        text.replace(&format!("${{{}}}", it.name), "*")
    })
}
