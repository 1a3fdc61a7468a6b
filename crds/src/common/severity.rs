//! How bad an incident is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad it is, in the words of the incident process.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Can wait for the working day.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Needs hands now.
    High,
    /// Active damage.
    Critical,
}

impl Severity {
    /// Every severity, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];
}
