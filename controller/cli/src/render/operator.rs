//! Whether the operator runs, by its Lease: with nobody who acts, everything else that is shown is history.

use firebreak_crds::text;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

/// Seconds for which two clocks may differ.
const TOLERATED: i64 = 10;

/// What people must know first, where the operator does not run. `lease` is none where there is no such Lease.
pub fn not_running(lease: Option<&Lease>, namespace: &str, now: Timestamp) -> Option<String> {
    let spec = lease.and_then(|lease| lease.spec.as_ref());
    let means = format!(
        "nothing is contained, verified or released, deletions wait, and what follows is as it was then: kubectl get pods -n {namespace}"
    );
    let Some(renewed) = spec.and_then(|spec| spec.renew_time.as_ref()).map(|time| time.0) else {
        return Some(format!("the operator has never run in namespace {namespace}: {means}"));
    };
    let lasts = spec.and_then(|spec| spec.lease_duration_seconds).unwrap_or_default();
    let held = spec
        .and_then(|spec| spec.holder_identity.as_ref())
        .is_some_and(|holder| !holder.is_empty());
    let age = now.as_second() - renewed.as_second();
    if held && age <= i64::from(lasts) + TOLERATED {
        return None;
    }
    Some(format!(
        "the operator is not running since {} ({} ago): {means}",
        text::seconds(renewed),
        spell(age.max(0))
    ))
}

/// A duration in its two largest units.
fn spell(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, _, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(holder: &str, age: i64) -> Option<String> {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let renewed = now - jiff::SignedDuration::from_secs(age);
        let lease: Lease = serde_json::from_value(json!({"spec": {
            "holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": format!("{renewed:.6}")}}))
        .unwrap();
        not_running(Some(&lease), "firebreak-system", now)
    }

    #[test]
    fn a_fresh_lease_needs_no_word() {
        assert_eq!(told("pod-1", 3), None);
        assert_eq!(told("pod-1", -3), None);
    }

    #[test]
    fn an_old_lease_says_since_when_nobody_acts_and_what_that_means() {
        let text = told("pod-1", 300).unwrap();
        assert!(
            text.starts_with(
                "the operator is not running since 2026-01-01T11:55:00Z (5 min ago): nothing is contained"
            )
        );
        assert!(text.ends_with("kubectl get pods -n firebreak-system"));
        assert!(told("", 1).is_some(), "given up");
        let never = not_running(None, "ops", "2026-01-01T12:00:00Z".parse().unwrap()).unwrap();
        assert!(never.starts_with("the operator has never run in namespace ops: "));
    }

    #[test]
    fn durations_are_told_in_their_largest_units() {
        for (seconds, text) in [(7, "7 s"), (61, "1 min"), (7260, "2 h 1 min"), (90_000, "1 d 1 h")] {
            assert_eq!(spell(seconds), text);
        }
    }
}
