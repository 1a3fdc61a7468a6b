//! Which actions each role needs, and on what kind of resource they are tried. A test compares the actions with those that
//! the closed lists of reads and writes name.

use super::Trial;
use crate::{
    access::RoleKind::{self, Contain, ContainIdentity, Read},
    pattern,
};
use firebreak_crds::AwsAccountSpec;

/// A name that nothing has.
const EXAMPLE: &str = "example";

/// (role, resource, actions). `P` and `A` are the partition and the account; `*` is any name.
#[rustfmt::skip]
const NEEDED: &[(RoleKind, &str, &[&str])] = &[
    (Read, "*", &[
        "application-autoscaling:DescribeScalableTargets", "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances", "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots",
        "ecs:DescribeTaskDefinition", "ecs:ListClusters", "ecs:ListServices", "ecs:ListTasks",
        "elasticloadbalancing:DescribeTargetHealth", "lambda:ListEventSourceMappings", "lambda:ListFunctions",
    ]),
    (Read, "arn:P:ec2:*:A:instance/*", &["ec2:DescribeInstanceAttribute"]),
    (Read, "arn:P:ecs:*:A:service/*", &["ecs:DescribeServices"]),
    (Read, "arn:P:ecs:*:A:task/*", &["ecs:DescribeTasks", "ecs:GetTaskProtection"]),
    (Read, "arn:P:iam::A:instance-profile/*", &["iam:GetInstanceProfile"]),
    (Read, "arn:P:iam::A:policy/*", &["iam:GetPolicy", "iam:GetPolicyVersion"]),
    (Read, "arn:P:iam::A:role/*", &[
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
    ]),
    (Read, "arn:P:iam::A:user/*", &[
        "iam:GetAccessKeyLastUsed", "iam:GetLoginProfile", "iam:GetUser", "iam:GetUserPolicy", "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies", "iam:ListGroupsForUser", "iam:ListMFADevices", "iam:ListSSHPublicKeys",
        "iam:ListServiceSpecificCredentials", "iam:ListSigningCertificates",
    ]),
    (Read, "arn:P:lambda:*:A:function:*", &[
        "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "lambda:ListFunctionUrlConfigs",
        "lambda:ListProvisionedConcurrencyConfigs", "lambda:ListTags",
    ]),
    (Read, "arn:P:s3:::*", &[
        "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus",
        "s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging",
    ]),
    (Contain, "arn:P:application-autoscaling:*:A:scalable-target/*", &["application-autoscaling:RegisterScalableTarget"]),
    (Contain, "arn:P:autoscaling:*:A:autoScalingGroup:*:autoScalingGroupName/*", &[
        "autoscaling:EnterStandby", "autoscaling:ExitStandby",
    ]),
    (Contain, "arn:P:ec2:*:A:instance/*", &[
        "ec2:AssociateIamInstanceProfile", "ec2:CreateSnapshots", "ec2:DisassociateIamInstanceProfile",
        "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions", "ec2:StartInstances", "ec2:StopInstances",
    ]),
    (Contain, "arn:P:ec2:*:A:network-interface/*", &["ec2:ModifyNetworkInterfaceAttribute"]),
    (Contain, "arn:P:ec2:*:A:security-group/*", &[
        "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
    ]),
    (Contain, "arn:P:ecs:*:A:service/*", &["ecs:UpdateService"]),
    (Contain, "arn:P:ecs:*:A:task/*", &["ecs:StopTask", "ecs:UpdateTaskProtection"]),
    (Contain, "arn:P:elasticloadbalancing:*:A:targetgroup/*", &[
        "elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets",
    ]),
    (Contain, "arn:P:iam::A:role/*", &["iam:AttachRolePolicy", "iam:DetachRolePolicy"]),
    (Contain, "arn:P:iam::A:user/*", &["iam:AttachUserPolicy", "iam:DetachUserPolicy"]),
    (Contain, "arn:P:lambda:*:A:event-source-mapping:*", &["lambda:UpdateEventSourceMapping"]),
    (Contain, "arn:P:lambda:*:A:function:*", &[
        "lambda:DeleteFunctionConcurrency", "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:PutFunctionConcurrency", "lambda:PutProvisionedConcurrencyConfig", "lambda:UpdateFunctionUrlConfig",
    ]),
    (Contain, "arn:P:s3:::*", &["s3:PutBucketPublicAccessBlock"]),
    (ContainIdentity, "arn:P:iam::A:role/*", &[
        "iam:DeleteRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy",
    ]),
    (ContainIdentity, "arn:P:iam::A:user/*", &["iam:DeleteUserPolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]),
    (ContainIdentity, "arn:P:s3:::*", &["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"]),
];

/// What a role of the account must be allowed, each on an example of a resource: one that a grant names where there is one,
/// because the role may be limited to those. Without a role for identities, the contain role does their work too.
pub fn trials(account: &AwsAccountSpec, role: RoleKind) -> Vec<Trial> {
    let both = role == Contain && account.roles.contain_identity.is_none();
    let of_role = |kind: RoleKind| kind == role || (both && kind == ContainIdentity);
    let needed = NEEDED.iter().filter(|(kind, _, _)| of_role(*kind));
    needed
        .map(|(_, resource, actions)| trial(account, resource, actions))
        .collect()
}

fn trial(account: &AwsAccountSpec, resource: &str, actions: &[&str]) -> Trial {
    Trial {
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resource: example(account, resource),
        context: context(account, actions),
    }
}

fn example(account: &AwsAccountSpec, resource: &str) -> String {
    if resource == "*" {
        return resource.to_owned();
    }
    let partition = account.roles.read.split(':').nth(1).unwrap_or("aws");
    let any = resource
        .replace(":P:", &format!(":{partition}:"))
        .replace(":A:", &format!(":{}:", account.account_id));
    let region = account.regions.first().map_or("us-east-1", String::as_str);
    let here = any.replace(
        &format!(":*:{}:", account.account_id),
        &format!(":{region}:{}:", account.account_id),
    );
    let granted = account.grants.iter().flat_map(|grant| &grant.arn_patterns);
    let mut examples = granted.map(|pattern| pattern.replace('*', EXAMPLE));
    let chosen = examples.find(|arn| pattern::matches(&any, arn));
    chosen.unwrap_or_else(|| here.replace('*', EXAMPLE))
}

/// What these calls always say about themselves.
fn context(account: &AwsAccountSpec, actions: &[&str]) -> Vec<(String, String)> {
    let attaches = actions.iter().any(|action| action.starts_with("iam:Attach"));
    let scales = actions.contains(&"application-autoscaling:RegisterScalableTarget");
    let policy = account.deny_policy_arn.clone().filter(|_| attaches);
    let attached = policy.map(|arn| ("iam:PolicyARN".to_owned(), arn));
    let scaled = scales.then(|| ("application-autoscaling:service-namespace".to_owned(), "ecs".to_owned()));
    attached.into_iter().chain(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_crds::{Environment, Grant, Roles};
    use std::collections::BTreeSet;

    fn account(identity: bool, pattern: &str) -> AwsAccountSpec {
        let role = |name: &str| format!("arn:aws-cn:iam::123456789012:role/{name}");
        AwsAccountSpec {
            account_id: "123456789012".into(),
            roles: Roles {
                read: role("read"),
                contain: role("contain"),
                contain_identity: identity.then(|| role("identity")),
            },
            external_id: None,
            regions: vec!["cn-north-1".into()],
            data_residency: Vec::new(),
            environment: Environment::Production,
            deny_policy_arn: Some("arn:aws-cn:iam::123456789012:policy/Deny".into()),
            break_glass: Vec::new(),
            grants: vec![Grant {
                namespaces: vec!["*".into()],
                kinds: vec!["*".into()],
                arn_patterns: vec![pattern.into()],
            }],
        }
    }

    /// Every text in the source that is written as an IAM action.
    fn named(source: &str) -> BTreeSet<&str> {
        let is_action = |text: &str| {
            let (service, action) = text.split_once(':').unwrap_or_default();
            let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !service.is_empty()
                && service.chars().all(lower)
                && action.chars().next().is_some_and(|c| c.is_ascii_uppercase())
                && action.chars().all(|c| c.is_ascii_alphanumeric())
        };
        source
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|text| is_action(text))
            .collect()
    }

    fn tried(roles: &[RoleKind]) -> BTreeSet<&'static str> {
        let of = NEEDED.iter().filter(|(role, _, _)| roles.contains(role));
        of.flat_map(|(_, _, actions)| *actions).copied().collect()
    }

    #[test]
    fn every_action_of_the_closed_lists_is_tried_and_no_other() {
        let mut reads = named(include_str!("../query.rs"));
        // AWS asks for no permission (STS API reference).
        assert!(reads.remove("sts:GetCallerIdentity"));
        assert_eq!(tried(&[Read]), reads);
        assert_eq!(tried(&[Contain, ContainIdentity]), named(include_str!("../write.rs")));
    }

    #[test]
    fn examples_are_what_the_grants_name() {
        let resource = |pattern: &str| {
            let account = account(true, pattern);
            let trials = trials(&account, ContainIdentity);
            let of_role = trials
                .into_iter()
                .find(|trial| trial.actions[0] == "iam:DeleteRolePolicy");
            of_role.unwrap().resource
        };
        let payments = "arn:aws-cn:iam::123456789012:role/payments-*";
        assert_eq!(resource(payments), "arn:aws-cn:iam::123456789012:role/payments-example");
        for other in ["*", "arn:aws-cn:iam::*:role/*", "arn:aws-cn:s3:::exports-*"] {
            assert_eq!(resource(other), "arn:aws-cn:iam::123456789012:role/example", "{other}");
        }
    }

    #[test]
    fn without_a_role_for_identities_the_contain_role_needs_both() {
        let count = |identity, role| trials(&account(identity, "*"), role).len();
        assert_eq!(
            count(false, Contain),
            count(true, Contain) + count(true, ContainIdentity)
        );
    }

    #[test]
    fn the_one_policy_that_is_attached_is_told_to_the_simulator() {
        let trials = trials(&account(true, "*"), Contain);
        let attach = trials
            .iter()
            .find(|trial| trial.actions[0] == "iam:AttachRolePolicy")
            .unwrap();
        let policy = "arn:aws-cn:iam::123456789012:policy/Deny";
        assert_eq!(attach.context, [("iam:PolicyARN".to_owned(), policy.to_owned())]);
    }
}
