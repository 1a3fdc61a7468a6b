//! Coordinators: kinds that create objects, tell people and run clocks, and that change no resource in AWS.

pub mod finding;
pub mod incident;
pub mod notification;
pub mod playbook;
pub mod source;
