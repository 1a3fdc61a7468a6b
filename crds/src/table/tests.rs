use super::*;
use std::{collections::BTreeSet, fs, path::Path};

fn those(which: impl Fn(&Kind) -> bool) -> Vec<String> {
    KINDS.iter().filter(|kind| which(kind)).map(Kind::kind).collect()
}

/// The kinds that a file of `crds/src` derives.
fn derived(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => derived(&path),
        false => in_text(&fs::read_to_string(path).unwrap()),
    };
    entries.flat_map(of).collect()
}

fn in_text(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim);
    let names = lines.filter_map(|line| line.strip_prefix("kind = \"")?.strip_suffix("\","));
    names.map(str::to_owned).collect()
}

#[test]
fn every_kind_that_is_derived_is_in_the_table_in_name_order() {
    let derived: Vec<String> = derived(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .into_iter()
        .collect();
    assert_eq!(those(|_| true), derived);
}

#[test]
fn what_the_derive_knows_is_told() {
    let quarantine = called("quar").unwrap();
    assert_eq!(
        (quarantine.kind(), quarantine.plural()),
        ("Quarantine".into(), "quarantines".into())
    );
    assert!(quarantine.is_namespaced() && quarantine.reports());
    let plan = called("responseplans.firebreak.dev").unwrap();
    assert!(plan.is_namespaced() && plan.has_status() && !plan.reports());
    assert!(!called("hold").unwrap().is_namespaced() && called("pods").is_none() && called("").is_none());
}

#[test]
fn what_people_decide_about_is_kept_until_it_is_decided() {
    assert_eq!(
        those(|kind| !kind.verbs.is_empty()),
        ["FailoverPlan", "Hold", "Incident", "Quarantine", "TrafficPolicy"]
    );
    // Neither an Incident nor a FailoverPlan has custody: deleting it releases nothing, and moves nothing.
    let keeps = |kind: &Kind| kind.finalizer == Some(CUSTODY_FINALIZER);
    let releases = |kind: &Kind| kind.verbs.contains(&Verb::Release);
    assert_eq!(those(keeps), those(releases));
}

#[test]
fn a_rule_has_the_verbs_of_each_kind_that_people_decide_about() {
    let decisions = serde_json::to_string(&Decision::crd()).unwrap();
    for kind in KINDS.iter().filter(|kind| !kind.verbs.is_empty()) {
        let verbs: Vec<String> = kind.verbs.iter().map(|verb| format!("'{verb:?}'")).collect();
        let rule = format!(
            "self.target.kind != '{}' || self.verb in [{}]",
            kind.kind(),
            verbs.join(", ")
        );
        assert!(decisions.contains(&rule), "{rule}");
    }
}

#[test]
fn every_responder_and_coordinator_reports_to_people_in_a_namespace() {
    let asked = KINDS
        .iter()
        .filter(|kind| matches!(kind.family, Family::Responder | Family::Coordinator));
    asked.for_each(|kind| assert!(kind.reports() && kind.is_namespaced(), "{}", kind.kind()));
}

#[test]
fn only_what_firebreak_reports_begins_as_unobserved() {
    let begins = |kind: &Kind| {
        serde_json::to_string(&kind.crd())
            .unwrap()
            .contains(r#""default":{"observedGeneration":-1}"#)
    };
    assert_eq!(those(begins), those(Kind::reports));
    assert_eq!(
        those(begins),
        [
            "AwsAccount",
            "FailoverPlan",
            "FindingSource",
            "Incident",
            "NotificationChannel",
            "Playbook",
            "Quarantine",
            "TrafficPolicy"
        ]
    );
}
