//! A run of any kind: what was planned, what was recorded of it, what it keeps in custody and claims.

pub mod act;
pub mod adoption;
pub mod archive;
pub mod claims;
pub mod custody;
pub mod ledger;
pub mod plan;
mod recorded;
pub mod step;

pub use recorded::Run;
