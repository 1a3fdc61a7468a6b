//! The Firebreak operator: wiring, watches, leader lease, health and metrics. Decisions are in `core`, effects in `executor`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod admission;
pub mod args;
pub mod controllers;
pub mod install;
pub mod notifier;
pub mod operator;
pub mod reporter;
pub mod runtime;
pub mod uninstall;
pub mod watched;
