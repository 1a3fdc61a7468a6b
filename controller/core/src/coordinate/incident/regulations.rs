//! By when an authority must be told. Times are counted so that they are never later than the rule's own: business days without
//! holidays, and a final report of NIS2 from awareness instead of from the notification.

use super::life::time;
use firebreak_crds::{
    IncidentSpec,
    incident::{Regulation, RegulationName, RegulatoryReport as Report},
};
use jiff::{Span, Timestamp, ToSpan, civil::Weekday, tz::TimeZone};

/// Business days from the finding that an incident is material (SEC).
const SEC_DAYS: usize = 4;

/// Each report with its time, and when it was filed. A drill tells no authority.
pub(super) fn due(
    spec: &IncidentSpec,
    declared: Option<Timestamp>,
    now: Timestamp,
) -> Vec<(String, Timestamp, Option<Timestamp>)> {
    let all = spec.regulations.iter().filter(|_| !spec.drill);
    all.flat_map(|regulation| {
        reports(regulation, declared, now)
            .into_iter()
            .map(move |(report, due)| {
                let name = format!("{} {}", regulation.name.as_str(), report.as_str());
                (name, due, filed(regulation, report, now))
            })
    })
    .collect()
}

/// When a report was filed. A time that lies ahead is none: nobody has filed it yet.
pub(super) fn filed(regulation: &Regulation, report: Report, now: Timestamp) -> Option<Timestamp> {
    let found = regulation.filed.iter().find(|filing| filing.report == report)?;
    time(Some(&found.at)).filter(|at| *at <= now)
}

fn reports(regulation: &Regulation, declared: Option<Timestamp>, now: Timestamp) -> Vec<(Report, Timestamp)> {
    // Who declares an incident knows of it.
    let aware = time(regulation.aware_at.as_ref()).into_iter().chain(declared).min();
    let from_awareness = |report, span: Span| Some((report, after(aware?, span)?));
    let all = match regulation.name {
        RegulationName::Gdpr => vec![from_awareness(Report::Notification, 72.hours())],
        RegulationName::Nis2 => vec![
            from_awareness(Report::EarlyWarning, 24.hours()),
            from_awareness(Report::Notification, 72.hours()),
            from_awareness(Report::FinalReport, 1.month()),
        ],
        RegulationName::Dora => dora(regulation, aware, now),
        RegulationName::Sec => {
            let material = time(regulation.material_at.as_ref());
            vec![material.and_then(business_days).map(|due| (Report::Notification, due))]
        }
    };
    all.into_iter().flatten().collect()
}

/// Four hours from the classification as major and a day from awareness, whichever ends first; then 72 hours from what was filed,
/// or from when it was due; then a month.
fn dora(regulation: &Regulation, aware: Option<Timestamp>, now: Timestamp) -> Vec<Option<(Report, Timestamp)>> {
    let classified = time(regulation.classified_at.as_ref()).and_then(|time| after(time, 4.hours()));
    let first = classified
        .into_iter()
        .chain(aware.and_then(|time| after(time, 24.hours())))
        .min();
    let from = |report, due: Option<Timestamp>| filed(regulation, report, now).or(due);
    let second = from(Report::Notification, first).and_then(|time| after(time, 72.hours()));
    let third = from(Report::IntermediateReport, second).and_then(|time| after(time, 1.month()));
    vec![
        first.map(|due| (Report::Notification, due)),
        second.map(|due| (Report::IntermediateReport, due)),
        third.map(|due| (Report::FinalReport, due)),
    ]
}

/// A month ends on the same day of the next one, or on its last day.
fn after(from: Timestamp, span: Span) -> Option<Timestamp> {
    let zoned = from.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    Some(zoned.timestamp())
}

fn business_days(from: Timestamp) -> Option<Timestamp> {
    let mut day = from.to_zoned(TimeZone::UTC);
    let mut counted = 0;
    while counted < SEC_DAYS {
        day = day.checked_add(1.day()).ok()?;
        counted += usize::from(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
    }
    Some(day.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn due_of(regulation: &Value) -> Vec<String> {
        let spec = IncidentSpec {
            regulations: vec![serde_json::from_value(regulation.clone()).unwrap()],
            ..IncidentSpec::default()
        };
        let declared: Timestamp = "2026-01-30T08:00:00Z".parse().unwrap();
        let now: Timestamp = "2026-03-30T08:00:00Z".parse().unwrap();
        let all = due(&spec, Some(declared), now).into_iter();
        all.map(|(name, due, met)| format!("{name} {due}{}", if met.is_some() { " filed" } else { "" }))
            .collect()
    }

    #[test]
    fn each_regulation_has_its_clocks() {
        for (regulation, expected) in [
            (json!({"name": "GDPR"}), vec!["GDPR notification 2026-02-02T08:00:00Z"]),
            (
                json!({"name": "GDPR", "awareAt": "2026-01-29T20:00:00Z"}),
                vec!["GDPR notification 2026-02-01T20:00:00Z"],
            ),
            (
                json!({"name": "NIS2", "filed": [{"report": "EarlyWarning", "at": "2026-01-30T09:00:00Z"}]}),
                vec![
                    "NIS2 early warning 2026-01-31T08:00:00Z filed",
                    "NIS2 notification 2026-02-02T08:00:00Z",
                    "NIS2 final report 2026-02-28T08:00:00Z",
                ],
            ),
            (
                json!({"name": "DORA", "classifiedAt": "2026-01-30T09:00:00Z"}),
                vec![
                    "DORA notification 2026-01-30T13:00:00Z",
                    "DORA intermediate report 2026-02-02T13:00:00Z",
                    "DORA final report 2026-03-02T13:00:00Z",
                ],
            ),
            // Classified late: a day from awareness ends before.
            (
                json!({"name": "DORA", "classifiedAt": "2026-01-31T07:00:00Z", "filed": [{"report": "Notification", "at": "2026-01-31T07:30:00Z"}]}),
                vec![
                    "DORA notification 2026-01-31T08:00:00Z filed",
                    "DORA intermediate report 2026-02-03T07:30:00Z",
                    "DORA final report 2026-03-03T07:30:00Z",
                ],
            ),
            (json!({"name": "SEC"}), vec![]),
            // A Friday, a Saturday, a Monday.
            (
                json!({"name": "SEC", "materialAt": "2026-01-30T15:00:00Z"}),
                vec!["SEC notification 2026-02-05T15:00:00Z"],
            ),
            (
                json!({"name": "SEC", "materialAt": "2026-01-31T15:00:00Z"}),
                vec!["SEC notification 2026-02-05T15:00:00Z"],
            ),
            (
                json!({"name": "SEC", "materialAt": "2026-02-02T15:00:00Z"}),
                vec!["SEC notification 2026-02-06T15:00:00Z"],
            ),
        ] {
            assert_eq!(due_of(&regulation), expected, "{regulation}");
        }
    }

    #[test]
    fn a_drill_and_an_unreadable_time_start_no_clock() {
        let mut spec = IncidentSpec {
            regulations: vec![serde_json::from_value(json!({"name": "SEC", "materialAt": "soon"})).unwrap()],
            ..IncidentSpec::default()
        };
        assert!(due(&spec, None, Timestamp::UNIX_EPOCH).is_empty());
        spec.regulations = vec![serde_json::from_value(json!({"name": "GDPR"})).unwrap()];
        spec.drill = true;
        assert!(due(&spec, Some(Timestamp::UNIX_EPOCH), Timestamp::UNIX_EPOCH).is_empty());
    }
}
