//! What a response may know besides its object and facts.

use crate::{aws::partition, settings::Settings};
use firebreak_crds::AwsAccountSpec;

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
}

impl Scope<'_> {
    /// Tells this run from every other, of this object and of others: what is made for one run is marked with it.
    pub fn run_key(&self) -> String {
        format!("{}-{}", self.uid, self.run)
    }

    /// The partition of the account, such as `aws`.
    pub fn partition(&self) -> &str {
        partition::of_arn(&self.account.roles.read)
    }
}
