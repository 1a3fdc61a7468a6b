//! More findings than may open Incidents of their own.

use super::*;

#[test]
fn beyond_what_may_open_within_an_hour_they_share_one_incident_that_only_proposes() {
    let findings: Vec<Value> = (0..6).map(about_role).collect();
    let stage = Stage::new(&findings).guarded(json!({"maxOpenPerHour": 2})).settled();
    let storms: Vec<&String> = stage
        .world
        .incidents
        .keys()
        .filter(|name| name.starts_with("storm-"))
        .collect();
    assert_eq!(
        (stage.world.incidents.len(), storms),
        (3, vec![&"storm-of-findings-2026112900".to_owned()])
    );
    let storm = &stage.world.incidents["storm-of-findings-2026112900"];
    let record = storm.record.as_ref().unwrap();
    assert_eq!(storm.spec.findings.len(), 4);
    assert!(storm.spec.responses.iter().all(|one| record.is_proposed(&one.name)));
}

#[test]
fn a_critical_finding_is_heard_alone_in_a_storm() {
    let mut findings: Vec<Value> = (0..4).map(about_role).collect();
    findings[3]["severity"] = json!(9.0);
    let stage = Stage::new(&findings).guarded(json!({"maxOpenPerHour": 1})).settled();
    assert!(
        stage
            .world
            .incidents
            .keys()
            .any(|name| name.starts_with("role-role-3-")),
        "{:?}",
        stage.world.incidents.keys()
    );
}

#[test]
fn no_finding_is_lost_in_a_burst_and_each_is_in_exactly_one() {
    let findings: Vec<Value> = (0..150).map(|number| another("iam_exfiltration", number)).collect();
    let stage = Stage::new(&findings).settled();
    let mut ids: Vec<&String> = stage
        .world
        .incidents
        .values()
        .flat_map(|seen| seen.spec.findings.iter().map(|one| &one.id))
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), stage.world.incidents.len()), (150, 3));
    let listed: usize = stage
        .world
        .incidents
        .values()
        .map(|seen| seen.spec.findings.len())
        .sum();
    assert_eq!(listed, 150);
    assert_eq!(stage.world.subject.status.counts.read, 150);
}

#[test]
fn nobody_swallows_findings_by_an_incident_of_that_name() {
    let name = Stage::new(&[sample("iam_exfiltration")])
        .settled()
        .world
        .incidents
        .keys()
        .next()
        .unwrap()
        .clone();
    let mut stage = Stage::new(&[sample("iam_exfiltration")]);
    let id = sample("iam_exfiltration")["arn"].clone();
    let body = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident", "metadata": {}, "spec": {"title": "mine", "drill": true, "findings": [{"id": id}]}});
    let mine = Open {
        name: name.clone(),
        finding: String::new(),
        body,
        answers: Answers::default(),
    };
    apply(&mut stage.world, &Effect::Open(Box::new(mine)), now()).unwrap();
    let stage = stage.settled();
    assert!(
        stage.world.incidents.contains_key(&format!("{name}-2")),
        "{:?}",
        stage.world.incidents.keys()
    );
    assert_eq!(stage.world.incidents[&name].spec.title, "mine");
}
