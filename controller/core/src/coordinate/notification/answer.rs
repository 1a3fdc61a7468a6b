//! What a provider's answer means.

use super::providers::{Endpoint, Post};
use firebreak_crds::text;
use serde_json::Value;

/// The longest part of an answer that is told.
const TOLD: usize = 200;

/// An answer over HTTP. A status of 0 means that nothing was asked, because the address is not public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Seconds after which it may be asked again, as the provider says.
    pub retry_after: Option<u32>,
    /// The body, or its beginning.
    pub body: String,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It was taken.
    Taken {
        /// The thread that it began, or is in.
        thread: Option<String>,
    },
    /// It may be taken later.
    Later {
        /// Seconds after which it may be asked again, as the provider says.
        after: Option<u32>,
        /// Why not now.
        why: String,
    },
    /// A person must correct something.
    Refused(String),
}

/// What the answer to a request means; an error is that of the connection.
pub fn answered(post: &Post, answer: Result<Reply, String>) -> Answered {
    let reply = match answer {
        Err(why) => return later(None, &why),
        Ok(reply) => reply,
    };
    match reply.status {
        0 => Answered::Refused("the URL leads to an address that is not public: correct it, or let the notifier reach private addresses (notifier.allowPrivateAddresses)".into()),
        200..=299 if post.to == Endpoint::Slack => slack(&reply),
        200..=299 => Answered::Taken { thread: None },
        300..=399 => Answered::Refused(format!("it answers {} and leads elsewhere, which is not followed: name the URL itself", reply.status)),
        408 | 425 | 429 | 500..=599 => later(reply.retry_after, &told(&reply)),
        _ => Answered::Refused(text::one_line(&told(&reply))),
    }
}

fn later(after: Option<u32>, why: &str) -> Answered {
    Answered::Later {
        after,
        why: text::one_line(why),
    }
}

fn told(reply: &Reply) -> String {
    format!(
        "it answers {}: {}",
        reply.status,
        text::bounded(reply.body.trim(), TOLD)
    )
}

/// Slack says in the body whether it took a message (docs.slack.dev/reference/methods/chat.postMessage#errors).
fn slack(reply: &Reply) -> Answered {
    let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    if body["ok"] == Value::Bool(true) {
        return Answered::Taken {
            thread: body["ts"].as_str().map(ToOwned::to_owned),
        };
    }
    let error = body["error"].as_str().unwrap_or("no answer that can be read");
    let why = format!("Slack: {}", text::bounded(error, TOLD));
    match error {
        "ratelimited"
        | "rate_limited"
        | "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "no answer that can be read" => later(reply.retry_after, &why),
        _ => Answered::Refused(why),
    }
}
