//! Messages of queues: received, deleted, and put on dead-letter queues.

use crate::{caller::Caller, error::failure};
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
};
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass, class_of},
    sqs::{HIDDEN, MOST, Message, Queue, REASON, Received, WAIT, dead_letters, sendable},
};

/// The call that receives messages.
pub(crate) const RECEIVE: &str = "sqs:ReceiveMessage";
/// The call that deletes messages.
pub(crate) const DELETE: &str = "sqs:DeleteMessage";
/// The call that puts a message on a dead-letter queue.
pub(crate) const SEND: &str = "sqs:SendMessage";
const URL: &str = "sqs:GetQueueUrl";
const ATTRIBUTES: &str = "sqs:GetQueueAttributes";

/// Receives messages, and tells which dead-letter queue they can go to.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is no such queue.
pub(crate) async fn receive(caller: &Caller<'_>, queue: &Queue) -> Result<Received, Failure> {
    let url = url(caller, queue).await?;
    let policy = redrive_policy(caller, &url).await?;
    let request = caller
        .session
        .sqs()
        .receive_message()
        .queue_url(&url)
        .max_number_of_messages(MOST as i32)
        .wait_time_seconds(WAIT as i32)
        .visibility_timeout(HIDDEN as i32)
        .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
        .send();
    let received = caller.read(Service::Sqs, RECEIVE, request).await?;
    let messages = received.messages.unwrap_or_default();
    Ok(Received {
        messages: messages.into_iter().take(MOST).filter_map(message).collect(),
        dead_letters: policy.and_then(|policy| dead_letters(queue, &policy)),
    })
}

/// SQS names queues by URLs, whose form differs by partition and endpoint.
async fn url(caller: &Caller<'_>, queue: &Queue) -> Result<String, Failure> {
    let request = caller
        .session
        .sqs()
        .get_queue_url()
        .queue_name(&queue.name)
        .queue_owner_aws_account_id(&queue.account_id)
        .send();
    let found = caller.read(Service::Sqs, URL, request).await?;
    let none = || failure(FailureClass::Transient, URL, "EmptyAnswer", "SQS names no URL");
    found.queue_url.filter(|url| !url.is_empty()).ok_or_else(none)
}

async fn redrive_policy(caller: &Caller<'_>, url: &str) -> Result<Option<String>, Failure> {
    let request = caller
        .session
        .sqs()
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::RedrivePolicy)
        .send();
    let found = caller.read(Service::Sqs, ATTRIBUTES, request).await?;
    let mut attributes = found.attributes.unwrap_or_default();
    Ok(attributes.remove(&QueueAttributeName::RedrivePolicy))
}

/// One without a receipt could not be deleted: it comes again.
fn message(message: aws_sdk_sqs::types::Message) -> Option<Message> {
    let counted = message.attributes.as_ref();
    let counted = counted.and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    Some(Message {
        receives: counted.and_then(|count| count.parse().ok()).unwrap_or(1),
        receipt: message.receipt_handle?,
        body: message.body.unwrap_or_default(),
    })
}

/// Deletes messages in one call.
///
/// # Errors
/// A classified [`Failure`], also where one of them was not deleted.
pub(crate) async fn acknowledge(caller: &Caller<'_>, queue: &Queue, receipts: &[String]) -> Result<(), Failure> {
    let url = url(caller, queue).await?;
    let entry = |(at, receipt): (usize, &String)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
        entry.receipt_handle(receipt).build()
    };
    let entries: Result<Vec<_>, _> = receipts.iter().enumerate().map(entry).collect();
    let entries =
        entries.map_err(|error| failure(FailureClass::Invalid, DELETE, "ConstructionFailure", error.to_string()))?;
    let request = caller
        .session
        .sqs()
        .delete_message_batch()
        .queue_url(&url)
        .set_entries(Some(entries))
        .send();
    let deleted = caller.write(Service::Sqs, DELETE, request).await?;
    match deleted.failed.first() {
        None => Ok(()),
        Some(entry) => {
            let class = class_of(DELETE, &entry.code).unwrap_or(FailureClass::Transient);
            let message = entry.message.clone().unwrap_or_default();
            Err(failure(class, DELETE, &entry.code, message))
        }
    }
}

/// Puts a body on a dead-letter queue, with the reason why.
///
/// # Errors
/// A classified [`Failure`].
pub(crate) async fn put(caller: &Caller<'_>, queue: &Queue, body: &str, why: &str) -> Result<(), Failure> {
    let url = url(caller, queue).await?;
    let reason = MessageAttributeValue::builder()
        .data_type("String")
        .string_value(why)
        .build();
    let reason =
        reason.map_err(|error| failure(FailureClass::Invalid, SEND, "ConstructionFailure", error.to_string()))?;
    let request = caller
        .session
        .sqs()
        .send_message()
        .queue_url(&url)
        .message_body(sendable(body))
        .message_attributes(REASON, reason)
        .send();
    caller.write(Service::Sqs, SEND, request).await.map(drop)
}
