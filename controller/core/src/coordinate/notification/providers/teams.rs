//! Microsoft Teams: an Adaptive Card to a webhook of Workflows
//! (learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).

use super::{Endpoint, Post};
use crate::coordinate::notification::message::Message;
use serde_json::{Value, json};

pub(super) fn post(message: &Message) -> Post {
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body(message),
        "actions": message.link.iter().map(|link| json!({"type": "Action.OpenUrl", "title": "Open", "url": link})).collect::<Vec<_>>(),
    });
    let attachment = json!({"contentType": "application/vnd.microsoft.card.adaptive", "content": card});
    Post {
        to: Endpoint::Url,
        body: json!({"type": "message", "attachments": [attachment]}),
    }
}

fn body(message: &Message) -> Vec<Value> {
    let text = |text: String, weight: &str| json!({"type": "TextBlock", "text": text, "weight": weight, "wrap": true});
    let type_ = message
        .type_
        .iter()
        .map(|type_| text(format!("Finding: {}", escaped(type_)), "Default"));
    [text(escaped(&message.headline()), "Bolder")]
        .into_iter()
        .chain(type_)
        .collect()
}

/// A TextBlock takes Markdown.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if matches!(
            c,
            '\\' | '*' | '_' | '[' | ']' | '(' | ')' | '`' | '#' | '!' | '<' | '>'
        ) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
