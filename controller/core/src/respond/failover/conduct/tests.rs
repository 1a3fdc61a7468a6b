//! Stories over worlds: a FailoverPlan with a switch and a promotion, in an account of two regions.

mod asking;
mod bench;
mod drilling;
mod going;
mod incidents;
mod saying;
