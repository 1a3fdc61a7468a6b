//! `gate`: waits until something is so in the region that becomes active.

use super::act;
use crate::{
    blocked::Blocked,
    respond::failover::{Course, Halt, design::Part},
    run::act::{Act, Gate, GateSubject, Metric, is_public},
};
use core::net::IpAddr;
use firebreak_crds::{
    Reason,
    failover_plan::{FailoverGate, FailoverStep, HttpGate, MetricGate, ReplicaLagGate},
};

const TIMEOUT_SECONDS: u32 = 600;

pub(super) fn design(course: &Course<'_>, step: &FailoverStep, gate: &FailoverGate) -> Result<Part, Halt> {
    let subject = subject(course, step, gate)?;
    let summary = format!("Wait until {}", sentence(&subject));
    let waits = Gate {
        subject,
        consecutive: gate.consecutive.unwrap_or(1).max(1),
        failure_limit: gate.failure_limit,
        interval_seconds: gate.interval_seconds.unwrap_or(10).max(5),
    };
    let site = course.site(step, &course.leads.to)?;
    Ok(Part {
        acts: vec![act(step, None, site, Act::Await(waits), summary, TIMEOUT_SECONDS)],
        ..Part::default()
    })
}

fn subject(course: &Course<'_>, step: &FailoverStep, gate: &FailoverGate) -> Result<GateSubject, Halt> {
    let subjects = [
        gate.http.as_ref().map(|http| self::http(course, step, http)),
        gate.alarm.as_ref().map(|alarm| {
            let (name, _) = course.names(&alarm.primary, &alarm.standby);
            Ok(GateSubject::Alarm { name: name.clone() })
        }),
        gate.metric.as_ref().map(|metric| Ok(self::metric(course, metric))),
        gate.ecs_steady.as_ref().map(|steady| {
            let (name, _) = course.names(&steady.primary, &steady.standby);
            Ok(GateSubject::EcsSteady {
                cluster: name.cluster.clone(),
                service: name.service.clone(),
            })
        }),
        gate.healthy_targets.as_ref().map(|targets| {
            let (arn, _) = course.names(&targets.primary, &targets.standby);
            Ok(GateSubject::HealthyTargets {
                target_group: arn.clone(),
                minimum: targets.minimum.max(1),
            })
        }),
        gate.replica_lag.as_ref().map(|lag| self::lag(course, step, lag)),
    ];
    let mut named = subjects.into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(subject), None) => subject,
        (Some(_), Some(_)) | (None, _) => {
            let field = course.field(step, "gate");
            let why = format!(
                "{field} looks at one thing: set exactly one of http, alarm, metric, ecsSteady, healthyTargets and replicaLag"
            );
            Err(Blocked::new(Reason::InvalidStep, why).into())
        }
    }
}

/// An address in the URL is judged before anything is asked; a name is judged by the address that is connected to.
fn http(course: &Course<'_>, step: &FailoverStep, http: &HttpGate) -> Result<GateSubject, Halt> {
    let (url, _) = course.names(&http.primary, &http.standby);
    let host = host(url);
    let named = host.parse::<IpAddr>().ok();
    if host.is_empty()
        || host == "localhost"
        || host.ends_with(".svc")
        || host.ends_with(".cluster.local")
        || named.is_some_and(|it| !is_public(it))
    {
        let field = course.field(step, "gate.http");
        let why = format!("{field}: {url} does not lead to the public internet: name a public address");
        return Err(Blocked::new(Reason::InvalidStep, why).into());
    }
    Ok(GateSubject::Http {
        url: url.clone(),
        status: http.status.unwrap_or(200),
    })
}

/// The host of a URL, without credentials, port and brackets, in lower case.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let bare = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    bare.trim_end_matches('.').to_lowercase()
}

fn metric(course: &Course<'_>, gate: &MetricGate) -> GateSubject {
    let (dimensions, _) = course.names(gate.primary.as_slice(), gate.standby.as_slice());
    let metric = Metric {
        namespace: gate.namespace.clone(),
        name: gate.name.clone(),
        dimensions: dimensions.to_vec(),
        statistic: gate.statistic,
        period_seconds: gate.period_seconds.unwrap_or(60),
    };
    GateSubject::Metric {
        metric,
        comparison: gate.comparison,
        threshold: gate.threshold.clone(),
    }
}

fn lag(course: &Course<'_>, step: &FailoverStep, gate: &ReplicaLagGate) -> Result<GateSubject, Halt> {
    let (replica, source) = course.names(&gate.primary, &gate.standby);
    Ok(GateSubject::ReplicaLag {
        instance: replica.clone(),
        max_seconds: gate.max_seconds,
        source_site: course.site(step, course.left())?,
        source: source.clone(),
        since_begin: false,
    })
}

fn sentence(subject: &GateSubject) -> String {
    match subject {
        GateSubject::Http { url, status } => format!("{url} answers {status}"),
        GateSubject::Alarm { name } => format!("alarm {name} is OK"),
        GateSubject::Metric {
            metric,
            comparison,
            threshold,
        } => {
            format!("{} {} is {comparison:?} {threshold}", metric.namespace, metric.name)
        }
        GateSubject::EcsSteady { cluster, service } => format!("{cluster}/{service} is steady"),
        GateSubject::HealthyTargets { minimum, .. } => format!("{minimum} targets are healthy"),
        GateSubject::ReplicaLag {
            instance, max_seconds, ..
        } => format!("{instance} is at most {max_seconds} s behind"),
        GateSubject::Approval { .. } => "people have approved it".to_owned(),
        GateSubject::Elapsed { seconds } => format!("{seconds} s have passed"),
        GateSubject::LetsNothingIn { group, .. } => format!("{group} lets nothing in"),
        GateSubject::EcsStopped { cluster, service } => format!("nothing of {cluster}/{service} runs"),
        GateSubject::Fenced { instance, .. } => format!("nothing is connected to {instance}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_of_a_url_is_found_whatever_stands_around_it() {
        for (url, wanted) in [
            ("https://West.example.com/health?x=/", "west.example.com"),
            ("http://user@169.254.169.254:80/", "169.254.169.254"),
            ("http://[fd00:ec2::254]/latest", "fd00:ec2::254"),
            ("https://localhost.:8080", "localhost"),
        ] {
            assert_eq!(host(url), wanted, "{url}");
        }
    }
}
