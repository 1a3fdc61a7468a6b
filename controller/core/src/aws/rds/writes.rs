//! What is written to RDS.

use super::resources::DATABASES;
use crate::aws::{Call, Idempotence::Idempotent, Power::Failover, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One call that changes something in RDS.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum RdsWrite {
    /// rds:ModifyDBInstance, `VpcSecurityGroupIds` and nothing else, applied immediately
    ModifyDbInstance { instance: String, groups: Vec<String> },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: RdsWrite => Call {
        Self::ModifyDbInstance { .. } => Call {
            action: "rds:ModifyDBInstance", on: DATABASES, also: &[],
            power: Failover, idempotence: Idempotent, places_data: false,
        },
    }
}
