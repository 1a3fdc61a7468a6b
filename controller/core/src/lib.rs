//! Firebreak's decisions, as pure functions: from an object and observed facts to plans, effects and status.
//! Nothing here does I/O, reads a clock or the environment, or is random: `now` is an argument.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
pub mod blocked;
pub mod cell;
pub mod digest;
pub mod facts;
pub mod failure;
pub mod policy_document;
pub mod quarantine;
pub mod query;
pub mod write;
