//! AWS STS: who calls.

mod facts;
mod reads;

pub use facts::CallerIdentity;
pub(super) use reads::READS;
pub use reads::StsRead;
