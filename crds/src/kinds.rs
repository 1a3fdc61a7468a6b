//! The kinds that people write to have something done: responders (they change AWS) and coordinators (they create objects).

pub mod failover_plan;
pub mod finding_source;
pub mod incident;
pub mod notification_channel;
pub mod playbook;
pub mod quarantine;
pub mod traffic_policy;
