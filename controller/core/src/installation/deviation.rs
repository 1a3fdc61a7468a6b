//! In what an object in the cluster is not what this version ships. Compared in whole: a policy that says one word more or
//! less is another policy.

use serde_json::Value;

/// Where two values differ first, by its path under `path`, and how; none when they mean the same. `1` and `1.0` are the
/// same number; the order of fields means nothing.
pub fn first(ours: &Value, live: &Value, path: &str) -> Option<String> {
    match (ours, live) {
        (Value::Object(a), Value::Object(b)) => {
            let more = b.keys().filter(|key| !a.contains_key(*key));
            a.keys().chain(more).find_map(|key| {
                let at = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                field(a.get(key), b.get(key), &at)
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| first(a, b, &format!("{path}[{at}]")))
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        _ if ours == live => None,
        _ => Some(format!("{path} is {} instead of {}", brief(live), brief(ours))),
    }
}

fn field(ours: Option<&Value>, live: Option<&Value>, path: &str) -> Option<String> {
    match (ours, live) {
        (Some(ours), Some(live)) => first(ours, live, path),
        (Some(_), None) => Some(format!("{path} is missing")),
        (None, Some(_)) => Some(format!("{path} is not ours")),
        (None, None) => None,
    }
}

/// Long texts, such as expressions, help nobody in a line.
fn brief(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.chars().count() {
        0..=LONGEST => text,
        _ => text.chars().take(LONGEST).chain(['…']).collect(),
    }
}

/// In what a shipped policy or binding is not in force: missing, going, or with another spec; none when it is in force.
pub fn of_policy(ours: &Value, live: Option<&Value>) -> Option<String> {
    let Some(live) = live else {
        return Some("it is missing".into());
    };
    if !live["metadata"]["deletionTimestamp"].is_null() {
        return Some("it is being deleted".into());
    }
    first(&ours["spec"], &live["spec"], "spec")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_with_its_path() {
        let ours = json!({"a": {"b": [1, {"c": "x"}]}, "d": 1});
        for (live, says) in [
            (json!({"d": 1.0, "a": {"b": [1, {"c": "x"}]}}), None),
            (
                json!({"a": {"b": [1, {"c": "y"}]}, "d": 1}),
                Some("spec.a.b[1].c is \"y\" instead of \"x\""),
            ),
            (json!({"a": {"b": [1, {}]}, "d": 1}), Some("spec.a.b[1].c is missing")),
            (
                json!({"a": {"b": [1]}, "d": 1}),
                Some("spec.a.b is [1] instead of [1,{\"c\":\"x\"}]"),
            ),
            (
                json!({"a": {"b": [1, {"c": "x"}]}, "d": 1, "e": 2}),
                Some("spec.e is not ours"),
            ),
        ] {
            assert_eq!(first(&ours, &live, "spec").as_deref(), says, "{live}");
        }
    }

    #[test]
    fn a_policy_is_in_force_only_in_whole() {
        let ours = json!({"metadata": {"name": "p"}, "spec": {"validationActions": ["Deny"]}});
        let live =
            |actions: &str| json!({"metadata": {"name": "p", "uid": "u"}, "spec": {"validationActions": [actions]}});
        assert_eq!(of_policy(&ours, Some(&live("Deny"))), None);
        assert_eq!(of_policy(&ours, None).as_deref(), Some("it is missing"));
        assert_eq!(
            of_policy(&ours, Some(&live("Audit"))).as_deref(),
            Some("spec.validationActions[0] is \"Audit\" instead of \"Deny\"")
        );
        let mut going = live("Deny");
        going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert_eq!(of_policy(&ours, Some(&going)).as_deref(), Some("it is being deleted"));
    }
}
