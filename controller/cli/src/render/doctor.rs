//! Findings as aligned lines: a mark, the check, what was found, and under it the fix.

use super::Paint;
use crate::doctor::{Finding, Outcome};
use firebreak_crds::text;

/// The lines, and a line that counts them.
pub fn text(findings: &[Finding], paint: Paint) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let (forbidden, seen): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.is_forbidden());
    let mut out: String = seen.iter().map(|finding| line(finding, width, paint)).collect();
    out.extend(summary(&forbidden).map(|finding| line(&finding, width, paint)));
    out.push_str(&format!("\n{}\n", sum(findings)));
    out
}

/// What the caller may not look at, in one line.
fn summary(forbidden: &[&Finding]) -> Option<Finding> {
    let first = forbidden.first()?;
    let mut checks: Vec<&str> = forbidden.iter().map(|finding| finding.check).collect();
    checks.dedup();
    let checks = checks.join(", ");
    Some(Finding {
        check: "forbidden",
        outcome: Outcome::Unknown,
        message: format!("you may not look at everything that these need: {checks}; the first refusal: {}", first.message),
        fix: Some(
            "ask who administers the cluster to run doctor; firebreak-auditor and firebreak-operations, bound to you, show the rest (docs/tenancy.md)"
                .into(),
        ),
    })
}

fn line(finding: &Finding, width: usize, paint: Paint) -> String {
    let (check, message) = (finding.check, text::message(&finding.message));
    let mut out = format!("{} {check:<width$}  {message}\n", mark(finding.outcome, paint));
    if let Some(fix) = &finding.fix {
        out.push_str(&format!("  {:<width$}  {}\n", "", paint.dim(&format!("fix: {fix}"))));
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
        "{} ok, {}, {}, {} unknown",
        count(Outcome::Ok),
        text::counted(count(Outcome::Warning), "warning"),
        text::counted(count(Outcome::Failure), "failure"),
        count(Outcome::Unknown)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        let finding = |check, outcome, message: &str, fix: Option<&str>| Finding {
            check,
            outcome,
            message: message.into(),
            fix: fix.map(str::to_owned),
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
    fn lines_are_aligned_and_name_the_fix() {
        let expected = "\
✓ kubernetes  v1.36.1
✗ crds        holds.firebreak.dev is not installed
              fix: helm upgrade
? clock       no Date
              fix: ask directly

1 ok, 0 warnings, 1 failure, 1 unknown
";
        assert_eq!(text(&findings(), Paint(false)), expected);
    }

    #[test]
    fn what_is_forbidden_is_one_line_however_much_it_is() {
        let refusal = |check| Finding {
            check,
            outcome: Outcome::Unknown,
            message: "x is forbidden: User \"otto\" cannot get resource \"x\"".into(),
            fix: Some("ask".into()),
        };
        let all = [
            refusal("crds"),
            refusal("crds"),
            refusal("policies"),
            findings().remove(0),
        ];
        let text = text(&all, Paint(false));
        assert_eq!(text.matches("forbidden:").count(), 1, "{text}");
        assert!(
            text.contains("? forbidden   you may not look at everything that these need: crds, policies; the first"),
            "{text}"
        );
        assert!(text.ends_with("\n1 ok, 0 warnings, 0 failures, 3 unknown\n"), "{text}");
    }

    #[test]
    fn colour_is_only_added_where_it_is_wanted() {
        assert!(text(&findings(), Paint(true)).contains("\u{1b}[31m✗\u{1b}[0m"));
        assert!(!text(&findings(), Paint(false)).contains('\u{1b}'));
    }
}
