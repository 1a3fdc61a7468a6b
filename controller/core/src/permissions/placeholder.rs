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

/// What begins the names of the roles.
pub(super) const ROLE_PREFIX: Parameter = optional(
    "RolePrefix",
    "firebreak",
    "What begins the names of Firebreak's roles and policies. No role whose name begins so can be contained.",
);

/// Those of an account that Firebreak acts in.
pub(super) const OF_ACCOUNT: [Parameter; 8] = [
    required(
        "OperatorRoleArn",
        "arn:aws:iam::111111111111:role/firebreak-operator",
        "ARN of the role that the operator's pods run with.",
    ),
    required(
        "ExternalId",
        "REPLACE-THE-EXTERNAL-ID",
        "External id that the operator must give: spec.externalId of the AwsAccount.",
    ),
    ROLE_PREFIX,
    optional(
        "DenyPolicyName",
        "FirebreakDenyAll",
        "Name of the managed policy that denies everything. No other one can be attached.",
    ),
    optional(
        "TargetRoles",
        "*",
        "Names, with path, of the roles that may be contained; * stands for any characters.",
    ),
    optional(
        "TargetUsers",
        "*",
        "Names, with path, of the users that may be contained; * stands for any characters.",
    ),
    optional(
        "TargetBuckets",
        "*",
        "Names of the buckets that may be contained; * stands for any characters.",
    ),
    optional(
        "TargetFunctions",
        "*",
        "Names of the Lambda functions that may be contained; * stands for any characters.",
    ),
];

/// Fills every placeholder in.
pub(super) fn fill(text: &str, parameters: &[Parameter], with: impl Fn(&Parameter) -> String) -> String {
    parameters.iter().fold(text.to_owned(), |text, parameter| {
        text.replace(&format!("${{{}}}", parameter.name), &with(parameter))
    })
}

/// For reads: what depends on a target may lie outside of what may be contained.
pub(super) fn unlimited(resource: &str) -> String {
    let targets = OF_ACCOUNT.iter().filter(|it| it.name.starts_with("Target"));
    targets.fold(resource.to_owned(), |text, it| {
        text.replace(&format!("${{{}}}", it.name), "*")
    })
}
