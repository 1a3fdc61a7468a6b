//! AWS Lambda: functions, and what invokes them.

mod alias;
mod cells;
mod facts;
mod function;
mod mapping;
mod reads;
mod resources;
mod writes;

pub(super) use cells::CELLS;
pub use cells::LambdaCell;
pub use facts::{EventSource, Function};
pub use function::{EVERY_URL, SIGNED};
pub use reads::LambdaRead;
pub(super) use reads::READS;
pub(super) use writes::CALLS;
pub use writes::LambdaWrite;
