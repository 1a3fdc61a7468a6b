//! Amazon S3: buckets and their policies.

mod bucket;
pub mod bucket_policy;
mod cells;
mod facts;
mod place;
mod reads;
pub(crate) mod resources;
mod writes;

pub(super) use cells::CELLS;
pub use cells::S3Cell;
pub use facts::{Bucket, PublicAccessBlock};
pub use place::{LONGEST_OBJECT, Place, Stored};
pub(super) use reads::READS;
pub use reads::S3Read;
pub(super) use writes::CALLS;
pub use writes::S3Write;
