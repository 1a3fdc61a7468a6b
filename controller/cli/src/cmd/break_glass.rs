//! `break-glass`: run the plan without the other approvals.

use super::{Setting, decide};
use crate::decision::{self, Word};
use anyhow::Result;
use clap::Args;
use firebreak_crds::Verb;
use jiff::SignedDuration;

/// What `break-glass` is told.
#[derive(Args, Debug)]
pub struct BreakGlass {
    /// Which object.
    #[command(flatten)]
    pub subject: decide::Subject,
    /// Why; everyone reads it
    #[arg(long)]
    pub reason: String,
    /// How long it counts, such as 1h; at most 168h
    #[arg(long, value_parser = decision::duration, value_name = "DURATION")]
    pub expires_after: SignedDuration,
    /// The digest that you have read; anything else is refused
    #[arg(long, value_name = "sha256:...")]
    pub digest: Option<String>,
}

impl BreakGlass {
    /// Shows the plan, asks, and creates the Decision.
    ///
    /// # Errors
    /// When there is no plan, it is another one, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let word = Word {
            approver_role: decision::BREAK_GLASS.to_owned(),
            reason: Some(self.reason),
            expires_at: decide::from_now(Some(self.expires_after))?,
            ..Word::of(Verb::BreakGlass)
        };
        decide::about_plan(setting, &self.subject, word, self.digest.as_deref()).await
    }
}
