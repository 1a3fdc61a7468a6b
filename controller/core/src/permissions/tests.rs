use super::*;
use crate::aws::{
    iam::{policy_document::denies_everything, resources::DENY_POLICY},
    samples,
};
use serde_json::Value;

/// What IAM allows, without white space (IAM user guide, "IAM and AWS STS quotas").
const LONGEST_POLICY: usize = 6144;
const LONGEST_TRUST: usize = 2048;

fn allowed(role: RoleKind) -> Vec<&'static str> {
    let statements = policy(role).0.into_iter();
    statements
        .filter(|statement| statement.effect == "Allow")
        .flat_map(|statement| statement.actions)
        .collect()
}

#[test]
fn each_role_may_do_what_its_calls_need_and_nothing_else() {
    for role in ROLES {
        let allowed = allowed(role);
        assert_eq!(
            allowed.len(),
            actions(role).len(),
            "{role:?} is allowed something twice"
        );
        assert_eq!(allowed.into_iter().collect::<BTreeSet<_>>(), actions(role), "{role:?}");
    }
}

#[test]
fn every_write_is_allowed_to_the_role_that_makes_it() {
    for write in samples::writes() {
        let allowed = allowed(write.call().power.role());
        for action in write.call().actions() {
            assert!(allowed.contains(&action), "{write:?} needs {action}");
        }
    }
}

#[test]
fn every_read_is_allowed_to_the_role_that_reads() {
    let allowed = allowed(RoleKind::Read);
    for query in samples::queries() {
        let lacking = query
            .actions()
            .into_iter()
            .find(|it| !FREE.contains(it) && !allowed.contains(it));
        assert_eq!(lacking, None, "{query:?}");
    }
}

/// Two scopes of one name would be one statement with the resources of the first.
#[test]
fn scopes_of_one_name_are_one_scope() {
    let mut known = BTreeMap::new();
    for grant in ROLES.into_iter().flat_map(grants) {
        let first = *known.entry(grant.on.sid).or_insert(grant.on);
        assert_eq!(first, grant.on);
    }
}

#[test]
fn the_read_role_changes_nothing() {
    for action in allowed(RoleKind::Read) {
        let (_, verb) = action.split_once(':').unwrap();
        assert!(
            ["Describe", "Get", "List"].iter().any(|reads| verb.starts_with(reads)),
            "{action}"
        );
    }
}

#[test]
fn the_power_to_write_policies_and_to_activate_keys_is_the_identity_roles_alone() {
    let contain = allowed(RoleKind::Contain);
    for power in allowed(RoleKind::ContainIdentity) {
        assert!(!contain.contains(&power), "{power}");
    }
}

/// It moves capacity and traffic: a thief of it must not be able to change who may do what, nor to stop a workload.
#[test]
fn the_failover_role_has_no_power_of_the_others_but_to_scale_and_to_switch_event_sources() {
    let failover = actions(RoleKind::Failover);
    assert!(failover.is_disjoint(&actions(RoleKind::ContainIdentity)));
    let shared: Vec<_> = failover.intersection(&actions(RoleKind::Contain)).copied().collect();
    let scaling = [
        "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricAlarm",
        "ecs:DescribeServices",
        "ecs:UpdateService",
        "lambda:UpdateEventSourceMapping",
    ];
    assert_eq!(shared, scaling);
}

/// A bucket holds whatever its owner puts there: only those that are for failovers are written.
#[test]
fn objects_are_put_and_deleted_in_the_buckets_of_failovers_only() {
    for statement in policy(RoleKind::Failover).0 {
        let of_s3 = statement.actions.iter().any(|action| action.starts_with("s3:"));
        let named = |it: &String| it.contains("${RunBuckets}") || it.contains("${SwitchBuckets}");
        assert!(!of_s3 || statement.resources.iter().all(named), "{statement:?}");
        let deletes = statement.actions.contains(&"s3:DeleteObject");
        assert!(
            !deletes || statement.resources == ["arn:${Partition}:s3:::${SwitchBuckets}/*"],
            "{statement:?}"
        );
    }
}

