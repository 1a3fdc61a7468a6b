//! What is told, when, and what is remembered of it.

use super::{Answered, Pending, SecretProblem, Severity, Stage, name_of, waits};
use crate::coordinate::notification::routing::quiet_until;
use firebreak_crds::{
    NotificationChannelSpec,
    Severity::{Critical, High, Low, Medium},
    incident::{IncidentOutcome, IncidentState},
    notification_channel::{Escalation, QuietHours, TOLD},
};
use serde_json::json;

#[test]
fn a_life_is_told_step_by_step_and_each_step_once() {
    let mut stage = Stage::webhook();
    stage.open("leak", High).pending = vec![waits("role")];
    assert_eq!(stage.told(), ["opened; Quarantine role waits for people"]);
    assert!(stage.told().is_empty());
    stage.seen("leak").severity = Critical;
    assert_eq!(stage.told(), ["raised from High"]);
    stage.seen("leak").acknowledged = true;
    stage.seen("leak").state = IncidentState::Acknowledged;
    assert_eq!(stage.told(), ["acknowledged"]);
    stage.seen("leak").pending.clear();
    assert!(stage.told().is_empty());
    stage.seen("leak").pending = vec![waits("role")];
    assert_eq!(stage.told(), ["Quarantine role waits for people"], "it waits again");
    stage.seen("leak").pending = vec![Pending {
        failed: true,
        ..waits("role")
    }];
    stage.seen("leak").state = IncidentState::Contained;
    assert_eq!(stage.told(), ["contained; Quarantine role needs a person"]);
    stage.seen("leak").state = IncidentState::Acknowledged;
    assert_eq!(stage.told(), ["not contained any more"]);
    stage.seen("leak").state = IncidentState::Resolving;
    assert!(stage.told().is_empty());
    stage.seen("leak").state = IncidentState::Resolved;
    stage.seen("leak").outcome = Some(IncidentOutcome::TruePositive);
    assert_eq!(stage.told(), ["resolved, TruePositive"]);
    stage.seen("leak").state = IncidentState::Reviewed;
    assert!(stage.told().is_empty());
    stage.seen("leak").state = IncidentState::Open;
    assert_eq!(stage.told(), ["opened again; Quarantine role needs a person"]);
}

#[test]
fn lowering_is_not_told_and_raising_again_is() {
    let mut stage = Stage::webhook();
    stage.open("leak", High);
    stage.told();
    stage.seen("leak").severity = Low;
    assert!(stage.told().is_empty());
    stage.seen("leak").severity = High;
    assert_eq!(stage.told(), ["raised from Low"]);
}

#[test]
fn what_was_over_before_anybody_heard_of_it_is_not_told() {
    let mut stage = Stage::webhook();
    stage.open("leak", High).state = IncidentState::Resolved;
    assert!(stage.told().is_empty());
}

#[test]
fn a_deleted_incident_is_told_once_and_forgotten() {
    let mut stage = Stage::webhook();
    stage.open("leak", High);
    stage.told();
    stage.world.incidents.clear();
    assert_eq!(stage.told().len(), 1);
    assert!(stage.told().is_empty() && stage.world.subject.status.told.is_empty());
}

#[test]
fn each_provider_hears_of_the_usual_severities_and_of_drills_only_where_it_says_so() {
    for (provider, heard) in [("slack", 2), ("teams", 2), ("webhook", 3), ("pagerDuty", 1)] {
        for drills in [false, true] {
            let mut stage = Stage::new(&json!({provider: {"secretRef": {"name": "s"}}, "drills": drills}));
            for severity in Severity::ALL {
                stage.open(&format!("real-{severity:?}"), severity);
                stage.open(&format!("drill-{severity:?}"), severity).drill = true;
            }
            let mut told = 0;
            while stage.due().is_some() {
                stage.answer(&Answered::Taken { thread: None });
                told += 1;
            }
            assert_eq!(told, if drills { 2 * heard } else { heard }, "{provider}");
        }
    }
}

