//! How objects arrive: one by one, at once, or at a rate.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How objects arrive.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// Each when the one before is Applied.
    InTurn {
        /// How many.
        objects: usize,
    },
    /// All in one moment, each in its own account.
    AtOnce {
        /// How many.
        objects: usize,
    },
    /// At a steady rate.
    Steady {
        /// How many.
        objects: usize,
        /// How many a second.
        per_second: usize,
        /// Over how many accounts, in turn.
        accounts: usize,
    },
}

impl Arrivals {
    /// At a steady rate for so many seconds.
    pub fn steady(per_second: usize, seconds: usize, accounts: usize) -> Self {
        Self::Steady {
            objects: per_second * seconds,
            per_second,
            accounts,
        }
    }

    /// How many objects.
    pub fn objects(self) -> usize {
        match self {
            Self::InTurn { objects } | Self::AtOnce { objects } | Self::Steady { objects, .. } => objects,
        }
    }

    /// How many accounts.
    pub fn accounts(self) -> usize {
        match self {
            Self::InTurn { objects } | Self::AtOnce { objects } => objects,
            Self::Steady { accounts, .. } => accounts,
        }
    }

    /// When an object is sent, from the start.
    pub fn offset(self, number: usize) -> Duration {
        match self {
            Self::InTurn { .. } | Self::AtOnce { .. } => Duration::ZERO,
            Self::Steady { per_second, .. } => Duration::from_secs(1).mul_f64(number as f64 / per_second as f64),
        }
    }
}
