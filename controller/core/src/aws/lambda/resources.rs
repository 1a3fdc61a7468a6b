//! On what Lambda's actions are allowed.

use crate::aws::Scope;

const FUNCTION: &str = "arn:${Partition}:lambda:*:${Account}:function:${TargetFunctions}";
/// Its aliases and versions.
const FUNCTION_ALIAS: &str = "arn:${Partition}:lambda:*:${Account}:function:${TargetFunctions}:*";

pub(super) const EVENT_SOURCE_MAPPINGS: Scope = Scope::on(
    "EventSourceMappings",
    &["arn:${Partition}:lambda:*:${Account}:event-source-mapping:*"],
);
pub(super) const FUNCTIONS: Scope = Scope::on("Functions", &[FUNCTION, FUNCTION_ALIAS]);
