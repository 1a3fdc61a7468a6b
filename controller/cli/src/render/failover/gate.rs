//! What a gate waits for, so that who approves it has read all of it.

use super::lasted;
use firebreak_core::run::act::{Gate, GateSubject, Metric};
use firebreak_crds::failover_plan::Comparison;

/// What must be so, and how often that is looked at.
pub fn lines(gate: &Gate) -> Vec<String> {
    let how = (!asks_nothing(gate)).then(|| samples(gate));
    core::iter::once(subject(&gate.subject)).chain(how).collect()
}

/// Whether it waits for people or for a time alone.
pub fn asks_nothing(gate: &Gate) -> bool {
    matches!(gate.subject, GateSubject::Approval { .. } | GateSubject::Elapsed { .. })
}

fn samples(gate: &Gate) -> String {
    let limit = match gate.failure_limit {
        Some(limit) => format!("fails once {limit} have failed"),
        None => "only its time-out ends it".into(),
    };
    format!(
        "passes with {} in a row, sampled every {} s; {limit}",
        gate.consecutive, gate.interval_seconds
    )
}

fn subject(subject: &GateSubject) -> String {
    match subject {
        GateSubject::Http { url, status } => format!("{url} answers {status}"),
        GateSubject::Alarm { name } => format!("CloudWatch alarm {name} is OK"),
        GateSubject::Metric {
            metric,
            comparison,
            threshold,
        } => format!("{} is {} {threshold}", measured(metric), side(*comparison)),
        GateSubject::EcsSteady { cluster, service } => {
            format!("ECS service {cluster}/{service} runs all the tasks that it wants, and at least one")
        }
        GateSubject::HealthyTargets { target_group, minimum } => {
            format!("{target_group} has at least {minimum} healthy")
        }
        GateSubject::ReplicaLag {
            instance,
            max_seconds,
            source_site,
            source,
            since_begin,
        } => format!(
            "{instance} is at most {max_seconds} s behind {source} in {}/{}, while that answers{}",
            source_site.account_id,
            source_site.region,
            if *since_begin {
                ", in a minute that begins after the fence stands"
            } else {
                ""
            }
        ),
        GateSubject::LetsNothingIn { group, instance } => {
            format!("security group {group} has no ingress rule, and lies in the VPC of {instance}")
        }
        GateSubject::EcsStopped { cluster, service } => format!("ECS service {cluster}/{service} runs no task"),
        GateSubject::Fenced { instance, group } => format!(
            "{instance} has the security group {group} alone, and CloudWatch counts no connection in a minute that begins after the reboot"
        ),
        GateSubject::Approval { message: None } => "people have approved this very step".into(),
        GateSubject::Approval { message: Some(message) } => {
            format!("people have approved this very step, and say by that: {message}")
        }
        GateSubject::Elapsed { seconds } => {
            format!(
                "{} have passed since its turn, also while the run is paused",
                lasted(i64::from(*seconds))
            )
        }
    }
}

fn measured(metric: &Metric) -> String {
    let dimensions = metric
        .dimensions
        .iter()
        .map(|one| format!("{}={}", one.name, one.value));
    let dimensions = dimensions.collect::<Vec<_>>().join(", ");
    format!(
        "{:?} of {} {} {{{dimensions}}} over {} s",
        metric.statistic, metric.namespace, metric.name, metric.period_seconds
    )
}

fn side(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtMost => "at most",
        Comparison::AtLeast => "at least",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_core::aws::Site;
    use firebreak_crds::failover_plan::{MetricDimension, Statistic};

    #[test]
    fn every_gate_says_what_must_be_so() {
        let metric = Metric {
            namespace: "AWS/ApplicationELB".into(),
            name: "HTTPCode_Target_5XX_Count".into(),
            dimensions: vec![MetricDimension {
                name: "LoadBalancer".into(),
                value: "app/web/1".into(),
            }],
            statistic: Statistic::Sum,
            period_seconds: 60,
        };
        for (of, says) in [
            (
                GateSubject::Http {
                    url: "https://west.example.com/".into(),
                    status: 200,
                },
                "https://west.example.com/ answers 200",
            ),
            (
                GateSubject::Metric {
                    metric,
                    comparison: Comparison::AtMost,
                    threshold: "5".into(),
                },
                "Sum of AWS/ApplicationELB HTTPCode_Target_5XX_Count {LoadBalancer=app/web/1} over 60 s is at most 5",
            ),
            (
                GateSubject::HealthyTargets {
                    target_group: "arn:aws:x".into(),
                    minimum: 2,
                },
                "arn:aws:x has at least 2 healthy",
            ),
            (
                GateSubject::Approval {
                    message: Some("nothing writes any more".into()),
                },
                "people have approved this very step, and say by that: nothing writes any more",
            ),
            (
                GateSubject::Elapsed { seconds: 300 },
                "5m have passed since its turn, also while the run is paused",
            ),
            (
                GateSubject::ReplicaLag {
                    instance: "orders-west".into(),
                    max_seconds: 0,
                    source_site: Site::new("1", "us-east-1"),
                    source: "orders-east".into(),
                    since_begin: false,
                },
                "orders-west is at most 0 s behind orders-east in 1/us-east-1, while that answers",
            ),
        ] {
            assert_eq!(subject(&of), says);
        }
    }

    #[test]
    fn samples_say_when_it_passes_and_when_it_ends() {
        let mut gate = Gate {
            subject: GateSubject::Alarm { name: "a".into() },
            consecutive: 2,
            failure_limit: Some(3),
            interval_seconds: 10,
        };
        let said = samples(&gate);
        assert_eq!(
            said,
            "passes with 2 in a row, sampled every 10 s; fails once 3 have failed"
        );
        gate.failure_limit = None;
        assert!(samples(&gate).ends_with("only its time-out ends it"));
        assert_eq!(lines(&gate).len(), 2);
        assert_eq!(lines(&Gate::of_journal(GateSubject::Elapsed { seconds: 1 })).len(), 1);
    }
}
