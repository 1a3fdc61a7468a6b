//! Is custody left of objects that are gone? It is enforced, and nobody is reminded of it by an object.

use super::{Evidence, Finding, or_well};
use crate::render::orphans;

const CHECK: &str = "orphans";

/// Every object that left custody behind.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let holds = match &seen.holds {
        Ok(holds) => holds,
        Err(why) => {
            let fix = "bind firebreak-auditor to the person who asks, in the whole cluster";
            return vec![Finding::unknown(CHECK, why, fix)];
        }
    };
    let told = orphans::by_object(holds).into_iter().map(|((namespace, name), left)| {
        let names: Vec<String> = left
            .iter()
            .map(|hold| format!("{} of {}", hold.spec.key.field, hold.spec.key.resource))
            .collect();
        let message = format!(
            "{namespace}/{name} was deleted, and AWS is still changed: {}",
            names.join(", ")
        );
        let releases: Vec<String> = left
            .iter()
            .map(|hold| orphans::release(hold, &seen.identity.namespace))
            .collect();
        let fix = format!(
            "see it: kubectl firebreak status {name} -n {namespace}; put it back: {}",
            releases.join("; ")
        );
        Finding::warning(CHECK, message, fix)
    });
    or_well(CHECK, told.collect(), "no custody was left behind by a deleted object")
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use crate::fixtures;

    #[test]
    fn custody_of_a_deleted_object_is_a_warning_with_its_way_back() {
        let mut seen = testing::healthy();
        seen.holds = Ok(vec![fixtures::orphaned()]);
        let found = check(&seen).remove(0);
        assert_eq!(found.outcome, Outcome::Warning);
        assert!(
            found
                .message
                .starts_with("incident/payments was deleted, and AWS is still changed: TrustPolicy of arn:")
        );
        assert!(
            found
                .fix
                .unwrap()
                .ends_with("put it back: kubectl firebreak release hold/hold-1 --restore TrustPolicy")
        );
    }
}
