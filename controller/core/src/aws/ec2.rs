//! Amazon EC2: instances, network interfaces and security groups.

mod cells;
mod facts;
mod groups;
mod instance;
mod interface;
mod reads;
mod references;
mod resources;
mod rule;
mod rules;
mod traffic;
mod writes;

pub(super) use cells::CELLS;
pub use cells::{Ec2Cell, Through, instance_arn, security_group_arn};
pub use facts::{Branches, Instance, InstanceAttribute, Interface, Metadata, Snapshot};
pub use groups::{IdentifiedRule, SecurityGroup, SecurityGroupRule, SecurityGroupUser, Traffic};
pub(super) use interface::security_groups;
pub use reads::Ec2Read;
pub(super) use reads::READS;
pub(super) use references::{security_groups_of, without_groups};
pub use rule::value_of as rule_value;
pub(super) use writes::CALLS;
pub use writes::Ec2Write;
