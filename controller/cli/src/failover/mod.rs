//! FailoverPlans, pure: what a person may say about one, and what that means.

pub mod run;
pub mod standing;
pub mod starting;
pub mod steering;
#[cfg(test)]
pub mod testing;
