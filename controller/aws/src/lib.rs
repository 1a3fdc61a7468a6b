//! The adapter of the port to AWS itself, with one file or folder per service: the only crate that names the AWS SDK.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod breaker;
mod caller;
mod endpoints;
mod error;
mod limits;
mod real;
mod services;
mod session;
#[cfg(test)]
mod testing;
mod transport;
mod website;

pub use endpoints::endpoint_overrides;
pub use real::{Aws, ConnectError};
pub use transport::OPERATION_TIMEOUT;
pub use website::HttpsCourier;
