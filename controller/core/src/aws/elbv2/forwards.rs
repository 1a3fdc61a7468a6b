//! How a listener, or a rule of one, shares requests between two target groups: what equal means, calls and sentences.

use super::Elbv2Write;
use serde_json::Value;
use std::collections::BTreeMap;

/// The weights of target groups, by their ARNs. Null is no forward action with both of them, and nothing leads there.
pub(super) fn writes(forwards: &str, to: &Value) -> Vec<Elbv2Write> {
    let weights = weights(to);
    let arn = forwards.to_owned();
    match (weights.is_empty(), is_rule(forwards)) {
        (true, _) => Vec::new(),
        (false, true) => vec![Elbv2Write::ModifyRule { rule_arn: arn, weights }],
        (false, false) => vec![Elbv2Write::ModifyListener {
            listener_arn: arn,
            weights,
        }],
    }
}

pub(super) fn sentence(forwards: &str, to: &Value) -> String {
    let shares: Vec<String> = weights(to)
        .iter()
        .map(|(group, weight)| format!("{weight} to {}", short(group)))
        .collect();
    let what = if is_rule(forwards) { "rule" } else { "listener" };
    format!(
        "Let {what} {} forward with the weights {}",
        short(forwards),
        shares.join(" and ")
    )
}

/// Whether an ARN is that of a rule, and not of a listener, whose default action it would be.
fn is_rule(arn: &str) -> bool {
    arn.split(':')
        .nth(5)
        .is_some_and(|part| part.starts_with("listener-rule/"))
}

fn weights(value: &Value) -> BTreeMap<String, i32> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

/// The part of an ARN that tells it from others of its kind.
fn short(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}
