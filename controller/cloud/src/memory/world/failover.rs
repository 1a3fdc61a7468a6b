//! What failovers look at and change: databases, metrics, objects, and sites outside of AWS.

use super::super::databases::PROMOTES_IN;
use firebreak_core::{
    aws::rds::DbInstance as Facts,
    run::act::{HttpAnswer, Metric},
};
use serde::Serialize;

/// An RDS instance.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct DbInstance {
    /// What rds:DescribeDBInstances tells.
    pub facts: Facts,
    /// Seconds that CloudWatch says it is behind; none where it has no datapoint.
    pub lag_seconds: Option<f64>,
    /// What becomes of a promotion of it.
    pub promotes: Promotes,
    /// The promotion that goes on.
    pub promotion: Option<Promotion>,
}

impl Default for DbInstance {
    /// An available writer with 7 days of backups.
    fn default() -> Self {
        Self {
            facts: Facts {
                status: "available".into(),
                backup_retention_days: 7,
                ..Facts::default()
            },
            lag_seconds: None,
            promotes: Promotes::Well { seconds: PROMOTES_IN },
            promotion: None,
        }
    }
}

/// What becomes of a promotion.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub enum Promotes {
    /// It is a writer after so many seconds.
    Well {
        /// Seconds of the virtual clock.
        seconds: i64,
    },
    /// AWS takes the call, and does nothing.
    Lost,
    /// After so many seconds it has failed.
    Failing {
        /// Seconds of the virtual clock.
        seconds: i64,
        /// The state in which it stays, such as `failed`.
        status: String,
    },
}

/// A promotion that goes on.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// When it will have ended, in seconds since 1970.
    pub until: i64,
    /// Days for which the new writer keeps its backups.
    pub backup_retention_days: u32,
}

/// A metric and its latest datapoint.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Datum {
    /// The metric.
    pub metric: Metric,
    /// The datapoint.
    pub value: f64,
}

/// What a URL answers; where nothing is declared, nobody listens.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub enum Website {
    /// This.
    Answers(HttpAnswer),
    /// It does not answer in time.
    Silent,
}
