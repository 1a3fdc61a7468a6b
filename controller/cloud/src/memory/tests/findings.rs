//! Findings of GuardDuty.

use super::*;
use crate::memory::{Fault, Outcome, Request, World};
use firebreak_core::aws::guardduty::{ACTIONS, FindingsAsked};
use firebreak_crds::Severity;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// (id, seconds of its update, severity, archived)
fn finding((id, seconds, severity, archived): (&str, &str, f64, bool)) -> Value {
    let updated = format!("2026-01-01T00:00:{seconds}Z");
    json!({"id": id, "updatedAt": updated, "severity": severity, "service": {"archived": archived}})
}

fn asked() -> FindingsAsked {
    FindingsAsked {
        updated_since: "2026-01-01T00:00:10Z".parse().unwrap(),
        least: Severity::Medium,
        most: 100,
    }
}

fn with(findings: &[(&str, &str, f64, bool)]) -> MemoryAws {
    let aws = MemoryAws::sample();
    for it in findings {
        aws.put_finding(ACCOUNT, REGION, finding(*it));
    }
    aws
}

async fn ids(aws: &MemoryAws, asked: &FindingsAsked) -> Result<Vec<String>, Failure> {
    let found = aws.findings(&access(ACCOUNT, REGION), asked).await?;
    let id = |finding: &Value| finding["id"].as_str().unwrap_or_default().to_owned();
    Ok(found.iter().map(id).collect())
}

#[tokio::test]
async fn findings_are_those_that_were_asked_for_and_the_earliest_update_is_first() {
    let aws = with(&[
        ("late", "30.5", 8.0, false),
        ("too early", "09.999", 8.0, false),
        ("just in time", "10", 4.0, false),
        ("archived", "20", 8.0, true),
        ("too low", "20", 3.9, false),
        ("between", "20", 9.5, false),
    ]);
    assert_eq!(ids(&aws, &asked()).await.unwrap(), ["just in time", "between", "late"]);
    let two = FindingsAsked { most: 2, ..asked() };
    assert_eq!(ids(&aws, &two).await.unwrap(), ["just in time", "between"]);
    for (least, ids_of) in [
        (Severity::Low, 4),
        (Severity::Medium, 3),
        (Severity::High, 2),
        (Severity::Critical, 1),
    ] {
        let of_band = FindingsAsked { least, ..asked() };
        assert_eq!(ids(&aws, &of_band).await.unwrap().len(), ids_of, "{least:?}");
    }
}

#[tokio::test]
async fn an_update_takes_the_place_of_the_finding() {
    let aws = with(&[
        ("one", "11", 8.0, false),
        ("two", "12", 8.0, false),
        ("one", "13", 8.0, false),
    ]);
    assert_eq!(ids(&aws, &asked()).await.unwrap(), ["two", "one"]);
}

#[tokio::test]
async fn what_no_aws_says_is_told_too_and_first() {
    let aws = with(&[("one", "11", 8.0, false)]);
    aws.put_finding(
        ACCOUNT,
        REGION,
        json!({"id": "broken", "updatedAt": 7, "severity": "high"}),
    );
    assert_eq!(ids(&aws, &asked()).await.unwrap(), ["broken", "one"]);
}

#[tokio::test]
async fn without_a_detector_nothing_is_told_and_the_failure_names_the_region() {
    let world = World::new().with_account(ACCOUNT, |account| {
        account.with_region(REGION, |it| it.without_detector())
    });
    let failure = ids(&MemoryAws::new(world), &asked()).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Gone);
    assert!(
        failure.message.contains("GuardDuty has no detector in us-east-1"),
        "{failure}"
    );
}

#[tokio::test]
async fn each_region_has_its_own() {
    let aws = with(&[("one", "11", 8.0, false)]);
    let elsewhere = aws.findings(&access(ACCOUNT, "eu-west-1"), &asked()).await;
    assert_eq!(elsewhere, Ok(Vec::new()));
}

#[tokio::test]
async fn each_of_the_three_permissions_is_needed_and_the_call_is_recorded_as_the_read_roles() {
    let aws = with(&[("one", "11", 8.0, false)]);
    for action in ACTIONS {
        aws.deny(action);
        assert_eq!(
            ids(&aws, &asked()).await.unwrap_err().class,
            FailureClass::Denied,
            "{action}"
        );
        aws.allow(action);
    }
    aws.clear_calls();
    ids(&aws, &asked()).await.unwrap();
    let calls = aws.calls();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!(calls[0].request, Request::Findings(asked()));
    assert!(
        calls[0].role_arn.ends_with("role/firebreak-read"),
        "{}",
        calls[0].role_arn
    );
    assert!(!calls[0].is_write());
    assert_eq!(calls[0].outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn faults_meet_it_as_any_other_read() {
    let aws = with(&[("one", "11", 8.0, false)]);
    let passing = Failure {
        class: FailureClass::Transient,
        call: "guardduty:ListDetectors".into(),
        code: "Injected".into(),
        message: "by the test".into(),
    };
    aws.fail_on("guardduty:ListDetectors", Fault::Error(passing.clone()));
    assert_eq!(ids(&aws, &asked()).await, Err(passing));
    aws.throttle(ACCOUNT, true);
    assert_eq!(ids(&aws, &asked()).await.unwrap_err().class, FailureClass::Throttled);
    aws.clear_faults();
    aws.cut_off(REGION, true);
    assert_eq!(ids(&aws, &asked()).await.unwrap_err().class, FailureClass::Transient);
    aws.clear_faults();
    let other = access("999999999999", REGION);
    assert_eq!(aws.findings(&other, &asked()).await.unwrap_err().code, "WrongAccount");
    aws.hang("guardduty");
    let asked = asked();
    let waited = timeout(Duration::from_secs(3600), ids(&aws, &asked)).await;
    assert!(waited.is_err(), "no answer comes");
}
