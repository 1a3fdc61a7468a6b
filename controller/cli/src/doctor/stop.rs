//! Is everything stopped? Then nothing is contained, however healthy the rest is.

use super::{Evidence, Finding, or_well};
use kube::ResourceExt;

const CHECK: &str = "emergency-stop";

/// Every EmergencyStop.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let stops = match &seen.stops {
        Ok(stops) => stops,
        Err(why) => {
            return vec![Finding::unknown(
                CHECK,
                why,
                "bind firebreak-auditor to the person who asks, in the whole cluster",
            )];
        }
    };
    let told = stops.iter().map(|stop| {
        let name = stop.name_any();
        let message = format!("{name} holds every write back: {}", stop.spec.reason);
        Finding::warning(
            CHECK,
            message,
            format!("when it is over: kubectl delete emergencystop {name}"),
        )
    });
    or_well(CHECK, told.collect(), "there is none")
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use firebreak_crds::{EmergencyStop, EmergencyStopSpec};

    #[test]
    fn a_stop_is_told_with_its_reason() {
        let mut seen = testing::healthy();
        seen.stops = Ok(vec![EmergencyStop::new(
            "stop",
            EmergencyStopSpec {
                reason: "we are the outage".into(),
            },
        )]);
        let found = check(&seen).remove(0);
        assert_eq!(found.outcome, Outcome::Warning);
        assert_eq!(found.message, "stop holds every write back: we are the outage");
    }
}
