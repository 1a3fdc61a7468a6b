//! `Quarantine`: what it takes to cut one AWS resource off. Each target designs the cells to set; the engine does the rest.

mod design;
mod response;
mod status;
pub mod targets;

pub use design::{Context, Target};
use response::CONTAINED;
pub use status::status;