#[test]
fn only_the_policy_that_denies_everything_can_be_attached() {
    for role in ROLES {
        for statement in policy(role).0 {
            let attaches = |action: &&str| action.contains("Attach") || action.contains("Detach");
            let limited = statement
                .condition
                .is_some_and(|it| (it.test, it.key, it.values) == ("ArnEquals", "iam:PolicyARN", &[DENY_POLICY]));
            let on_policies = statement
                .actions
                .iter()
                .any(|it| it.contains("tachRolePolicy") || it.contains("tachUserPolicy"));
            assert!(
                !on_policies || (limited && statement.actions.iter().all(attaches)),
                "{statement:?}"
            );
        }
    }
    assert!(denies_everything(&operator::deny_all().document()));
}

#[test]
fn roles_that_write_never_touch_firebreaks_own_roles() {
    for role in [RoleKind::Contain, RoleKind::ContainIdentity, RoleKind::Failover] {
        let statements = policy(role).0;
        let denied: Vec<_> = statements.iter().filter(|it| it.effect == "Deny").collect();
        assert_eq!(denied.iter().map(|it| it.sid).collect::<Vec<_>>(), ["NeverItself"]);
    }
}

/// Anyone who controls the account sets tags: on what is to be cut off, and on what is to be put back.
#[test]
fn no_tag_of_a_resource_denies_a_write() {
    for (name, policy) in files::documents() {
        for statement in policy.0.iter().filter(|it| it.effect == "Deny") {
            let on_a_tag = statement.condition.is_some_and(|it| it.key.contains("ResourceTag"));
            assert!(!on_a_tag, "{name}: {statement:?}");
        }
    }
}

#[test]
fn every_document_is_as_short_as_iam_wants_it_where_names_are_longest() {
    for (name, policy) in files::documents() {
        let text = policy.document().to_string();
        let text = text
            .replace("${Partition}", "aws-us-gov")
            .replace("${Account}", "123456789012");
        let longest = |it: &placeholder::Parameter| it.default.map_or("a".repeat(100), |_| "b".repeat(64));
        let text = placeholder::fill(&text, longest);
        let limit = if name.starts_with("trust") {
            LONGEST_TRUST
        } else {
            LONGEST_POLICY
        };
        assert!(text.len() <= limit, "{name} has {} of {limit}", text.len());
    }
}

#[test]
fn plain_files_have_no_placeholder_left_and_statements_have_names_that_iam_takes() {
    let files = files::all().unwrap();
    for file in files.iter().filter(|file| !file.path.contains('/')) {
        assert!(!file.text.contains("${"), "{}", file.path);
        let document: Value = serde_json::from_str(&file.text).unwrap();
        let statements = document["Statement"].as_array().unwrap().iter();
        let sids: Vec<_> = statements.map(|it| it["Sid"].as_str().unwrap()).collect();
        assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len(), "{sids:?}");
        assert!(
            sids.iter().all(|sid| sid.chars().all(|it| it.is_ascii_alphanumeric())),
            "{sids:?}"
        );
    }
}

#[test]
fn every_reference_of_a_terraform_module_is_declared_in_it() {
    let files = files::all().unwrap();
    for folder in ["terraform/account/", "terraform/evidence/", "terraform/operator/"] {
        let of_module = files.iter().filter(|file| file.path.starts_with(folder));
        let parsed: Vec<Value> = of_module
            .map(|file| serde_json::from_str(&file.text).unwrap())
            .collect();
        let declared = |path: &[&str]| {
            parsed
                .iter()
                .any(|file| path.iter().try_fold(file, |at, key| at.get(key)).is_some())
        };
        let mut count = 0;
        for reference in parsed.iter().flat_map(|file| references(&file.to_string())) {
            count += 1;
            let parts: Vec<_> = reference.split('.').collect();
            let known = match parts[..] {
                ["var", name] => declared(&["variable", name]),
                ["data", kind, label, _] => declared(&["data", kind, label]),
                [kind, label, _] => declared(&["resource", kind, label]),
                _ => false,
            };
            assert!(known, "{folder}: {reference}");
        }
        assert!(count > 3, "{folder} has {count} references");
    }
}

fn references(text: &str) -> Vec<String> {
    let ends = text.split("${").skip(1);
    ends.map(|rest| rest.split('}').next().unwrap().to_owned()).collect()
}
