//! Firebreak's decisions, as pure functions: from an object and observed facts to plans, effects and status.
//! Nothing here does I/O, reads a clock or the environment, or is random: `now` is an argument.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod adoption;
pub mod approval;
pub mod archive;
pub mod aws;
pub mod blocked;
pub mod claims;
pub mod custody;
pub mod digest;
pub mod engine;
pub mod facts;
pub mod guard;
pub mod installation;
pub mod ledger;
pub mod pattern;
pub mod permissions;
pub mod plan;
pub mod quarantine;
pub mod simulation;
