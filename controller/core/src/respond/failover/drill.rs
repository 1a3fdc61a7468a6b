//! When a run is rehearsed, and how long a good rehearsal counts.

use super::seconds;
use croner::parser::{CronParser, Seconds};
use firebreak_crds::{
    ConditionType, FreezeWindow, Reason,
    condition::Wanted,
    failover_plan::{DrillRecord, FailoverDrill},
};
use jiff::{SignedDuration, Timestamp, tz::Offset};

/// How old the last good drill may be where the spec does not say: 30 days.
const MAX_AGE_SECONDS: u32 = 720 * 3600;

/// When the schedule next asks for a drill after that time; none without a schedule, or where it never does.
///
/// # Errors
/// What is wrong with the schedule, for people.
pub fn next(drill: &FailoverDrill, after: Timestamp) -> Result<Option<Timestamp>, String> {
    let Some(schedule) = &drill.schedule else {
        return Ok(None);
    };
    let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
    let cron = parser.parse(schedule).map_err(|error| {
        format!("spec.drill.schedule: {schedule} is no cron expression ({error}); write it as minute, hour, day of the month, month and day of the week, such as 0 9 * * MON")
    })?;
    let next = cron.find_next_occurrence(&Offset::UTC.to_datetime(after), false);
    Ok(next.ok().and_then(|time| Offset::UTC.to_timestamp(time).ok()))
}

/// The window that keeps a drill from beginning by itself. One whose times cannot be read counts as being in force.
pub fn window(drill: &FailoverDrill, now: Timestamp) -> Option<&FreezeWindow> {
    let lasts = |window: &&FreezeWindow| match (window.from.parse::<Timestamp>(), window.until.parse::<Timestamp>()) {
        (Ok(from), Ok(until)) => from <= now && now < until,
        _ => true,
    };
    drill.blackout.iter().find(lasts)
}

/// Whether the last good drill is recent enough.
pub fn fresh(drill: &FailoverDrill, records: &[DrillRecord], now: Timestamp) -> Wanted {
    let kind = ConditionType::DrillFresh;
    if let Err(why) = next(drill, now) {
        return Wanted::unknown(kind, Reason::DrillInvalid, why);
    }
    let newest = records.first();
    let Some(good) = records.iter().find(|record| record.is_good()) else {
        let why = newest.map_or_else(|| "no drill is over yet".to_owned(), failed);
        return Wanted::no(kind, Reason::DrillStale, why);
    };
    let most = drill.max_age.as_deref().and_then(seconds).unwrap_or(MAX_AGE_SECONDS);
    let age = good.at.parse::<Timestamp>().map(|at| now.duration_since(at));
    let said = match newest.filter(|newest| *newest != good) {
        Some(newest) => format!("the last good drill ended at {}; {}", good.at, failed(newest)),
        None => format!("the last good drill ended at {}", good.at),
    };
    match age.is_ok_and(|age| age <= SignedDuration::from_secs(i64::from(most))) {
        true => Wanted::yes(kind, Reason::DrillFresh, said),
        false => Wanted::no(kind, Reason::DrillStale, said),
    }
}

fn failed(record: &DrillRecord) -> String {
    let (ready, steps) = (record.ready, record.steps);
    let first = record.findings.first().map_or("", String::as_str);
    format!(
        "the drill of {} found {ready} of {steps} steps ready: {first}",
        record.at
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn drill(spec: serde_json::Value) -> FailoverDrill {
        serde_json::from_value(spec).unwrap()
    }

    fn record(time: &str, findings: &[&str]) -> DrillRecord {
        DrillRecord {
            at: time.into(),
            findings: findings.iter().map(|&one| one.to_owned()).collect(),
            ..DrillRecord::default()
        }
    }

    #[test]
    fn schedule_is_read_in_utc() {
        let of = |schedule: &str| next(&drill(json!({"schedule": schedule})), at("2026-03-01T09:00:00Z"));
        assert_eq!(of("0 9 * * MON").unwrap(), Some(at("2026-03-02T09:00:00Z")));
        assert_eq!(
            of("0 9 * * *").unwrap(),
            Some(at("2026-03-02T09:00:00Z")),
            "not at the same time again"
        );
        assert_eq!(of("0 0 30 2 *").unwrap(), None, "a day that never comes");
        for wrong in ["every monday at 9 sharp", "99 9 * * *", "0 0 9 * * MON"] {
            assert!(of(wrong).unwrap_err().starts_with("spec.drill.schedule: "), "{wrong}");
        }
        assert_eq!(next(&drill(json!({})), Timestamp::UNIX_EPOCH), Ok(None));
    }

    #[test]
    fn window_that_cannot_be_read_is_in_force() {
        let with = |from: &str, until: &str| drill(json!({"blackout": [{"name": "w", "from": from, "until": until}]}));
        let (from, until) = ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        assert!(window(&with(from, until), at(from)).is_some());
        assert!(window(&with(from, until), at(until)).is_none());
        assert!(window(&with("tomorrow", until), at(until)).is_some());
    }

    #[test]
    fn only_a_good_drill_that_is_recent_counts() {
        let spec = drill(json!({"maxAge": "24h"}));
        let now = at("2026-03-02T09:00:00Z");
        let good = record("2026-03-01T10:00:00Z", &[]);
        let bad = record("2026-03-02T08:00:00Z", &["promote: the replica is stopping"]);
        let said = |records: &[DrillRecord]| (fresh(&spec, records, now).status, fresh(&spec, records, now).reason);
        assert_eq!(said(&[]), (Some(false), Reason::DrillStale));
        assert_eq!(said(std::slice::from_ref(&bad)), (Some(false), Reason::DrillStale));
        assert_eq!(said(&[bad, good.clone()]), (Some(true), Reason::DrillFresh));
        assert_eq!(
            said(&[record("2026-03-01T08:00:00Z", &[])]),
            (Some(false), Reason::DrillStale)
        );
        let wrong = fresh(&drill(json!({"schedule": "a b c d e"})), &[good], now);
        assert_eq!((wrong.status, wrong.reason), (None, Reason::DrillInvalid));
    }
}
