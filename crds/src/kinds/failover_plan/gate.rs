//! What a gate looks at, in the region that becomes active.

use super::EcsServiceName;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A gate: exactly one thing to look at. Pass goes on, Fail counts against the limit, Inconclusive waits: missing data, throttling,
/// an alarm that does not exist, a region that does not answer. The step's timeout always ends it.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.http), has(self.alarm), has(self.metric), has(self.ecsSteady), has(self.healthyTargets), has(self.replicaLag)].filter(x, x).size() == 1")
    .message("a gate looks at one thing: set exactly one of http, alarm, metric, ecsSteady, healthyTargets and replicaLag"))]
pub struct FailoverGate {
    /// How many samples in a row must pass. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100), extend("format" = "int64"))]
    pub consecutive: Option<u32>,
    /// How many samples may fail before the gate fails; none: only the timeout ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100), extend("format" = "int64"))]
    pub failure_limit: Option<u32>,
    /// Seconds between two samples. Default: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 300), extend("format" = "int64"))]
    pub interval_seconds: Option<u32>,
    /// A URL answers with the status that is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpGate>,
    /// A CloudWatch alarm is OK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<AlarmGate>,
    /// A CloudWatch metric is on the right side of a threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricGate>,
    /// An ECS service runs all the tasks that it wants, with one finished deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs_steady: Option<EcsSteadyGate>,
    /// A target group has enough healthy targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy_targets: Option<HealthyTargetsGate>,
    /// The read replica is not further behind than that, sampled while its source answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_lag: Option<ReplicaLagGate>,
}

/// A URL answers.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct HttpGate {
    /// The URL in regions.primary. It must lead to a public address: never link-local, loopback, private or of the cluster.
    #[schemars(length(min = 8, max = 2048))]
    #[x_kube(validation = Rule::new("(self.startsWith('https://') || self.startsWith('http://')) && isURL(self)").message("primary is an http or https URL"))]
    pub primary: String,
    /// The URL in regions.standby.
    #[schemars(length(min = 8, max = 2048))]
    #[x_kube(validation = Rule::new("(self.startsWith('https://') || self.startsWith('http://')) && isURL(self)").message("standby is an http or https URL"))]
    pub standby: String,
    /// The status that is expected. Default: 200. Redirects are not followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 599), extend("format" = "int64"))]
    pub status: Option<u32>,
}

/// A CloudWatch alarm is OK.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AlarmGate {
    /// Name of the alarm in regions.primary.
    #[schemars(length(min = 1, max = 255))]
    pub primary: String,
    /// Name of the alarm in regions.standby.
    #[schemars(length(min = 1, max = 255))]
    pub standby: String,
}

/// A CloudWatch metric is on the right side of a threshold.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct MetricGate {
    /// Its namespace, such as AWS/ApplicationELB.
    #[schemars(length(min = 1, max = 255))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// Its dimensions in regions.primary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub primary: Vec<MetricDimension>,
    /// Its dimensions in regions.standby.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub standby: Vec<MetricDimension>,
    /// Its statistic.
    pub statistic: Statistic,
    /// Seconds of a period. Default: 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 60, max = 3600), extend("format" = "int64"))]
    pub period_seconds: Option<u32>,
    /// On which side of the threshold it must be.
    pub comparison: Comparison,
    /// The threshold: a decimal number.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^-?[0-9]+([.][0-9]+)?$')").message("threshold is a decimal number in quotes, such as \"0.99\""))]
    pub threshold: String,
}

/// One dimension of a metric.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct MetricDimension {
    /// Its name.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// Its value.
    #[schemars(length(min = 1, max = 1024))]
    pub value: String,
}

/// A statistic of a metric.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// The mean.
    #[default]
    Average,
    /// The largest.
    Maximum,
    /// The smallest.
    Minimum,
    /// The sum.
    Sum,
    /// How many samples there are.
    SampleCount,
}

/// On which side of a threshold a metric must be.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// At most.
    #[default]
    AtMost,
    /// At least.
    AtLeast,
}

/// An ECS service is steady.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EcsSteadyGate {
    /// The service in regions.primary.
    pub primary: EcsServiceName,
    /// The service in regions.standby.
    pub standby: EcsServiceName,
}

/// A target group has enough healthy targets.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct HealthyTargetsGate {
    /// ARN of the target group in regions.primary.
    #[schemars(length(min = 20, max = 512))]
    pub primary: String,
    /// ARN of the target group in regions.standby.
    #[schemars(length(min = 20, max = 512))]
    pub standby: String,
    /// How many must be healthy.
    #[schemars(range(min = 1, max = 10_000), extend("format" = "int64"))]
    pub minimum: u32,
}

/// The read replica is close enough.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaLagGate {
    /// Identifier of the instance in regions.primary.
    #[schemars(length(min = 1, max = 63))]
    pub primary: String,
    /// Identifier of the instance in regions.standby.
    #[schemars(length(min = 1, max = 63))]
    pub standby: String,
    /// The most seconds that it may be behind.
    #[schemars(range(min = 0, max = 604_800), extend("format" = "int64"))]
    pub max_seconds: u32,
}