#[test]
fn the_worst_is_told_first() {
    let mut stage = Stage::webhook();
    for (name, severity) in [("a", Medium), ("b", Critical), ("c", High)] {
        stage.open(name, severity);
    }
    let mut names = Vec::new();
    while stage.due().is_some() {
        names.push(name_of(&stage.answer(&Answered::Taken { thread: None })).to_owned());
    }
    assert_eq!(names, ["b", "c", "a"]);
}

#[test]
fn reminders_come_until_somebody_has_it() {
    let mut stage = Stage::new(&json!({"webhook": {"secretRef": {"name": "s"}}, "remindEvery": "15m"}));
    stage.open("leak", Critical);
    stage.told();
    assert_eq!(stage.rest().after, 300);
    stage.pass(899);
    assert!(stage.told().is_empty());
    assert!(stage.rest().after <= 2);
    stage.pass(1);
    assert_eq!(stage.told(), ["nobody has acknowledged it yet"]);
    stage.pass(900);
    stage.seen("leak").acknowledged = true;
    assert_eq!(stage.told(), ["acknowledged"]);
    stage.pass(9000);
    assert!(stage.told().is_empty());
}

#[test]
fn nobody_acknowledges_and_the_next_channel_is_told() {
    let mut stage = Stage::new(&json!({"webhook": {"secretRef": {"name": "s"}}, "severities": ["Critical"]}));
    let first = NotificationChannelSpec {
        severities: vec![High],
        escalation: Some(Escalation {
            after: "10m".into(),
            to: vec!["chat".into()],
        }),
        ..NotificationChannelSpec::default()
    };
    stage.world.others.insert("first".into(), first);
    stage.open("leak", High);
    stage.open("had", High).acknowledged = true;
    stage.open("low", Low);
    assert!(stage.told().is_empty());
    stage.pass(599);
    assert!(stage.told().is_empty());
    assert!(stage.rest().after <= 2, "it looks in time");
    stage.pass(1);
    assert_eq!(stage.told(), ["opened"]);
    stage.seen("leak").acknowledged = true;
    assert_eq!(stage.told(), ["acknowledged"], "what was told is told to its end");
}

#[test]
fn quiet_hours_hold_back_what_can_wait_and_go_past_midnight() {
    let hours = |from: &str, until: &str| QuietHours {
        from: from.into(),
        until: until.into(),
    };
    let until = |hours: &QuietHours, severity, now: &str| {
        quiet_until(Some(hours), severity, now.parse().unwrap()).map(|at| at.to_string())
    };
    let night = hours("22:00", "06:00");
    let end = Some("2026-03-02T06:00:00Z".to_owned());
    assert_eq!(until(&night, Medium, "2026-03-01T23:30:10Z"), end);
    assert_eq!(until(&night, Low, "2026-03-02T05:59:59Z"), end);
    assert_eq!(until(&night, Low, "2026-03-02T06:00:00Z"), None);
    assert_eq!(until(&night, High, "2026-03-01T23:30:00Z"), None);
    assert_eq!(until(&hours("12:00", "13:00"), Low, "2026-03-01T11:59:59Z"), None);
    let mut stage = Stage::new(
        &json!({"webhook": {"secretRef": {"name": "s"}}, "quietHours": {"from": "11:00", "until": "13:00"}}),
    );
    stage.open("late", Medium);
    stage.open("now", Critical);
    assert_eq!(stage.told(), ["opened"]);
    stage.pass(3600);
    assert_eq!(stage.told(), ["opened"]);
}

#[test]
fn trouble_with_one_incident_delays_no_other_and_is_tried_again() {
    let mut stage = Stage::webhook();
    stage.open("bad", Critical);
    stage.open("good", High);
    let fails = Answered::Later {
        after: None,
        why: "503".into(),
    };
    assert_eq!(name_of(&stage.answer(&fails)), "bad");
    assert_eq!(stage.told(), ["opened"]);
    assert_eq!(stage.reason("Ready"), ("False".into(), "NotDelivered".into()));
    assert_eq!(stage.reason("Stalled").0, "False");
    let mut waits = Vec::new();
    for _ in 0..9 {
        let before = stage.now;
        while stage.due().is_none() {
            let after = stage.rest().after;
            stage.pass(i64::try_from(after).unwrap());
        }
        waits.push(stage.now.as_second() - before.as_second());
        stage.answer(&fails);
    }
    assert!(
        waits[0] <= 6 && waits[1] <= 11 && waits[8] > 590 && waits[8] <= 602,
        "{waits:?}"
    );
    stage.pass(601);
    assert_eq!(stage.told(), ["opened"]);
    assert_eq!(stage.reason("Ready"), ("True".into(), "Delivered".into()));
}

