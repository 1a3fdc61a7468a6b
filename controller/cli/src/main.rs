//! `kubectl firebreak`: preview, approve, release and inspect Firebreak's responses.
//!
//! # Flow
//! `args` → one file per verb in `cmd` → effects in `cluster` and `cloud`, everything that is said in `render` (pure).
//!
//! # Guarantees
//! It writes what the person who runs it says, as that person: Decisions; the Incident or Quarantine that `declare` and
//! `quarantine` describe; one response or `mergedInto` of an Incident, each as a change of the version that was read; and Holds
//! that `adopt` rebuilds. It writes no other spec.
//! (Access reviews are questions: the API server answers and stores nothing.)
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod args;
mod cloud;
mod cluster;
mod cmd;
mod decision;
mod doctor;
mod exit;
mod failover;
mod findings;
#[cfg(test)]
mod fixtures;
mod incident;
mod manifest;
mod playbook;
#[cfg(test)]
mod preview_tests;
mod records;
mod render;
mod schema;
mod target;
mod terminal;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let args = args::Args::parse();
    match cmd::run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&exit::message(&error));
            ExitCode::from(exit::code(&error))
        }
    }
}
