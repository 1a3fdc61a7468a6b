//! Queues at the wire: what is asked, as whom, and what is done about what comes.

use super::*;
use crate::testing::{Sent, access, json_error};
use firebreak_core::aws::sqs::{Message, Queue, Received};
use serde_json::json;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:firebreak-findings";
const DEAD: &str = "arn:aws:sqs:us-east-1:123456789012:firebreak-findings-dead";

fn queue(arn: &str) -> Queue {
    arn.parse().unwrap()
}

fn url(name: &str) -> String {
    json!({"QueueUrl": format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}")}).to_string()
}

fn policy(text: &str) -> String {
    json!({"Attributes": {"RedrivePolicy": text}}).to_string()
}

fn redrive() -> String {
    policy(&json!({"deadLetterTargetArn": DEAD, "maxReceiveCount": "100"}).to_string())
}

fn wire() -> Wire {
    Wire::default().then(200, url("firebreak-findings"))
}

fn body(sent: &Sent) -> Value {
    serde_json::from_str(&sent.body).unwrap()
}

fn operations(wire: &Wire) -> Vec<String> {
    let last = |sent: Sent| sent.operation.rsplit('.').next().unwrap().to_owned();
    wire.sent().into_iter().map(last).collect()
}

async fn receive(wire: &Wire) -> Result<Received, Failure> {
    let received = aws(wire).await.receive(&access("guardduty"), &queue(QUEUE)).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {received:?}");
    received
}

#[tokio::test]
async fn messages_are_received_with_the_role_for_queues_and_hidden_for_a_while() {
    let messages = json!({"Messages": [
        {"MessageId": "1", "ReceiptHandle": "r1", "Body": "{}", "Attributes": {"ApproximateReceiveCount": "3"}},
        {"MessageId": "2", "ReceiptHandle": "r2", "Body": "text"},
        {"MessageId": "3", "Body": "nothing to delete it by"},
    ]});
    let wire = wire().then(200, redrive()).then(200, messages.to_string());
    let message = |receipt: &str, body: &str, receives| Message {
        receipt: receipt.into(),
        body: body.into(),
        receives,
    };
    let expected = Received {
        messages: vec![message("r1", "{}", 3), message("r2", "text", 1)],
        dead_letters: Some(queue(DEAD)),
    };
    assert_eq!(receive(&wire).await.unwrap(), expected);
    assert_eq!(
        operations(&wire),
        ["GetQueueUrl", "GetQueueAttributes", "ReceiveMessage"]
    );
    let sent = wire.sent();
    assert_eq!(
        body(&sent[0]),
        json!({"QueueName": "firebreak-findings", "QueueOwnerAWSAccountId": "123456789012"})
    );
    let here = "https://sqs.us-east-1.amazonaws.com/123456789012/firebreak-findings";
    let asked = json!({"QueueUrl": here, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1, "VisibilityTimeout": 120,
        "MessageSystemAttributeNames": ["ApproximateReceiveCount"]});
    assert_eq!(body(&sent[2]), asked);
    assert!(
        wire.sts()
            .iter()
            .any(|assumed| assumed.body.contains("role/firebreak-queue"))
    );
    assert!(
        !wire
            .sts()
            .iter()
            .any(|assumed| assumed.body.contains("role/firebreak-contain"))
    );
}

#[tokio::test]
async fn queue_without_messages_or_dead_letters_gives_none() {
    let wire = wire().then(200, "{}").then(200, "{}");
    assert_eq!(receive(&wire).await.unwrap(), Received::default());
    let elsewhere = policy(r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:999999999999:dead"}"#);
    let wire = self::wire().then(200, elsewhere).then(200, "{}");
    assert_eq!(receive(&wire).await.unwrap().dead_letters, None);
}

#[tokio::test]
async fn queue_that_does_not_exist_is_gone() {
    let none = json_error(
        "com.amazonaws.sqs#QueueDoesNotExist",
        "The specified queue does not exist.",
    );
    let failure = receive(&Wire::default().then(400, none)).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.call.as_str()),
        (FailureClass::Gone, "sqs:GetQueueUrl")
    );
}

#[tokio::test]
async fn refusals_are_those_of_the_call_that_was_refused() {
    let denied = json_error("com.amazon.coral.service#AccessDeniedException", "why");
    let failure = receive(&wire().then(200, redrive()).then(400, denied))
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.call.as_str()),
        (FailureClass::Denied, "sqs:ReceiveMessage")
    );
    let encrypted = json_error("com.amazonaws.sqs#KmsAccessDenied", "why");
    let failure = receive(&wire().then(200, redrive()).then(400, encrypted))
        .await
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Denied);
}

