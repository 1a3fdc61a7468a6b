//! Rehearsals of a run, one line each, and below it what stood in the way.

use crate::render::{Paint, harmless};
use firebreak_crds::{failover_plan::DrillRecord, text};

/// A drill, and what it found.
pub fn line(record: &DrillRecord, paint: Paint) -> String {
    let record = harmless::cleaned(record);
    let said = match record.is_good() {
        true => paint.good("good"),
        false => paint.bad("not good"),
    };
    let DrillRecord {
        region,
        steps,
        ready,
        seconds,
        ..
    } = &record;
    let at = text::recorded(&record.at);
    let found: String = record.findings.iter().map(|one| format!("  {one}\n")).collect();
    format!("drill {at}  to {region}  {said}  {ready} of {steps} steps ready  took {seconds}s\n{found}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drill_stands_with_its_score_and_what_it_found() {
        let record = DrillRecord {
            at: "2026-03-01T09:00:00Z".into(),
            region: "us-west-2".into(),
            steps: 4,
            ready: 3,
            seconds: 2,
            findings: vec!["promote: the replica is stopping\u{1b}[2K".into()],
        };
        let text = line(&record, Paint(false));
        let expected = "drill 2026-03-01T09:00:00Z  to us-west-2  not good  3 of 4 steps ready  took 2s\n  promote: the replica is stopping";
        assert!(text.starts_with(expected) && !text.contains('\u{1b}'), "{text}");
    }
}
