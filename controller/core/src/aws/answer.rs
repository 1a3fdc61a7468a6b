//! What AWS says to a question. `NotFound`, `Denied` and `Throttled` are facts like any other.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer to one query.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum Answer {
    /// It exists; the value has the shape that the query's documentation gives.
    Found(Value),
    /// AWS says that it does not exist.
    NotFound,
    /// AWS refused the read; the text names the permission or the cause.
    Denied(String),
    /// AWS asked to slow down. Nothing is known.
    Throttled,
    /// No answer in time, or a server error. Nothing is known.
    Unreachable(String),
}

impl Answer {
    /// An answer from a typed fact.
    pub fn found(fact: &impl Serialize) -> Self {
        match serde_json::to_value(fact) {
            Ok(value) => Self::Found(value),
            Err(error) => Self::Unreachable(format!("the answer could not be read: {error}")),
        }
    }
}
