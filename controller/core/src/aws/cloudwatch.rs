//! CloudWatch: what gates read of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of an alarm (cloudwatch:DescribeAlarms, which leaves unknown names out: `NotFound`).
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// It is well.
    Ok,
    /// It is not.
    Alarm,
    /// There is not enough data to say.
    InsufficientData,
}

/// The latest datapoint of a metric (cloudwatch:GetMetricData); `NotFound` where there is none.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Datapoint {
    /// Its value.
    pub value: f64,
    /// When the period began that it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
}
