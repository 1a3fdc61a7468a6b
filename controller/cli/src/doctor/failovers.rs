//! Could a region be lost now? What the operator says of every FailoverPlan, before the day.

use super::{Evidence, Finding, or_well, readiness};
use firebreak_crds::{ConditionType, FailoverPlan, text::counted};
use kube::ResourceExt;

const CHECK: &str = "failovers";

/// What a plan must be able to rely on, besides being ready for a run.
const NEEDED: [ConditionType; 3] = [
    ConditionType::StandbyReady,
    ConditionType::Protected,
    ConditionType::DrillFresh,
];

/// Every FailoverPlan.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let plans = match &seen.failovers {
        Ok(plans) => plans,
        Err(why) => {
            let fix = "bind firebreak-auditor to the person who asks, in the whole cluster";
            return vec![Finding::unknown(CHECK, why, fix)];
        }
    };
    let wrong = plans.iter().flat_map(judge).collect();
    or_well(CHECK, wrong, counted(plans.len() as u64, "FailoverPlan"))
}

fn judge(plan: &FailoverPlan) -> Vec<Finding> {
    let status = plan.status.as_ref();
    let conditions = status.map(|status| status.conditions.as_slice()).unwrap_or_default();
    let observed = status.and_then(|status| status.observed_generation);
    let unready = readiness::judge(CHECK, plan, observed, conditions, "the operator");
    let name = format!("{}/{}", plan.namespace().unwrap_or_default(), plan.name_any());
    let lacking = conditions.iter().filter(|one| {
        let is_needed = NEEDED.iter().any(|needed| needed.as_str() == one.type_);
        is_needed && one.status != "True"
    });
    let lacking = lacking.map(|one| {
        let message = format!("FailoverPlan {name}: {}: {}: {}", one.type_, one.reason, one.message);
        let fix = format!(
            "kubectl firebreak failover readiness {}; docs/reasons.md says what to do about {}",
            plan.name_any(),
            one.reason
        );
        match one.status == "False" {
            true => Finding::warning(CHECK, message, fix),
            false => Finding::unknown(CHECK, message, fix),
        }
    });
    unready.into_iter().chain(lacking).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use serde_json::{Value, json};

    fn plan(conditions: &[(&str, &str)]) -> FailoverPlan {
        let condition = |(kind, is): &(&str, &str)| json!({"type": kind, "status": is, "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let conditions: Vec<Value> = conditions.iter().map(condition).collect();
        let mut object = json!(crate::failover::testing::object());
        object["metadata"]["generation"] = json!(1);
        object["status"] = json!({"observedGeneration": 1, "conditions": conditions});
        testing::typed(object)
    }

    #[test]
    fn what_would_be_missing_on_the_day_is_a_warning() {
        let ready = [("Ready", "True"), ("StandbyReady", "True"), ("Protected", "True")];
        let with = |kind: &'static str, is: &'static str| {
            let mut all: Vec<_> = ready.into_iter().filter(|(known, _)| *known != kind).collect();
            all.push((kind, is));
            plan(&all)
        };
        for (plans, outcome, says) in [
            (vec![], Outcome::Ok, "0 FailoverPlans"),
            (vec![plan(&ready)], Outcome::Ok, "1 FailoverPlan"),
            (vec![with("Ready", "False")], Outcome::Warning, "R: m"),
            (
                vec![with("StandbyReady", "False")],
                Outcome::Warning,
                "StandbyReady: R: m",
            ),
            (
                vec![with("StandbyReady", "Unknown")],
                Outcome::Unknown,
                "StandbyReady: R: m",
            ),
            (vec![with("Protected", "False")], Outcome::Warning, "Protected: R: m"),
            (vec![with("DrillFresh", "False")], Outcome::Warning, "DrillFresh: R: m"),
            (vec![plan(&[])], Outcome::Unknown, "has not looked at it"),
        ] {
            let mut seen = testing::healthy();
            seen.failovers = Ok(plans);
            let found = check(&seen);
            assert_eq!((found.len(), found[0].outcome), (1, outcome), "{found:?}");
            assert!(found[0].message.contains(says), "{found:?}");
        }
    }
}
