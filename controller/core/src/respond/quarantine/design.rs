//! The contract of a target: it says what to set and what hangs on it, from facts alone.

use crate::{
    blocked::Stop,
    facts::SiteFacts,
    respond::{Design, Named, Proof, Scope},
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

    /// The resource that the spec names, as far as it is known without asking AWS; none when it names none of this kind.
    fn named(&self, context: &Context<'_>) -> Option<Named>;

    /// The ARN that AWS gives what is named, where only AWS knows all of it; none where AWS knows none.
    ///
    /// # Errors
    /// [`Stop`] while AWS has not told.
    fn real_arn(&self, _context: &Context<'_>, _facts: &SiteFacts<'_>) -> Result<Option<String>, Stop> {
        Ok(None)
    }

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

impl Context<'_> {
    /// A resource of the account in the target's region, such as `instance/i-0123456789abcdef0` of `ec2`.
    pub fn regional(&self, service: &str, name: &str) -> Named {
        let (partition, region, account) = (self.partition(), self.region, &self.account.account_id);
        Named::only(format!("arn:{partition}:{service}:{region}:{account}:{name}"))
    }

    /// An IAM role or user (`what`) of the account.
    pub fn identity(&self, what: &str, name: &str) -> Named {
        Named::identity(self.partition(), &self.account.account_id, what, name)
    }
}

impl<'a> Deref for Context<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Self::Target {
        &self.scope
    }
}
