//! How an AWS call can fail, classified once by the `aws` crate.

mod codes;

pub use codes::{class_of, is_unlisted};

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

impl FailureClass {
    /// Whether AWS refuses for good: the same request is refused again until a person changes something, and nothing is
    /// unknown about its effect.
    pub fn is_for_good(self) -> bool {
        match self {
            Self::Denied | Self::Invalid | Self::Limit | Self::Gone | Self::Unmodifiable => true,
            Self::Conflict | Self::Throttled | Self::Transient | Self::NotYet => false,
        }
    }
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

impl Failure {
    /// Whether AWS refused because it does not find a resource that the request names, and that is not the one it changes.
    pub fn misses_what_it_names(&self) -> bool {
        self.class == FailureClass::Invalid && self.code.ends_with(".NotFound")
    }

    /// Seconds after which it is tried again, where its code or its class says so.
    /// - Of one volume, EC2 makes a snapshot every 15 s (EC2 API reference, `SnapshotCreationPerVolumeRateExceeded`).
    /// - A code that nobody has given a class may mean anything: a minute is often enough.
    pub fn retry_after(&self) -> Option<u64> {
        match self.class {
            FailureClass::Conflict => Some(1),
            FailureClass::NotYet if self.code == "SnapshotCreationPerVolumeRateExceeded" => Some(15),
            FailureClass::Transient if is_unlisted(&self.call, &self.code) => Some(60),
            _ => None,
        }
    }
}

/// What AWS answered to a write.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// AWS's request id, for the journal.
    pub request_id: Option<String>,
}
