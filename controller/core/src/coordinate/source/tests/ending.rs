//! What opens an Incident again, and where it goes on.

use super::*;

#[test]
fn only_later_activity_opens_it_again() {
    for (activity, reopens) in [
        ("2026-11-28T22:00:00Z", false),
        ("2026-11-28T23:00:01Z", true),
        ("2030-01-01T00:00:00Z", true),
    ] {
        let mut stage = Stage::new(&[sample("iam_exfiltration")]).settled();
        resolved(&mut stage, "2026-11-28T23:00:00Z");
        stage.world.polled.insert(site(), Ok(vec![with_activity(activity)]));
        let stage = stage.settled();
        let reopened = stage.record().reopened.as_ref();
        assert_eq!(reopened.is_some(), reopens, "{activity}");
        assert!(
            reopened.is_none_or(|one| one.at <= now()),
            "a clock of the future is not believed"
        );
    }
}

#[test]
fn a_finding_goes_where_its_incident_goes_on() {
    let mut stage = Stage::new(&[sample("iam_exfiltration"), sample("lambda_network")]).settled();
    let names: Vec<String> = stage.world.incidents.keys().cloned().collect();
    let [function, role] = [&names[0], &names[1]];
    let seen = stage.world.incidents.get_mut(role).unwrap();
    (seen.spec.state, seen.spec.merged_into) = (IncidentIntent::Resolved, Some(function.clone()));
    stage
        .world
        .polled
        .insert(site(), Ok(vec![another("iam_exfiltration", 2)]));
    let stage = stage.settled();
    assert_eq!(stage.world.incidents[function].spec.findings.len(), 2);
}
