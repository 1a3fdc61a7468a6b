//! Responses: what each kind of responder wants, from its object and from facts alone. The engine carries any of them out
//! and knows none of them; a response knows nothing of the engine.

mod design;
pub mod failover;
mod named;
mod object;
pub mod quarantine;
mod response;
mod scope;
mod stands;
mod summary;
pub mod traffic;

pub use design::{Design, Draft, Proof};
pub use named::Named;
pub use object::{Object, Respondent};
pub use response::{Done, Intent, Responder, Response, Terms};
pub use scope::Scope;
pub use stands::Stands;
pub use summary::Summary;
