//! Findings of GuardDuty.

use super::*;
use crate::memory::{Fault, FindingsWrite, Outcome, Request, World};
use firebreak_core::aws::guardduty::{ACTIONS, CLOSE_OUT_ACTIONS, CloseOut, ClosedOut, FindingsAsked};
use firebreak_crds::{Severity, incident::FindingFeedback};
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

fn closing(feedback: Option<FindingFeedback>) -> CloseOut {
    CloseOut {
        findings: vec!["one".into(), "two".into(), "three".into()],
        feedback,
    }
}

async fn close(aws: &MemoryAws, feedback: Option<FindingFeedback>) -> Result<ClosedOut, Failure> {
    aws.close_out(&access(ACCOUNT, REGION), &closing(feedback)).await
}

#[tokio::test]
async fn findings_are_marked_and_archived_once_by_the_contain_role() {
    let aws = with(&[
        ("one", "11", 8.0, false),
        ("two", "12", 8.0, true),
        ("other", "13", 8.0, false),
    ]);
    let gone = vec!["three".to_owned()];
    aws.clear_calls();
    assert_eq!(
        close(&aws, Some(FindingFeedback::Useful)).await,
        Ok(ClosedOut { gone: gone.clone() })
    );
    let ids = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let wrote: Vec<Request> = aws.calls().into_iter().map(|call| call.request).collect();
    let mark = FindingsWrite::Mark(ids(&["one", "two"]), FindingFeedback::Useful);
    let archive = FindingsWrite::Archive(ids(&["one"]));
    assert_eq!(wrote, [mark, archive].map(Request::CloseOut));
    assert!(
        aws.calls()
            .iter()
            .all(|call| call.is_write() && call.role_arn.contains("contain"))
    );
    aws.clear_calls();
    assert_eq!(close(&aws, Some(FindingFeedback::Useful)).await, Ok(ClosedOut { gone }));
    assert_eq!(close(&aws, None).await.unwrap().gone.len(), 1);
    assert!(aws.calls().is_empty(), "it is as it is to be");
    assert_eq!(aws.findings(&access(ACCOUNT, REGION), &asked()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn each_call_needs_its_permission_and_a_detector() {
    for action in CLOSE_OUT_ACTIONS {
        let aws = with(&[("one", "11", 8.0, false)]);
        aws.deny(action);
        let failure = close(&aws, Some(FindingFeedback::NotUseful)).await.unwrap_err();
        assert_eq!((failure.class, failure.call.as_str()), (FailureClass::Denied, action));
    }
    let world = World::new().with_account(ACCOUNT, |account| {
        account.with_region(REGION, |it| it.without_detector())
    });
    let failure = close(&MemoryAws::new(world), None).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Gone);
}
