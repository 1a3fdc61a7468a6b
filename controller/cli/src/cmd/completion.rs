//! `completion`: the script with which a shell completes words after `kubectl-firebreak`.

use crate::{args, terminal};
use anyhow::{Context, Result};
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{Shell as Script, generate};

/// What `completion` is told.
#[derive(Args, Debug)]
pub struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Shell {
    /// Bash
    Bash,
    /// Fish
    Fish,
    /// Zsh
    Zsh,
}

impl Completion {
    /// Prints the script.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn run(self) -> Result<()> {
        terminal::say(&script(self.shell)?)
    }
}

fn script(shell: Shell) -> Result<String> {
    let shell = match shell {
        Shell::Bash => Script::Bash,
        Shell::Fish => Script::Fish,
        Shell::Zsh => Script::Zsh,
    };
    let mut text = Vec::new();
    generate(shell, &mut args::Args::command(), "kubectl-firebreak", &mut text);
    String::from_utf8(text).context("the completion script")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_knows_the_verbs_and_is_for_the_plugins_own_name() {
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            let script = script(shell).unwrap();
            assert!(script.contains("kubectl-firebreak"), "{shell:?}");
            assert!(script.contains("break-glass") && script.contains("doctor"), "{shell:?}");
        }
    }
}
