//! Does the operator run, and is it of this version?

use super::{Evidence, Finding};
use firebreak_core::installation::CONTROLLER;
use k8s_openapi::api::apps::v1::Deployment;

const CHECK: &str = "operator";
const VERSION: &str = "app.kubernetes.io/version";

/// The Deployment, its replicas and its version.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let namespace = &seen.identity.namespace;
    let deployment = match &seen.deployment {
        Ok(Some(deployment)) => deployment,
        Ok(None) => {
            let message = format!("there is no Deployment {CONTROLLER} in {namespace}: its version is not known");
            return vec![Finding::unknown(
                CHECK,
                message,
                "helm install firebreak charts/firebreak, or name its namespace with --operator-namespace",
            )];
        }
        Err(why) => {
            let fix = format!("ask somebody who may get deployments in {namespace}");
            return vec![Finding::unknown(CHECK, why, fix)];
        }
    };
    let wrong = replicas(deployment, namespace).or_else(|| skew(deployment, seen));
    vec![wrong.unwrap_or_else(|| {
        Finding::ok(
            CHECK,
            format!("version {}, {} available", seen.version, counted(deployment)),
        )
    })]
}

fn counts(deployment: &Deployment) -> (i32, i32) {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let available = deployment
        .status
        .as_ref()
        .and_then(|status| status.available_replicas)
        .unwrap_or(0);
    (available, wanted)
}

fn counted(deployment: &Deployment) -> String {
    let (available, wanted) = counts(deployment);
    format!("{available} of {wanted} replicas")
}

fn replicas(deployment: &Deployment, namespace: &str) -> Option<Finding> {
    let fix = format!("kubectl describe deployment {CONTROLLER} -n {namespace}, and kubectl logs of its pods");
    let message = format!("{} are available", counted(deployment));
    match counts(deployment) {
        (available, _) if available < 1 => Some(Finding::failure(CHECK, message, fix)),
        (available, wanted) if available < wanted => Some(Finding::warning(CHECK, message, fix)),
        _ => None,
    }
}

fn skew(deployment: &Deployment, seen: &Evidence) -> Option<Finding> {
    let mine = &seen.version;
    match version(deployment) {
        None => Some(Finding::unknown(
            CHECK,
            "it does not say its version",
            format!("label the Deployment with {VERSION}"),
        )),
        Some(theirs) if theirs != *mine => Some(Finding::warning(
            CHECK,
            format!("the operator is of version {theirs}, this command of {mine}"),
            format!("install kubectl-firebreak {theirs}, or upgrade the operator to {mine}"),
        )),
        Some(_) => None,
    }
}

/// From the chart's label, else from the image's tag.
fn version(deployment: &Deployment) -> Option<String> {
    let labelled = deployment
        .metadata
        .labels
        .as_ref()
        .and_then(|labels| labels.get(VERSION).cloned());
    labelled.or_else(|| {
        let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
        tag(pod.containers.first()?.image.as_deref()?)
    })
}

fn tag(image: &str) -> Option<String> {
    let name = image.rsplit('/').next().filter(|name| !name.contains('@'))?;
    name.split_once(':')
        .map(|(_, tag)| tag.trim_start_matches('v').to_owned())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use serde_json::json;

    fn found(version: Option<&str>, image: &str, available: i32) -> Finding {
        let labels = version.map(|version| json!({VERSION: version}));
        let mut seen = testing::healthy();
        seen.deployment = Ok(Some(testing::typed(json!({
            "metadata": {"name": CONTROLLER, "labels": labels},
            "spec": {"replicas": 2, "selector": {}, "template": {"spec": {"containers": [{"name": "c", "image": image}]}}},
            "status": {"availableReplicas": available},
        }))));
        check(&seen).remove(0)
    }

    #[test]
    fn replicas_and_versions_are_told() {
        let mine = testing::VERSION;
        for (version, image, available, outcome, says) in [
            (Some(mine), "x", 2, Outcome::Ok, "2 of 2 replicas"),
            (Some(mine), "x", 1, Outcome::Warning, "1 of 2 replicas"),
            (Some(mine), "x", 0, Outcome::Failure, "0 of 2 replicas"),
            (Some("9.9.9"), "x", 2, Outcome::Warning, "version 9.9.9"),
            (
                None,
                "registry:5000/firebreak:v9.9.9",
                2,
                Outcome::Warning,
                "version 9.9.9",
            ),
            (
                None,
                "registry:5000/firebreak@sha256:0",
                2,
                Outcome::Unknown,
                "does not say",
            ),
            (None, "registry:5000/firebreak", 2, Outcome::Unknown, "does not say"),
        ] {
            let found = found(version, image, available);
            assert_eq!(found.outcome, outcome, "{found:?}");
            assert!(found.message.contains(says), "{found:?}");
        }
    }

    #[test]
    fn an_operator_that_runs_in_another_way_is_not_known() {
        let mut seen = testing::healthy();
        seen.deployment = Ok(None);
        assert_eq!(check(&seen)[0].outcome, Outcome::Unknown);
    }
}
