//! By when an authority must be told, and by when something else must be done.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One rule whose clocks run, with the moments at which they start. A moment that is not known yet starts no clock, except that
/// awareness counts from the declaration at the latest.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.classifiedAt) || self.name == 'DORA'").message("classifiedAt belongs to DORA: remove it, or set name DORA"))]
#[x_kube(validation = Rule::new("!has(self.materialAt) || self.name == 'SEC'").message("materialAt belongs to SEC: remove it, or set name SEC"))]
#[x_kube(validation = Rule::new("!has(self.awareAt) || self.name != 'SEC'").message("awareAt does not start the clock of SEC: set materialAt, when the incident was found to be material"))]
#[x_kube(validation = Rule::new("!has(self.filed) || self.filed.all(f, f.report == 'Notification' || (f.report == 'EarlyWarning' && self.name == 'NIS2') || (f.report == 'IntermediateReport' && self.name == 'DORA') || (f.report == 'FinalReport' && self.name in ['NIS2', 'DORA']))")
    .message("filed names a report that this regulation does not ask for: GDPR and SEC take Notification; NIS2 EarlyWarning, Notification and FinalReport; DORA Notification, IntermediateReport and FinalReport"))]
pub struct Regulation {
    /// Which one.
    pub name: RegulationName,
    /// When the organisation became aware of it (RFC 3339; GDPR, NIS2, DORA). Default: when the Incident was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("awareAt is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub aware_at: Option<String>,
    /// When it was classified as major (RFC 3339; DORA).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("classifiedAt is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub classified_at: Option<String>,
    /// When it was found to be material (RFC 3339; SEC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("materialAt is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub material_at: Option<String>,
    /// What was filed, and when: it stops that report's clock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["report".to_owned()]))]
    pub filed: Vec<Filing>,
}

/// A report that was filed.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Filing {
    /// Which one.
    pub report: RegulatoryReport,
    /// When (RFC 3339).
    #[schemars(length(max = 40))]
    #[x_kube(validation = Rule::new("timestamp(self) > timestamp('2000-01-01T00:00:00Z')").message("at is an RFC 3339 time such as 2026-12-24T08:00:00Z"))]
    pub at: String,
}

/// A rule that asks for reports.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegulationName {
    /// General Data Protection Regulation (EU) 2016/679, article 33: 72 hours from awareness.
    #[serde(rename = "GDPR")]
    Gdpr,
    /// Directive (EU) 2022/2555, article 23: early warning within 24 hours, notification within 72 hours, final report within a month.
    #[serde(rename = "NIS2")]
    Nis2,
    /// Regulation (EU) 2022/2554: 4 hours from the classification as major and at most 24 hours from awareness, then 72 hours, then a month.
    #[serde(rename = "DORA")]
    Dora,
    /// Form 8-K, item 1.05: four business days from the finding that it is material.
    #[serde(rename = "SEC")]
    Sec,
}

impl RegulationName {
    /// As the spec writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gdpr => "GDPR",
            Self::Nis2 => "NIS2",
            Self::Dora => "DORA",
            Self::Sec => "SEC",
        }
    }
}

/// A report to an authority.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegulatoryReport {
    /// That something happened, in the shortest form (NIS2).
    EarlyWarning,
    /// The first full notification.
    Notification,
    /// How it goes on (DORA).
    IntermediateReport,
    /// What it was, and what is done against it (NIS2, DORA).
    FinalReport,
}

impl RegulatoryReport {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EarlyWarning => "early warning",
            Self::Notification => "notification",
            Self::IntermediateReport => "intermediate report",
            Self::FinalReport => "final report",
        }
    }
}

/// Something that must be done by a certain time.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Deadline {
    /// What, such as `acknowledge`, `GDPR notification` or `task rotate-keys`.
    #[schemars(length(max = 96))]
    pub name: String,
    /// By when (RFC 3339).
    #[schemars(length(max = 40))]
    pub due: String,
    /// When it was done (RFC 3339); absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub met_at: Option<String>,
    /// How it stands.
    pub state: DeadlineState,
}

/// How a deadline stands.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineState {
    /// There is time left.
    Running,
    /// It was done in time.
    Met,
    /// It was done too late.
    Late,
    /// It is not done, and the time is over.
    Missed,
}