#[test]
fn a_provider_that_asks_for_silence_is_left_in_peace() {
    let mut stage = Stage::webhook();
    stage.open("one", Critical);
    stage.open("two", High);
    stage.answer(&Answered::Later {
        after: Some(120),
        why: "429".into(),
    });
    assert!(stage.told().is_empty());
    stage.pass(119);
    assert!(stage.told().is_empty());
    stage.pass(1);
    assert_eq!(stage.told(), ["opened", "opened"]);
}

#[test]
fn what_a_person_must_correct_stalls_and_is_tried_slowly() {
    let mut stage = Stage::webhook();
    stage.open("one", Critical);
    stage.answer(&Answered::Refused("it answers 403".into()));
    assert_eq!(stage.reason("Stalled"), ("True".into(), "NotDelivered".into()));
    stage.pass(599);
    assert!(stage.told().is_empty());
    stage.pass(1);
    assert_eq!(stage.told(), ["opened"]);
}

#[test]
fn a_secret_that_cannot_be_used_is_named_and_nothing_is_sent() {
    let mut stage = Stage::webhook();
    stage.open("one", Critical);
    let good = stage.world.secret.clone();
    for bad in [
        Err(SecretProblem("Secret hook does not exist".into())),
        Ok(super::Secret::default()),
        Ok(super::Secret([("url".into(), "http://example.com".into())].into())),
    ] {
        stage.world.secret = bad;
        assert!(stage.due().is_none());
        assert_eq!(stage.reason("Stalled"), ("True".into(), "SecretUnreadable".into()));
    }
    stage.world.secret = good;
    assert_eq!(stage.told(), ["opened"]);
}

#[test]
fn more_than_can_be_remembered_is_not_told_for_ever() {
    let mut stage = Stage::webhook();
    for number in 0..TOLD + 2 {
        stage.open(&format!("i-{number}"), High);
    }
    let mut told = 0;
    while stage.due().is_some() {
        stage.answer(&Answered::Taken { thread: None });
        told += 1;
        assert!(told <= TOLD);
    }
    assert_eq!(stage.reason("Stalled").0, "True");
    let first = stage.world.subject.status.told[0].name.clone();
    stage.seen(&first).state = IncidentState::Resolved;
    assert_eq!(stage.told(), ["resolved", "opened"], "what is over makes room");
}

#[test]
fn a_heartbeat_is_heard_only_while_the_operator_leads() {
    let mut stage = Stage::new(&json!({"heartbeat": {"secretRef": {"name": "s"}, "every": "30s"}}));
    stage.open("leak", Critical);
    stage.answer(&Answered::Taken { thread: None });
    assert!(stage.due().is_none());
    assert!(stage.rest().after <= 31);
    stage.pass(30);
    stage.world.operator_leads = Some(false);
    assert!(stage.due().is_none());
    assert_eq!(stage.reason("Ready"), ("False".into(), "NotDelivered".into()));
    stage.world.operator_leads = Some(true);
    stage.answer(&Answered::Taken { thread: None });
    assert_eq!(stage.world.subject.status.counts.delivered, 2);
}

#[test]
fn a_test_is_sent_once_for_each_number() {
    let mut stage = Stage::new(&json!({"webhook": {"secretRef": {"name": "s"}}, "test": 1}));
    assert_eq!(
        stage.told(),
        ["test message 1 of this NotificationChannel: nothing is to be done"]
    );
    assert!(stage.told().is_empty());
    stage.world.subject.spec.test = 2;
    stage.answer(&Answered::Refused("it answers 404".into()));
    assert!(stage.due().is_none());
    assert_eq!(stage.reason("Stalled").0, "True");
}
