//! Are the admission policies in force that everything relies on? The operator compares the same way, and lets no Decision
//! count while they are not.

use super::{Evidence, Finding, Outcome, evidence::Shipped, kubernetes, or_well};
use firebreak_core::installation::deviation;
use serde_json::Value;

/// Decisions are bound to their authors, and records to the operator.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let why = "no Decision counts";
    let wrong = all(seen, "policies", &seen.policies, Outcome::Failure, why);
    or_well(
        "policies",
        wrong,
        format!("{} policies and bindings are in force, unchanged", seen.policies.len()),
    )
}

/// Requesters are stamped: without it every request is unattributed.
pub fn check_requester(seen: &Evidence) -> Vec<Finding> {
    let why = "requests are unattributed, and cost one more approver";
    if kubernetes::is_too_old_to_stamp(seen) {
        let message = format!("this API server cannot stamp who asked: {why}");
        return vec![Finding::warning("requester", message, "see the check kubernetes")];
    }
    let wrong = all(seen, "requester", &seen.requester, Outcome::Warning, why);
    or_well("requester", wrong, "the API server stamps who asked")
}

fn all(seen: &Evidence, check: &'static str, shipped: &[Shipped<Value>], outcome: Outcome, why: &str) -> Vec<Finding> {
    shipped
        .iter()
        .filter_map(|policy| judge(seen, check, policy, outcome, why))
        .collect()
}

fn judge(
    seen: &Evidence,
    check: &'static str,
    policy: &Shipped<Value>,
    outcome: Outcome,
    why: &str,
) -> Option<Finding> {
    let word = |field: &Value| field.as_str().unwrap_or_default().to_owned();
    let name = format!(
        "{} {}",
        word(&policy.ours["kind"]),
        word(&policy.ours["metadata"]["name"])
    );
    let identity = &seen.identity;
    match &policy.live {
        Err(cause) => Some(Finding::unknown(
            check,
            format!("{name}: {cause}"),
            "ask somebody who may get admission policies and their bindings",
        )),
        Ok(live) => {
            let deviation = deviation::of_policy(&policy.ours, live.as_ref())?;
            let fix = format!(
                "helm upgrade firebreak charts/firebreak -n {}; and see that --operator-namespace and --service-account are \
                 the operator's",
                identity.namespace
            );
            Some(Finding::new(check, outcome, format!("{name}: {deviation}: {why}"), fix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};
    use serde_json::json;

    #[test]
    fn a_binding_that_only_audits_is_a_failure() {
        let mut seen = testing::healthy();
        let binding = seen
            .policies
            .iter_mut()
            .find(|policy| policy.ours["kind"] == "ValidatingAdmissionPolicyBinding");
        binding.unwrap().live.as_mut().unwrap().as_mut().unwrap()["spec"]["validationActions"] = json!(["Audit"]);
        let found = check(&seen);
        assert_eq!((found.len(), found[0].outcome), (1, Outcome::Failure));
        let message = "ValidatingAdmissionPolicyBinding firebreak-decisions: spec.validationActions[0] is \"Audit\" \
                       instead of \"Deny\": no Decision counts";
        assert_eq!(found[0].message, message);
        assert!(found[0].fix.as_ref().unwrap().contains("helm upgrade firebreak"));
    }

    #[test]
    fn a_policy_for_another_operator_is_a_failure_that_names_the_flags() {
        let mut seen = testing::healthy();
        let other = firebreak_core::installation::Identity {
            namespace: "other".into(),
            ..seen.identity.clone()
        };
        seen.policies[0].live = Ok(Some(
            other
                .objects(firebreak_core::installation::ADMISSION)
                .unwrap()
                .remove(0),
        ));
        let found = check(&seen);
        assert_eq!(found[0].outcome, Outcome::Failure);
        assert!(found[0].fix.as_ref().unwrap().contains("--operator-namespace"));
    }

    #[test]
    fn missing_stamps_cost_an_approver_and_nothing_else() {
        let mut seen = testing::healthy();
        seen.requester[0].live = Ok(None);
        assert_eq!(check_requester(&seen)[0].outcome, Outcome::Warning);
        seen.server.as_mut().unwrap().minor = Some(35);
        assert_eq!(
            check_requester(&seen)[0].fix.as_deref(),
            Some("see the check kubernetes")
        );
        seen.server.as_mut().unwrap().minor = Some(36);
        seen.requester[0].live = Err("you may not".into());
        assert_eq!(check_requester(&seen)[0].outcome, Outcome::Unknown);
        assert_eq!(check(&seen)[0].outcome, Outcome::Ok);
    }
}
