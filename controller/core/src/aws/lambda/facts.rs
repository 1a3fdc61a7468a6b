//! Lambda functions.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Lambda function with its published versions (lambda:GetFunctionConfiguration, ListVersionsByFunction, ListTags). Its environment variables are never kept: they may
/// hold secrets.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Function {
    /// The function's ARN, without a qualifier.
    pub arn: String,
    /// ARN of its execution role.
    pub role: String,
    /// ARNs of other execution roles, sorted: a published version keeps the role that the function had when it was published.
    pub other_roles: Vec<String>,
    /// The longest that an invocation of the function or of a published version runs, in seconds: a version keeps its time-out too.
    pub timeout_seconds: u32,
    /// Why the published versions are not all known; the time-out is then the longest that AWS allows.
    pub unread_versions: Option<String>,
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

impl Function {
    /// The longest that AWS lets an invocation run, in seconds (AWS Lambda developer guide, "Lambda quotas").
    pub const LONGEST_TIMEOUT: u32 = 900;
}

impl EventSource {
    /// Whether AWS is still changing it.
    pub fn is_moving(&self) -> bool {
        !matches!(self.state.as_str(), "Enabled" | "Disabled")
    }
}
