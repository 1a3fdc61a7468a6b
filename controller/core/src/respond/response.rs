//! What the engine asks of each kind of responder.

use super::{Design, Named, Proof, Scope};
use crate::{
    blocked::{Blocked, Stop},
    facts::Facts,
};
use firebreak_crds::{
    ConditionType, Evidence, Expiry, Mode, QuarantineSpec, Reason, Reopens, Severity, TrafficPolicySpec,
};
use std::ops::Deref;

/// What one kind of responder wants.
///
/// # Guarantees
/// Pure: the same facts give the same result. `design` and `proof` ask for what they need (`facts.need`, `facts.ask`), in at
/// most five rounds.
pub trait Response {
    /// The kind of its object, such as `Quarantine`.
    fn kind(&self) -> &'static str;

    /// The word by which the grants of an AwsAccount know what it acts on, such as `iamRole`.
    ///
    /// # Errors
    /// `InvalidTarget` where the object names nothing that this version knows.
    fn granted_as(&self) -> Result<&'static str, Blocked>;

    /// What it acts on and how, in one line for people.
    ///
    /// # Errors
    /// `InvalidTarget` where the object names nothing that this version knows.
    fn title(&self) -> Result<String, Blocked>;

    /// What every response says of itself.
    fn terms(&self) -> Terms<'_>;

    /// What its spec asks for.
    fn intent(&self) -> Intent;

    /// How its condition of being done is called.
    fn done(&self) -> &'static Done;

    /// The resources that it names.
    fn named(&self, scope: &Scope<'_>) -> Vec<Named>;

    /// The ARN of a named resource whose path only AWS knows; none where there is no such resource.
    ///
    /// # Errors
    /// [`Stop`] while AWS has not told.
    fn real_arn(&self, named: &Named, scope: &Scope<'_>, facts: &Facts) -> Result<Option<String>, Stop>;

    /// What to set, and what hangs on it.
    ///
    /// # Errors
    /// [`Stop`] while facts are missing or something stands in the way.
    fn design(&self, scope: &Scope<'_>, facts: &Facts) -> Result<Design, Stop>;

    /// Whether it is done beyond what its cells show, such as tasks that must have stopped.
    ///
    /// # Errors
    /// [`Stop`] while facts are missing or something stands in the way.
    fn proof(&self, scope: &Scope<'_>, facts: &Facts) -> Result<Proof, Stop>;
}

/// What every response says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Name of the AwsAccount.
    pub account: &'a str,
    /// The region in which it acts.
    pub region: &'a str,
    /// Whether it writes.
    pub mode: Mode,
    /// How bad it is.
    pub severity: Severity,
    /// Why, in the words of the object.
    pub reason: Option<&'a str>,
    /// How long it is meant to last.
    pub expiry: Option<&'a Expiry>,
    /// What is kept before anything is written.
    pub evidence: Evidence,
    /// What undoing it may put back although that reopens the compromise.
    pub restore: &'a [Reopens],
}

/// What a spec asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// That it is done.
    Do,
    /// That it is undone.
    Undo,
}

/// How a kind calls it that it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The condition, such as `Contained`.
    pub condition: ConditionType,
    /// Its reason while it is so.
    pub reason: Reason,
    /// Its reason while it is not.
    pub not_yet: Reason,
    /// What the last read shows then, in a sentence.
    pub proven: &'static str,
    /// The same in a few words, for `Ready`.
    pub held: &'static str,
}

/// Every kind of responder: the object's spec says what it wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Responder {
    /// One AWS resource, cut off.
    Quarantine(Box<QuarantineSpec>),
    /// Addresses that a web ACL blocks.
    Traffic(Box<TrafficPolicySpec>),
}

impl From<QuarantineSpec> for Responder {
    fn from(spec: QuarantineSpec) -> Self {
        Self::Quarantine(Box::new(spec))
    }
}

impl From<TrafficPolicySpec> for Responder {
    fn from(spec: TrafficPolicySpec) -> Self {
        Self::Traffic(Box::new(spec))
    }
}

impl Deref for Responder {
    type Target = dyn Response;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Quarantine(spec) => spec.as_ref(),
            Self::Traffic(spec) => spec.as_ref(),
        }
    }
}
