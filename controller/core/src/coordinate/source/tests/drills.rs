//! Samples: left out, or rehearsed apart from everything that is real.

use super::*;
use firebreak_crds::finding_source::Samples;

/// The sample of that name, as a sample that GuardDuty makes.
fn made_up(name: &str) -> Value {
    let mut finding = sample(name);
    let id = format!("s-{}", finding["id"].as_str().unwrap());
    finding["arn"] = json!(format!(
        "arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/{id}"
    ));
    finding["id"] = json!(id);
    finding["title"] = json!(format!("[SAMPLE] {}", finding["title"].as_str().unwrap()));
    finding["service"]["additionalInfo"] = json!({"value": "{\"sample\":true}", "type": "default"});
    finding
}

fn rehearsing(findings: &[Value]) -> Stage {
    let mut stage = Stage::new(findings);
    stage.world.subject.spec.samples = Samples::Drill;
    stage
}

/// Whether each Incident is a drill, and how many findings it has.
fn drills(stage: &Stage) -> Vec<(bool, usize)> {
    let all = stage.world.incidents.values();
    all.map(|seen| (seen.spec.drill, seen.spec.findings.len())).collect()
}

#[test]
fn sample_opens_nothing_unless_the_source_says_so() {
    let stage = Stage::new(&[made_up("iam_exfiltration")]).settled();
    assert!(stage.world.incidents.is_empty());
    assert_eq!(stage.world.subject.status.counts.left_out, 1);
}

#[test]
fn sample_opens_a_drill_with_the_responses_of_its_playbook() {
    let stage = rehearsing(&[made_up("iam_exfiltration")]).settled();
    let (name, seen) = stage.world.incidents.first_key_value().unwrap();
    assert!(
        name.starts_with("drill-role-payments-task-") && name.len() <= 63,
        "{name}"
    );
    assert!(seen.spec.drill && seen.spec.title.starts_with("[SAMPLE]"));
    let real = Stage::new(&[sample("iam_exfiltration")]).settled();
    assert_eq!(stage.responses(), real.responses());
    assert!(!stage.responses().is_empty());
}

#[test]
fn drill_never_swallows_a_real_finding_about_the_same_thing() {
    let (real, drill) = (sample("iam_exfiltration"), made_up("iam_exfiltration"));
    for all in [[real.clone(), drill.clone()], [drill.clone(), real.clone()]] {
        let stage = rehearsing(&all).settled();
        assert_eq!(drills(&stage), [(true, 1), (false, 1)]);
        let plain = Stage::new(std::slice::from_ref(&real)).settled();
        let (name, seen) = plain.world.incidents.first_key_value().unwrap();
        assert_eq!(stage.world.incidents[name].spec, seen.spec, "as if there were no drill");
    }
}

#[test]
fn samples_about_one_thing_share_a_drill() {
    let mut second = made_up("iam_exfiltration");
    second["arn"] = json!("arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/another");
    let stage = rehearsing(&[made_up("iam_exfiltration"), second]).settled();
    assert_eq!(drills(&stage), [(true, 2)]);
}

#[test]
fn drill_that_goes_on_in_a_real_incident_takes_its_samples_nowhere() {
    let mut stage = rehearsing(&[sample("iam_exfiltration"), made_up("iam_exfiltration")]).settled();
    let names: Vec<String> = stage.world.incidents.keys().cloned().collect();
    for (name, other) in [(&names[0], &names[1]), (&names[1], &names[0])] {
        let seen = stage.world.incidents.get_mut(name).unwrap();
        seen.spec.state = IncidentIntent::Resolved;
        seen.spec.merged_into = Some(other.clone());
    }
    let updated = |mut finding: Value| {
        finding["severity"] = json!(9.0);
        finding
    };
    let told = vec![
        updated(sample("iam_exfiltration")),
        updated(made_up("iam_exfiltration")),
    ];
    stage.world.polled = [(site(), Ok(told))].into();
    let stage = stage.settled();
    assert_eq!(drills(&stage), [(true, 1), (false, 1)]);
}

#[test]
fn samples_use_nothing_up_that_real_findings_need() {
    let samples = (0..30).map(|number| {
        let mut finding = made_up("iam_exfiltration");
        finding["arn"] = json!(format!(
            "arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/s{number}"
        ));
        finding["resource"]["accessKeyDetails"]["userName"] = json!(format!("role-{number}"));
        finding
    });
    let all: Vec<Value> = samples.chain([sample("iam_exfiltration")]).collect();
    let stage = rehearsing(&all)
        .guarded(json!({"maxOpenPerHour": 2, "maxResponsesPerHour": 2}))
        .settled();
    let storms: Vec<&String> = stage
        .world
        .incidents
        .keys()
        .filter(|name| name.contains("storm"))
        .collect();
    assert_eq!(storms, ["drill-storm-of-findings-2026112900"]);
    let real = stage.world.incidents.values().find(|seen| !seen.spec.drill).unwrap();
    let record = real.record.as_ref().unwrap();
    assert!(
        real.spec.responses.iter().all(|one| !record.is_proposed(&one.name)),
        "{record:?}"
    );
    assert!(begun_elsewhere(stage.world.incidents.values().filter(|seen| seen.spec.drill), stage.now).is_empty());
}

#[test]
fn real_findings_are_treated_as_ever_by_a_source_that_rehearses() {
    for name in ["iam_exfiltration", "s3_public", "attack_sequence"] {
        let plain = Stage::new(&[sample(name)]).settled().outcome();
        assert_eq!(rehearsing(&[sample(name)]).settled().outcome(), plain, "{name}");
    }
}

#[test]
fn any_order_with_crashes_gives_the_same_drills_beside_the_same_incidents() {
    let names = [
        "iam_exfiltration",
        "iam_user_key",
        "s3_public",
        "ecs_runtime",
        "attack_sequence",
    ];
    let all: Vec<Value> = names.iter().flat_map(|name| [sample(name), made_up(name)]).collect();
    let wanted = rehearsing(&all).settled().outcome();
    for turn in 0..all.len() {
        let mut findings = all.clone();
        findings.rotate_left(turn);
        if turn % 2 == 1 {
            findings.reverse();
        }
        let mut crashing = rehearsing(&findings);
        while crashing.run(1).is_none() {}
        assert_eq!(crashing.outcome(), wanted, "turned by {turn}");
    }
    let is_real = |one: &Value| !one["name"].as_str().unwrap().starts_with("drill-");
    let (real, drills): (Vec<Value>, Vec<Value>) = wanted.into_iter().partition(is_real);
    assert_eq!(real, Stage::new(&names.map(sample)).settled().outcome());
    assert_eq!(drills.len(), real.len());
}
