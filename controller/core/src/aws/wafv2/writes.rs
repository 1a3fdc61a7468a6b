//! What is written to AWS WAF.

use super::{IpSetId, resources::IP_SETS};
use crate::aws::{Call, Idempotence::Idempotent, Power::Contain, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One call that changes something in AWS WAF.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum Wafv2Write {
    /// wafv2:UpdateIPSet with the whole list as it is at that moment, `add` put to it and `remove` taken out, under the lock token of
    /// that list. Where somebody else was faster, AWS WAF refuses, and the list is read again.
    UpdateIpSet {
        ip_set: IpSetId,
        add: Vec<String>,
        remove: Vec<String>,
    },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: Wafv2Write => Call {
        Self::UpdateIpSet { .. } => Call {
            action: "wafv2:UpdateIPSet", on: IP_SETS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
    }
}
