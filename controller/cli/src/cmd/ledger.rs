//! `ledger`: the hash chain of an Incident, read from the evidence bucket. Reads, and writes nothing.

mod read;
mod verdict;

use super::Setting;
use anyhow::Result;
use clap::{Args, Subcommand};

/// What `ledger` is told.
#[derive(Args, Debug)]
pub struct Ledger {
    /// What is done.
    #[command(subcommand)]
    pub verb: Of,
}

/// What can be done with a ledger.
#[derive(Subcommand, Debug)]
pub enum Of {
    /// Say whether the ledger of an Incident is whole, or what was cut, changed, forked or added. Writes nothing.
    #[command(after_help = crate::exit::help())]
    Verify(Asked),
    /// Show the entries of an Incident's ledger, the first one first. Says nothing about whether it is whole.
    #[command(after_help = crate::exit::help())]
    List(Asked),
}

/// Which ledger, and who must have written it.
#[derive(Args, Debug)]
pub struct Asked {
    /// The Incident: NAME or incident/NAME
    #[arg(value_name = "INCIDENT", value_parser = super::incident_name)]
    pub name: String,
    /// Namespace of the operator, which must have written every entry
    #[arg(long, default_value = "firebreak-system")]
    pub operator_namespace: String,
    /// Service account of the operator
    #[arg(long, default_value = "firebreak-controller")]
    pub service_account: String,
    /// Let the environment redirect AWS endpoints (AWS_ENDPOINT_URL and the like): for tests
    #[arg(long)]
    pub allow_endpoint_overrides: bool,
}

impl Ledger {
    /// Does it.
    ///
    /// # Errors
    /// When the ledger cannot be read, or is not whole.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        match self.verb {
            Of::Verify(asked) => {
                let found = read::read(&asked, setting).await?;
                setting.answer(|| verdict::document(&found), |_| verdict::text(&found))?;
                verdict::intact(&found)
            }
            Of::List(asked) => {
                let found = read::read(&asked, setting).await?;
                setting.answer(|| verdict::listed(&found), |_| verdict::lines(&found))
            }
        }
    }
}
