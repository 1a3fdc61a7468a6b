//! `release`: undo the containment, whatever the spec says, until the spec changes.

use super::{Setting, custody};
use crate::decision::Word;
use anyhow::Result;
use clap::Args;
use firebreak_crds::{Reopens, Verb};

/// What `release` is told.
#[derive(Args, Debug)]
pub struct Release {
    /// Which custody.
    #[command(flatten)]
    pub held: custody::Held,
    /// What may be put back although it reopens the compromise: AccessKeys, FunctionUrl, InstanceProfile, PublicAccess,
    /// Sessions, TrustPolicy
    #[arg(long, value_delimiter = ',', value_parser = reopens)]
    pub restore: Vec<Reopens>,
    /// The approver role in which you decide; default: one that you have
    #[arg(long)]
    pub approver_role: Option<String>,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
}

impl Release {
    /// Shows what is in custody, asks, and creates the Decision.
    ///
    /// # Errors
    /// When there is no such custody, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let mut restore = self.restore;
        restore.sort();
        restore.dedup();
        let word = Word {
            approver_role: self.approver_role.unwrap_or_default(),
            reason: self.reason,
            restore,
            ..Word::of(Verb::Release)
        };
        custody::decide(setting, &self.held, word).await
    }
}

fn reopens(text: &str) -> Result<Reopens, String> {
    match text.to_ascii_lowercase().as_str() {
        "accesskeys" => Ok(Reopens::AccessKeys),
        "functionurl" => Ok(Reopens::FunctionUrl),
        "instanceprofile" => Ok(Reopens::InstanceProfile),
        "publicaccess" => Ok(Reopens::PublicAccess),
        "sessions" => Ok(Reopens::Sessions),
        "trustpolicy" => Ok(Reopens::TrustPolicy),
        _ => Err(
            "write AccessKeys, FunctionUrl, InstanceProfile, PublicAccess, Sessions or TrustPolicy, or several with commas"
                .into(),
        ),
    }
}
