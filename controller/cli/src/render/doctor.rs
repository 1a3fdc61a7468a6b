//! Findings as aligned lines: a mark, the check, what was found, and under it what mends it.

use super::Paint;
use crate::doctor::{Finding, Outcome};

/// The lines, and a line that counts them.
pub fn text(findings: &[Finding], paint: Paint) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let mut out: String = findings.iter().map(|finding| line(finding, width, paint)).collect();
    out.push_str(&format!("\n{}\n", sum(findings)));
    out
}

fn line(finding: &Finding, width: usize, paint: Paint) -> String {
    let (check, message) = (finding.check, &finding.message);
    let mut out = format!("{} {check:<width$}  {message}\n", mark(finding.outcome, paint));
    if let Some(mend) = &finding.mend {
        out.push_str(&format!("  {:<width$}  {}\n", "", paint.dim(&format!("mend: {mend}"))));
    }
    out
}

/// Told apart without colour, too.
fn mark(outcome: Outcome, paint: Paint) -> String {
    match outcome {
        Outcome::Ok => paint.good("✓"),
        Outcome::Warning => paint.wait("!"),
        Outcome::Failure => paint.bad("✗"),
        Outcome::Unknown => paint.wait("?"),
    }
}

fn sum(findings: &[Finding]) -> String {
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    format!(
        "{} ok, {} warning(s), {} failure(s), {} unknown",
        count(Outcome::Ok),
        count(Outcome::Warning),
        count(Outcome::Failure),
        count(Outcome::Unknown)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        let finding = |check, outcome, message: &str, mend: Option<&str>| Finding {
            check,
            outcome,
            message: message.into(),
            mend: mend.map(str::to_owned),
        };
        vec![
            finding("kubernetes", Outcome::Ok, "v1.36.1", None),
            finding(
                "crds",
                Outcome::Failure,
                "holds.firebreak.dev is not installed",
                Some("helm upgrade"),
            ),
            finding("clock", Outcome::Unknown, "no Date", Some("ask directly")),
        ]
    }

    #[test]
    fn lines_are_aligned_and_name_the_mend() {
        let expected = "\
✓ kubernetes  v1.36.1
✗ crds        holds.firebreak.dev is not installed
              mend: helm upgrade
? clock       no Date
              mend: ask directly

1 ok, 0 warning(s), 1 failure(s), 1 unknown
";
        assert_eq!(text(&findings(), Paint(false)), expected);
    }

    #[test]
    fn colour_is_only_added_where_it_is_wanted() {
        assert!(text(&findings(), Paint(true)).contains("\u{1b}[31m✗\u{1b}[0m"));
        assert!(!text(&findings(), Paint(false)).contains('\u{1b}'));
    }
}
