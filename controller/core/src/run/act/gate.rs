//! A gate: one sample is Pass, Fail or Inconclusive. What is not known never passes and never counts as a failure; the time-out
//! of its step ends the waiting.

mod address;
mod judging;

pub use address::is_public;
pub use judging::{HttpAnswer, Verdict};

use super::{Look, Probe};
use crate::aws::{Cell, Site, rds::RdsCell};
use firebreak_crds::failover_plan::{Comparison, MetricDimension, Statistic};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A gate.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// What it looks at.
    pub subject: Subject,
    /// How many samples in a row must pass.
    pub consecutive: u32,
    /// How many samples may fail before it fails; none: only the time-out ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_limit: Option<u32>,
    /// Seconds between two samples.
    pub interval_seconds: u32,
}

/// What a gate looks at.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Subject {
    /// A URL answers with a status.
    Http {
        /// The URL.
        url: String,
        /// The status.
        status: u32,
    },
    /// An alarm is OK.
    Alarm {
        /// Its name.
        name: String,
    },
    /// A metric is on the right side of a threshold.
    Metric {
        /// The metric.
        metric: Metric,
        /// On which side.
        comparison: Comparison,
        /// The threshold, as the spec writes it.
        threshold: String,
    },
    /// A service runs all that it wants, and not nothing.
    EcsSteady {
        /// Name of its cluster.
        cluster: String,
        /// Its name.
        service: String,
    },
    /// A target group has enough healthy targets.
    HealthyTargets {
        /// Its ARN.
        target_group: String,
        /// How many.
        minimum: u32,
    },
    /// A replica is close enough, sampled while its source answers.
    ReplicaLag {
        /// Identifier of the replica.
        instance: String,
        /// The most seconds.
        max_seconds: u32,
        /// Where the source lies.
        source_site: Site,
        /// Identifier of the source.
        source: String,
        /// Whether only minutes count that began after the gate: what was written before the fence must be there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        since_begin: bool,
    },
    /// A security group lets nothing in, and lies in the VPC of a database.
    LetsNothingIn {
        /// Id of the group.
        group: String,
        /// Identifier of the database.
        instance: String,
    },
    /// A service runs nothing.
    EcsStopped {
        /// Name of its cluster.
        cluster: String,
        /// Its name.
        service: String,
    },
    /// A database has that security group alone, and nothing was connected to it in a minute that began after the gate.
    Fenced {
        /// Identifier of the database.
        instance: String,
        /// Id of the group.
        group: String,
    },
    /// People have approved the step: it begins only then, so that it passes as soon as it has begun.
    Approval {
        /// What they say by that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// So much time has passed since the step began.
    Elapsed {
        /// Seconds.
        seconds: u32,
    },
}

/// A metric, as CloudWatch is asked for it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dimensions: Vec<MetricDimension>,
    /// Its statistic.
    pub statistic: Statistic,
    /// Seconds of a period.
    pub period_seconds: u32,
}

impl Metric {
    /// How many clients are connected to an RDS instance: the most of a minute.
    pub fn connections(instance: String) -> Self {
        let dimension = MetricDimension {
            name: "DBInstanceIdentifier".into(),
            value: instance,
        };
        Self {
            namespace: "AWS/RDS".into(),
            name: "DatabaseConnections".into(),
            dimensions: vec![dimension],
            statistic: Statistic::Maximum,
            period_seconds: 60,
        }
    }
}

impl Gate {
    /// A gate that asks AWS nothing: it passes once.
    pub fn of_journal(subject: Subject) -> Self {
        Self {
            subject,
            consecutive: 1,
            failure_limit: None,
            interval_seconds: 1,
        }
    }

    /// When it passes by itself, where its step began then; none where it takes samples.
    pub fn passes_at(&self, began: Timestamp) -> Option<Timestamp> {
        match &self.subject {
            Subject::Approval { .. } => Some(began),
            Subject::Elapsed { seconds } => {
                let end = began.checked_add(jiff::SignedDuration::from_secs(i64::from(*seconds)));
                Some(end.unwrap_or(Timestamp::MAX))
            }
            Subject::Http { .. }
            | Subject::Alarm { .. }
            | Subject::Metric { .. }
            | Subject::EcsSteady { .. }
            | Subject::HealthyTargets { .. }
            | Subject::LetsNothingIn { .. }
            | Subject::EcsStopped { .. }
            | Subject::Fenced { .. }
            | Subject::ReplicaLag { .. } => None,
        }
    }

    /// The questions of one sample, asked at the same time.
    pub fn looks(&self, site: &Site) -> Vec<Look> {
        let here = |probe| vec![Look::new(site, probe)];
        match &self.subject {
            Subject::Http { url, .. } => here(Probe::Http { url: url.clone() }),
            Subject::Alarm { name } => here(Probe::Alarm { name: name.clone() }),
            Subject::Metric { metric, .. } => here(Probe::Metric(metric.clone())),
            Subject::EcsSteady { cluster, service } | Subject::EcsStopped { cluster, service } => {
                here(Probe::EcsService {
                    cluster: cluster.clone(),
                    service: service.clone(),
                })
            }
            Subject::HealthyTargets { target_group, .. } => here(Probe::TargetHealth {
                target_group: target_group.clone(),
            }),
            Subject::Approval { .. } | Subject::Elapsed { .. } => Vec::new(),
            Subject::LetsNothingIn { group, instance } => {
                let group_id = group.clone();
                let all = [
                    Probe::SecurityGroup {
                        group_id: group_id.clone(),
                    },
                    Probe::SecurityGroupRules { group_id },
                    Probe::DbInstance {
                        instance: instance.clone(),
                    },
                ];
                all.map(|probe| Look::new(site, probe)).into()
            }
            Subject::Fenced { instance, .. } => {
                let instance = instance.clone();
                let cell = RdsCell::InstanceSecurityGroups {
                    instance: instance.clone(),
                };
                let all = [
                    Probe::Cell(Cell::Rds(cell)),
                    Probe::Metric(Metric::connections(instance)),
                ];
                all.map(|probe| Look::new(site, probe)).into()
            }
            Subject::ReplicaLag {
                instance,
                source_site,
                source,
                ..
            } => vec![
                Look::new(
                    site,
                    Probe::ReplicaLag {
                        instance: instance.clone(),
                    },
                ),
                Look::new(
                    source_site,
                    Probe::DbInstance {
                        instance: source.clone(),
                    },
                ),
            ],
        }
    }

    /// When the next sample is due, after one that was asked for then.
    pub fn next(&self, last: Timestamp) -> Timestamp {
        last + jiff::SignedDuration::from_secs(i64::from(self.interval_seconds))
    }
}
