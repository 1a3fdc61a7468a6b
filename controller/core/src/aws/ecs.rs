//! Amazon ECS: services and their tasks.

mod cells;
mod facts;
mod reads;
mod references;
pub(super) mod resources;
mod service;
mod writes;

pub(super) use cells::CELLS;
pub use cells::{EcsCell, service_arn};
pub use facts::{Deployment, EcsDeployment, EcsService, Network, Task, TaskDefinition, same_address};
pub use reads::EcsRead;
pub(super) use reads::READS;
pub use references::{Reference, host};
pub(super) use writes::CALLS;
pub use writes::{DeploymentParts, EcsWrite};
