//! Are the roles for people there, with the rights that this version gives them?

use super::{Evidence, Finding, evidence::Shipped, or_well};
use firebreak_core::installation::deviation;
use serde_json::Value;

const CHECK: &str = "roles";

/// Each ClusterRole for people.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let wrong = seen.roles.iter().filter_map(|role| judge(role, seen)).collect();
    or_well(
        CHECK,
        wrong,
        format!("{} roles for people, unchanged", seen.roles.len()),
    )
}

fn judge(role: &Shipped<Value>, seen: &Evidence) -> Option<Finding> {
    let name = role.ours["metadata"]["name"].as_str().unwrap_or_default();
    let fix = format!("helm upgrade firebreak charts/firebreak -n {}", seen.identity.namespace);
    match &role.live {
        Err(why) => Some(Finding::unknown(
            CHECK,
            format!("{name}: {why}"),
            "ask somebody who may get clusterroles",
        )),
        Ok(None) => Some(Finding::failure(
            CHECK,
            format!("{name} is missing: nobody can be given it"),
            fix,
        )),
        Ok(Some(live)) => {
            let deviation = deviation::first(&role.ours["rules"], &live["rules"], "rules")?;
            let message = format!("{name} is not as it is shipped: {deviation}");
            Some(Finding::warning(
                CHECK,
                message,
                format!("{fix}, unless somebody meant it"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use serde_json::json;

    #[test]
    fn a_role_is_there_unchanged_or_told() {
        for (live, outcome, says) in [
            (Ok(None), Outcome::Failure, "firebreak-auditor is missing"),
            (
                Ok(Some(json!({"rules": []}))),
                Outcome::Warning,
                "firebreak-auditor is not as it is shipped: rules is []",
            ),
            (
                Err("you may not".to_owned()),
                Outcome::Unknown,
                "firebreak-auditor: you may not",
            ),
        ] {
            let mut seen = testing::healthy();
            seen.roles[0].live = live;
            let found = check(&seen);
            assert_eq!(found[0].outcome, outcome);
            assert!(found[0].message.starts_with(says), "{}", found[0].message);
        }
    }
}
