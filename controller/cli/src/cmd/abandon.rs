//! `abandon`: give custody up.

use super::{Setting, custody};
use crate::decision::Word;
use anyhow::Result;
use clap::Args;
use firebreak_crds::Verb;

/// What `abandon` is told.
#[derive(Args, Debug)]
pub struct Abandon {
    /// Which custody.
    #[command(flatten)]
    pub held: custody::Held,
    /// The approver role in which you decide; default: one that you have
    #[arg(long)]
    pub approver_role: Option<String>,
    /// Why, for the record: what was there before is forgotten
    #[arg(long)]
    pub reason: String,
}

impl Abandon {
    /// Shows what is in custody, asks, and creates the Decision.
    ///
    /// # Errors
    /// When there is no such custody, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let word = Word {
            approver_role: self.approver_role.unwrap_or_default(),
            reason: Some(self.reason),
            ..Word::of(Verb::Abandon)
        };
        custody::decide(setting, &self.held, word).await
    }
}
