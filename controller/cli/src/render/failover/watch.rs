//! A run as it goes: all steps once, then a line for each that changes, with the clock of the recovery time.

use super::{history, lasted};
use crate::render::{Paint, harmless};
use firebreak_core::respond::failover::seconds;
use firebreak_crds::{
    FailoverPlanStatus,
    failover_plan::{FailoverPhase, FailoverStepStatus, StepProgress},
};
use jiff::Timestamp;

/// What was shown of a run.
#[derive(Debug, Default)]
pub struct Shown(Option<FailoverPlanStatus>);

impl Shown {
    /// What is new since then; all of it at first, and when another run takes the place of the one that was shown.
    pub fn news(&mut self, status: &FailoverPlanStatus, now: Timestamp, paint: Paint) -> Vec<String> {
        let status = harmless::cleaned(status);
        let clock = clock(&status, now, paint);
        let mut lines = Vec::new();
        let before = self.0.replace(status.clone()).filter(|before| before.run == status.run);
        if before.as_ref().is_none_or(|before| head(before) != head(&status)) {
            lines.push(format!("{clock}  {}", standing(&status, paint)));
        }
        let was = |step: &FailoverStepStatus| before.as_ref().is_some_and(|before| before.steps.contains(step));
        let changed = status.steps.iter().filter(|step| !was(step));
        lines.extend(changed.map(|step| format!("{clock}  {}", step_line(step, paint))));
        lines
    }

    /// How it stands, with the clock, while nothing happens.
    pub fn ticking(&self, now: Timestamp, paint: Paint) -> Option<String> {
        let status = self.0.as_ref()?;
        Some(format!("{}  {}", clock(status, now, paint), standing(status, paint)))
    }
}

/// What the first line of a run says.
fn head(status: &FailoverPlanStatus) -> (Option<u32>, Option<FailoverPhase>, [Option<&str>; 3]) {
    let texts = [&status.waiting_for, &status.approvals, &status.active_region];
    (status.run, status.phase, texts.map(|text| text.as_deref()))
}

fn standing(status: &FailoverPlanStatus, paint: Paint) -> String {
    let run = status.run.map_or_else(|| "no run".into(), |run| format!("run {run}"));
    let direction = status.direction.map_or_else(String::new, |way| format!(" {way:?}"));
    let phase = status
        .phase
        .map_or_else(|| paint.wait("not reported yet"), |phase| history::phase(phase, paint));
    let done = status
        .steps
        .iter()
        .filter(|step| step.state == StepProgress::Done)
        .count();
    let mut line = format!("{run}{direction}: {phase}, {done} of {} steps done", status.steps.len());
    if let Some(active) = &status.active_region {
        line.push_str(&format!("; {active} is active"));
    }
    if let Some(waits) = &status.waiting_for {
        line.push_str(&format!("; waits for {waits}{}", approvals(status)));
    }
    line
}

/// How many have approved, while it waits for that.
fn approvals(status: &FailoverPlanStatus) -> String {
    let approvals = status.approvals.as_ref();
    let approvals = approvals.filter(|_| status.phase == Some(FailoverPhase::AwaitingApproval));
    approvals.map_or_else(String::new, |count| format!(" ({count})"))
}

/// How much of the recovery time is used up.
fn clock(status: &FailoverPlanStatus, now: Timestamp, paint: Paint) -> String {
    let rto = status.rto.as_deref();
    let objective = rto.map_or_else(String::new, |rto| format!(" of {rto}"));
    let Some(seconds) = elapsed(status, now) else {
        return format!("{:>16}", format!("0s{objective}"));
    };
    let text = format!("{}{objective}", lasted(seconds));
    match is_late(status, now) {
        true => paint.bad(&format!("{:>16}", format!("{text} LATE"))),
        false => format!("{text:>16}"),
    }
}

/// Whether the recovery time is used up.
fn is_late(status: &FailoverPlanStatus, now: Timestamp) -> bool {
    let limit = status.rto.as_deref().and_then(seconds);
    let used = elapsed(status, now);
    limit.zip(used).is_some_and(|(limit, used)| used > i64::from(limit))
}

/// Seconds from the first step to the end, or to now; none before the first step.
fn elapsed(status: &FailoverPlanStatus, now: Timestamp) -> Option<i64> {
    let time = |text: &Option<String>| text.as_ref()?.parse::<Timestamp>().ok();
    let end = time(&status.ended_at).unwrap_or(now);
    Some((end.as_second() - time(&status.started_at)?.as_second()).max(0))
}

