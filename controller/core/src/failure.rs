//! How an AWS call can fail, classified once by the `aws` crate.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a failure asks for.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    /// Somebody else changed it: read again, compute again, a bounded number of times.
    Conflict,
    /// Slow down.
    Throttled,
    /// A passing fault of AWS or the network; whether the call had an effect is unknown.
    Transient,
    /// The resource is in a state in which it cannot be changed: wait for it.
    NotYet,
    /// The permission is missing, or the credentials are refused.
    Denied,
    /// AWS does not accept the request.
    Invalid,
    /// A quota is used up.
    Limit,
    /// The resource does not exist.
    Gone,
    /// AWS lets nobody change this resource (service-linked and SSO roles).
    Unmodifiable,
}

/// A failed AWS call.
#[derive(Error, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[error("{call}: {code}: {message}")]
pub struct Failure {
    /// What it asks for.
    pub class: FailureClass,
    /// The call, such as `iam:AttachRolePolicy`.
    pub call: String,
    /// AWS's error code, or the kind of network fault.
    pub code: String,
    /// AWS's message.
    pub message: String,
}

/// What AWS answered to a write.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// AWS's request id, for the journal.
    pub request_id: Option<String>,
}
