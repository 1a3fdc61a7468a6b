//! Elastic Load Balancing: target groups, and what forwards to them.

mod cells;
mod facts;
mod forwards;
mod reads;
mod registrations;
mod resources;
mod writes;

pub(super) use cells::CELLS;
pub use cells::Elbv2Cell;
pub use facts::TargetHealth;
pub use reads::Elbv2Read;
pub(super) use reads::READS;
pub(super) use writes::CALLS;
pub use writes::{Elbv2Write, TargetId};
