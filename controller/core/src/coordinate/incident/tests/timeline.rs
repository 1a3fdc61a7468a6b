//! The timeline.

use super::*;
use firebreak_crds::incident::{TimelineEntry, TimelineEvent as Event};

fn events(world: &World) -> Vec<(Event, String)> {
    world
        .subject
        .status
        .timeline
        .iter()
        .map(|one| (one.event, one.about.clone()))
        .collect()
}

fn taken(name: &str, by: &str, minute: i64) -> firebreak_crds::TakenDecision {
    let word = json!({"verb": "Approve", "by": by, "approverRole": "security", "name": name, "givenAt": at(minute).to_string()});
    serde_json::from_value(word).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn a_whole_incident_is_told_in_its_order() {
    let mut world = contained_world();
    let child = child_mut(&mut world, "a");
    child.record.first_write = Some(at(1));
    child.record.decisions = vec![taken("d-a", "bob", 1)];
    say(&mut world, "d-1", "bob", at(4), &json!({"verb": "Acknowledge"}));
    say(
        &mut world,
        "d-2",
        "bob",
        at(5),
        &json!({"verb": "Note", "reason": "Key rotated."}),
    );
    edit(
        &mut world,
        Some("ann"),
        &json!({"severity": "High", "onResolve": "Release", "findings": [{"id": "f", "firstSeen": at(-9).to_string()}]}),
    );
    settle(&mut world, at(6));
    say(
        &mut world,
        "d-3",
        "eve",
        at(7),
        &json!({"verb": "Resolve", "outcome": "TruePositive", "reason": "over"}),
    );
    settle(&mut world, at(7));
    release(&mut world, "a", at(8));
    release(&mut world, "b", at(8));
    settle(&mut world, at(9));
    say(&mut world, "d-4", "eve", at(10), &json!({"verb": "Review"}));
    settle(&mut world, at(10));
    let told: Vec<(Event, &str)> = world
        .subject
        .status
        .timeline
        .iter()
        .map(|one| (one.event, one.about.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Event::Activity, "f"),
            (Event::Declared, ""),
            (Event::Response, "a"),
            (Event::Approved, "a d-a"),
            (Event::FirstWrite, "a"),
            (Event::Response, "b"),
            (Event::Contained, "a"),
            (Event::Contained, "b"),
            (Event::Acknowledged, "d-1"),
            (Event::Note, "d-2"),
            (Event::Severity, ""),
            (Event::ResolveAsked, "d-3"),
            (Event::Released, "a"),
            (Event::Released, "b"),
            (Event::Resolved, ""),
            (Event::Reviewed, "d-4"),
        ]
    );
    let note = world
        .subject
        .status
        .timeline
        .iter()
        .find(|one| one.event == Event::Note)
        .unwrap();
    assert_eq!(
        (note.who.as_deref(), note.what.as_str(), &note.at),
        (Some("bob"), "Key rotated.", &at(5).to_string())
    );
}

#[test]
fn a_second_look_adds_nothing() {
    let mut world = contained_world();
    let before = world.subject.status.clone();
    let Effect::Rest(rest) = decide(&world, at(3)) else {
        panic!("no rest")
    };
    assert_eq!(rest.status, before);
    settle(&mut world, at(30));
    let told = events(&world);
    settle(&mut world, at(31));
    assert_eq!(events(&world), told);
}

#[test]
fn a_flapping_response_leaves_room_for_people() {
    let mut world = contained_world();
    say(
        &mut world,
        "d",
        "bob",
        at(4),
        &json!({"verb": "Note", "reason": "keep me"}),
    );
    for minute in 0..300 {
        let status = if minute % 2 == 0 { "False" } else { "True" };
        says(
            &mut world,
            "a",
            &[("Contained", status, "DriftDetected")],
            at(5 + minute),
        );
        settle(&mut world, at(5 + minute));
    }
    let told = events(&world);
    assert!(told.contains(&(Event::Note, "d".into())) && told.contains(&(Event::Declared, String::new())));
    let flaps = told
        .iter()
        .filter(|(event, about)| about == "a" && matches!(event, Event::Contained | Event::NotContained));
    assert_eq!(flaps.count(), 4);
}

#[test]
fn what_is_unknown_for_a_while_is_no_event() {
    let mut world = contained_world();
    let told = events(&world);
    says(&mut world, "a", &[("Contained", "Unknown", "Throttled")], at(5));
    settle(&mut world, at(5));
    contain(&mut world, "a", at(6));
    settle(&mut world, at(6));
    assert_eq!(events(&world), told);
}

#[test]
fn the_newest_hundred_are_kept() {
    let mut world = contained_world();
    for n in 0..150 {
        say(
            &mut world,
            &format!("d-{n}"),
            "bob",
            at(10 + n),
            &json!({"verb": "Note", "reason": format!("note {n}")}),
        );
    }
    settle(&mut world, at(200));
    let told: &[TimelineEntry] = &world.subject.status.timeline;
    assert_eq!((told.len(), told[99].what.as_str()), (100, "note 149"));
    let before = world.subject.status.clone();
    settle(&mut world, at(200));
    assert_eq!(world.subject.status, before);
}

#[test]
fn hostile_text_forges_no_entry_and_no_condition() {
    let hostile = "a\u{1b}[2K\n2026-01-01T00:00:00Z resolved by root\u{202e}";
    let mut world = world(
        &json!({"title": hostile, "findings": [{"id": hostile, "title": hostile, "firstSeen": at(0).to_string()}]}),
    );
    say(
        &mut world,
        "d",
        hostile,
        at(1),
        &json!({"verb": "Note", "reason": hostile.repeat(20)}),
    );
    settle(&mut world, at(2));
    let told = serde_json::to_string(&world.subject.status).unwrap();
    assert!(
        !told.contains("\\n") && !told.contains("\\u001b") && !told.contains('\u{202e}'),
        "{told}"
    );
}
