//! Performs what the engine decides: reads the cluster and AWS, makes conditional records, writes to AWS. Used by the operator,
//! and by the CLI for previews, so that the two never differ.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod account;
pub(crate) mod bounded;
pub mod clock;
mod exclusive;
mod executor;
pub mod failover;
pub mod findings;
mod incident;
pub(crate) mod live_read;
pub mod notifier;
pub(crate) mod objects;
mod orphan;
pub mod preview;
pub mod records;
pub mod shared_reads;
pub mod takings;

pub use executor::{ATTEMPT_DEADLINE, AdmissionCheck, Executor, MayWrite, OwnDependencies, ReconcileError, Reporter};
