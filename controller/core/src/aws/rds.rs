//! RDS: what is read of a database instance, and the promotion of a read replica.

mod facts;
mod promotion;
pub(crate) mod resources;

pub use facts::DbInstance;
pub use promotion::Promotion;
