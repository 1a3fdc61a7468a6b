//! Callers.

use serde::{Deserialize, Serialize};

/// Who the credentials belong to (sts:GetCallerIdentity).
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CallerIdentity {
    /// The account id.
    pub account: String,
    /// The caller's ARN; for an assumed role `arn:aws:sts::ID:assumed-role/NAME/SESSION`.
    pub arn: String,
}
