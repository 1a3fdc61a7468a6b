//! The contract of a target: it says what to set and what hangs on it, from facts alone.

use crate::{
    blocked::Stop,
    facts::SiteFacts,
    respond::{Design, Proof, Scope},
};
use firebreak_crds::Target as TargetSpec;
use std::ops::Deref;

/// One kind of AWS resource that can be quarantined.
///
/// # Guarantees
/// `design` and `proof` are pure: the same facts give the same result. They ask for what they need (`facts.need`,
/// `facts.ask`), in at most five rounds. A resource that does not exist is `Blocked(TargetNotFound)`, one that AWS lets nobody
/// change is `Blocked(Unmodifiable)`.
pub trait Target: Sync {
    /// The field of `spec.target` that names it.
    fn kind(&self) -> &'static str;

    /// Whether the spec names this kind.
    fn named_by(&self, target: &TargetSpec) -> bool;

    /// The resource and the method in one line, for people.
    fn title(&self, target: &TargetSpec) -> String;

    /// What to set, and what hangs on it.
    ///
    /// # Errors
    /// [`Stop`] while facts are missing or something stands in the way.
    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop>;

    /// Whether the resource is cut off beyond what its cells show, such as tasks that must have stopped.
    ///
    /// # Errors
    /// [`Stop`] while facts are missing or something stands in the way.
    fn proof(&self, _context: &Context<'_>, _facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
        Ok(Proof::default())
    }
}

/// What a target may know besides facts.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The account, the run and the operator's settings.
    pub scope: Scope<'a>,
    /// The target's region.
    pub region: &'a str,
    /// What the object names.
    pub target: &'a TargetSpec,
}

impl<'a> Deref for Context<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Self::Target {
        &self.scope
    }
}