/// A step on one line.
pub fn step_line(step: &FailoverStepStatus, paint: Paint) -> String {
    let state = format!("{:<9}", format!("{:?}", step.state));
    let state = match step.state {
        StepProgress::Done => paint.good(&state),
        StepProgress::Underway | StepProgress::Unknown | StepProgress::Restored => paint.wait(&state),
        StepProgress::Failed | StepProgress::Foreign => paint.bad(&state),
        StepProgress::NotBegun => state,
    };
    let again = match step.attempts {
        0 | 1 => String::new(),
        attempts => format!(" (begun {attempts} times)"),
    };
    let message = step
        .message
        .as_ref()
        .map_or_else(String::new, |said| format!(": {said}"));
    format!("{state} {}{again}{message}", step.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::testing;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn status() -> FailoverPlanStatus {
        testing::running().status.unwrap()
    }

    #[test]
    fn run_is_shown_whole_and_then_what_changes() {
        let mut shown = Shown::default();
        let first = shown.news(&status(), testing::now(), Paint(false));
        assert_eq!(
            first,
            [
                "    12m30s of 1h  run 2 FailingOver: Running, 1 of 4 steps done; us-east-1 is active; waits for approvals of promote",
                "    12m30s of 1h  NotBegun  switch",
                "    12m30s of 1h  Done      scale",
                "    12m30s of 1h  NotBegun  promote",
                "    12m30s of 1h  NotBegun  healthy",
            ]
        );
        assert!(shown.news(&status(), testing::now(), Paint(false)).is_empty());
        let mut later = status();
        later.waiting_for = None;
        (later.steps[2].state, later.steps[2].attempts) = (StepProgress::Underway, 2);
        later.steps[2].message = Some("AWS promotes it".into());
        assert_eq!(
            shown.news(&later, at("2026-01-01T12:00:05Z"), Paint(false)),
            [
                "    12m35s of 1h  run 2 FailingOver: Running, 1 of 4 steps done; us-east-1 is active",
                "    12m35s of 1h  Underway  promote (begun 2 times): AWS promotes it",
            ]
        );
        let tick = shown.ticking(at("2026-01-01T12:01:05Z"), Paint(false)).unwrap();
        assert_eq!(
            tick,
            "    13m35s of 1h  run 2 FailingOver: Running, 1 of 4 steps done; us-east-1 is active"
        );
    }

    #[test]
    fn clock_says_late_and_stands_still_at_the_end() {
        let mut status = status();
        let late = clock(&status, at("2026-01-01T12:47:31Z"), Paint(false));
        assert_eq!(late, " 1h1s of 1h LATE");
        status.ended_at = Some("2026-01-01T12:05:50Z".into());
        assert_eq!(
            clock(&status, at("2026-01-02T00:00:00Z"), Paint(false)),
            "    18m20s of 1h"
        );
        status.started_at = None;
        assert_eq!(clock(&status, testing::now(), Paint(false)), "        0s of 1h");
    }

    #[test]
    fn another_run_is_shown_whole() {
        let mut shown = Shown::default();
        shown.news(&status(), testing::now(), Paint(false));
        let mut other = status();
        (other.run, other.phase) = (Some(3), Some(FailoverPhase::AwaitingApproval));
        (other.approvals, other.waiting_for) = (Some("0/2".into()), Some("approvals".into()));
        let lines = shown.news(&other, testing::now(), Paint(false));
        assert_eq!(lines.len(), 5);
        assert!(lines[0].ends_with(
            "run 3 FailingOver: AwaitingApproval, 1 of 4 steps done; us-east-1 is active; waits for approvals (0/2)"
        ));
    }

    #[test]
    fn hostile_text_forges_neither_lines_nor_colours() {
        let mut hostile = status();
        let text = "x\n12m of 1h  Done promote\u{1b}[32m\u{202e}";
        hostile.steps[2].message = Some(text.into());
        hostile.waiting_for = Some(text.into());
        for line in Shown::default().news(&hostile, testing::now(), Paint(false)) {
            assert!(!line.contains(['\n', '\u{1b}', '\u{202e}']), "{line}");
        }
    }
}
