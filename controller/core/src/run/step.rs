//! What is said of a step and of a plan besides what they set: how a step can be undone, what it touches, what stops with it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a step can be undone.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undo {
    /// Only adds something that harms nothing and stays (a snapshot): there is nothing to put back, nothing is lost, and when it
    /// fails the containment goes on without it.
    Addition,
    /// Putting the value back restores everything.
    Reversible,
    /// The value can be put back, but something is lost on the way (memory of stopped tasks).
    Destructive,
    /// Nothing can be put back, and nothing is kept in custody.
    OneWay,
}

impl Undo {
    /// Whether it never runs before it is approved.
    pub fn is_destructive(self) -> bool {
        self > Self::Reversible
    }

    /// Whether the value from before is kept in custody.
    pub fn keeps_custody(self) -> bool {
        matches!(self, Self::Reversible | Self::Destructive)
    }
}

/// A resource that is touched.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Its ARN.
    pub arn: String,
    /// Its tags, as far as they were read.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// Something that stops working when the target is cut off.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependent {
    /// Such as `ECS service` or `Lambda function`.
    pub kind: String,
    /// Its name.
    pub name: String,
}
