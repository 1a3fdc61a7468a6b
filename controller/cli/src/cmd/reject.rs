//! `reject`: do not run this plan.

use super::{Setting, decide};
use crate::decision::Word;
use anyhow::Result;
use clap::Args;
use firebreak_crds::Verb;

/// What `reject` is told.
#[derive(Args, Debug)]
pub struct Reject {
    /// Which object.
    #[command(flatten)]
    pub subject: decide::Subject,
    /// The approver role in which you reject; default: one that you have
    #[arg(long)]
    pub approver_role: Option<String>,
    /// Why, for the record
    #[arg(long)]
    pub reason: String,
    /// The digest that you have read; anything else is refused
    #[arg(long, value_name = "sha256:...")]
    pub digest: Option<String>,
}

impl Reject {
    /// Shows the plan, asks, and creates the Decision.
    ///
    /// # Errors
    /// When there is no plan, it is another one, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let word = Word {
            approver_role: self.approver_role.unwrap_or_default(),
            reason: Some(self.reason),
            ..Word::of(Verb::Reject)
        };
        decide::about_plan(setting, &self.subject, word, self.digest.as_deref()).await
    }
}
