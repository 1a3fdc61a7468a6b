//! SQS: queues on which messages tell of findings.

mod queue;

pub use queue::{NoQueue, Queue};

use super::{Grant, Scope};
use std::str::FromStr;

/// The IAM actions that the role for queues needs, the one that is called first in front.
pub const ACTIONS: [&str; 5] = [RECEIVE, "sqs:GetQueueAttributes", "sqs:GetQueueUrl", DELETE, SEND];
/// Receives messages.
pub const RECEIVE: &str = "sqs:ReceiveMessage";
/// Deletes messages.
pub const DELETE: &str = "sqs:DeleteMessage";
/// Puts messages on a dead-letter queue.
pub const SEND: &str = "sqs:SendMessage";
/// The word in spec.grants[].kinds of the AwsAccount in which a queue is.
pub const GRANTED_AS: &str = "findingQueue";
/// The most messages that are received at once: as many as SQS gives.
pub const MOST: usize = 10;
/// Seconds that SQS waits for a message where there is none.
pub const WAIT: u32 = 1;
/// Seconds after which a message that was received comes again: more than the longest pass takes.
pub const HIDDEN: u32 = 120;
/// The attribute of a message on a dead-letter queue that says why it is there.
pub const REASON: &str = "reason";
/// The most bytes of a body that is put on a dead-letter queue: with its attribute it is within the 256 KiB that every queue takes.
const LONGEST: usize = 240 * 1024;

const QUEUES: Scope = Scope::on("Queues", &["arn:${Partition}:sqs:*:${Account}:${FindingQueues}"]);
/// What the role for queues needs.
pub(crate) const GRANT: Grant = QUEUES.allows(&ACTIONS);

/// A message as it was received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is deleted by: of this very receipt.
    pub receipt: String,
    /// Its body.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
}

/// What a queue gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Messages, at most [`MOST`]. They are hidden from other receivers for [`HIDDEN`] seconds.
    pub messages: Vec<Message>,
    /// Its dead-letter queue, where its redrive policy names one of the same account and region.
    pub dead_letters: Option<Queue>,
}

/// The dead-letter queue that a redrive policy names. SQS takes none but of the queue's own account and region.
pub fn dead_letters(queue: &Queue, policy: &str) -> Option<Queue> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let named = Queue::from_str(policy["deadLetterTargetArn"].as_str()?).ok()?;
    (named.account_id == queue.account_id && named.region == queue.region && named != *queue).then_some(named)
}

/// As much of a body as every dead-letter queue takes.
pub fn sendable(body: &str) -> &str {
    body.get(..body.floor_char_boundary(LONGEST)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str) -> Queue {
        format!("arn:aws:sqs:us-east-1:123456789012:{name}").parse().unwrap()
    }

    #[test]
    fn a_dead_letter_queue_is_one_beside_the_queue() {
        let named = |arn: &str| {
            dead_letters(
                &queue("findings"),
                &format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":5}}"#),
            )
        };
        assert_eq!(named("arn:aws:sqs:us-east-1:123456789012:dead"), Some(queue("dead")));
        for other in [
            "arn:aws:sqs:us-east-1:999999999999:dead",
            "arn:aws:sqs:eu-west-1:123456789012:dead",
            "arn:aws:sqs:us-east-1:123456789012:findings",
            "dead",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
        for policy in ["", "{}", "[]", "null", "{\"deadLetterTargetArn\":7}"] {
            assert_eq!(dead_letters(&queue("findings"), policy), None, "{policy}");
        }
    }

    #[test]
    fn a_long_body_is_cut_between_two_letters() {
        assert_eq!(sendable("short"), "short");
        let long = "ä".repeat(LONGEST);
        assert_eq!(sendable(&long).len(), LONGEST);
        let odd = format!("x{long}");
        assert_eq!(sendable(&odd).len(), LONGEST - 1);
    }
}
