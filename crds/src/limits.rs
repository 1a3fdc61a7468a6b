//! Where Firebreak may act, under which limits, and what stops it.

pub mod aws_account;
pub mod emergency_stop;
pub mod guardrail;
