//! A request as it goes out: with what the Secret holds.

use super::{
    providers::{Endpoint, Post},
    world::Secret,
};
use firebreak_crds::notification_channel::PagerDutyRegion;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde_json::json;
use sha2::Sha256;
use std::fmt;

/// Where providers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Slack's Web API, such as `https://slack.com/api`.
    pub slack: String,
    /// PagerDuty's Events API; absent: the one of the account's region.
    pub pager_duty: Option<String>,
}

/// A request by POST. It holds secrets, and is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The URL.
    pub url: String,
    /// Headers besides those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// The body: JSON.
    pub body: String,
}

impl fmt::Debug for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Request")
    }
}

/// The request with what the Secret holds.
///
/// # Errors
/// When the Secret has not what it needs.
pub fn sealed(post: &Post, secret: &Secret, endpoints: &Endpoints, now: Timestamp) -> Result<Request, String> {
    let value = |key: &str| {
        secret
            .get(key)
            .map(ToOwned::to_owned)
            .ok_or_else(|| format!("the Secret has no key {key}"))
    };
    let mut body = post.body.clone();
    let mut headers = Vec::new();
    let url = match post.to {
        Endpoint::Url | Endpoint::Signed => value("url")?,
        Endpoint::Slack => {
            headers.push(("authorization", format!("Bearer {}", value("token")?)));
            format!("{}/chat.postMessage", endpoints.slack.trim_end_matches('/'))
        }
        Endpoint::PagerDuty(region) => {
            body["routing_key"] = json!(value("routingKey")?);
            format!("{}/v2/enqueue", pager_duty(endpoints, region))
        }
    };
    let body = body.to_string();
    if let (Endpoint::Signed, Some(key)) = (post.to, secret.get("signingKey")) {
        headers.extend(signature(key, &now.as_second().to_string(), &body)?);
    }
    Ok(Request { url, headers, body })
}

fn pager_duty(endpoints: &Endpoints, region: PagerDutyRegion) -> &str {
    match (&endpoints.pager_duty, region) {
        (Some(other), _) => other.trim_end_matches('/'),
        (None, PagerDutyRegion::US) => "https://events.pagerduty.com",
        (None, PagerDutyRegion::EU) => "https://events.eu.pagerduty.com",
    }
}

fn signature(key: &str, at: &str, body: &str) -> Result<[(&'static str, String); 2], String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|error| error.to_string())?;
    mac.update(format!("{at}.{body}").as_bytes());
    let digits: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok([
        ("x-firebreak-timestamp", at.to_owned()),
        ("x-firebreak-signature", format!("sha256={digits}")),
    ])
}
