//! Queues: each message at least once, and hidden while it is handled.

use super::*;
use firebreak_core::aws::{
    failure::FailureClass,
    sqs::{DELETE, HIDDEN, MOST, Queue},
};

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:findings";
const DEAD: &str = "arn:aws:sqs:us-east-1:123456789012:dead";

fn queue(arn: &str) -> Queue {
    arn.parse().unwrap()
}

fn aws() -> MemoryAws {
    let aws = MemoryAws::sample();
    aws.put_queue(QUEUE, Some(DEAD));
    aws
}

async fn bodies(aws: &MemoryAws) -> Vec<String> {
    let received = aws.receive(&access(ACCOUNT, REGION), &queue(QUEUE)).await.unwrap();
    received.messages.into_iter().map(|message| message.body).collect()
}

#[tokio::test]
async fn what_is_received_is_hidden_and_comes_again() {
    let aws = aws();
    aws.put_message(QUEUE, "a");
    assert_eq!(bodies(&aws).await, ["a"]);
    assert!(bodies(&aws).await.is_empty());
    aws.advance(HIDDEN + 1);
    let received = aws.receive(&access(ACCOUNT, REGION), &queue(QUEUE)).await.unwrap();
    assert_eq!(
        (received.messages[0].receives, received.dead_letters),
        (2, Some(queue(DEAD)))
    );
}

#[tokio::test]
async fn only_the_last_receipt_deletes() {
    let (aws, access) = (aws(), access(ACCOUNT, REGION));
    aws.put_message(QUEUE, "a");
    let first = aws.receive(&access, &queue(QUEUE)).await.unwrap().messages.remove(0);
    aws.give_again(QUEUE);
    let second = aws.receive(&access, &queue(QUEUE)).await.unwrap().messages.remove(0);
    aws.acknowledge(&access, &queue(QUEUE), &[first.receipt]).await.unwrap();
    assert_eq!(aws.posts(QUEUE).len(), 1);
    aws.acknowledge(&access, &queue(QUEUE), &[second.receipt])
        .await
        .unwrap();
    assert_eq!(aws.posts(QUEUE).len(), 0);
}

#[tokio::test]
async fn what_is_rejected_and_cannot_be_deleted_is_there_twice() {
    let (aws, access) = (aws(), access(ACCOUNT, REGION));
    aws.put_message(QUEUE, "a");
    let message = aws.receive(&access, &queue(QUEUE)).await.unwrap().messages.remove(0);
    aws.deny(DELETE);
    let failure = aws
        .reject(&access, &queue(QUEUE), &queue(DEAD), &message, "why")
        .await
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Denied);
    assert_eq!(
        (aws.posts(QUEUE).len(), aws.posts(DEAD)[0].attributes["reason"].as_str()),
        (1, "why")
    );
}

#[tokio::test]
async fn no_more_than_ten_come_at_once() {
    let aws = aws();
    (0..25).for_each(|number| aws.put_message(QUEUE, &number.to_string()));
    assert_eq!(bodies(&aws).await.len(), MOST);
    assert_eq!(bodies(&aws).await.len(), MOST);
    assert_eq!(bodies(&aws).await.len(), 5);
}

#[tokio::test]
async fn queue_is_reached_in_its_own_account_and_region_with_its_role() {
    let aws = aws();
    let gone = aws
        .receive(&access(ACCOUNT, "eu-west-1"), &queue(QUEUE))
        .await
        .unwrap_err();
    assert_eq!(
        (gone.class, gone.code.as_str()),
        (FailureClass::Gone, "QueueDoesNotExist")
    );
    let mut nobody = access(ACCOUNT, REGION);
    nobody.account.roles.queue = None;
    aws.clear_calls();
    let refused = aws.receive(&nobody, &queue(QUEUE)).await.unwrap_err();
    assert!(
        refused.message.contains("spec.roles.queue") && aws.calls().is_empty(),
        "{refused}"
    );
}
