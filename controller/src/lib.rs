//! The Firebreak operator: wiring, watches, effects, status, leader lease, health and metrics. Decisions are in `core`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod admission;
pub mod args;
pub(crate) mod bounded;
pub mod clock;
pub mod controllers;
pub(crate) mod exclusive;
pub mod install;
pub(crate) mod live_read;
pub(crate) mod objects;
pub mod operator;
pub mod records;
pub mod reporter;
pub mod responder;
pub mod runtime;
pub mod shared_reads;
pub mod takings;
pub mod uninstall;
pub mod watched;
