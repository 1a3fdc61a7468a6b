//! What failovers look at and change: databases, metrics, objects, and sites outside of AWS.

use super::super::databases::PROMOTES_IN;
use firebreak_core::{
    aws::rds::DbInstance as Facts,
    run::act::{HttpAnswer, Metric},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// An RDS instance.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct DbInstance {
    /// What rds:DescribeDBInstances tells.
    pub facts: Facts,
    /// Seconds that CloudWatch says it is behind; none where it has no datapoint.
    pub lag_seconds: Option<f64>,
    /// Its security groups, with their states.
    pub groups: BTreeMap<String, String>,
    /// When the change of them that goes on will have ended, in seconds since 1970.
    pub groups_until: Option<i64>,
    /// How many clients are connected to it, wherever something lets them in.
    pub clients: u32,
    /// Since when nothing is connected to it.
    pub cut_at: Option<i64>,
    /// When it was last restarted.
    pub restarted_at: Option<i64>,
    /// When the reboot that goes on will have ended.
    pub reboot_until: Option<i64>,
    /// Whether AWS takes a reboot, and does nothing.
    pub loses_reboots: bool,
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
                vpc_id: Some("vpc-1".into()),
                ..Facts::default()
            },
            groups: BTreeMap::from([("sg-api".to_owned(), "active".to_owned())]),
            groups_until: None,
            clients: 3,
            cut_at: None,
            restarted_at: None,
            reboot_until: None,
            loses_reboots: false,
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
