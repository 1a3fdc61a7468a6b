//! What a response may know besides its object and facts.

use crate::{aws::partition, blocked::Stop, run::plan::Step, settings::Settings};
use firebreak_crds::{AwsAccountSpec, HoldSpec};
use std::collections::BTreeMap;

/// What a response may know besides its object and facts.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The account.
    pub account: &'a AwsAccountSpec,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// UID of the object.
    pub uid: &'a str,
    /// Number of the run that is planned or held.
    pub run: u32,
    /// The steps of the object's last containment that was begun: what it named may be known by them alone since.
    pub earlier: &'a [Step],
    /// Holds that were read, by name.
    pub holds: &'a BTreeMap<String, Option<HoldSpec>>,
}

impl Scope<'_> {
    /// Tells this run from every other, of this object and of others: what is made for one run is marked with it.
    pub fn run_key(&self) -> String {
        format!("{}-{}", self.uid, self.run)
    }

    /// Custody by its name; none where there is none.
    ///
    /// # Errors
    /// [`Stop::Fetch`] while it was not read.
    pub fn hold(&self, name: String) -> Result<Option<&HoldSpec>, Stop> {
        match self.holds.get(&name) {
            Some(hold) => Ok(hold.as_ref()),
            None => Err(Stop::Fetch(vec![name])),
        }
    }

    /// The partition of the account, such as `aws`.
    pub fn partition(&self) -> &str {
        partition::of_arn(&self.account.roles.read)
    }
}
