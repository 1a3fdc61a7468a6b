//! What is taken from findings of a file, and which of them.

use super::*;
use crate::{exit, findings::parse, playbook::testing::finding};
use serde_json::{Value, json};

const KEY: &str = "fcf05c2fd8892d941b48eab5c614a85c";

fn among(findings: &Value, chosen: &[&str]) -> Result<Found> {
    let given = parse(&json!({"Findings": findings}).to_string(), "f.json").unwrap();
    let chosen: Vec<String> = chosen.iter().map(ToString::to_string).collect();
    Found::among(&given, &chosen, "f.json")
}

fn told(found: Result<Found>) -> String {
    let error = found.unwrap_err();
    format!("{} {error}", exit::code(&error))
}

#[test]
fn one_of_several_is_chosen_by_its_id_or_arn() {
    let all = json!([finding("iam_exfiltration"), finding("iam_user_key")]);
    let arn = finding("iam_user_key")["arn"].as_str().unwrap().to_owned();
    for id in [KEY, &arn] {
        let found = among(&all, &[id]).unwrap();
        assert_eq!((found.findings.len(), found.severity), (1, Some(Severity::Medium)));
        assert_eq!(found.findings[0].id, arn);
        assert_eq!(found.affected, ["arn:aws:iam::123456789012:user/ci-deploy"]);
    }
    let none = told(among(&all, &[]));
    assert!(
        none.starts_with("2 f.json holds 2 findings: choose with --finding ID; it has arn:"),
        "{none}"
    );
    assert!(none.contains(&arn), "{none}");
    assert!(told(among(&all, &["c85c"])).starts_with("2 f.json holds no finding c85c; it has arn:"));
}

#[test]
fn several_are_one_incident_as_bad_as_the_gravest() {
    let all = json!([
        finding("iam_user_key"),
        finding("attack_sequence"),
        finding("s3_public")
    ]);
    let sequence = finding("attack_sequence")["id"].as_str().unwrap().to_owned();
    let found = among(&all, &[KEY, &sequence]).unwrap();
    assert_eq!((found.findings.len(), found.severity), (2, Some(Severity::Critical)));
    assert!(found.title.unwrap().starts_with("Potential credential compromise"));
    let mut each = found.affected.clone();
    each.dedup();
    assert!(each.len() == found.affected.len() && each.len() > 2, "{each:?}");
}

#[test]
fn of_one_finding_its_latest_update_counts() {
    let mut later = finding("iam_user_key");
    later["updatedAt"] = json!("2030-01-01T00:00:00Z");
    later["severity"] = json!(8);
    for all in [
        json!([finding("iam_user_key"), later]),
        json!([later, finding("iam_user_key")]),
    ] {
        let found = among(&all, &[]).unwrap();
        assert_eq!((found.findings.len(), found.severity), (1, Some(Severity::High)));
    }
}

#[test]
fn what_is_no_finding_is_named_and_keeps_no_other_back() {
    let mut wrong = finding("s3_public");
    wrong["severity"] = json!("high");
    let id = wrong["id"].as_str().unwrap().to_owned();
    let why = "severity is no number from 0 to 10";
    assert_eq!(told(among(&json!([wrong]), &[])), format!("1 f.json: {why}"));
    let all = json!([wrong, finding("iam_user_key")]);
    assert!(told(among(&all, &[])).ends_with(&format!("; not valid: f.json[0]: {why}")));
    assert_eq!(told(among(&all, &[&id])), format!("1 f.json[0]: {why}"));
    assert_eq!(among(&all, &[KEY]).unwrap().findings.len(), 1);
    assert!(told(among(&json!([{"a": 1}]), &[])).contains("neither arn nor id"));
}

#[test]
fn hostile_titles_and_names_forge_nothing() {
    let mut hostile = finding("iam_user_key");
    hostile["title"] = json!(format!("\u{1b}[2K{}", "x\n".repeat(900)));
    hostile["resource"]["accessKeyDetails"]["userName"] = json!("a b\u{202e}");
    let found = among(&json!([hostile]), &[]).unwrap();
    let title = found.title.unwrap();
    assert!(
        title.starts_with("\\u{1b}[2Kx x") && title.chars().count() == TITLE,
        "{title}"
    );
    assert!(found.affected.is_empty(), "{:?}", found.affected);
    hostile["title"] = json!(" \n ");
    let found = among(&json!([hostile]), &[]).unwrap();
    assert_eq!(found.title.as_deref(), hostile["type"].as_str());
}

#[test]
fn what_a_person_says_is_affected_is_never_left_out() {
    let many = |from: usize, most: usize| (from..most).map(|n| format!("arn:aws:s3:::b-{n}")).collect::<Vec<_>>();
    let found = Found {
        affected: many(0, 40),
        ..Found::default()
    };
    let said = many(30, 80);
    let affected = found.affecting(said.clone()).affected;
    assert_eq!((affected.len(), &affected[..50]), (AFFECTED, &said[..]));
}
