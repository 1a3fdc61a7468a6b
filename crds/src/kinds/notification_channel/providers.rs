//! What is told, and with which Secret.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Secret of the same namespace. Firebreak's notifier reads it only where a Role of the namespace lets it `get` this one by name.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Slack: one thread for each Incident with a bot's token, or single messages with an incoming webhook.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Slack {
    /// The Secret. With `channel` its key `token` is a bot's token that may `chat:write`, without it its key `url` is that of an
    /// incoming webhook.
    pub secret_ref: SecretRef,
    /// The id of the channel, such as C024BE91L.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Z0-9]{1,32}$"))]
    pub channel: Option<String>,
}

/// A service of PagerDuty with an Events API v2 integration.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PagerDuty {
    /// The Secret: its key `routingKey` is the integration key.
    pub secret_ref: SecretRef,
    /// Where the account is.
    #[serde(default)]
    pub region: PagerDutyRegion,
}

/// Where an account of PagerDuty is.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PagerDutyRegion {
    /// events.pagerduty.com.
    #[default]
    US,
    /// events.eu.pagerduty.com.
    EU,
}

/// A channel of Microsoft Teams, by a webhook of Workflows that takes Adaptive Cards.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Teams {
    /// The Secret: its key `url` is that of the webhook.
    pub secret_ref: SecretRef,
}

/// An endpoint that takes JSON by POST.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The Secret: its key `url` is that of the endpoint. With a key `signingKey` each request carries `X-Firebreak-Signature`:
    /// `sha256=` and the HMAC-SHA256 of the time in `X-Firebreak-Timestamp`, a dot, and the body, in hexadecimal.
    pub secret_ref: SecretRef,
}

/// A dead man's switch, such as Healthchecks.io or Dead Man's Snitch.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    /// The Secret: its key `url` is asked by POST.
    pub secret_ref: SecretRef,
    /// How often, while the operator holds its lease. Default: 1m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')")
        .message("every is a duration between 10s and 24h, such as 1m"))]
    pub every: Option<String>,
}
