//! What one sample says.

mod fence;

use super::{Gate, Subject, is_public};
use crate::{
    aws::{
        Answer, Site,
        cloudwatch::{AlarmState, Datapoint},
        ecs::EcsService,
        elbv2::TargetHealth,
        rds::DbInstance,
    },
    run::act::{LagSight, Sightings},
};
use core::net::IpAddr;
use firebreak_crds::failover_plan::Comparison;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What one sample says; the text is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is so.
    Pass,
    /// It is not so.
    Fail(String),
    /// It is not known whether it is so: wait.
    Inconclusive(String),
}

/// What a URL answered.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct HttpAnswer {
    /// The status of the response.
    pub status: u32,
    /// The address that was connected to, after the name was resolved.
    pub address: IpAddr,
}

impl Gate {
    /// What the sample says that was asked for at that time or later; none while an answer of it is outstanding. `began` is when
    /// the gate began.
    pub fn judge(&self, site: &Site, sightings: &Sightings, (since, began): (Timestamp, Timestamp)) -> Option<Verdict> {
        let looks = self.looks(site).into_iter();
        let answers: Option<Vec<&Answer>> = looks.map(|look| Some(&sightings.since(&look, since)?.answer)).collect();
        let verdict = match answers?.as_slice() {
            [answer] => self.one(answer),
            [lag, source] if matches!(self.subject, Subject::ReplicaLag { .. }) => self.lag(lag, source, began),
            [groups, connections] => fence::fenced(&self.subject, groups, connections, began),
            [group, rules, instance] => fence::lets_nothing_in(&self.subject, group, rules, instance),
            _ => Verdict::Inconclusive("nothing was asked".into()),
        };
        Some(verdict)
    }

    fn one(&self, answer: &Answer) -> Verdict {
        match &self.subject {
            Subject::Http { url, status } => known(answer).map_or_else(|why| why, |it| http(url, *status, &it)),
            Subject::Alarm { name } => known(answer).map_or_else(|why| why, |state| alarm(name, state)),
            Subject::Metric {
                comparison, threshold, ..
            } => known(answer).map_or_else(|why| why, |it: Datapoint| metric(*comparison, threshold, it.value)),
            Subject::EcsSteady { .. } => known(answer).map_or_else(|why| why, |it| steady(&it)),
            Subject::EcsStopped { .. } => known(answer).map_or_else(|why| why, |it| stopped(&it)),
            Subject::HealthyTargets { minimum, .. } => {
                known(answer).map_or_else(|why| why, |it: Vec<TargetHealth>| healthy(*minimum, &it))
            }
            Subject::Approval { .. } | Subject::Elapsed { .. } => {
                Verdict::Inconclusive("nothing was to be asked".into())
            }
            Subject::ReplicaLag { .. } | Subject::LetsNothingIn { .. } | Subject::Fenced { .. } => {
                Verdict::Inconclusive("not everything was asked".into())
            }
        }
    }

    /// A lag counts only while the source answers: PostgreSQL's grows with the time since the last transaction, so that it tells
    /// nothing of a source that is gone.
    fn lag(&self, lag: &Answer, source: &Answer, began: Timestamp) -> Verdict {
        let Subject::ReplicaLag {
            max_seconds,
            since_begin,
            ..
        } = &self.subject
        else {
            return Verdict::Inconclusive("it was answered twice".into());
        };
        match (known::<LagSight>(lag), known::<DbInstance>(source)) {
            (_, Err(_)) => Verdict::Inconclusive("the source does not answer: its lag tells nothing now".into()),
            (Err(why), Ok(_)) => why,
            (Ok(lag), Ok(_)) if lag.seconds < 0.0 => Verdict::Fail("replication is broken".into()),
            (Ok(lag), Ok(_)) if *since_begin && lag.began < Some(began) => {
                Verdict::Inconclusive("the last minute of its lag began before the fence stood".into())
            }
            (Ok(lag), Ok(_)) if lag.seconds <= f64::from(*max_seconds) => Verdict::Pass,
            (Ok(lag), Ok(_)) => Verdict::Fail(format!("it is {} s behind, of at most {max_seconds} s", lag.seconds)),
        }
    }
}

/// What was told; missing data, a refusal, throttling and silence are all inconclusive.
fn known<T: DeserializeOwned>(answer: &Answer) -> Result<T, Verdict> {
    let why = match answer {
        Answer::Found(value) => match serde_json::from_value(value.clone()) {
            Ok(value) => return Ok(value),
            Err(error) => format!("was answered in another shape: {error}"),
        },
        Answer::NotFound => "there is no data, or no such thing".into(),
        Answer::Denied(why) | Answer::Unreachable(why) => why.clone(),
        Answer::Throttled => "AWS asks to slow down".into(),
    };
    Err(Verdict::Inconclusive(why))
}

fn http(url: &str, status: u32, answer: &HttpAnswer) -> Verdict {
    match (is_public(answer.address), answer.status == status) {
        (false, _) => Verdict::Fail(format!("{url} leads to {}, which is no public address", answer.address)),
        (true, true) => Verdict::Pass,
        (true, false) => Verdict::Fail(format!("{url} answers {} instead of {status}", answer.status)),
    }
}

fn alarm(name: &str, state: AlarmState) -> Verdict {
    match state {
        AlarmState::Ok => Verdict::Pass,
        AlarmState::Alarm => Verdict::Fail(format!("alarm {name} is in ALARM")),
        AlarmState::InsufficientData => Verdict::Inconclusive(format!("alarm {name} has not enough data")),
    }
}

fn metric(comparison: Comparison, threshold: &str, value: f64) -> Verdict {
    let Ok(limit) = threshold.parse::<f64>() else {
        return Verdict::Inconclusive(format!("the threshold {threshold} is no number"));
    };
    let passes = match comparison {
        Comparison::AtMost => value <= limit,
        Comparison::AtLeast => value >= limit,
    };
    match (value.is_finite(), passes) {
        (false, _) => Verdict::Inconclusive("the value is no number".into()),
        (true, true) => Verdict::Pass,
        (true, false) => Verdict::Fail(format!("the value is {value}, and the threshold {threshold}")),
    }
}

/// A service that wants nothing is not steady: it serves nobody.
fn steady(service: &EcsService) -> Verdict {
    if service
        .deployments
        .iter()
        .any(|deployment| deployment.rollout_state == "FAILED")
    {
        return Verdict::Fail("its deployment has failed".into());
    }
    let (running, wanted) = (service.running_count, service.desired_count);
    match wanted > 0 && running == wanted && service.deployments.len() <= 1 {
        true => Verdict::Pass,
        false => Verdict::Inconclusive(format!("{running} of {wanted} tasks run")),
    }
}

fn stopped(service: &EcsService) -> Verdict {
    match (service.status.as_str(), service.running_count) {
        ("", _) => Verdict::Inconclusive("AWS did not tell its status".into()),
        (_, 0) => Verdict::Pass,
        (_, running) => Verdict::Inconclusive(format!("{running} tasks still run")),
    }
}

fn healthy(minimum: u32, targets: &[TargetHealth]) -> Verdict {
    let healthy = targets.iter().filter(|target| target.state == "healthy").count();
    match healthy >= minimum as usize {
        true => Verdict::Pass,
        false => Verdict::Inconclusive(format!("{healthy} of {minimum} targets are healthy")),
    }
}

#[cfg(test)]
mod tests;
