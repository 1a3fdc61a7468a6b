//! Application Auto Scaling of ECS services.

mod cells;
mod facts;
pub(super) mod resources;
mod writes;

pub use cells::ApplicationAutoScalingCell;
pub(super) use cells::CELLS;
pub use facts::{ScalableTarget, Suspension};
pub use writes::ApplicationAutoScalingWrite;
pub(super) use writes::CALLS;
