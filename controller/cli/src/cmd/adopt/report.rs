//! What was found in the mirror and in AWS, and what is missing to take it up.

use crate::exit::refused;
use anyhow::Result;
use firebreak_cloud::mirror::{Found, Source};
use firebreak_core::run::adoption::{Finding, trust::Tie};
use firebreak_crds::HoldState;
use serde_json::{Value, json};

/// The longest before-value that is shown.
const MAX_VALUE: usize = 300;

/// What was found in a word, and why.
fn verdict(found: &Found) -> (&'static str, String) {
    match &found.finding {
        Finding::Kept { name, .. } if !found.is_adopted() => ("Unproven", name.clone()),
        Finding::Kept { name, hold } if hold.state == HoldState::Conflict => ("Conflict", name.clone()),
        Finding::Kept { name, .. } => ("Orphaned", name.clone()),
        Finding::Back => ("Back", "AWS shows what was there before".into()),
        Finding::Gone => ("Gone", "the resource does not exist any more".into()),
        Finding::Unknown(why) => ("Unknown", why.clone()),
        Finding::Refused(why) => ("Refused", why.clone()),
    }
}

/// For machines.
pub(super) fn line(found: &Found) -> Value {
    let (word, detail) = verdict(found);
    let source = found.source.as_ref().map(|source| {
        json!({
            "key": source.key, "sha256": source.hash, "digest": source.digest, "at": source.at, "closed": source.closed,
            "requestedBy": source.requested_by, "approvedBy": source.approved_by, "vouchedBy": voucher(source.tie),
        })
    });
    json!({
        "object": found.object, "step": found.step, "finding": word, "detail": detail, "before": found.before,
        "plan": source,
    })
}

fn voucher(tie: Tie) -> &'static str {
    match tie {
        Tie::Recorded | Tie::Over => "the cluster's own record",
        Tie::Named => "you",
        Tie::Forged => "nobody: the cluster's own record has another hash",
        Tie::Unproven => "nobody",
    }
}

/// For people: each document once, with its steps.
pub(super) fn text(found: &[Found]) -> String {
    if found.is_empty() {
        return "the mirror has no containment that is not over".into();
    }
    let mut lines: Vec<String> = Vec::new();
    let mut last = None;
    for one in found {
        if let Some(source) = one.source.as_ref().filter(|source| last != Some(&source.key)) {
            lines.extend(head(source));
            last = Some(&source.key);
        }
        lines.extend(body(one));
    }
    lines.join("\n")
}

fn head(source: &Source) -> Vec<String> {
    let approved = match source.approved_by.is_empty() {
        true => "nobody".to_owned(),
        false => source.approved_by.join(", "),
    };
    let asked = source
        .requested_by
        .as_deref()
        .unwrap_or("nobody that the API server named");
    let closed = if source.closed {
        "; closed.json says that it is over"
    } else {
        ""
    };
    vec![
        format!("{}{closed}", source.key),
        format!("  it says: asked for by {asked}; approved by {approved}; {}", source.at),
        format!("  digest {}", source.digest),
        format!("  vouched for by {} (--plan {})", voucher(source.tie), source.hash),
    ]
}

fn body(found: &Found) -> Vec<String> {
    let (word, detail) = verdict(found);
    let mut lines = vec![format!("  {word:<9} {}  {}  ({detail})", found.object, found.step)];
    if matches!(found.finding, Finding::Kept { .. }) {
        let before: String = found.before.to_string().chars().take(MAX_VALUE).collect();
        lines.push(format!("            a release puts back: {before}"));
    }
    lines
}

/// Whether everything was taken up that may be in custody.
pub(super) fn complete(found: &[Found], account: &str) -> Result<()> {
    let count = |word: &str| found.iter().filter(|one| verdict(one).0 == word).count();
    let mut missing = Vec::new();
    if count("Unknown") > 0 {
        missing.push(format!(
            "{} steps could not be read in AWS and were left out: run it again when they can",
            count("Unknown")
        ));
    }
    if count("Refused") > 0 {
        missing.push(format!("{} were refused, as their lines say", count("Refused")));
    }
    if count("Unproven") > 0 {
        missing.push(format!(
            "{} were left out because nobody vouches for their plan: compare digest and values with what people approved, then: kubectl firebreak adopt {account}{}",
            count("Unproven"),
            words(found)
        ));
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(refused(missing.join("; "))),
    }
}

/// The flags that vouch for what is open; what closed.json says is over is not suggested.
fn words(found: &[Found]) -> String {
    let unproven = found.iter().filter(|one| verdict(one).0 == "Unproven");
    let sources = unproven
        .filter_map(|one| one.source.as_ref())
        .filter(|source| !source.closed);
    let mut hashes: Vec<&str> = sources.map(|source| source.hash.as_str()).collect();
    hashes.dedup();
    match hashes.is_empty() {
        true => " --plan SHA256".into(),
        false => hashes.iter().map(|hash| format!(" --plan {hash}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit;
    use firebreak_crds::HoldSpec;

    const HOLD: &str = include_str!("../../../../core/tests/golden/hold-v1.json");

    fn found(finding: Finding, tie: Tie) -> Found {
        Found {
            source: Some(Source {
                key: "firebreak/1/team/q/uid/run-00001/plan.json".into(),
                hash: "sha256:beef".into(),
                digest: "sha256:cafe".into(),
                at: "2026-01-01T00:00:00Z".into(),
                requested_by: Some("alice".into()),
                approved_by: vec!["bob (approver)".into()],
                closed: false,
                tie,
            }),
            object: "team/q".into(),
            step: "Attach policy".into(),
            before: json!(false),
            finding,
        }
    }

    fn kept() -> Finding {
        let hold: HoldSpec = serde_json::from_str(HOLD).unwrap();
        Finding::Kept {
            name: "hold-1".into(),
            hold: Box::new(hold),
        }
    }

    #[test]
    fn every_finding_is_said_and_what_is_unknown_is_no_success() {
        let all = [
            found(Finding::Back, Tie::Named),
            found(Finding::Gone, Tie::Named),
            found(Finding::Unknown("no answer".into()), Tie::Named),
        ];
        let said = text(&all);
        assert!(
            said.contains("Back      team/q  Attach policy  (AWS shows what was there before)"),
            "{said}"
        );
        assert!(said.contains("Unknown   team/q  Attach policy  (no answer)"), "{said}");
        assert_eq!(said.matches("plan.json").count(), 1, "each document once: {said}");
        assert_eq!(exit::code(&complete(&all, "production").unwrap_err()), 3);
        assert!(complete(&all[..2], "production").is_ok());
        assert!(text(&[]).contains("no containment"));
    }

    #[test]
    fn plan_that_nobody_vouches_for_is_left_out_and_its_word_is_named() {
        let unproven = [found(kept(), Tie::Unproven)];
        let said = text(&unproven);
        for part in [
            "Unproven",
            "sha256:cafe",
            "bob (approver)",
            "vouched for by nobody",
            "puts back: false",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let error = complete(&unproven, "production").unwrap_err();
        assert!(
            error.to_string().ends_with("adopt production --plan sha256:beef"),
            "{error}"
        );
        assert_eq!(super::super::hold(&unproven[0]), None);
        assert!(super::super::hold(&found(kept(), Tie::Named)).is_some());
    }
}
