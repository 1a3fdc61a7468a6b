//! Firebreak's decisions, as pure functions: from an object and observed facts to plans, effects and status.
//! Nothing here does I/O, reads a clock or the environment, or is random: `now` is an argument.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
pub mod adoption;
pub mod approval;
pub mod archive;
pub mod blocked;
pub mod bucket_policy;
pub mod cell;
pub mod claims;
pub mod custody;
pub mod digest;
pub mod engine;
pub mod facts;
pub mod failure;
pub mod guard;
pub mod installation;
pub mod ledger;
pub mod partition;
pub mod pattern;
pub mod permissions;
pub mod plan;
pub mod policy_document;
pub mod quarantine;
pub mod query;
pub mod simulation;
pub mod survey;
pub mod write;
