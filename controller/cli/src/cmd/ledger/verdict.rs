//! What is said of a ledger.

use super::read::Found;
use crate::{exit::refused, render::timeline};
use anyhow::Result;
use firebreak_crds::text;
use serde_json::{Value, json};

/// For machines.
pub(super) fn document(found: &Found) -> Value {
    let flaws: Vec<String> = found.verdict.flaws.iter().map(ToString::to_string).collect();
    json!({
        "incident": found.incident, "place": found.head.place, "entries": found.head.entries, "head": found.head.head,
        "ahead": found.verdict.ahead, "missed": found.head.missed, "intact": flaws.is_empty(), "flaws": flaws,
    })
}

/// For people: where it is, and each flaw on a line.
pub(super) fn text(found: &Found) -> String {
    let head = found.head.head.as_deref().unwrap_or("none");
    let mut lines = vec![
        text::one_line(&found.head.place),
        format!(
            "  {} and the head {} in the Incident's status",
            counted(found.head.entries),
            text::one_line(head)
        ),
    ];
    if found.verdict.ahead > 0 {
        lines.push(format!(
            "  {} more, which the status does not have yet",
            found.verdict.ahead
        ));
    }
    if found.head.missed > 0 {
        lines.push(format!(
            "  {} of the timeline's entries had to leave while it could not be written: they are not in it",
            found.head.missed
        ));
    }
    let flaws = found.verdict.flaws.iter();
    lines.extend(flaws.map(|flaw| format!("✗ {}", text::one_line(&flaw.to_string()))));
    if found.verdict.flaws.is_empty() {
        lines.push("✓ intact: every entry is there, in its order, as it was written".into());
    }
    lines.join("\n")
}

fn counted(entries: u32) -> String {
    match entries {
        1 => "1 entry".into(),
        many => format!("{many} entries"),
    }
}

/// Whether it is whole.
pub(super) fn intact(found: &Found) -> Result<()> {
    match found.verdict.flaws.len() {
        0 => Ok(()),
        1 => Err(refused("the ledger is not intact: 1 flaw")),
        many => Err(refused(format!("the ledger is not intact: {many} flaws"))),
    }
}

/// The entries, for machines.
pub(super) fn listed(found: &Found) -> Value {
    json!(found.verdict.entries)
}

/// The entries, for people.
pub(super) fn lines(found: &Found) -> String {
    let each = found.verdict.entries.iter();
    each.map(|entry| format!("{:>5}  {}", entry.seq, timeline::line(&entry.record)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit;
    use firebreak_core::coordinate::incident::ledger::verify::{Flaw, Verdict};
    use firebreak_crds::incident::LedgerStatus;

    fn found(flaws: Vec<Flaw>) -> Found {
        Found {
            incident: "stolen-role".into(),
            head: LedgerStatus {
                place: "s3://acme-evidence/firebreak/ledger/payments/uid/".into(),
                entries: 2,
                head: Some("sha256:beef".into()),
                ..LedgerStatus::default()
            },
            verdict: Verdict {
                flaws,
                ..Verdict::default()
            },
        }
    }

    #[test]
    fn a_whole_ledger_is_called_intact_and_ends_well() {
        let whole = found(Vec::new());
        let said = text(&whole);
        assert!(
            said.contains("2 entries") && said.contains("sha256:beef") && said.contains("✓ intact"),
            "{said}"
        );
        assert_eq!(document(&whole)["intact"], true);
        assert!(intact(&whole).is_ok());
    }

    #[test]
    fn every_flaw_is_named_and_is_no_success() {
        let foreign = Flaw::Foreign(2, "was written by \"eve\u{1b}[2K\n✓ intact\"".into());
        let broken = found(vec![Flaw::Gap(1), foreign]);
        let said = text(&broken);
        assert!(said.contains("✗ gap: entry 1 is missing"), "{said}");
        assert!(
            !said.contains('\u{1b}') && said.lines().all(|line| !line.starts_with("✓ intact")),
            "{said}"
        );
        assert_eq!(document(&broken)["flaws"].as_array().unwrap().len(), 2);
        assert_eq!(exit::code(&intact(&broken).unwrap_err()), exit::REFUSED);
    }
}
