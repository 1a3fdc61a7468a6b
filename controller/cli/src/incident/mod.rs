//! Incidents, as pure functions of what was read and of what a person asks for.

pub mod declaration;
pub mod facts;
pub mod found;
pub mod merging;
pub mod refusal;
pub mod responding;
