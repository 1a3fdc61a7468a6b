//! Findings of GuardDuty at the wire: what is asked, in which order they come, and the form in which each is told.

mod close_out;
mod detail;

use super::*;
use crate::testing::{Sent, Silence, access, client, config, json_error};
use firebreak_crds::Severity;
use serde_json::json;

const DETECTOR: &str = "12abc34d567e8fa901bc2d34e56789f0";
const EARLY: &str = "2026-01-01T00:00:01.000Z";
const LATE: &str = "2026-01-01T00:00:02.500Z";

fn asked(most: usize) -> FindingsAsked {
    FindingsAsked {
        updated_since: "2026-01-01T00:00:00.1239Z".parse().unwrap(),
        least: Severity::High,
        most,
    }
}

fn detectors(ids: &[&str]) -> String {
    json!({"detectorIds": ids}).to_string()
}

fn listed(ids: &[String], next: &str) -> String {
    json!({"findingIds": ids, "nextToken": next}).to_string()
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("finding-{number:03}")).collect()
}

fn told(findings: &[Value]) -> String {
    json!({"findings": findings}).to_string()
}

fn finding(id: &str, updated: &str) -> Value {
    json!({"id": id, "updatedAt": updated})
}

fn wire() -> Wire {
    Wire::default().then(200, detectors(&[DETECTOR]))
}

async fn ask(wire: &Wire, most: usize) -> Result<Vec<Value>, Failure> {
    let found = aws(wire).await.findings(&access("leak"), &asked(most)).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {found:?}");
    for assumed in wire.sts() {
        assert!(assumed.body.contains("role/firebreak-read"), "{}", assumed.body);
    }
    found
}

async fn ids(wire: &Wire, most: usize) -> Vec<String> {
    let found = ask(wire, most).await.unwrap();
    found.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

fn body(sent: &Sent) -> Value {
    serde_json::from_str(&sent.body).unwrap()
}

#[tokio::test]
async fn the_detector_is_asked_for_what_was_updated_since_and_is_bad_enough() {
    let wire = wire()
        .then(200, listed(&["a".into()], ""))
        .then(200, told(&[finding("a", EARLY)]));
    assert_eq!(ask(&wire, 10).await.unwrap(), [finding("a", EARLY)]);
    let sent = wire.sent();
    let requests: Vec<String> = sent.iter().map(|it| format!("{} {}", it.method, it.uri)).collect();
    let here = "https://guardduty.us-east-1.amazonaws.com/detector";
    let expected = [
        format!("GET {here}"),
        format!("POST {here}/{DETECTOR}/findings"),
        format!("POST {here}/{DETECTOR}/findings/get"),
    ];
    assert_eq!(requests, expected);
    let criteria = json!({
        "updatedAt": {"greaterThanOrEqual": 1_767_225_600_123_i64},
        "severity": {"greaterThanOrEqual": 7},
        "service.archived": {"equals": ["false"]},
    });
    let list = json!({
        "findingCriteria": {"criterion": criteria},
        "sortCriteria": {"attributeName": "updatedAt", "orderBy": "ASC"},
        "maxResults": 50,
    });
    assert_eq!(body(&sent[1]), list);
    assert_eq!(body(&sent[2]), json!({"findingIds": ["a"]}));
}

#[tokio::test]
async fn the_earliest_update_is_first_in_whatever_order_they_come() {
    let came = [
        finding("late", LATE),
        finding("early", EARLY),
        finding("no time", "soon"),
    ];
    let wire = wire().then(200, listed(&names(0..3), "")).then(200, told(&came));
    assert_eq!(ids(&wire, 10).await, ["no time", "early", "late"]);
}

/// It stands at a later place of the list now, behind others that were not listed.
#[tokio::test]
async fn what_changed_since_it_was_listed_is_left_out() {
    let mut archived = finding("archived", EARLY);
    archived["service"] = json!({"archived": true});
    let came = [
        finding("same", EARLY),
        finding("updated", "2199-01-01T00:00:00Z"),
        archived,
    ];
    let wire = wire().then(200, listed(&names(0..3), "")).then(200, told(&came));
    assert_eq!(ids(&wire, 10).await, ["same"]);
}

#[tokio::test]
async fn pages_are_read_until_there_are_enough() {
    let told_each = |ids: &[String]| told(&ids.iter().map(|id| finding(id, EARLY)).collect::<Vec<_>>());
    let wire = wire()
        .then(200, listed(&names(0..50), "second"))
        .then(200, told_each(&names(0..50)))
        .then(200, listed(&names(50..100), "third"))
        .then(200, told_each(&names(50..100)));
    assert_eq!(ids(&wire, 60).await, names(0..60));
    let sent: Vec<Value> = wire.sent()[1..].iter().map(body).collect();
    assert_eq!(
        [&sent[0]["nextToken"], &sent[2]["nextToken"]],
        [&json!(null), &json!("second")]
    );
    assert_eq!(sent[1]["findingIds"], json!(names(0..50)));
    assert_eq!(sent[3]["findingIds"], json!(names(50..100)));
}

/// Fewer than were asked for means that there are no more.
#[tokio::test]
async fn one_that_is_left_out_does_not_make_an_answer_short() {
    let wire = wire()
        .then(200, listed(&names(0..2), "second"))
        .then(
            200,
            told(&[finding("moved", "2199-01-01T00:00:00Z"), finding("a", EARLY)]),
        )
        .then(200, listed(&names(2..3), "third"))
        .then(200, told(&[finding("b", LATE)]));
    assert_eq!(ids(&wire, 2).await, ["a", "b"]);
}

#[tokio::test]
async fn no_more_than_twenty_pages_are_listed() {
    let pages = (0..20).map(|page| listed(&[], &format!("token-{page}")));
    let wire = pages.fold(wire(), |wire, page| wire.then(200, page));
    assert_eq!(ask(&wire, 1000).await, Ok(Vec::new()));
    assert_eq!(wire.sent().len(), 21);
}

#[tokio::test]
async fn a_page_token_that_comes_twice_ends_it() {
    let wire = wire().then(200, listed(&[], "again")).then(200, listed(&[], "again"));
    let failure = ask(&wire, 10).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.code.as_str()),
        (FailureClass::Transient, "RepeatedPage")
    );
}

