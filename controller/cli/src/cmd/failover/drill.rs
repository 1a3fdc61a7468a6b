//! `failover drill`: asks for a rehearsal, and waits for what it shows.

use super::{Named, duration};
use crate::{
    cluster::Cluster,
    cmd::{
        Setting,
        follow::{self, Flow, Viewer},
    },
    exit,
    render::failover::drills,
};
use anyhow::{Result, anyhow};
use clap::Args;
use firebreak_crds::{FailoverPlan, failover_plan::DrillRecord};
use jiff::SignedDuration;
use serde_json::json;

/// What `drill` is told.
#[derive(Args, Debug)]
pub struct Drill {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub named: Named,
    /// How long it is waited for at most
    #[arg(long, value_parser = duration, value_name = "DURATION", default_value = "2m")]
    pub timeout: SignedDuration,
}

impl Drill {
    /// Raises `spec.drill.now` by one, waits for the drill, and shows it.
    ///
    /// # Errors
    /// When it may not be asked for, is not over in time, or found something.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let object = cluster.failover_plan(&self.named.name).await?;
        let number = next(&object);
        let object = cluster.ask_for_drill(&self.named.name, number).await?;
        let mut reader = Reader { number, made: None };
        let made = tokio::select! {
            ended = follow::follow(&mut reader, &cluster, object) => ended.map(|()| reader.made),
            () = tokio::time::sleep(self.timeout.unsigned_abs()) => Err(anyhow!(
                "--timeout: no drill was made; it is made once no run goes on, and it is known which region is active: kubectl firebreak failover status {}",
                self.named.name
            )),
        }?;
        let Some(record) = made else { return Ok(()) };
        setting.answer(|| json!(record), |paint| drills::line(&record, paint))?;
        match record.is_good() {
            true => Ok(()),
            false => Err(exit::refused("the drill found what would stand in the way of a run")),
        }
    }
}

/// The number of the next drill.
fn next(object: &FailoverPlan) -> u64 {
    let asked = object.spec.drill.as_ref().and_then(|drill| drill.now);
    let made = object.status.as_ref().and_then(|status| status.drilled);
    asked.max(made).unwrap_or_default().saturating_add(1)
}

/// Who waits for one drill.
struct Reader {
    number: u64,
    made: Option<DrillRecord>,
}

impl Viewer<FailoverPlan> for Reader {
    fn show(&mut self, object: &FailoverPlan) -> Result<Flow> {
        let status = object.status.as_ref();
        let is_over = status.and_then(|status| status.drilled) >= Some(self.number);
        self.made = status
            .filter(|_| is_over)
            .and_then(|status| status.drills.first().cloned());
        match is_over {
            true => Ok(Flow::Ended),
            false => Ok(Flow::On),
        }
    }

    fn gone(&mut self, name: &str) -> Result<Flow> {
        Err(anyhow!("failoverplan/{name} was deleted"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::testing;
    use firebreak_crds::failover_plan::FailoverDrill;

    fn drilled(asked: Option<u64>, made: Option<u64>) -> FailoverPlan {
        let mut object = testing::running();
        object.spec.drill = Some(FailoverDrill {
            now: asked,
            ..FailoverDrill::default()
        });
        let status = object.status.get_or_insert_default();
        status.drilled = made;
        status.drills = vec![DrillRecord {
            region: "us-west-2".into(),
            ..DrillRecord::default()
        }];
        object
    }

    #[test]
    fn number_is_above_every_one_that_was_asked_for_or_made() {
        for (asked, made, number) in [(None, None, 1), (Some(3), Some(2), 4), (Some(1), Some(7), 8)] {
            assert_eq!(next(&drilled(asked, made)), number);
        }
    }

    #[test]
    fn older_drill_is_not_taken_for_the_one_that_was_asked_for() {
        let mut reader = Reader { number: 4, made: None };
        assert_eq!(reader.show(&drilled(Some(4), Some(3))).unwrap(), Flow::On);
        assert_eq!(reader.made, None);
        assert_eq!(reader.show(&drilled(Some(4), Some(4))).unwrap(), Flow::Ended);
        assert_eq!(reader.made.unwrap().region, "us-west-2");
    }
}
