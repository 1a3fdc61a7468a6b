//! No grant, no access: the account's owner says which namespaces may quarantine what.

use super::Scene;
use crate::{blocked::Blocked, pattern};
use firebreak_crds::{AwsAccountSpec, Grant, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    let plan = scene.plan;
    let granted = scene
        .account
        .grants
        .iter()
        .filter(|grant| covers_kind(grant, scene.namespace, &plan.kind))
        .any(|grant| grant.arn_patterns.iter().any(|p| pattern::matches(p, &plan.arn)));
    (!granted).then(|| refused(scene.namespace, &plan.kind, &plan.arn))
}

pub(super) fn kind(namespace: &str, kind: &str, account: &AwsAccountSpec) -> Option<Blocked> {
    let granted = account.grants.iter().any(|grant| covers_kind(grant, namespace, kind));
    (!granted).then(|| refused(namespace, kind, "any ARN"))
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
