//! RDS: what is read of a database instance, the promotion of a read replica, and what cuts an instance off.

mod cells;
mod facts;
mod promotion;
mod reboot;
pub(crate) mod resources;
mod writes;

pub(super) use cells::CELLS;
pub use cells::RdsCell;
pub use facts::DbInstance;
pub use promotion::Promotion;
pub use reboot::{Reboot, RebootSight};
pub(super) use writes::CALLS;
pub use writes::RdsWrite;
