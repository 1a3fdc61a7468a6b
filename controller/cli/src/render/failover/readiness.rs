//! What stands in the way of a run to the region that is not active.

use crate::render::{Paint, harmless};
use firebreak_crds::{
    FailoverPlanStatus,
    failover_plan::{Certainty, Readiness, ReadinessFinding},
    text,
};

/// When it was looked at, and a line for each finding.
pub fn lines(status: &FailoverPlanStatus, paint: Paint) -> String {
    let status = harmless::cleaned(status);
    let Some(readiness) = &status.readiness else {
        return "it was not looked at yet\n".to_owned();
    };
    let mut all = vec![headline(readiness, paint)];
    all.extend(findings(readiness, paint));
    all.join("\n") + "\n"
}

/// A line for each finding.
pub fn findings(readiness: &Readiness, paint: Paint) -> Vec<String> {
    let mut all: Vec<String> = readiness.findings.iter().map(|one| line(one, paint)).collect();
    all.extend((readiness.more > 0).then(|| format!("and {} more", readiness.more)));
    all
}

fn headline(readiness: &Readiness, paint: Paint) -> String {
    let said = match is_ready(readiness) {
        true => paint.good("nothing that can be read stands in the way"),
        false => paint.bad("not ready"),
    };
    let (region, at) = (&readiness.region, text::recorded(&readiness.checked_at));
    format!("a run to {region}: {said}, at {at}")
}

/// Whether nothing was found.
pub fn is_ready(readiness: &Readiness) -> bool {
    readiness.findings.is_empty() && readiness.more == 0
}

fn line(finding: &ReadinessFinding, paint: Paint) -> String {
    let word = match finding.certainty {
        Certainty::Known => paint.bad("missing"),
        Certainty::Unknown => paint.wait("unknown"),
    };
    let step = finding
        .step
        .as_ref()
        .map_or_else(String::new, |step| format!("{step}: "));
    format!("{word}  {step}{}", finding.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(findings: Vec<ReadinessFinding>) -> FailoverPlanStatus {
        let readiness = Readiness {
            region: "us-west-2".into(),
            checked_at: "2026-01-01T12:00:00Z".into(),
            findings,
            more: 0,
        };
        FailoverPlanStatus {
            readiness: Some(readiness),
            ..FailoverPlanStatus::default()
        }
    }

    #[test]
    fn each_finding_stands_with_its_step_and_how_certain_it_is() {
        let finding = |step: Option<&str>, certainty, message: &str| ReadinessFinding {
            step: step.map(str::to_owned),
            certainty,
            message: message.into(),
        };
        let text = lines(
            &status(vec![
                finding(
                    Some("promote"),
                    Certainty::Known,
                    "the replica is stopping\nmissing  scale: forged",
                ),
                finding(None, Certainty::Unknown, "spec.runStore: not read"),
            ]),
            Paint(false),
        );
        let expected = "a run to us-west-2: not ready, at 2026-01-01T12:00:00Z
missing  promote: the replica is stopping missing  scale: forged
unknown  spec.runStore: not read
";
        assert_eq!(text, expected);
    }

    #[test]
    fn ready_and_not_looked_at_are_not_the_same() {
        let ready = lines(&status(Vec::new()), Paint(false));
        assert!(
            ready.starts_with("a run to us-west-2: nothing that can be read stands in the way"),
            "{ready}"
        );
        assert_eq!(
            lines(&FailoverPlanStatus::default(), Paint(false)),
            "it was not looked at yet\n"
        );
    }
}
