//! Is anybody told of Incidents? Channels tell nobody without a notifier that runs, and a dead operator tells nobody itself.

use super::{Evidence, Finding, or_well, readiness};
use firebreak_core::{coordinate::notification::severities, installation::NOTIFIER};
use firebreak_crds::{NotificationChannel, Severity, text::counted};
use kube::ResourceExt;
use std::collections::BTreeSet;

const CHECK: &str = "channels";

/// Every NotificationChannel, and the process that sends.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let channels = match &seen.channels {
        Ok(channels) => channels,
        Err(why) => {
            let fix = "bind firebreak-auditor to the person who asks, in the whole cluster";
            return vec![Finding::unknown(CHECK, why, fix)];
        }
    };
    if channels.is_empty() {
        return vec![Finding::ok(
            CHECK,
            "there is no NotificationChannel: nobody is told of Incidents",
        )];
    }
    let unready = channels.iter().filter_map(|channel| {
        let status = channel.status.as_ref();
        let conditions = status.map(|status| status.conditions.as_slice()).unwrap_or_default();
        let observed = status.and_then(|status| status.observed_generation);
        readiness::judge(CHECK, channel, observed, conditions, "the notifier")
    });
    let wrong = sender(seen)
        .into_iter()
        .chain(unready)
        .chain(deaf(channels))
        .chain(unwatched(channels));
    or_well(
        CHECK,
        wrong.collect(),
        counted(channels.len() as u64, "NotificationChannel"),
    )
}

/// The notifier's Deployment, where nothing of it runs.
fn sender(seen: &Evidence) -> Option<Finding> {
    let namespace = &seen.identity.namespace;
    let deployment = match &seen.notifier {
        Ok(Some(deployment)) => deployment,
        Ok(None) => {
            let message = format!("there is no Deployment {NOTIFIER} in {namespace}: nobody is told of anything");
            return Some(Finding::failure(
                CHECK,
                message,
                "helm upgrade firebreak with notifier.enabled=true",
            ));
        }
        Err(why) => {
            let fix = format!("ask somebody who may get deployments in {namespace}");
            return Some(Finding::unknown(CHECK, why, fix));
        }
    };
    let status = deployment.status.as_ref();
    let available = status.and_then(|status| status.available_replicas).unwrap_or(0);
    (available < 1).then(|| {
        let fix = format!("kubectl describe deployment {NOTIFIER} -n {namespace}, and kubectl logs of its pods");
        Finding::failure(
            CHECK,
            format!("no pod of {NOTIFIER} is available: nobody is told of anything"),
            fix,
        )
    })
}

/// The namespaces in which nobody is told of what is worst.
fn deaf(channels: &[NotificationChannel]) -> Vec<Finding> {
    let all: BTreeSet<_> = channels.iter().map(ResourceExt::namespace).collect();
    let told = channels
        .iter()
        .filter(|channel| severities(&channel.spec).contains(&Severity::Critical));
    let told: BTreeSet<_> = told.map(ResourceExt::namespace).collect();
    let deaf = all.difference(&told).map(|namespace| {
        let message = format!(
            "{}: no channel is told of Critical Incidents",
            namespace.as_deref().unwrap_or_default()
        );
        Finding::warning(
            CHECK,
            message,
            "add Critical to spec.severities of a channel that wakes somebody",
        )
    });
    deaf.collect()
}

/// Nobody hears that the operator does not run, where no dead man's switch hears that it does.
fn unwatched(channels: &[NotificationChannel]) -> Option<Finding> {
    let is_watched = channels.iter().any(|channel| channel.spec.heartbeat.is_some());
    (!is_watched).then(|| {
        let fix = "add a channel with spec.heartbeat (docs/notifications.md), or alert on the operator's metrics and ignore this";
        Finding::warning(CHECK, "no channel has a heartbeat: nobody hears that the operator does not run", fix)
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use serde_json::{Value, json};

    fn channel(spec: &Value, is: &str) -> NotificationChannel {
        let ready = json!({"type": "Ready", "status": is, "reason": "R", "message": "m",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        testing::typed(
            json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "NotificationChannel", "spec": spec,
            "metadata": {"name": "n", "namespace": "payments", "generation": 1},
            "status": {"observedGeneration": 1, "conditions": [ready]}}),
        )
    }

    fn pager(is: &str) -> NotificationChannel {
        channel(&json!({"pagerDuty": {"secretRef": {"name": "s"}, "region": "US"}}), is)
    }

    fn heartbeat() -> NotificationChannel {
        channel(
            &json!({"heartbeat": {"secretRef": {"name": "s"}, "interval": "1m"}}),
            "True",
        )
    }

    fn told(channels: Vec<NotificationChannel>) -> Vec<(Outcome, String)> {
        let mut seen = testing::healthy();
        seen.channels = Ok(channels);
        check(&seen).into_iter().map(|one| (one.outcome, one.message)).collect()
    }

    #[test]
    fn what_keeps_people_from_being_told_is_named() {
        let low = channel(
            &json!({"teams": {"secretRef": {"name": "s"}}, "severities": ["Low"]}),
            "True",
        );
        for (channels, outcome, says) in [
            (vec![], Outcome::Ok, "nobody is told of Incidents"),
            (vec![pager("True"), heartbeat()], Outcome::Ok, "2 NotificationChannels"),
            (
                vec![pager("False"), heartbeat()],
                Outcome::Warning,
                "NotificationChannel payments/n: R: m",
            ),
            (
                vec![low, heartbeat()],
                Outcome::Warning,
                "payments: no channel is told of Critical Incidents",
            ),
            (vec![pager("True")], Outcome::Warning, "no channel has a heartbeat"),
        ] {
            let found = told(channels);
            assert_eq!((found.len(), found[0].0), (1, outcome), "{found:?}");
            assert!(found[0].1.contains(says), "{found:?}");
        }
    }

    #[test]
    fn channels_without_a_notifier_are_a_failure() {
        for (deployment, outcome, says) in [
            (Ok(None), Outcome::Failure, "there is no Deployment firebreak-notifier"),
            (
                Ok(Some(json!({"metadata": {}}))),
                Outcome::Failure,
                "no pod of firebreak-notifier is available",
            ),
            (Err("no".to_owned()), Outcome::Unknown, "no"),
        ] {
            let mut seen = testing::healthy();
            seen.channels = Ok(vec![pager("True"), heartbeat()]);
            seen.notifier = deployment.map(|found: Option<Value>| found.map(testing::typed));
            let found = check(&seen).remove(0);
            assert_eq!(found.outcome, outcome);
            assert!(found.message.contains(says), "{found:?}");
        }
    }
}
