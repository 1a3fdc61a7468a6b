//! `approve`: run exactly this plan.

use super::{Setting, decide};
use crate::decision::{self, Word};
use anyhow::Result;
use clap::Args;
use firebreak_crds::Verb;
use jiff::SignedDuration;

/// What `approve` is told.
#[derive(Args, Debug)]
pub struct Approve {
    /// Which object.
    #[command(flatten)]
    pub subject: decide::Subject,
    /// The approver role in which you approve; default: the one that is missing and that you have
    #[arg(long)]
    pub approver_role: Option<String>,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
    /// How long it counts, such as 4h; default: as long as the run is open
    #[arg(long, value_parser = decision::duration, value_name = "DURATION")]
    pub expires_after: Option<SignedDuration>,
    /// The digest that you have read; anything else is refused
    #[arg(long, value_name = "sha256:...")]
    pub digest: Option<String>,
}

impl Approve {
    /// Shows the plan, asks, and creates the Decision.
    ///
    /// # Errors
    /// When there is no plan, it is another one, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let word = Word {
            approver_role: self.approver_role.unwrap_or_default(),
            reason: self.reason,
            expires_at: decide::from_now(self.expires_after)?,
            ..Word::of(Verb::Approve)
        };
        decide::about_plan(setting, &self.subject, word, self.digest.as_deref()).await
    }
}
