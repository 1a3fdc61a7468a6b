//! `TrafficPolicy`: what it takes to have addresses blocked by a web ACL. The web ACL is never written: its rules that block what is
//! in two IP sets are prepared beforehand, and only those sets are changed.

mod design;
mod never_block;
mod preparation;
mod prepared;
mod response;
mod status;
#[cfg(test)]
mod tests;

pub use preparation::{Preparation, rule_name};
pub use status::status;
