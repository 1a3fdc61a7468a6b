//! Findings that are over at the wire: what is read first, and what is marked and archived, with which role.

use super::*;
use firebreak_core::aws::guardduty::{CloseOut, ClosedOut};
use firebreak_crds::incident::FindingFeedback;

fn closing(ids: &[&str], feedback: Option<FindingFeedback>) -> CloseOut {
    CloseOut {
        findings: ids.iter().map(ToString::to_string).collect(),
        feedback,
    }
}

fn known(id: &str, archived: bool, feedback: &str) -> Value {
    json!({"id": id, "updatedAt": EARLY, "service": {"archived": archived, "userFeedback": feedback}})
}

async fn close(wire: &Wire, asked: &CloseOut) -> Result<ClosedOut, Failure> {
    let answer = aws(wire).await.close_out(&access("leak"), asked).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {answer:?}");
    answer
}

#[tokio::test]
async fn what_is_not_yet_as_it_is_to_be_is_marked_and_archived_with_the_contain_role() {
    let told = told(&[known("a", false, ""), known("b", true, ""), known("c", false, "USEFUL")]);
    let wire = wire().then(200, told).then(200, "{}").then(200, "{}");
    let asked = closing(&["a", "b", "c", "d"], Some(FindingFeedback::Useful));
    let gone = vec!["d".to_owned()];
    assert_eq!(close(&wire, &asked).await, Ok(ClosedOut { gone }));
    let sent = wire.sent();
    let requests: Vec<String> = sent.iter().map(|it| format!("{} {}", it.method, it.uri)).collect();
    let here = "https://guardduty.us-east-1.amazonaws.com/detector";
    let expected = [
        format!("GET {here}"),
        format!("POST {here}/{DETECTOR}/findings/get"),
        format!("POST {here}/{DETECTOR}/findings/feedback"),
        format!("POST {here}/{DETECTOR}/findings/archive"),
    ];
    assert_eq!(requests, expected);
    assert_eq!(body(&sent[2]), json!({"findingIds": ["a", "b"], "feedback": "USEFUL"}));
    assert_eq!(body(&sent[3]), json!({"findingIds": ["a", "c"]}));
    let assumed: Vec<String> = wire.sts().into_iter().map(|it| it.body).collect();
    assert!(
        assumed.iter().any(|body| body.contains("role/firebreak-contain")),
        "{assumed:?}"
    );
}

#[tokio::test]
async fn what_is_as_it_is_to_be_is_only_read() {
    let told = told(&[known("a", true, "NOT_USEFUL")]);
    let wire = wire().then(200, told);
    let asked = closing(&["a"], Some(FindingFeedback::NotUseful));
    assert_eq!(close(&wire, &asked).await, Ok(ClosedOut::default()));
}

#[tokio::test]
async fn without_a_mark_findings_are_archived_alone() {
    let told = told(&[known("a", false, "")]);
    let wire = wire().then(200, told).then(200, "{}");
    assert_eq!(close(&wire, &closing(&["a"], None)).await, Ok(ClosedOut::default()));
    assert!(wire.sent()[2].uri.ends_with("/findings/archive"));
}

#[tokio::test]
async fn region_without_a_detector_has_no_finding_left() {
    let wire = Wire::default().then(200, detectors(&[]));
    let failure = close(&wire, &closing(&["a"], None)).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Gone);
}

#[tokio::test]
async fn member_of_an_organisation_is_refused_by_the_name_of_the_call() {
    let refusal = json_error("BadRequestException", "only the administrator account can archive");
    let told = told(&[known("a", false, "")]);
    let wire = wire().then(200, told).then(400, refusal);
    let failure = close(&wire, &closing(&["a"], None)).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.call.as_str()),
        (FailureClass::Invalid, "guardduty:ArchiveFindings")
    );
}
