//! To which Incident a finding belongs, in any order.

use super::*;
use crate::coordinate::source::{joining::MAX_FINDINGS, opening};

#[test]
fn a_finding_opens_an_incident_that_says_what_is_known() {
    let stage = Stage::new(&[sample("iam_exfiltration")]).settled();
    let seen = stage.only();
    assert_eq!(
        seen.spec.findings[0].id,
        sample("iam_exfiltration")["arn"].as_str().unwrap()
    );
    assert_eq!(seen.spec.commander.as_deref(), Some("ann"));
    assert!(
        seen.spec
            .affected
            .iter()
            .any(|arn| arn.ends_with(":role/payments-task"))
    );
    assert!(stage.record().confirmed && stage.record().requesters == ["pat"]);
    assert_eq!(stage.world.subject.status.counts.opened, 1);
    let name = stage.world.incidents.keys().next().unwrap();
    assert!(name.starts_with("role-payments-task-") && name.len() <= 63, "{name}");
}

#[test]
fn a_second_finding_about_the_same_joins_and_opens_no_twin() {
    let stage = Stage::new(&[sample("iam_exfiltration"), another("iam_exfiltration", 2)]).settled();
    assert_eq!(stage.only().spec.findings.len(), 2);
    assert_eq!(
        (
            stage.world.subject.status.counts.opened,
            stage.world.subject.status.counts.joined
        ),
        (1, 1)
    );
    let sequence = Stage::new(&[sample("attack_sequence"), sample("iam_exfiltration")]).settled();
    assert_eq!(sequence.only().spec.findings.len(), 2);
}

#[test]
fn an_update_replaces_what_was_known_and_counts_nothing_twice() {
    let mut stage = Stage::new(&[sample("iam_exfiltration")]).settled();
    stage.run(1).unwrap();
    assert_eq!(
        stage.world.subject.status.counts.read, 1,
        "the latest is read again each time"
    );
    let mut update = sample("iam_exfiltration");
    update["severity"] = json!(9.5);
    update["updatedAt"] = json!("2026-11-29T00:00:30Z");
    stage.world.polled.insert(site(), Ok(vec![update]));
    let stage = stage.settled();
    assert_eq!(
        (stage.only().spec.findings.len(), stage.only().spec.severity),
        (1, firebreak_crds::Severity::Critical)
    );
    assert_eq!(
        (
            stage.world.subject.status.counts.read,
            stage.world.subject.status.counts.joined
        ),
        (2, 1)
    );
}

#[test]
fn a_severity_that_a_person_lowered_stays_until_a_finding_is_new() {
    let mut stage = Stage::new(&[sample("iam_exfiltration")]).settled();
    stage
        .world
        .incidents
        .values_mut()
        .for_each(|seen| seen.spec.severity = firebreak_crds::Severity::Low);
    let stage = stage.settled();
    assert_eq!(stage.only().spec.severity, firebreak_crds::Severity::Low);
}

#[test]
fn a_response_that_a_person_took_out_is_not_added_again() {
    let mut stage = Stage::new(&[sample("iam_exfiltration")]).settled();
    assert_eq!(stage.responses(), [acts("owner"), acts("instance")][..1].to_vec());
    stage
        .world
        .incidents
        .values_mut()
        .for_each(|seen| seen.spec.responses.clear());
    stage
        .world
        .polled
        .insert(site(), Ok(vec![another("iam_exfiltration", 2)]));
    let stage = stage.settled();
    assert_eq!((stage.only().spec.findings.len(), stage.responses()), (2, vec![]));
}

#[test]
fn any_order_repeats_and_crashes_give_the_same() {
    let names = [
        "iam_exfiltration",
        "iam_user_key",
        "s3_public",
        "s3_exfiltration",
        "ecs_runtime",
        "ecs_second_type",
        "attack_sequence",
        "lambda_network",
    ];
    let all: Vec<Value> = names.iter().map(|name| sample(name)).collect();
    let wanted = Stage::new(&all).settled().outcome();
    for turn in 0..all.len() {
        let mut findings = all.clone();
        findings.rotate_left(turn);
        if turn % 2 == 1 {
            findings.reverse();
        }
        findings.extend(all.clone());
        assert_eq!(Stage::new(&findings).settled().outcome(), wanted, "turned by {turn}");
        let mut crashing = Stage::new(&findings);
        while crashing.run(1).is_none() {}
        assert_eq!(crashing.outcome(), wanted, "cut after every effect, turned by {turn}");
    }
}

#[test]
fn the_bounds_here_are_those_of_the_schema() {
    let incident = firebreak_crds::table::called("incident").unwrap().crd();
    let schema = json!(incident)["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    let spec = &schema["properties"]["spec"]["properties"];
    let most = |field: &str| spec[field]["maxItems"].as_u64().unwrap() as usize;
    assert_eq!(
        [most("findings"), most("affected"), most("responses"), most("tasks")],
        [
            MAX_FINDINGS,
            opening::MAX_AFFECTED,
            opening::MAX_RESPONSES,
            opening::MAX_TASKS
        ]
    );
    assert_eq!(spec["title"]["maxLength"], opening::TITLE);
    assert_eq!(spec["tasks"]["items"]["properties"]["text"]["maxLength"], opening::TASK);
}
