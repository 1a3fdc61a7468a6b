//! Does somebody lead, and is its clock right? Only the leader acts.

use super::{Evidence, Finding, clock};
use firebreak_core::installation::CONTROLLER;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};

const CHECK: &str = "leader";

/// The Lease: who holds it, and when it was renewed.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let namespace = &seen.identity.namespace;
    let fix = format!("kubectl get pods -n {namespace} and their logs say why nobody leads");
    vec![match &seen.lease {
        Err(why) => Finding::unknown(CHECK, why, format!("ask somebody who may get leases in {namespace}")),
        Ok(None) => Finding::failure(
            CHECK,
            format!("there is no Lease {CONTROLLER} in {namespace}: no operator has run"),
            fix,
        ),
        Ok(Some(lease)) => judge(lease, seen, fix),
    }]
}

fn judge(lease: &Lease, seen: &Evidence, fix: String) -> Finding {
    let spec = lease.spec.clone().unwrap_or_default();
    let Some((holder, age)) = held(&spec, seen) else {
        return Finding::failure(CHECK, "nobody leads: nothing is contained, verified or released", fix);
    };
    match age {
        None => Finding::unknown(
            CHECK,
            format!("{holder} leads; what time it is where the API server runs is not known"),
            clock::FIX,
        ),
        Some(age) if age < -clock::TOLERATED => Finding::warning(
            CHECK,
            format!("{holder} leads, and its clock is {} s ahead of the API server", -age),
            clock::FIX,
        ),
        Some(age) if age > i64::from(spec.lease_duration_seconds.unwrap_or_default()) + clock::TOLERATED => {
            Finding::failure(
                CHECK,
                format!("nobody leads: {holder} renewed the Lease {age} s ago"),
                fix,
            )
        }
        Some(age) => Finding::ok(
            CHECK,
            format!("{holder} leads, and renewed its Lease {} s ago", age.max(0)),
        ),
    }
}

/// The pod, and how old its last renewal is by the API server's clock.
fn held<'a>(spec: &'a LeaseSpec, seen: &Evidence) -> Option<(&'a str, Option<i64>)> {
    let holder = spec.holder_identity.as_deref().filter(|holder| !holder.is_empty())?;
    let pod = holder.split('_').next().unwrap_or(holder);
    let renewed = spec.renew_time.as_ref()?.0.as_second();
    let now = seen.server.as_ref().ok().and_then(|server| server.date);
    Some((pod, now.map(|now| now.as_second() - renewed)))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use serde_json::json;

    #[test]
    fn the_lease_is_judged_by_its_age() {
        for (holder, seconds, outcome, says) in [
            (
                "pod-1_7_abc",
                -2,
                Outcome::Ok,
                "pod-1 leads, and renewed its Lease 2 s ago",
            ),
            ("pod-1_7_abc", 1, Outcome::Ok, "0 s ago"),
            ("pod-1_7_abc", 30, Outcome::Warning, "30 s ahead"),
            ("pod-1_7_abc", -21, Outcome::Failure, "renewed the Lease 21 s ago"),
            ("", -2, Outcome::Failure, "nobody leads"),
        ] {
            let mut seen = testing::healthy();
            let renewed = testing::now() + jiff::SignedDuration::from_secs(seconds);
            seen.lease = Ok(Some(testing::typed(json!({"spec": {
                "holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": format!("{renewed:.6}")}}))));
            let found = check(&seen).remove(0);
            assert_eq!(found.outcome, outcome, "{found:?}");
            assert!(found.message.contains(says), "{found:?}");
        }
    }

    #[test]
    fn without_a_lease_no_operator_has_run() {
        let mut seen = testing::healthy();
        seen.lease = Ok(None);
        assert_eq!(check(&seen)[0].outcome, Outcome::Failure);
    }
}
