//! The generated policies allow each action on exactly the resources that AWS authorises it on: on one too few every call is
//! refused, one too many is a right that nobody needs. The reference is dated data beside this file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use firebreak_core::permissions::{ROLES, policy};
use std::collections::{BTreeMap, BTreeSet};

const REFERENCE: &str = include_str!("authorization/reference.tsv");
/// Types that the reference names for an action, and that Firebreak's calls never meet: the parameter that brings them is not
/// sent, or they are another kind of what the call can be made on.
const NEVER_MET: [(&str, &str); 21] = [
    ("cloudwatch:DeleteAlarms", "cloudwatch:alarm:"),
    ("cloudwatch:DescribeAlarms", "cloudwatch:alarm:"),
    ("cloudwatch:GetMetricData", "cloudwatch:dataset/"),
    ("cloudwatch:PutMetricAlarm", "cloudwatch:alarm:"),
    ("ec2:ModifyInstanceAttribute", "ec2:security-group/"),
    ("ec2:ModifyInstanceAttribute", "ec2:volume/"),
    ("ecs:ListTasks", "ecs:container-instance/"),
    ("lambda:ListTags", "lambda:capacity-provider:"),
    ("lambda:ListTags", "lambda:code-signing-config:"),
    ("lambda:ListTags", "lambda:event-source-mapping:"),
    ("rds:ModifyDBInstance", "rds:og:"),
    ("rds:ModifyDBInstance", "rds:pg:"),
    ("rds:ModifyDBInstance", "rds:secgrp:"),
    ("rds:ModifyDBInstance", "rds:subgrp:"),
    ("s3:DeleteObject", "s3:accesspoint/"),
    ("s3:GetBucketAcl", "s3:accesspoint/"),
    ("s3:GetBucketLocation", "s3:accesspoint/"),
    ("s3:GetBucketPolicy", "s3:accesspoint/"),
    ("s3:GetObject", "s3:accesspoint/"),
    ("s3:ListBucket", "s3:accesspoint/"),
    ("s3:PutObject", "s3:accesspoint/"),
];

type Kinds = BTreeMap<String, BTreeSet<String>>;

/// What the ARNs begin with on which AWS authorises each action; `*` where it names no type, or none that is met.
fn reference() -> Kinds {
    let mut kinds = Kinds::new();
    for line in REFERENCE.lines().filter(|line| !line.starts_with('#')) {
        let [action, _, begins] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let of = kinds.entry(action.to_owned()).or_default();
        if !NEVER_MET.contains(&(action, begins)) {
            of.insert(begins.to_owned());
        }
    }
    for of in kinds.values_mut().filter(|of| of.is_empty()) {
        of.insert("*".to_owned());
    }
    kinds
}

fn allowed() -> Kinds {
    let mut kinds = Kinds::new();
    let statements = ROLES.into_iter().flat_map(|role| policy(role).0);
    for statement in statements.filter(|it| it.effect == "Allow") {
        for action in statement.actions {
            let begins = statement.resources.iter().map(|resource| beginning(resource));
            kinds.entry(action.to_owned()).or_default().extend(begins);
        }
    }
    kinds
}

/// `ec2:instance/` of `arn:${Partition}:ec2:*:${Account}:instance/*`.
fn beginning(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts[..] {
        [_, _, service, _, _, rest] => format!("{service}:{}", rest.split(['$', '*']).next().unwrap()),
        _ => resource.to_owned(),
    }
}

#[test]
fn actions_are_allowed_on_exactly_what_aws_authorises_them_on() {
    let reference = reference();
    for (action, begins) in allowed() {
        let wanted = reference.get(&action).unwrap_or_else(|| {
            panic!(
                "{action}: add its lines of AWS's Service Authorization Reference to tests/authorization/reference.tsv"
            )
        });
        assert_eq!(&begins, wanted, "{action}");
    }
}

#[test]
fn the_reference_has_no_action_that_nobody_needs() {
    let allowed = allowed();
    let idle: Vec<_> = reference()
        .into_keys()
        .filter(|action| !allowed.contains_key(action))
        .collect();
    assert_eq!(idle, Vec::<String>::new());
}