#[tokio::test]
async fn where_nothing_was_found_nothing_more_is_asked() {
    let wire = wire().then(200, listed(&[], ""));
    assert_eq!(ask(&wire, 10).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_region_without_a_detector_can_tell_nothing() {
    let failure = ask(&Wire::default().then(200, detectors(&[])), 10).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Gone);
    let says = "GuardDuty has no detector in us-east-1";
    assert!(failure.message.contains(says), "{failure}");
}

#[tokio::test]
async fn refusals_are_those_of_the_call_that_was_refused() {
    let denied = json_error("AccessDeniedException", "why");
    let failure = ask(&wire().then(403, denied), 10).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Denied);
    assert_eq!(failure.call, "guardduty:ListFindings");
    let bad = json_error(
        "BadRequestException",
        "the input detectorId is not owned by the current account",
    );
    let wire = wire().then(200, listed(&["a".into()], "")).then(400, bad);
    let failure = ask(&wire, 10).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.call.as_str()),
        (FailureClass::Invalid, "guardduty:GetFindings")
    );
}

#[tokio::test]
async fn stale_credentials_are_renewed_once() {
    let stale = json_error("UnrecognizedClientException", "the security token is invalid");
    let wire = Wire::default()
        .then(403, stale)
        .then(200, detectors(&[DETECTOR]))
        .then(200, listed(&[], ""));
    assert_eq!(ask(&wire, 10).await, Ok(Vec::new()));
    assert_eq!(wire.sts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn silence_ends() {
    let begun = tokio::time::Instant::now();
    let aws = Aws::with_config(config(client(Silence)).await);
    let failure = aws.findings(&access("leak"), &asked(10)).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Transient);
    assert!(begun.elapsed() <= OPERATION_TIMEOUT, "{:?}", begun.elapsed());
}
