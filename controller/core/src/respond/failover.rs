//! `FailoverPlan`: which steps lead from one region to the other. Each kind of step says what it takes; the engine does the rest.
//!
//! A run is asked for ([`serials`]), designed ([`design`]), approved, and carried out by [`crate::engine::once`].

pub mod conduct;
mod course;
pub mod data_loss;
mod design;
pub mod drill;
mod objectives;
pub mod readiness;
pub mod serials;
mod status;
mod steps;

pub use course::{Counted, Course};
pub use design::{Blueprint, Halt, design};
pub use objectives::{Target, seconds, targets};
pub use status::{Story, conditions, status};
