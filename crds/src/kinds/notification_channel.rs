//! `NotificationChannel`: who is told of Incidents, how, and of which.

mod providers;
mod status;
#[cfg(test)]
mod tests;

pub use providers::{Heartbeat, PagerDuty, PagerDutyRegion, SecretRef, Slack, Teams, Webhook};
pub use status::{ChannelCounts, NotificationChannelStatus, TOLD, Told, Trouble};

use crate::Severity;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// Tells people of the Incidents of its namespace. It changes nothing in AWS, delays no response, and approves nothing. What a
/// message says is delivered at least once: twice only where an answer was lost.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "NotificationChannel",
    namespaced,
    status = "NotificationChannelStatus",
    shortname = "nc",
    category = "firebreak",
    derive = "PartialEq",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason"
    ),
    printcolumn(name = "Delivered", type_ = "integer", json_path = ".status.counts.delivered"),
    printcolumn(name = "LastDelivery", type_ = "date", json_path = ".status.lastDelivery"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.heartbeat), has(self.pagerDuty), has(self.slack), has(self.teams), has(self.webhook)].filter(p, p).size() == 1")
    .message("name exactly one of slack, pagerDuty, teams, webhook and heartbeat"))]
#[x_kube(validation = Rule::new("!has(self.heartbeat) || (!has(self.severities) && !has(self.remindEvery) && !has(self.escalation) && !has(self.quietHours))")
    .message("a heartbeat tells of no Incident: leave out severities, remindEvery, escalation and quietHours"))]
pub struct NotificationChannelSpec {
    /// The severities that it is told of. Absent: what is usual for its provider (PagerDuty: Critical; Slack and Teams: Critical and
    /// High; a webhook: Critical, High and Medium).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub severities: Vec<Severity>,
    /// How often it is told again of an Incident that nobody has acknowledged. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('24h')")
        .message("remindEvery is a duration between 1m and 24h, such as 15m"))]
    pub remind_every: Option<String>,
    /// Who else is told of an Incident that nobody acknowledges in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// When it is told nothing of Incidents below High: they are told afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// Whether it is told of drills. Default: false.
    #[serde(default)]
    pub drills: bool,
    /// Where an Incident can be looked at: an https URL in which `{namespace}` and `{name}` stand for its own. A message links to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    #[x_kube(validation = Rule::new("self.startsWith('https://') && isURL(self.replace('{namespace}', 'n').replace('{name}', 'n'))")
        .message("link is an https URL such as https://console.example.com/{namespace}/{name}"))]
    pub link: Option<String>,
    /// Raise it by one to have a test message sent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000), extend("format" = "int64"))]
    pub test: u32,
    /// Slack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<Slack>,
    /// PagerDuty, by its Events API v2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pager_duty: Option<PagerDuty>,
    /// Microsoft Teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams: Option<Teams>,
    /// Any HTTPS endpoint that takes JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// A dead man's switch: it raises the alarm when it hears nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
}

/// Who is told of an Incident of this channel that nobody has acknowledged.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Escalation {
    /// How long after the Incident was declared, or opened again.
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('24h')")
        .message("after is a duration between 1m and 24h, such as 15m"))]
    pub after: String,
    /// The NotificationChannels of this namespace that are told then, whatever their own severities are.
    #[schemars(length(min = 1, max = 8), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub to: Vec<String>,
}

/// Hours of each day, in UTC. They may go past midnight.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.from != self.until").message("quietHours.from and quietHours.until are two different times"))]
pub struct QuietHours {
    /// From this time on (UTC), such as 22:00.
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// Until this time (UTC), such as 06:00.
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub until: String,
}
