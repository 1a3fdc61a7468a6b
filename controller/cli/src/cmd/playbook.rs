//! `playbook`: what Playbooks would do. Writes nothing.

mod test;

use super::Setting;
use anyhow::Result;
use clap::{Args, Subcommand};

/// What `playbook` is told.
#[derive(Args, Debug)]
pub struct Playbook {
    /// What is done.
    #[command(subcommand)]
    pub verb: Of,
}

/// What can be done with Playbooks.
#[derive(Subcommand, Debug)]
pub enum Of {
    /// Say what would become of findings: which Incident each opens or joins, and which responses act, wait or are left out. Writes nothing.
    #[command(after_help = crate::exit::help())]
    Test(Box<test::Test>),
}

impl Playbook {
    /// Does it.
    ///
    /// # Errors
    /// What could not be done, or which finding is not valid.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        match self.verb {
            Of::Test(test) => test.run(setting).await,
        }
    }
}
