//! Any endpoint: the message as JSON. Its form is part of the API: fields are added, and none changes its meaning.

use super::{Endpoint, Post};
use crate::coordinate::notification::message::Message;
use serde_json::json;

pub(super) fn post(message: &Message) -> Post {
    Post {
        to: Endpoint::Signed,
        body: json!({
            "version": 1,
            "uid": message.uid,
            "incident": message.incident,
            "severity": message.severity,
            "type": message.type_,
            "drill": message.drill,
            "events": message.facts,
            "text": message.headline(),
            "link": message.link,
        }),
    }
}
