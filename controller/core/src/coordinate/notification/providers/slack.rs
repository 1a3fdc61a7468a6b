//! Slack: `chat.postMessage` with a bot's token, or an incoming webhook (docs.slack.dev/reference/methods/chat.postMessage).

use super::{Endpoint, Post};
use crate::coordinate::notification::message::Message;
use firebreak_crds::notification_channel::{Slack, Told};
use serde_json::json;

pub(super) fn post(slack: &Slack, message: &Message, before: Option<&Told>) -> Post {
    let mut body = json!({"text": text(message), "unfurl_links": false, "unfurl_media": false});
    let Some(channel) = &slack.channel else {
        return Post {
            to: Endpoint::Url,
            body,
        };
    };
    body["channel"] = json!(channel);
    if let Some(thread) = before.and_then(|told| told.thread.as_ref()) {
        body["thread_ts"] = json!(thread);
    }
    Post {
        to: Endpoint::Slack,
        body,
    }
}

fn text(message: &Message) -> String {
    let mut lines = vec![escaped(&message.headline())];
    lines.extend(message.type_.iter().map(|type_| format!("Finding: {}", escaped(type_))));
    lines.extend(message.link.iter().map(|link| format!("<{}|Open>", escaped(link))));
    lines.join("\n")
}

/// What Slack takes for the beginning of a mention or a link (docs.slack.dev/messaging/formatting-message-text), and what it
/// formats: a name stays a name.
fn escaped(text: &str) -> String {
    let plain = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    plain.replace('*', "∗").replace('~', "∼").replace('`', "ˋ")
}
