//! `failover watch`: the current run as it goes, until it ends.

use super::{Named, duration};
use crate::{
    cluster::Cluster,
    cmd::{
        FOR_MACHINES, Output, Setting, document,
        follow::{self, Flow, Viewer},
    },
    exit::{Diagnosis, REFUSED, STOPPED, WENT_BACK},
    render::{Paint, failover::watch::Shown},
    terminal,
};
use anyhow::{Result, anyhow};
use clap::Args;
use firebreak_crds::{FailoverPlan, FailoverPlanStatus, failover_plan::FailoverPhase};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use serde_json::json;
use std::time::{Duration, Instant};

/// After how long without a change the clock is shown.
const TICK: Duration = Duration::from_secs(30);

/// What `watch` is told.
#[derive(Args, Debug)]
pub struct Watch {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub named: Named,
    /// How long it is followed at most, such as 2h; default: until the run ends
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    pub timeout: Option<SignedDuration>,
}

impl Watch {
    /// Prints each step, and what changes, until the run ends or you press ctrl-c.
    ///
    /// # Errors
    /// When it cannot be read, did not end in time, or did not do what it was to do.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let object = cluster.failover_plan(&self.named.name).await?;
        let mut reader = Reader {
            uid: object.uid(),
            output: setting.output,
            paint: Paint(setting.output.is_none() && terminal::colour()),
            shown: Shown::default(),
            printed: None,
            told: None,
            followed: None,
        };
        let limit = self.timeout.map_or(Duration::MAX, SignedDuration::unsigned_abs);
        tokio::select! {
            ended = follow::follow(&mut reader, &cluster, object) => ended,
            stop = tokio::signal::ctrl_c() => Ok(stop?),
            () = tokio::time::sleep(limit) => Err(anyhow!("--timeout: the run has not ended; it goes on")),
        }
    }
}

/// Who looks at one FailoverPlan.
struct Reader {
    uid: Option<String>,
    output: Option<Output>,
    paint: Paint,
    shown: Shown,
    /// What machines were told last.
    printed: Option<FailoverPlanStatus>,
    /// When people were told something last.
    told: Option<Instant>,
    /// The run that is followed: the last one that was seen open.
    followed: Option<u32>,
}

impl Viewer<FailoverPlan> for Reader {
    fn show(&mut self, object: &FailoverPlan) -> Result<Flow> {
        if object.uid() != self.uid {
            return self.gone(&object.name_any());
        }
        let status = object.status.clone().unwrap_or_default();
        if !self.print(&status)? {
            return Ok(Flow::Ended);
        }
        if is_open(&status) {
            self.followed = status.run.or(self.followed);
        }
        ended(object, &status, self.followed)
    }

    fn gone(&mut self, name: &str) -> Result<Flow> {
        Err(anyhow!(
            "failoverplan/{name} was deleted: its run is closed, and nothing is moved; AWS stays as it is"
        ))
    }

    fn ticks(&self) -> Option<Duration> {
        Some(TICK)
    }
}

impl Reader {
    /// Prints what is new; whether somebody still reads it.
    fn print(&mut self, status: &FailoverPlanStatus) -> Result<bool> {
        if let Some(output) = self.output.filter(|output| FOR_MACHINES.contains(output)) {
            let is_new = self.printed.replace(status.clone()).as_ref() != Some(status);
            return match is_new {
                true => terminal::still_read(&document(output, &json!(status))?),
                false => Ok(true),
            };
        }
        let now = Timestamp::now();
        let mut lines = self.shown.news(status, now, self.paint);
        if lines.is_empty() && self.told.is_none_or(|told| told.elapsed() >= TICK) {
            lines.extend(self.shown.ticking(now, self.paint));
        }
        if lines.is_empty() {
            return Ok(true);
        }
        self.told = Some(Instant::now());
        terminal::still_read(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())
    }
}

/// Whether a run waits to begin, or was begun and has not ended.
fn is_open(status: &FailoverPlanStatus) -> bool {
    match status.phase {
        Some(
            FailoverPhase::AwaitingApproval
            | FailoverPhase::Running
            | FailoverPhase::Paused
            | FailoverPhase::Stalled
            | FailoverPhase::GoingBack,
        ) => true,
        Some(
            FailoverPhase::Standby
            | FailoverPhase::Observing
            | FailoverPhase::Completed
            | FailoverPhase::RolledBack
            | FailoverPhase::Stopped,
        )
        | None => false,
    }
}

