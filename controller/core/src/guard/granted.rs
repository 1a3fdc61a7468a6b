//! No grant, no access: the account's owner says which namespaces may quarantine what.

use super::{Asker, Scene};
use crate::{
    blocked::{Blocked, Stop},
    facts::Facts,
    pattern,
    respond::Named,
};
use firebreak_crds::{AwsAccountSpec, Grant, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    let plan = scene.plan;
    let granted = covers(scene.namespace, &plan.kind, &plan.arn, scene.account);
    (!granted).then(|| refused(scene.namespace, &plan.kind, &plan.arn))
}

pub(super) fn kind(asker: &Asker<'_>) -> Option<Blocked> {
    let account = asker.scope.account;
    let covers = |grant| covers_kind(grant, asker.namespace, asker.kind);
    let granted = account.grants.iter().any(covers);
    (!granted).then(|| refused(asker.namespace, asker.kind, "any ARN"))
}

/// Asked before AWS is: whether a resource exists is told only to who may use it.
pub(super) fn names(asker: &Asker<'_>) -> Option<Blocked> {
    let named = asker.response.named(&asker.scope);
    named
        .iter()
        .find_map(|named| name(asker.namespace, asker.kind, named, asker.scope.account))
}

fn name(namespace: &str, kind: &str, named: &Named, account: &AwsAccountSpec) -> Option<Blocked> {
    let granted = account
        .grants
        .iter()
        .filter(|grant| covers_kind(grant, namespace, kind))
        .any(|grant| grant.arn_patterns.iter().any(|p| pattern::meet(p, &named.pattern)));
    (!granted).then(|| refused(namespace, kind, &named.arn))
}

/// Asked before anything is told of a name whose path only AWS knows: where a grant does not cover each path that it may have,
/// what exists and is not granted is not told apart from what does not exist.
pub(super) fn identities(asker: &Asker<'_>, facts: &Facts) -> Result<(), Stop> {
    let granted = |arn: &str| covers(asker.namespace, asker.kind, arn, asker.scope.account);
    for named in asker.response.named(&asker.scope) {
        // A star of the name's own pattern is taken by a star of the grant only: that covers whatever it stands for.
        if granted(&named.pattern) {
            continue;
        }
        let real = asker.response.real_arn(&named, &asker.scope, facts)?;
        if !real.is_some_and(|arn| granted(&arn)) {
            return Err(unknown(asker.namespace, asker.kind, &named.arn).into());
        }
    }
    Ok(())
}

fn covers(namespace: &str, kind: &str, arn: &str, account: &AwsAccountSpec) -> bool {
    let mut grants = account
        .grants
        .iter()
        .filter(|grant| covers_kind(grant, namespace, kind));
    grants.any(|grant| grant.arn_patterns.iter().any(|p| pattern::matches(p, arn)))
}

fn unknown(namespace: &str, kind: &str, arn: &str) -> Blocked {
    Blocked::new(
        Reason::AccountNotGranted,
        format!(
            "spec.target: {arn} does not exist, or has a path for which the AwsAccount grants namespace {namespace} no {kind}; correct the name, or its owner adds a grant to spec.grants"
        ),
    )
}

fn covers_kind(grant: &Grant, namespace: &str, kind: &str) -> bool {
    let any = |list: &[String], word: &str| list.iter().any(|item| item == "*" || item == word);
    any(&grant.namespaces, namespace) && any(&grant.kinds, kind)
}

fn refused(namespace: &str, kind: &str, arn: &str) -> Blocked {
    Blocked::new(
        Reason::AccountNotGranted,
        format!(
            "spec.accountRef: the AwsAccount grants namespace {namespace} no {kind} on {arn}; its owner adds a grant to spec.grants"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account() -> AwsAccountSpec {
        serde_json::from_value(json!({
            "accountId": "123456789012", "environment": "Production", "regions": ["us-east-1"],
            "roles": {"read": "arn:aws:iam::123456789012:role/r", "contain": "arn:aws:iam::123456789012:role/c"},
            "grants": [{"namespaces": ["payments"], "kinds": ["iamRole"],
                        "arnPatterns": ["arn:aws:iam::123456789012:role/payments-*", "arn:aws:iam::123456789012:role/svc/*"]}],
        }))
        .unwrap()
    }

    fn role(name: &str, path: &str) -> Named {
        let arn = |what: &str| format!("arn:aws:iam::123456789012:role/{what}");
        Named {
            arn: arn(name),
            pattern: arn(&format!("{path}{name}")),
        }
    }

    #[test]
    fn name_outside_every_grant_is_refused_before_aws_is_asked() {
        assert_eq!(
            name("payments", "iamRole", &role("payments-task", "*"), &account()),
            None
        );
        assert_eq!(
            name("payments", "iamRole", &role("any", "*"), &account()),
            None,
            "it may lie under svc/"
        );
        let refused = name("payments", "iamRole", &role("any", ""), &account()).unwrap();
        assert_eq!(refused.reason, Reason::AccountNotGranted);
        assert!(
            refused
                .message
                .contains("no iamRole on arn:aws:iam::123456789012:role/any; ")
        );
        assert!(name("checkout", "iamRole", &role("payments-task", "*"), &account()).is_some());
    }
}
