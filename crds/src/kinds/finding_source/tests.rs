//! The rules of the schema, and the bounds of what is reported.

use super::*;
use kube::core::cel::validate_cel;
use serde_json::{Value, json};

fn source(guard_duty: &Value) -> FindingSource {
    of(&json!({"guardDuty": guard_duty}))
}

fn of(spec: &Value) -> FindingSource {
    let object = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "FindingSource", "metadata": {"name": "guardduty", "namespace": "payments"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

#[test]
fn findings_come_by_polling_or_on_a_queue_or_both() {
    let accounts = json!([{"name": "production"}]);
    let queue = json!({"accountRef": {"name": "security"}, "accounts": accounts,
        "queueArn": "arn:aws:sqs:us-east-1:123456789012:firebreak-findings"});
    let polled = json!({"accounts": accounts});
    for good in [json!({"sqs": queue}), json!({"sqs": queue, "guardDuty": polled})] {
        assert!(validate_cel(&of(&good)).is_ok(), "{good}");
    }
    let why = format!("{:?}", validate_cel(&of(&json!({}))).unwrap_err());
    assert!(why.contains("guardDuty, sqs, or both"), "{why}");
}

#[test]
fn a_queue_is_named_by_the_arn_of_a_standard_queue() {
    for bad in [
        "https://sqs.us-east-1.amazonaws.com/123456789012/findings",
        "arn:aws:sqs:us-east-1:123456789012:findings.fifo",
        "arn:aws:sqs:*:123456789012:findings",
        "arn:aws:sqs:us-east-1:123456789012:",
        "arn:aws:sns:us-east-1:123456789012:findings",
    ] {
        let queue = json!({"accountRef": {"name": "security"}, "accounts": [{"name": "production"}], "queueArn": bad});
        assert!(validate_cel(&of(&json!({"sqs": queue}))).is_err(), "{bad}");
    }
}

#[test]
fn durations_are_within_their_bounds() {
    let accounts = json!([{"name": "production"}]);
    assert!(validate_cel(&source(&json!({"accounts": accounts}))).is_ok());
    let good = json!({"accounts": accounts, "interval": "30s", "lookback": "24h", "regions": ["us-east-1"], "minimumSeverity": "Medium"});
    assert!(validate_cel(&source(&good)).is_ok());
    for bad in [
        json!({"interval": "1s"}),
        json!({"interval": "soon"}),
        json!({"lookback": "9000h"}),
    ] {
        let mut spec = json!({"accounts": accounts});
        spec.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        assert!(validate_cel(&source(&spec)).is_err(), "{bad}");
    }
}

#[test]
fn findings_stay_and_samples_are_left_out_unless_the_source_says_so() {
    let accounts = json!({"accounts": [{"name": "production"}]});
    let plain = source(&accounts).spec;
    assert_eq!(
        (plain.on_resolve, plain.samples),
        (FindingsOnResolve::Leave, Samples::Ignore)
    );
    let said = |spec: Value| serde_json::from_value::<FindingSourceSpec>(spec);
    let both = said(json!({"guardDuty": accounts, "onResolve": "Archive", "samples": "Drill"})).unwrap();
    assert_eq!(
        (both.on_resolve, both.samples),
        (FindingsOnResolve::Archive, Samples::Drill)
    );
    for odd in [json!({"onResolve": "Delete"}), json!({"samples": true})] {
        let mut spec = json!({"guardDuty": accounts});
        spec.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        assert!(said(spec).is_err(), "{odd}");
    }
}

#[test]
fn a_status_that_says_too_much_is_cut_and_harmless() {
    let poll = PollStatus {
        problem: Some(format!("\u{1b}[2K{}", "ä".repeat(5000))),
        ..PollStatus::default()
    };
    let status = FindingSourceStatus {
        polls: vec![poll; 1000],
        undeclared_accounts: vec!["1".into(); 100],
        queue: Some(QueueStatus {
            problem: Some("\u{1b}".repeat(5000)),
            ..QueueStatus::default()
        }),
        ..FindingSourceStatus::default()
    };
    let bounded = status.bounded();
    assert_eq!(
        (bounded.polls.len(), bounded.undeclared_accounts.len()),
        (POLLS, ACCOUNTS)
    );
    let queue = bounded.queue.unwrap().problem.unwrap();
    assert!(queue.chars().count() == 512 && queue.starts_with("\\u{1b}"));
    let problem = bounded.polls[0].problem.as_ref().unwrap();
    assert!(problem.chars().count() == 512 && problem.starts_with("\\u{1b}"));
}
