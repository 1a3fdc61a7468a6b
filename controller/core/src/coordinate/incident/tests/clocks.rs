//! Clocks, targets and deadlines.

use super::*;
use firebreak_crds::{Environment, GuardrailSpec, incident::DeadlineState};

fn rail(environments: &[&str], times: &Value) -> GuardrailSpec {
    serde_json::from_value(json!({"environments": environments, "responseTimes": times})).unwrap()
}

fn acknowledge(world: &World) -> (String, DeadlineState) {
    let found = world
        .subject
        .status
        .deadlines
        .iter()
        .find(|one| one.name == "acknowledge")
        .unwrap();
    (found.due.clone(), found.state)
}

#[test]
fn the_shortest_time_of_all_guardrails_counts_or_the_default() {
    let critical = |within: &str| json!([{"severity": "Critical", "within": within}]);
    for (severity, rails, minutes) in [
        ("Critical", vec![], 15),
        ("High", vec![], 60),
        ("Medium", vec![], 240),
        ("Low", vec![], 1440),
        ("Critical", vec![rail(&[], &critical("30m"))], 30),
        (
            "Critical",
            vec![rail(&[], &critical("30m")), rail(&[], &critical("5m"))],
            5,
        ),
        ("Critical", vec![rail(&[], &critical("30m")), rail(&[], &json!([]))], 30),
        ("High", vec![rail(&[], &critical("5m"))], 60),
        ("Critical", vec![rail(&[], &critical("soon"))], 1),
    ] {
        let mut world = world(&json!({"severity": severity}));
        world.guardrails = rails;
        settle(&mut world, at(0));
        assert_eq!(
            acknowledge(&world),
            (at(minutes).to_string(), DeadlineState::Running),
            "{severity}"
        );
    }
}

#[test]
fn guardrails_speak_for_the_environments_of_the_responses() {
    let rails = [
        rail(&["Development"], &json!([])),
        rail(&["Production"], &json!([])),
        rail(&[], &json!([])),
    ];
    assert_eq!(speaking_for(&rails, &[Environment::Production]), rails[1..]);
    assert_eq!(speaking_for(&rails, &[]), rails);
}

#[test]
fn a_raised_severity_shortens_the_time_from_then_on_and_a_lowered_one_gives_its_own() {
    for (changes, minutes) in [
        (vec![(100, "Critical")], 115),
        (vec![(10, "Critical")], 25),
        (vec![(230, "High")], 240),
        (vec![(10, "Critical"), (20, "Low")], 1440),
        (vec![(10, "Low"), (20, "High")], 80),
    ] {
        let mut world = world(&json!({"severity": "Medium"}));
        settle(&mut world, at(0));
        for (minute, severity) in &changes {
            edit(&mut world, Some("ann"), &json!({"severity": severity}));
            settle(&mut world, at(*minute));
        }
        assert_eq!(acknowledge(&world).0, at(minutes).to_string(), "{changes:?}");
    }
}

#[test]
fn a_deadline_runs_is_met_is_late_or_is_missed() {
    let mut met = world(&json!({}));
    say(&mut met, "d", "bob", at(15), &json!({"verb": "Acknowledge"}));
    settle(&mut met, at(16));
    assert_eq!(acknowledge(&met).1, DeadlineState::Met);
    let mut late = world(&json!({}));
    settle(&mut late, at(16));
    assert_eq!(acknowledge(&late).1, DeadlineState::Missed);
    assert_eq!(
        late.subject.status.next_deadline,
        Some(format!("acknowledge by {} (overdue)", at(15)))
    );
    say(&mut late, "d", "bob", at(17), &json!({"verb": "Acknowledge"}));
    settle(&mut late, at(17));
    assert_eq!(
        (acknowledge(&late).1, &late.subject.status.next_deadline),
        (DeadlineState::Late, &None)
    );
}

#[test]
fn the_next_deadline_is_the_earliest_that_is_open_and_is_looked_for_in_time() {
    let spec = json!({
        "severity": "Low", "regulations": [{"name": "GDPR"}],
        "tasks": [{"name": "t", "due": at(3).to_string()}, {"name": "u", "due": at(2).to_string(), "done": true}],
    });
    let mut world = world(&spec);
    let rest = settle(&mut world, at(2));
    assert_eq!(world.subject.status.next_deadline, Some(format!("task t by {}", at(3))));
    assert_eq!(rest.after, 61);
    let names: Vec<&str> = world
        .subject
        .status
        .deadlines
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["task t", "acknowledge", "GDPR notification"]);
}

#[test]
fn clocks_say_when_what_happened_for_the_first_time() {
    let findings = json!([
        {"id": "f-2", "firstSeen": at(-20).to_string(), "reportedAt": at(-5).to_string()},
        {"id": "f-1", "firstSeen": at(-30).to_string(), "reportedAt": at(-2).to_string()},
    ]);
    let mut world = contained_world();
    edit(&mut world, Some("ann"), &json!({"findings": findings}));
    child_mut(&mut world, "a").record.first_write = Some(at(1));
    child_mut(&mut world, "b").record.first_write = Some(at(2));
    settle(&mut world, at(4));
    let clocks = world.subject.status.clocks.clone();
    let expected = [at(-30), at(-5), at(0), at(1), at(3)].map(|time| Some(time.to_string()));
    assert_eq!(
        [
            clocks.first_activity,
            clocks.reported,
            clocks.declared,
            clocks.first_write,
            clocks.contained
        ],
        expected
    );
    // Records that are gone, and drift that was put right, change nothing of it.
    child_mut(&mut world, "a").record.first_write = None;
    says(&mut world, "a", &[("Contained", "False", "DriftDetected")], at(5));
    settle(&mut world, at(5));
    contain(&mut world, "a", at(6));
    settle(&mut world, at(6));
    let clocks = &world.subject.status.clocks;
    assert_eq!(
        [&clocks.first_write, &clocks.contained],
        [&Some(at(1).to_string()), &Some(at(3).to_string())]
    );
}
