//! What a declaration lacks, and what a finding gives it.

use super::*;
use crate::{args, exit, fixtures};
use clap::Parser;

fn declared(words: &[&str]) -> Declare {
    let words = ["firebreak", "declare"].iter().chain(words);
    match args::Args::try_parse_from(words).unwrap().verb {
        args::Verb::Declare(declare) => *declare,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_terminal_what_is_missing_is_named_by_its_flag() {
    for (words, says) in [
        (
            &[][..],
            "TITLE (what happened, in a line) and --severity (one of Low, Medium, High, Critical)",
        ),
        (&["t"], "give --severity"),
        (&["--severity", "High"], "give TITLE"),
    ] {
        let error = declared(words).completed(Found::default(), None).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(exit::code(&error), exit::USAGE);
    }
    let declaration = declared(&["t", "--severity", "critical"])
        .completed(Found::default(), None)
        .unwrap();
    assert_eq!(
        (declaration.title.as_str(), declaration.severity),
        ("t", Severity::Critical)
    );
}

#[test]
fn on_a_terminal_only_what_is_missing_is_asked_until_it_can_be_read() {
    let mut answers = vec!["High", "worst", "", "it burns", ""];
    let mut questions = Vec::new();
    let mut ask = |question: &str| {
        questions.push(question.to_owned());
        Ok(answers.pop().map(str::to_owned))
    };
    let declaration = declared(&[]).completed(Found::default(), Some(&mut ask)).unwrap();
    assert_eq!(
        (declaration.title.as_str(), declaration.severity),
        ("it burns", Severity::High)
    );
    assert_eq!(questions.len(), 5);
    let mut never = |question: &str| panic!("asked: {question}");
    declared(&["t", "--severity", "Low"])
        .completed(Found::default(), Some(&mut never))
        .unwrap();
}

#[test]
fn the_end_of_input_declares_nothing() {
    let error = declared(&["t"])
        .completed(Found::default(), Some(&mut |_| Ok(None)))
        .unwrap_err();
    assert_eq!(exit::code(&error), exit::REFUSED);
}

#[test]
fn findings_and_what_is_affected_are_lists() {
    let said = declared(&[
        "t",
        "--finding",
        "a",
        "--finding",
        "b",
        "--affected",
        "arn:aws:s3:::x",
        "--drill",
    ]);
    assert_eq!(
        (said.findings, said.affected, said.drill),
        (vec!["a".into(), "b".into()], vec!["arn:aws:s3:::x".into()], true)
    );
}

#[test]
fn the_commands_to_go_on_with_name_object_and_namespace() {
    let next = next(&fixtures::incident());
    for command in [
        "ack stolen-role -n incident",
        "--incident stolen-role -n incident",
        "timeline stolen-role -n incident -w",
    ] {
        assert!(next.contains(command), "{next}");
    }
}

/// A file with what GuardDuty told.
fn file(name: &str) -> String {
    format!("{}/../core/data/findings/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

/// The spec that is declared from a file.
fn spec_from(name: &str, words: &[&str]) -> Result<serde_json::Value> {
    let file = file(name);
    let said = declared(&[&["--from", &file][..], words].concat());
    let found = said.found()?;
    let manifest = said
        .completed(found, None)?
        .manifest(Some("payments"), fixtures::now())?;
    Ok(manifest["spec"].clone())
}

#[test]
fn finding_gives_everything_that_an_incident_needs() {
    let spec = spec_from("iam_exfiltration", &[]).unwrap();
    let said = [&spec["severity"], &spec["title"], &spec["affected"][0], &spec["drill"]];
    let wanted = [
        json!("High"),
        json!("Credentials for instance role payments-task were used from an external IP address."),
        json!("arn:aws:iam::123456789012:role/payments-task"),
        json!(null),
    ];
    assert_eq!(said, wanted.each_ref());
    let finding = &spec["findings"][0];
    assert_eq!(finding["product"], "GuardDuty");
    assert!(
        finding["firstSeen"].is_string() && finding["reportedAt"].is_string(),
        "{finding}"
    );
}

#[test]
fn what_a_person_says_beside_a_finding_comes_first() {
    let words = [
        "mine",
        "--severity",
        "Critical",
        "--affected",
        "arn:aws:s3:::x",
        "--name",
        "n",
    ];
    let spec = spec_from("iam_exfiltration", &words).unwrap();
    assert_eq!(
        (&spec["severity"], &spec["title"]),
        (&json!("Critical"), &json!("mine"))
    );
    assert_eq!(spec["affected"][0], "arn:aws:s3:::x");
    assert_eq!(spec["affected"][1], "arn:aws:iam::123456789012:role/payments-task");
    assert_eq!(spec["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn sample_is_declared_only_as_a_drill() {
    let error = spec_from("sample", &[]).unwrap_err();
    assert!(error.to_string().ends_with("add --drill"), "{error}");
    assert_eq!(exit::code(&error), exit::USAGE);
    let spec = spec_from("sample", &["--drill"]).unwrap();
    assert_eq!(spec["drill"], true);
    assert!(spec["title"].as_str().unwrap().starts_with("[SAMPLE]"));
}
