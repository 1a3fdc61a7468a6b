//! RDS: what is read of a database instance, and the promotion of a read replica. The adapter makes none of these calls yet, so
//! that no table of permissions names them.

mod facts;
mod promotion;

pub use facts::DbInstance;
pub use promotion::Promotion;
