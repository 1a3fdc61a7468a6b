//! `failover start`: begin a run to a region.

use super::{
    Subject,
    deciding::{about, look, question, say, steering_role},
};
use crate::{
    cluster::Cluster,
    cmd::Setting,
    decision::Word,
    failover::starting::{self, Wish},
    render::{Paint, failover::start},
    terminal,
};
use anyhow::Result;
use clap::{Args, ValueEnum};
use firebreak_core::run::Run;
use firebreak_crds::{Verb, failover_plan::DataLossExtent};
use kube::ResourceExt;
use serde_json::json;

/// What `start` is told.
#[derive(Args, Debug)]
pub struct Start {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub subject: Subject,
    /// The region that is to be active: one of the plan's two
    #[arg(long, value_name = "REGION")]
    pub to: String,
    /// That data may be lost in this run; mode Ungraceful needs it where a database is promoted
    #[arg(long, value_enum, value_name = "EXTENT")]
    pub acknowledge_data_loss: Option<Extent>,
    /// That the old database may still take writes, which are lost; a promotion needs it
    #[arg(long)]
    pub acknowledge_split_brain: bool,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
}

/// How much data may be lost.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Extent {
    /// As much as objectives.rpo says
    #[value(name = "WithinObjective", alias = "within-objective")]
    WithinObjective,
    /// Whatever it costs
    #[value(name = "Unbounded", alias = "unbounded")]
    Unbounded,
}

impl From<Extent> for DataLossExtent {
    fn from(extent: Extent) -> Self {
        match extent {
            Extent::WithinObjective => Self::WithinObjective,
            Extent::Unbounded => Self::Unbounded,
        }
    }
}

impl Start {
    /// Shows where it leads and what it may cost, asks, creates the Decision, and prints the lines for Git.
    ///
    /// # Errors
    /// When it cannot begin a run, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let scene = look(&cluster, &self.subject.named.name).await?;
        let uid = scene.object.uid().unwrap_or_default();
        let runs: Vec<Run> = scene.records.runs(&uid).into_iter().flatten().collect();
        let wanted = starting::start(&scene.object, &runs, &self.wish())?;
        let warnings = starting::warnings(&scene.object, &scene.records.decisions_about(&uid), &wanted);
        let git = start::git(&wanted);
        terminal::remark(&start::asked(&scene.object, &wanted, &warnings, Paint(false)));
        let word = Word {
            approver_role: self.subject.approver_role.unwrap_or_default(),
            reason: self.reason,
            start: Some(wanted),
            ..Word::of(Verb::Start)
        };
        let word = steering_role(&cluster, word).await;
        terminal::confirm(&question(&word, &scene.by), self.subject.yes)?;
        let said = say(&cluster, &scene, None, &about(&scene.object, None), &word).await?;
        let ended = said.answer(setting, |decision| json!({"decision": decision, "git": git}));
        if setting.output.is_none() {
            terminal::say(&format!("\nfor Git, so that it says what is:\n{git}"))?;
        }
        ended
    }

    fn wish(&self) -> Wish {
        Wish {
            to: self.to.clone(),
            data_loss: self.acknowledge_data_loss.map(DataLossExtent::from),
            split_brain: self.acknowledge_split_brain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        args,
        cmd::failover::{Failover, Of},
    };
    use clap::Parser;

    fn asked(line: &str) -> Wish {
        match args::Args::try_parse_from(line.split(' ')).unwrap().verb {
            args::Verb::Failover(verb) => match *verb {
                Failover { verb: Of::Start(start) } => start.wish(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_is_acknowledged_that_nobody_says() {
        let wish = asked("firebreak failover start orders --to us-west-2");
        assert_eq!((wish.data_loss, wish.split_brain), (None, false));
        assert_eq!(wish.to, "us-west-2");
        let wish = asked(
            "firebreak failover start fop/orders --to us-west-2 --acknowledge-data-loss Unbounded --acknowledge-split-brain -y",
        );
        assert_eq!(
            (wish.data_loss, wish.split_brain),
            (Some(DataLossExtent::Unbounded), true)
        );
    }
}
