//! Tables for each part, then laws over whole runs, on a small model of AWS.

mod aborting;
mod bench;
mod holding;
mod laws;
mod random;
mod sections;
mod steps;
mod waiting;
