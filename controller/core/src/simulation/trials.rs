//! What each role is simulated for: the statements of its generated policy, each on an example of what it names.

use super::Trial;
use crate::{
    aws::{
        access::RoleKind::{self, Contain, ContainIdentity, Evidence},
        guardduty, partition, wafv2,
    },
    pattern,
    permissions::{Statement, policy, with_defaults},
};
use firebreak_crds::AwsAccountSpec;

/// A name that nothing has.
const EXAMPLE: &str = "example";

/// What a role of the account must be allowed, each on an example of a resource: one that a grant names where there is one,
/// because the role may be limited to those. The contain role does the work of those that the account does not name. Findings are
/// read and archived, and addresses blocked, only where some namespace is granted that.
pub fn trials(account: &AwsAccountSpec, role: RoleKind) -> Vec<Trial> {
    let unnamed = account.evidence.as_ref().is_some_and(|store| store.role_arn.is_none());
    let identity = (role == Contain && account.roles.contain_identity.is_none()).then_some(ContainIdentity);
    let evidence = (role == Contain && unnamed).then_some(Evidence);
    let kinds = [Some(role), identity, evidence].into_iter().flatten();
    let statements = kinds.flat_map(|kind| policy(kind).0);
    let allowed = statements.filter(|statement| statement.effect == "Allow");
    let used = allowed.filter(|statement| is_used(account, statement.sid));
    used.filter_map(|statement| trial(account, &statement)).collect()
}

fn is_used(account: &AwsAccountSpec, sid: &str) -> bool {
    let words = [
        (guardduty::FINDINGS, guardduty::GRANTED_AS),
        (guardduty::CLOSE_OUT, guardduty::CLOSE_OUT_GRANTED_AS),
        (wafv2::resources::IP_SETS, wafv2::GRANTED_AS),
        (wafv2::resources::WEB_ACLS, wafv2::GRANTED_AS),
    ];
    let mut unused = words.iter().filter(|(_, word)| !guardduty::is_granted(account, word));
    unused.all(|(scope, _)| scope.sid != sid)
}

fn trial(account: &AwsAccountSpec, statement: &Statement) -> Option<Trial> {
    Some(Trial {
        actions: statement.actions.iter().map(|action| (*action).to_owned()).collect(),
        resource: example(account, &filled(account, statement.resources.first()?)),
        context: context(account, statement).into_iter().collect(),
    })
}

/// What the user alone knows: the account says it, or it is any name.
fn filled(account: &AwsAccountSpec, text: &str) -> String {
    let partition = partition::of_arn(&account.roles.read);
    let bucket = account.evidence.as_ref().map_or("*", |store| store.bucket.as_str());
    let text = text
        .replace("${Partition}", partition)
        .replace("${Account}", &account.account_id)
        .replace("${EvidenceBucket}", bucket);
    let text = with_defaults(&text);
    let parts = text.split("${").enumerate();
    let parts = parts.map(|(at, part)| match part.split_once('}') {
        Some((_, rest)) if at > 0 => format!("*{rest}"),
        _ => part.to_owned(),
    });
    parts.collect()
}

fn example(account: &AwsAccountSpec, any: &str) -> String {
    if any == "*" {
        return any.to_owned();
    }
    let granted = account.grants.iter().flat_map(|grant| &grant.arn_patterns);
    let mut examples = granted.map(|pattern| pattern.replace('*', EXAMPLE));
    let region = account.regions.first().map_or("us-east-1", String::as_str);
    let here = || {
        let in_account = format!(":*:{}:", account.account_id);
        let here = any.replace(&in_account, &format!(":{region}:{}:", account.account_id));
        here.replace(":*::", &format!(":{region}::")).replace('*', EXAMPLE)
    };
    examples.find(|arn| pattern::matches(any, arn)).unwrap_or_else(here)
}

/// What Firebreak's calls always say, where the policy asks for it.
fn context(account: &AwsAccountSpec, statement: &Statement) -> Option<(String, String)> {
    let condition = statement.condition?;
    let value = match (condition.key, &account.deny_policy_arn) {
        ("iam:PolicyARN", Some(arn)) => arn.clone(),
        _ => filled(account, condition.values.first()?).replace('*', EXAMPLE),
    };
    Some((condition.key.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::{ROLES, actions};
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
                failover: Some(role("failover")),
                queue: Some(role("queue")),
            },
            external_id: None,
            regions: vec!["cn-north-1".into()],
            data_residency: Vec::new(),
            environment: Environment::Production,
            deny_policy_arn: Some("arn:aws-cn:iam::123456789012:policy/Deny".into()),
            break_glass: Vec::new(),
            evidence: None,
            isolation_groups: Vec::new(),
            never_block: Vec::new(),
            grants: vec![Grant {
                namespaces: vec!["*".into()],
                kinds: vec!["*".into()],
                arn_patterns: vec![pattern.into()],
            }],
        }
    }

    #[test]
    fn every_action_that_a_role_needs_is_tried_and_no_other() {
        for role in ROLES {
            let tried: BTreeSet<String> = trials(&account(true, "*"), role)
                .into_iter()
                .flat_map(|it| it.actions)
                .collect();
            let needed: BTreeSet<String> = actions(role).into_iter().map(str::to_owned).collect();
            assert_eq!(tried, needed, "{role:?}");
        }
    }

    #[test]
    fn findings_are_tried_only_where_some_namespace_is_granted_them() {
        let tried = |kind: &str| {
            let mut account = account(true, "*");
            account.grants[0].kinds = vec!["iamRole".into(), kind.into()];
            let trials = trials(&account, RoleKind::Read);
            let actions = trials.into_iter().flat_map(|it| it.actions);
            actions.filter(|action| action.starts_with("guardduty:")).count()
        };
        assert_eq!(["s3Bucket", "findings", "*"].map(tried), [0, 3, 3]);
    }

    #[test]
    fn archiving_is_tried_only_where_some_namespace_is_granted_it() {
        let tried = |kind: &str| {
            let mut account = account(true, "*");
            account.grants[0].kinds = vec!["iamRole".into(), kind.into()];
            let trials = trials(&account, RoleKind::Contain);
            let actions = trials.into_iter().flat_map(|it| it.actions);
            actions.filter(|action| action.starts_with("guardduty:")).count()
        };
        assert_eq!(["findings", "findingsCloseOut", "*"].map(tried), [0, 2, 2]);
    }

    #[test]
    fn every_example_is_an_arn_without_a_hole() {
        for trial in ROLES.iter().flat_map(|role| trials(&account(true, "*"), *role)) {
            let whole = trial.resource == "*" || trial.resource.starts_with("arn:aws-cn:");
            assert!(whole && !trial.resource.contains('$'), "{}", trial.resource);
        }
    }

    #[test]
    fn examples_are_what_the_grants_name() {
        let resource = |pattern: &str| {
            let account = account(true, pattern);
            let trials = trials(&account, ContainIdentity);
            let of_role = trials
                .into_iter()
                .find(|trial| trial.actions.contains(&"iam:DeleteRolePolicy".to_owned()));
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
            .find(|trial| trial.actions.contains(&"iam:AttachRolePolicy".to_owned()))
            .unwrap();
        let policy = "arn:aws-cn:iam::123456789012:policy/Deny";
        assert_eq!(attach.context, [("iam:PolicyARN".to_owned(), policy.to_owned())]);
    }
}
