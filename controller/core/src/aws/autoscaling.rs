//! EC2 Auto Scaling groups, as far as quarantined instances are in them.

mod cells;
mod facts;
mod reads;
mod resources;
mod writes;

pub use cells::AutoScalingCell;
pub(super) use cells::CELLS;
pub use facts::GroupMembership;
pub use reads::AutoScalingRead;
pub(super) use reads::READS;
pub use writes::AutoScalingWrite;
pub(super) use writes::CALLS;
