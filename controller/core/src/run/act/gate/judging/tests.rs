//! One table for each subject, and what all have in common.

use super::*;
use crate::run::act::{Look, gate::Metric};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn gate(subject: Subject) -> Gate {
    Gate {
        subject,
        consecutive: 1,
        failure_limit: None,
        interval_seconds: 10,
    }
}

fn here() -> Site {
    Site::new("222222222222", "us-west-2")
}

fn subjects() -> Vec<Subject> {
    let text = String::from;
    vec![
        Subject::Http {
            url: text("https://west.example.com"),
            status: 200,
        },
        Subject::Alarm { name: text("errors") },
        Subject::Metric {
            metric: Metric::default(),
            comparison: Comparison::AtMost,
            threshold: text("0.5"),
        },
        Subject::EcsSteady {
            cluster: text("web"),
            service: text("api"),
        },
        Subject::HealthyTargets {
            target_group: text("arn"),
            minimum: 2,
        },
        Subject::ReplicaLag {
            instance: text("west"),
            max_seconds: 5,
            source_site: Site::new("222222222222", "us-east-1"),
            source: text("east"),
            since_begin: false,
        },
    ]
}

/// What the sample says where the first question is answered so, and every other one by an instance.
fn judged(subject: Subject, answer: Answer) -> Verdict {
    let gate = gate(subject);
    let mut sightings = Sightings::default();
    for (index, look) in gate.looks(&here()).into_iter().enumerate() {
        let answer = if index == 0 {
            answer.clone()
        } else {
            Answer::found(&DbInstance::default())
        };
        sightings.insert(look, answer, (NOW, NOW));
    }
    gate.judge(&here(), &sightings, (NOW, NOW)).unwrap()
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Pass",
        Verdict::Fail(_) => "Fail",
        Verdict::Inconclusive(_) => "Inconclusive",
    }
}

#[test]
fn whatever_aws_does_not_tell_is_inconclusive() {
    let silent = [
        Answer::NotFound,
        Answer::Denied("no".into()),
        Answer::Throttled,
        Answer::Unreachable("no answer".into()),
        Answer::Found(json!({"another": "shape"})),
    ];
    for subject in subjects() {
        for answer in &silent {
            // A service and a list can be read from little: what is not there counts as nothing.
            let said = judged(subject.clone(), answer.clone());
            assert_eq!(word(&said), "Inconclusive", "{subject:?} {answer:?}");
        }
    }
}

fn service(running: i32, desired: i32, rollouts: &[&str]) -> Value {
    let deployments: Vec<Value> = rollouts
        .iter()
        .map(|state| json!({"id": "d", "status": "PRIMARY", "rolloutState": state, "runningCount": running, "securityGroups": []}))
        .collect();
    let mut service = serde_json::to_value(EcsService::default()).unwrap();
    service["runningCount"] = json!(running);
    service["desiredCount"] = json!(desired);
    service["deployments"] = json!(deployments);
    service
}

#[test]
fn each_subject_says_pass_fail_or_inconclusive() {
    let [http, alarm, metric, steady, targets, lag]: [Subject; 6] = subjects().try_into().unwrap();
    let target = |state: &str| json!({"id": state, "port": 1, "state": state});
    let answered = |status: u32, address: &str| json!({"status": status, "address": address});
    let cases = [
        (&http, answered(200, "203.0.114.9"), "Pass"),
        (&http, answered(503, "203.0.114.9"), "Fail"),
        (&http, answered(200, "169.254.169.254"), "Fail"),
        (&alarm, json!("OK"), "Pass"),
        (&alarm, json!("ALARM"), "Fail"),
        (&alarm, json!("INSUFFICIENT_DATA"), "Inconclusive"),
        (&metric, json!({"value": 0.5}), "Pass"),
        (&metric, json!({"value": 0.51}), "Fail"),
        (&steady, service(3, 3, &["COMPLETED"]), "Pass"),
        (&steady, service(2, 3, &["COMPLETED"]), "Inconclusive"),
        (&steady, service(3, 3, &["IN_PROGRESS", "COMPLETED"]), "Inconclusive"),
        (&steady, service(0, 0, &["COMPLETED"]), "Inconclusive"),
        (&steady, service(3, 3, &["FAILED"]), "Fail"),
        (
            &targets,
            json!([target("healthy"), target("healthy"), target("draining")]),
            "Pass",
        ),
        (&targets, json!([target("healthy"), target("unused")]), "Inconclusive"),
        (&lag, json!({"seconds": 5.0}), "Pass"),
        (&lag, json!({"seconds": 6.0}), "Fail"),
        (&lag, json!({"seconds": -1.0}), "Fail"),
    ];
    for (subject, answer, said) in cases {
        assert_eq!(
            word(&judged(subject.clone(), Answer::Found(answer.clone()))),
            said,
            "{subject:?} {answer}"
        );
    }
}

#[test]
fn lag_of_a_source_that_does_not_answer_tells_nothing() {
    let gate = gate(subjects().pop().unwrap());
    let looks: Vec<Look> = gate.looks(&here());
    let mut sightings = Sightings::default();
    sightings.insert(looks[0].clone(), Answer::Found(json!({"seconds": 0.0})), (NOW, NOW));
    assert_eq!(
        gate.judge(&here(), &sightings, (NOW, NOW)),
        None,
        "it waits for both answers"
    );
    sightings.insert(looks[1].clone(), Answer::Unreachable("no answer".into()), (NOW, NOW));
    let said = gate.judge(&here(), &sightings, (NOW, NOW)).unwrap();
    assert_eq!(word(&said), "Inconclusive");
}
