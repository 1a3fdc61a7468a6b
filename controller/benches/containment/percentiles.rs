//! Percentiles by nearest rank: a value that was measured, never one between two.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How times are spread, in milliseconds.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Half are not longer.
    pub p50: f64,
    /// 95 % are not longer.
    pub p95: f64,
    /// 99 % are not longer.
    pub p99: f64,
    /// None is longer.
    pub max: f64,
}

impl Spread {
    /// Of these times; all zero where there are none.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut sorted: Vec<f64> = times.into_iter().map(crate::milliseconds).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: usize| {
            let rank = (sorted.len() * share).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().unwrap_or_default()
        };
        Self {
            p50: at(50),
            p95: at(95),
            p99: at(99),
            max: at(100),
        }
    }

    /// What is left of each when something is taken off each.
    pub fn minus(self, other: Self) -> Self {
        Self {
            p50: self.p50 - other.p50,
            p95: self.p95 - other.p95,
            p99: self.p99 - other.p99,
            max: self.max - other.max,
        }
    }

    /// The same time everywhere.
    pub fn flat(milliseconds: f64) -> Self {
        Self {
            p50: milliseconds,
            p95: milliseconds,
            p99: milliseconds,
            max: milliseconds,
        }
    }
}
