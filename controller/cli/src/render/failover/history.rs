//! The runs that are over, the latest one first.

use crate::render::{Paint, harmless};
use firebreak_crds::{
    FailoverPlanStatus,
    failover_plan::{FailoverPhase, FailoverRunSummary},
    text,
};

/// A line for each.
pub fn lines(status: &FailoverPlanStatus, paint: Paint) -> String {
    let status = harmless::cleaned(status);
    status.history.iter().map(|run| line(run, paint)).collect()
}

fn line(run: &FailoverRunSummary, paint: Paint) -> String {
    format!(
        "run {}  serial {}  to {}  {}  {} → {}  {}\n",
        run.run,
        run.serial,
        run.region,
        phase(run.phase, paint),
        text::recorded(&run.started_at),
        text::recorded(&run.ended_at),
        run.elapsed
    )
}

/// A phase in the colour of what it means.
pub fn phase(phase: FailoverPhase, paint: Paint) -> String {
    let word = format!("{phase:?}");
    match phase {
        FailoverPhase::Standby | FailoverPhase::Observing => word,
        FailoverPhase::Completed => paint.good(&word),
        FailoverPhase::AwaitingApproval | FailoverPhase::Running | FailoverPhase::Paused => paint.wait(&word),
        FailoverPhase::Stalled | FailoverPhase::GoingBack | FailoverPhase::RolledBack | FailoverPhase::Stopped => {
            paint.bad(&word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::testing;

    #[test]
    fn runs_stand_with_what_they_took() {
        let status = testing::running().status.unwrap();
        assert_eq!(
            lines(&status, Paint(false)),
            "run 1  serial 7  to us-east-1  Completed  2025-06-01T08:00:00Z → 2025-06-01T08:18:20Z  18m20s\n"
        );
    }

    #[test]
    fn hostile_text_forges_no_run() {
        let mut status = testing::running().status.unwrap();
        status.history[0].region = "us-west-2\nrun 9  serial 9\u{1b}[2K".into();
        let text = lines(&status, Paint(false));
        assert!(text.lines().count() == 1 && !text.contains('\u{1b}'), "{text}");
    }
}
