//! What a report says of what was read, and what it leaves out with a word.

use super::*;
use crate::fixtures;
use firebreak_core::coordinate::incident::report;
use firebreak_crds::{Hold, ResponsePlanStatus, Verb, incident::ResponseState};
use serde_json::json;

/// The run of the fixture, with this record for its first step.
async fn records(record: Value) -> Records {
    let mut run = fixtures::run_of(&fixtures::plan().await, Some("alice"));
    let step = fixtures::plan().await.steps[0].id.clone();
    run.status = Some(ResponsePlanStatus {
        journal: [(step, serde_json::from_value(record).unwrap())].into(),
        ..ResponsePlanStatus::default()
    });
    Records {
        plans: vec![run],
        ..fixtures::records()
    }
}

fn facts(quarantines: &[Item<Quarantine>], records: &Records) -> Facts {
    let incident = fixtures::incident();
    let sources = Sources {
        incident: &incident,
        quarantines,
        records,
    };
    sources.facts(fixtures::now())
}

fn notes(incident: &Incident, quarantines: &[Item<Quarantine>], records: &Records) -> Vec<String> {
    let sources = Sources {
        incident,
        quarantines,
        records,
    };
    sources.notes()
}

#[tokio::test]
async fn only_steps_that_were_begun_are_changes() {
    let objects = [Ok(fixtures::quarantine())];
    for (record, said) in [
        (
            json!({"state": "Verified", "startedAt": "2026-01-01T12:01:00Z"}),
            Some(""),
        ),
        (json!({"state": "Started"}), Some("; AWS has not confirmed it")),
        (
            json!({"state": "Applied", "rolledBackAt": "2026-01-01T12:02:00Z"}),
            Some("; put back at once"),
        ),
        (json!({"state": "Skipped"}), None),
        (json!({"state": "Pending"}), None),
    ] {
        let facts = facts(&objects, &records(record.clone()).await);
        let changes = &facts.responses[0].changes;
        let summary = fixtures::plan().await.steps[0].summary.clone();
        let told = said.map(|said| format!("{summary}{said}"));
        assert_eq!(changes.first().map(|change| change.what.clone()), told, "{record}");
        assert_eq!(changes.len(), usize::from(said.is_some()));
    }
}

#[tokio::test]
async fn custody_says_what_was_there_before() {
    let objects = [Ok(fixtures::quarantine())];
    let done = json!({"state": "Verified", "found": "found", "readBack": {"deny": true}});
    let mut records = records(done).await;
    let change = facts(&objects, &records).responses[0].changes[0].clone();
    assert_eq!(
        (change.before.as_deref(), change.after.as_deref()),
        (Some("found"), Some("{\"deny\":true}"))
    );
    let name = fixtures::plan().await.steps[0].hold.clone().unwrap();
    let mut hold = Hold::in_custody(&name, fixtures::orphaned().spec);
    hold.spec.before = Value::Null;
    records.holds = vec![hold];
    assert_eq!(
        facts(&objects, &records).responses[0].changes[0].before.as_deref(),
        Some("nothing")
    );
}

#[tokio::test]
async fn first_write_and_approvals_come_from_the_records() {
    let mut records = records(json!({"state": "Verified", "startedAt": "2026-01-01T12:01:00Z"})).await;
    let word = json!([{"verb": "Approve", "by": "bob", "approverRole": "security", "name": "d-1"}]);
    records.plans[0].status.as_mut().unwrap().decisions = serde_json::from_value(word).unwrap();
    let response = facts(&[Ok(fixtures::quarantine())], &records).responses[0].clone();
    assert_eq!(response.first_write, "2026-01-01T12:01:00Z".parse().ok());
    assert_eq!(response.decisions[0].by, "bob");
}

#[test]
fn a_response_without_an_object_is_missing_and_the_report_is_written() {
    let facts = facts(&[], &Records::default());
    assert_eq!(facts.responses[0].state, ResponseState::Missing);
    assert!(report::markdown(&facts).contains("there is no Quarantine payments"));
}

#[tokio::test]
async fn a_forged_plan_is_left_out_and_named() {
    let mut records = records(json!({"state": "Verified"})).await;
    records.plans[0].spec.digest = format!("sha256:{}", "0".repeat(64));
    let objects = [Ok(fixtures::quarantine())];
    assert!(facts(&objects, &records).responses[0].changes.is_empty());
    let notes = notes(&fixtures::incident(), &objects, &records);
    assert!(
        notes[0].contains("payments-u1-run-1") && notes[0].ends_with("left out"),
        "{notes:?}"
    );
}

#[test]
fn what_people_said_and_the_timeline_lacks_is_named() {
    let mut word = fixtures::said("note-1", Verb::Note, "bob", "responder", "");
    word.spec.target.uid = "i-1".into();
    let records = Records {
        decisions: vec![word],
        ..Records::default()
    };
    let mut incident = fixtures::incident();
    let told = notes(&incident, &[], &records);
    assert!(
        told[0].starts_with("1 Decision not in the timeline") && told[0].contains("note-1"),
        "{told:?}"
    );
    let timeline =
        json!({"timeline": [{"at": "2026-01-01T12:00:00Z", "event": "Note", "about": "note-1", "what": "x"}]});
    incident.status = serde_json::from_value(timeline).ok();
    assert!(notes(&incident, &[], &records).is_empty());
}