#[tokio::test]
async fn without_a_role_for_queues_nothing_is_called() {
    let (wire, mut nobody) = (Wire::default(), access("guardduty"));
    nobody.account.roles.queue = None;
    let aws = aws(&wire).await;
    let (here, dead) = (queue(QUEUE), queue(DEAD));
    let failures = [
        aws.receive(&nobody, &here).await.map(drop).unwrap_err(),
        aws.acknowledge(&nobody, &here, &["r".into()]).await.unwrap_err(),
        aws.reject(&nobody, &here, &dead, &Message::default(), "why")
            .await
            .unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(failure.class, FailureClass::Denied);
        assert!(failure.message.contains("spec.roles.queue"), "{failure}");
    }
    assert!(wire.sent().is_empty() && wire.sts().is_empty());
}

#[tokio::test]
async fn messages_are_deleted_in_one_call() {
    let wire = wire().then(
        200,
        json!({"Successful": [{"Id": "0"}, {"Id": "1"}], "Failed": []}).to_string(),
    );
    let receipts = ["r1".to_owned(), "r2".to_owned()];
    let done = aws(&wire)
        .await
        .acknowledge(&access("guardduty"), &queue(QUEUE), &receipts)
        .await;
    assert_eq!(done, Ok(()));
    assert_eq!(operations(&wire), ["GetQueueUrl", "DeleteMessageBatch"]);
    let entries = json!([{"Id": "0", "ReceiptHandle": "r1"}, {"Id": "1", "ReceiptHandle": "r2"}]);
    assert_eq!(body(&wire.sent()[1])["Entries"], entries);
}

#[tokio::test]
async fn one_that_is_not_deleted_is_a_failure() {
    let failed = json!([{"Id": "1", "Code": "ReceiptHandleIsInvalid", "SenderFault": true, "Message": "why"}]);
    let wire = wire().then(200, json!({"Successful": [{"Id": "0"}], "Failed": failed}).to_string());
    let receipts = ["r1".to_owned(), "r2".to_owned()];
    let failure = aws(&wire)
        .await
        .acknowledge(&access("guardduty"), &queue(QUEUE), &receipts)
        .await;
    let failure = failure.unwrap_err();
    assert_eq!(
        (failure.class, failure.call.as_str()),
        (FailureClass::Invalid, "sqs:DeleteMessage")
    );
}

#[tokio::test]
async fn rejected_message_is_put_aside_with_its_reason_before_it_is_deleted() {
    let wire = Wire::default()
        .then(200, url("firebreak-findings-dead"))
        .then(200, json!({"MessageId": "9", "MD5OfMessageBody": "x"}).to_string())
        .then(200, url("firebreak-findings"))
        .then(200, json!({"Successful": [{"Id": "0"}], "Failed": []}).to_string());
    let message = Message {
        receipt: "r1".into(),
        body: "nonsense".into(),
        receives: 1,
    };
    let (aws, access) = (aws(&wire).await, access("guardduty"));
    let done = aws
        .reject(&access, &queue(QUEUE), &queue(DEAD), &message, "the body is no JSON")
        .await;
    assert_eq!(done, Ok(()));
    assert_eq!(
        operations(&wire),
        ["GetQueueUrl", "SendMessage", "GetQueueUrl", "DeleteMessageBatch"]
    );
    let sent = body(&wire.sent()[1]);
    assert_eq!(sent["MessageBody"], "nonsense");
    let reason = json!({"reason": {"DataType": "String", "StringValue": "the body is no JSON"}});
    assert_eq!(sent["MessageAttributes"], reason);
}

#[tokio::test]
async fn what_cannot_be_put_aside_is_not_deleted() {
    let denied = json_error("com.amazon.coral.service#AccessDeniedException", "why");
    let wire = Wire::default()
        .then(200, url("firebreak-findings-dead"))
        .then(400, denied);
    let (aws, access) = (aws(&wire).await, access("guardduty"));
    let done = aws
        .reject(&access, &queue(QUEUE), &queue(DEAD), &Message::default(), "why")
        .await;
    assert_eq!(done.unwrap_err().call, "sqs:SendMessage");
    assert_eq!(operations(&wire), ["GetQueueUrl", "SendMessage"]);
}

/// What GuardDuty does not take as an id keeps no other finding back.
#[tokio::test]
async fn findings_are_read_by_their_ids_each_by_itself_where_one_is_none() {
    let detectors = json!({"detectorIds": ["d"]}).to_string();
    let bad = json_error("BadRequestException", "an invalid or out-of-range value");
    let told = |id: &str| json!({"findings": [{"id": id}]}).to_string();
    let wire = Wire::default()
        .then(200, detectors)
        .then(400, bad.clone())
        .then(400, bad)
        .then(200, told("b"));
    let ids = ["a".to_owned(), "b".to_owned()];
    let found = aws(&wire)
        .await
        .named_findings(&access("guardduty"), &ids)
        .await
        .unwrap();
    assert_eq!((found, wire.left()), (vec![json!({"id": "b"})], 0));
    assert_eq!(body(&wire.sent()[1]), json!({"findingIds": ["a", "b"]}));
    assert!(
        wire.sts()
            .iter()
            .all(|assumed| assumed.body.contains("role/firebreak-read"))
    );
}
