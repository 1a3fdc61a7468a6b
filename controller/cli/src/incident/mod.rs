//! Incidents, as pure functions of what was read and of what a person asks for.

pub mod facts;
