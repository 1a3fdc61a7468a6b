//! Lambda functions.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Lambda function (lambda:GetFunctionConfiguration, lambda:ListTags). Its environment variables are never kept: they may
/// hold secrets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// The function's ARN, without a qualifier.
    pub arn: String,
    /// ARN of its execution role.
    pub role: String,
    /// The longest that an invocation runs, in seconds.
    pub timeout_seconds: u32,
    /// Whether it runs on a capacity provider (Lambda managed instances) instead of Lambda's own capacity.
    pub capacity_provider: bool,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An event source mapping of a function (lambda:ListEventSourceMappings).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct EventSource {
    /// Its id.
    pub uuid: String,
    /// ARN of the queue, stream or cluster; `self-managed` where there is none.
    pub source: String,
    /// Alias or version that it invokes; none for the function itself.
    pub qualifier: Option<String>,
    /// Creating, Enabling, Enabled, Disabling, Disabled, Updating or Deleting.
    pub state: String,
}

impl EventSource {
    /// Whether AWS is still changing it.
    pub fn is_moving(&self) -> bool {
        !matches!(self.state.as_str(), "Enabled" | "Disabled")
    }
}
