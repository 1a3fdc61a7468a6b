//! Playbooks tried on findings, as pure functions of what was read.

pub mod asking;
pub mod files;
pub mod ground;
#[cfg(test)]
pub mod testing;
