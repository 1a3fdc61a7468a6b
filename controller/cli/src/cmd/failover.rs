//! `failover`: begin, watch and steer the runs of a FailoverPlan.

mod deciding;
mod drill;
mod noted;
mod showing;
mod start;
mod steer;
mod watch;

pub use deciding::{about_plan, recorded};

use super::Setting;
use crate::decision;
use anyhow::Result;
use clap::{Args, Subcommand};
use firebreak_crds::Verb;
use jiff::SignedDuration;

/// What `failover` is told.
#[derive(Args, Debug)]
pub struct Failover {
    /// What is done.
    #[command(subcommand)]
    pub verb: Of,
}

/// What can be done with a FailoverPlan.
#[derive(Subcommand, Debug)]
pub enum Of {
    /// Show the plan of the current run: every step with what it changes, the longest path, who must agree. Writes nothing.
    Plan(Named),
    /// Begin a run to a region, with the next serial. Prints the lines for Git.
    Start(start::Start),
    /// Follow the current run until it ends; the exit code says how.
    Watch(watch::Watch),
    /// Start no further step; what was called is finished.
    Pause(steer::Plainly),
    /// Go on with a paused run.
    Resume(steer::Plainly),
    /// Go on without a step.
    Skip(steer::Reasoned),
    /// Begin a failed step again.
    Retry(steer::Step),
    /// End the run: before its first one-way step what it set is put back, from then on everything stays.
    Abort(steer::Abort),
    /// Approve exactly the plan of the current run, or with --step one step that needs approvals of its own.
    Approve(steer::Approve),
    /// Show what stands in the way of a run to the region that is not active, as the operator saw it last.
    Readiness(Named),
    /// Ask for a rehearsal up to the first write, and wait for what it shows. It edits spec.drill.now.
    Drill(drill::Drill),
    /// Show the last ten runs that are over.
    History(Named),
    /// Show the FailoverPlan with its regions, run, steps, lags, decisions and history.
    Status(Named),
}

/// Which FailoverPlan.
#[derive(Args, Debug, Clone)]
pub struct Named {
    /// The FailoverPlan: NAME or failoverplan/NAME
    #[arg(value_name = "FAILOVERPLAN", value_parser = super::failover_name)]
    pub name: String,
}

/// Which FailoverPlan, and how a person speaks about it.
#[derive(Args, Debug, Clone)]
pub struct Subject {
    /// Which one.
    #[command(flatten)]
    pub named: Named,
    /// The approver role in which you decide; default: one that you have
    #[arg(long)]
    pub approver_role: Option<String>,
    /// Do not ask; needed without a terminal
    #[arg(short = 'y', long)]
    pub yes: bool,
}

impl Failover {
    /// Does it.
    ///
    /// # Errors
    /// What could not be done, or who refused it.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        match self.verb {
            Of::Plan(named) => showing::plan(setting, &named.name).await,
            Of::Start(start) => start.run(setting).await,
            Of::Watch(watch) => watch.run(setting).await,
            Of::Pause(said) => said.run(setting, Verb::Pause).await,
            Of::Resume(said) => said.run(setting, Verb::Resume).await,
            Of::Skip(said) => said.run(setting).await,
            Of::Retry(said) => said.run(setting).await,
            Of::Abort(said) => said.run(setting).await,
            Of::Approve(said) => said.run(setting).await,
            Of::Readiness(named) => showing::readiness(setting, &named.name).await,
            Of::Drill(drill) => drill.run(setting).await,
            Of::History(named) => showing::history(setting, &named.name).await,
            Of::Status(named) => showing::status(setting, &named.name).await,
        }
    }
}

/// A duration such as 4h, for flags.
fn duration(text: &str) -> Result<SignedDuration, String> {
    decision::duration(text)
}
