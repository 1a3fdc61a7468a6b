//! Where something is read or written: an account and a region.

use serde::{Deserialize, Serialize};

/// An account and a region: what is read, set or written names its site.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// The account's id.
    pub account_id: String,
    /// The region whose endpoint is asked; IAM is global, and is asked there too.
    pub region: String,
}

impl Site {
    /// That region of that account.
    pub fn new(account_id: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            account_id: account_id.into(),
            region: region.into(),
        }
    }
}
