//! Why a decision cannot be made yet: something must be asked, or something stands in the way.

use crate::facts::Ask;
use firebreak_crds::Reason;
use serde::{Deserialize, Serialize};

/// Something stands in the way. A value, not a fault: it becomes a condition, and it is looked at again.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The condition's reason.
    pub reason: Reason,
    /// For people: the field or the cause, and the fix.
    pub message: String,
}

impl Blocked {
    /// What stands in the way.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// Whether it passes by itself, so that nobody needs to be called.
    pub fn passes(&self) -> bool {
        matches!(
            self.reason,
            Reason::Throttled | Reason::Unreachable | Reason::FreezeWindow | Reason::RateExceeded
        )
    }
}

/// Why a pure function stops before its result.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It must know these of AWS first.
    Ask(Vec<Ask>),
    /// It must know these Holds (by name) first.
    Fetch(Vec<String>),
    /// Something stands in the way.
    Blocked(Blocked),
}

impl From<Blocked> for Stop {
    fn from(blocked: Blocked) -> Self {
        Self::Blocked(blocked)
    }
}
