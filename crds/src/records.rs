//! What is on record: what people decided, what a run does and did, what is in custody, and who asked for it.

pub mod asked;
pub mod decision;
pub mod hold;
pub mod response_plan;
