//! Who must agree, and who has: Guardrails on one side, Decisions on the other.

mod binding;
mod people;
mod refusal;
mod requirement;
mod sentence;
mod taken;
#[cfg(test)]
mod tests;
mod voices;

pub use binding::{Admission, NOT_BOUND, bound, counts_again_from};
pub use people::{Distinctness, is_machine, is_person};
pub use refusal::REQUESTER;
pub(crate) use refusal::refusal;
pub use requirement::{Case, Requirement, contain_now, speaking};
pub use sentence::sentence;
pub(crate) use taken::record;
pub use taken::taken;
pub use voices::{Hearing, Voices};