/// Whether the run has ended; how, where it did not do what it was to do. Of a run that never began nothing is said any more: the
/// status speaks of an earlier one.
fn ended(object: &FailoverPlan, status: &FailoverPlanStatus, followed: Option<u32>) -> Result<Flow> {
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    let end = |code, said: String| Err(Diagnosis(code, said).into());
    if let Some(gone) = followed.filter(|followed| status.run.is_none_or(|run| run < *followed)) {
        let said = format!("run {gone} did not begin: it was rejected, or nothing asks for it any more");
        return end(REFUSED, said);
    }
    let run = status.run.map_or_else(|| "the run".into(), |run| format!("run {run}"));
    match status.phase {
        Some(FailoverPhase::Completed) => Ok(Flow::Ended),
        Some(FailoverPhase::RolledBack) => end(WENT_BACK, format!("{run} went back: what could be put back is back")),
        Some(FailoverPhase::Stopped) => end(
            STOPPED,
            format!(
                "{run} was stopped after a one-way step: what it did stays; kubectl firebreak failover status {name} -n {namespace} names the way forward"
            ),
        ),
        Some(FailoverPhase::Standby | FailoverPhase::Observing) => {
            terminal::remark(&format!("no run of {namespace}/{name} is under way"));
            Ok(Flow::Ended)
        }
        Some(
            FailoverPhase::AwaitingApproval
            | FailoverPhase::Running
            | FailoverPhase::Paused
            | FailoverPhase::Stalled
            | FailoverPhase::GoingBack,
        )
        | None => Ok(Flow::On),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::script::Script, exit, failover::testing};
    use serde_json::Value;

    fn at(phase: Option<FailoverPhase>) -> FailoverPlan {
        let mut object = testing::running();
        object.status.as_mut().unwrap().phase = phase;
        object
    }

    fn reader() -> Reader {
        Reader {
            uid: Some("f-1".into()),
            output: None,
            paint: Paint(false),
            shown: Shown::default(),
            printed: None,
            told: None,
            followed: None,
        }
    }

    fn end(phase: Option<FailoverPhase>, run: Option<u32>, followed: Option<u32>) -> (u8, bool) {
        let mut object = at(phase);
        object.status.as_mut().unwrap().run = run;
        match ended(&object, object.status.as_ref().unwrap(), followed) {
            Ok(flow) => (0, flow == Flow::Ended),
            Err(error) => (exit::code(&error), true),
        }
    }

    #[test]
    fn end_of_a_run_is_the_exit_code() {
        for (phase, code) in [
            (FailoverPhase::Completed, 0),
            (FailoverPhase::Standby, 0),
            (FailoverPhase::RolledBack, 6),
            (FailoverPhase::Stopped, 7),
        ] {
            assert_eq!(end(Some(phase), Some(2), Some(2)), (code, true), "{phase:?}");
        }
        for phase in [None, Some(FailoverPhase::Paused), Some(FailoverPhase::Stalled)] {
            assert_eq!(end(phase, Some(2), Some(2)), (0, false));
        }
    }

    #[test]
    fn run_that_never_began_is_not_taken_for_the_one_before_it() {
        assert_eq!(end(Some(FailoverPhase::Completed), Some(1), Some(2)), (3, true));
        assert_eq!(end(Some(FailoverPhase::Standby), None, Some(1)), (3, true));
        let later = end(Some(FailoverPhase::AwaitingApproval), Some(3), Some(2));
        assert_eq!(later, (0, false), "another plan took its place");
    }

    #[tokio::test]
    async fn watching_ends_with_the_run() {
        let events = json!([
            {"type": "MODIFIED", "object": at(Some(FailoverPhase::GoingBack))},
            {"type": "MODIFIED", "object": at(Some(FailoverPhase::RolledBack))},
        ]);
        let script = Script::of([(200, events)]);
        let error = follow::follow(&mut reader(), &script.cluster(), testing::running())
            .await
            .unwrap_err();
        assert_eq!(exit::code(&error), 6);
        let (line, _) = script.requests().remove(0);
        assert!(
            line.contains("/failoverplans?") && line.contains("metadata.name%3Dorders"),
            "{line}"
        );
    }

    #[tokio::test]
    async fn deleted_plan_is_an_error() {
        let deleted = json!([{"type": "DELETED", "object": testing::running()}]);
        let script = Script::of([(200, deleted)]);
        let error = follow::follow(&mut reader(), &script.cluster(), testing::running())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("was deleted"), "{error}");
        let mut other = testing::running();
        other.metadata.uid = Some("f-2".into());
        assert!(reader().show(&other).is_err());
    }

    #[test]
    fn machines_get_a_document_for_each_change() {
        let status = testing::running().status.unwrap();
        let text = document(Output::Json, &json!(status)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!(status));
    }
}
