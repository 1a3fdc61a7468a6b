//! What it takes to cut one AWS resource off: each target designs the cells to set; the engine does the rest.

pub mod design;
pub mod targets;

pub use design::{Context, Design, Draft, Proof, Settings, Target};
