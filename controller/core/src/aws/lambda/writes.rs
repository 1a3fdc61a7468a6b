//! What is written to Lambda.

use super::resources::{EVENT_SOURCE_MAPPINGS, FUNCTIONS};
use crate::aws::{
    Call,
    Idempotence::{Conditional, Idempotent},
    Power::{Contain, Failover},
    table::table,
};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One call that changes something in Lambda.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum LambdaWrite {
    /// lambda:DeleteFunctionConcurrency
    DeleteFunctionConcurrency { function: String },
    /// lambda:DeleteProvisionedConcurrencyConfig
    DeleteProvisionedConcurrencyConfig { function: String, qualifier: String },
    /// lambda:PutFunctionConcurrency
    PutFunctionConcurrency { function: String, reserved: i32 },
    /// lambda:PutProvisionedConcurrencyConfig
    PutProvisionedConcurrencyConfig {
        function: String,
        qualifier: String,
        executions: i32,
    },
    /// lambda:UpdateAlias, the FunctionVersion and nothing else, while the alias has that RevisionId
    UpdateAlias {
        function: String,
        alias: String,
        version: String,
        revision: Option<String>,
    },
    /// lambda:UpdateEventSourceMapping, enabled or not and nothing else
    UpdateEventSourceMapping { uuid: String, enabled: bool },
    /// lambda:UpdateFunctionUrlConfig, the AuthType and nothing else; without a qualifier it is the function's own URL
    UpdateFunctionUrlConfig {
        function: String,
        qualifier: Option<String>,
        auth_type: String,
    },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: LambdaWrite => Call {
        Self::DeleteFunctionConcurrency { .. } => Call {
            action: "lambda:DeleteFunctionConcurrency", on: FUNCTIONS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::DeleteProvisionedConcurrencyConfig { .. } => Call {
            action: "lambda:DeleteProvisionedConcurrencyConfig", on: FUNCTIONS, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::PutFunctionConcurrency { .. } => Call {
            action: "lambda:PutFunctionConcurrency", on: FUNCTIONS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::PutProvisionedConcurrencyConfig { .. } => Call {
            action: "lambda:PutProvisionedConcurrencyConfig", on: FUNCTIONS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::UpdateAlias { .. } => Call {
            action: "lambda:UpdateAlias", on: FUNCTIONS, also: &[],
            power: Failover, idempotence: Conditional, places_data: false,
        },
        Self::UpdateEventSourceMapping { .. } => Call {
            action: "lambda:UpdateEventSourceMapping", on: EVENT_SOURCE_MAPPINGS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::UpdateFunctionUrlConfig { .. } => Call {
            action: "lambda:UpdateFunctionUrlConfig", on: FUNCTIONS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
    }
}
