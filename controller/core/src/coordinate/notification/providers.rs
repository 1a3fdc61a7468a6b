//! A message in the form that each provider takes.

mod pager_duty;
mod slack;
mod teams;
mod webhook;

use super::{message::Message, news::News, world::World};
use firebreak_crds::notification_channel::PagerDutyRegion;
use serde_json::Value;

/// A request by POST, before the Secret is put in.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// Where it goes.
    pub to: Endpoint,
    /// Its body.
    pub body: Value,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The URL in the Secret.
    Url,
    /// The URL in the Secret, signed where the Secret has a key for it.
    Signed,
    /// Slack's `chat.postMessage`, with the token in the Secret.
    Slack,
    /// PagerDuty's Events API v2, with the key in the Secret.
    PagerDuty(PagerDutyRegion),
}

/// The requests that tell the news; none where there is nothing that this provider is told.
pub(super) fn posts(world: &World, news: &News<'_>) -> Vec<Post> {
    let (spec, message) = (&world.subject.spec, Message::of(world, news));
    match (&spec.slack, &spec.pager_duty, &spec.teams) {
        (Some(slack), ..) => vec![slack::post(slack, &message, news.before)],
        (_, Some(pager), _) => pager_duty::posts(pager.region, &message, news),
        (.., Some(_)) => vec![teams::post(&message)],
        _ => vec![webhook::post(&message)],
    }
}

/// The requests of a test message.
pub(super) fn test(world: &World) -> Vec<Post> {
    let (spec, message) = (&world.subject.spec, Message::test(world));
    match (&spec.slack, &spec.pager_duty, &spec.teams) {
        (Some(slack), ..) => vec![slack::post(slack, &message, None)],
        (_, Some(pager), _) => pager_duty::test(pager.region, &message),
        (.., Some(_)) => vec![teams::post(&message)],
        _ => vec![webhook::post(&message)],
    }
}
