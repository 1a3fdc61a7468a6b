//! The Firebreak controller: watches, effects, status, and the runtime around them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod runtime;
