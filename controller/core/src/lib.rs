//! Firebreak's decisions, as pure functions: from an object and observed facts to plans, effects and status.
//! Nothing here does I/O, reads a clock or the environment, or is random: `now` is an argument.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod approval;
pub mod aws;
pub mod blocked;
pub mod coordinate;
pub mod digest;
pub mod engine;
pub mod facts;
pub mod guard;
pub mod installation;
pub mod pattern;
pub mod permissions;
pub mod respond;
pub mod run;
pub mod settings;
pub mod simulation;
