//! AWS IAM: roles, users and policies.

mod cells;
mod facts;
pub mod policy_document;
mod reads;
pub(crate) mod resources;
mod role;
mod user;
mod writes;

pub(super) use cells::CELLS;
pub use cells::IamCell;
pub use facts::{AccessKey, ManagedPolicy, OtherCredential, Role, User, UserAccess, UsersOfRole};
pub use reads::IamRead;
pub(super) use reads::READS;
pub(super) use writes::CALLS;
pub use writes::IamWrite;
