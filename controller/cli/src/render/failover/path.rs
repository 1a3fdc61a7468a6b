//! How long a run may take: the chain of steps whose time-outs add up to most. That is a bound, and no forecast.

use super::lasted;
use crate::failover::run::in_order;
use firebreak_core::run::{act::ActStep, plan::Plan};
use serde::Serialize;
use std::collections::BTreeMap;

/// A chain of steps that wait for each other.
#[derive(Serialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Ids of the steps, in their order.
    pub steps: Vec<String>,
    /// The sum of their time-outs, in seconds.
    pub bound_seconds: u64,
}

/// The longest path; none where nothing is done. Nothing waits for a step that is best effort.
pub fn longest(plan: &Plan) -> Option<Path> {
    let mut known: BTreeMap<&str, Path> = BTreeMap::new();
    for act in in_order(plan).into_iter().filter(|act| !act.best_effort) {
        let before = act.needs.iter().filter_map(|need| known.get(need.as_str()));
        let mut path = before
            .max_by_key(|path| path.bound_seconds)
            .cloned()
            .unwrap_or_default();
        path.steps.push(act.id.clone());
        path.bound_seconds += u64::from(act.timeout_seconds);
        known.insert(&act.id, path);
    }
    known.into_values().max_by_key(|path| path.bound_seconds)
}

/// The path for people: the chain, and what its bound is worth.
pub fn lines(plan: &Plan) -> Vec<String> {
    let Some(path) = longest(plan) else { return Vec::new() };
    let on_it = |which: fn(&ActStep) -> bool| plan.acts.iter().any(|act| path.steps.contains(&act.id) && which(act));
    let mut bound = format!(
        "at most {} in all: the sum of its time-outs, a bound and no forecast",
        lasted(i64::try_from(path.bound_seconds).unwrap_or(i64::MAX))
    );
    if on_it(|act| act.approval) {
        bound.push_str("; the time in which it waits for approvals comes on top");
    }
    if on_it(ActStep::is_one_way) {
        bound.push_str("; a promotion that takes longer goes on");
    }
    vec![path.steps.join(" → "), bound]
}

/// That the bound is beyond the objective.
pub fn beyond(plan: &Plan, rto: u32) -> Option<String> {
    let path = longest(plan).filter(|path| path.bound_seconds > u64::from(rto))?;
    Some(format!(
        "the time-outs of the longest path add up to {}, and objectives.rto is {}: it may be missed although no step fails",
        lasted(i64::try_from(path.bound_seconds).unwrap_or(i64::MAX)),
        lasted(i64::from(rto))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::testing;

    #[test]
    fn longest_path_adds_the_time_outs_of_a_chain() {
        let path = longest(&testing::plan()).unwrap();
        assert_eq!(path.steps, ["scale", "scale.steady", "promote", "healthy", "switch"]);
        assert_eq!(path.bound_seconds, 4 * 600 + 2700);
        assert_eq!(
            lines(&testing::plan()),
            [
                "scale → scale.steady → promote → healthy → switch",
                "at most 1h25m in all: the sum of its time-outs, a bound and no forecast; the time in which it waits for approvals comes on top; a promotion that takes longer goes on"
            ]
        );
    }

    #[test]
    fn step_that_nothing_waits_for_makes_no_run_longer() {
        let mut plan = testing::plan();
        let switch = plan.acts.iter_mut().find(|act| act.id == "switch").unwrap();
        (switch.best_effort, switch.timeout_seconds) = (true, 9000);
        assert_eq!(longest(&plan).unwrap().bound_seconds, 3 * 600 + 2700);
        plan.acts.clear();
        assert_eq!(longest(&plan), None);
        assert!(lines(&plan).is_empty());
    }

    #[test]
    fn bound_beyond_the_objective_is_a_warning() {
        assert_eq!(beyond(&testing::plan(), 5100), None);
        let said = beyond(&testing::plan(), 3600).unwrap();
        assert!(said.contains("add up to 1h25m, and objectives.rto is 1h"), "{said}");
    }
}
