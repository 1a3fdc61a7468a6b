//! One event source mapping: what equal means, when AWS has arrived, calls and sentences.

use super::{EventSource, LambdaWrite};
use serde_json::{Value, json};

/// Only whether it is enabled is owned; the state tells how far AWS is.
pub(super) fn canonical(value: &Value) -> Value {
    json!({"enabled": value["enabled"]})
}

/// AWS enables and disables in its own time, and takes no change meanwhile.
pub(super) fn on_its_way(uuid: &str, value: &Value) -> Option<String> {
    let state = value["state"].as_str()?;
    let settled = matches!(state, "Enabled" | "Disabled");
    (!settled).then(|| format!("event source mapping {uuid} is {state}"))
}

pub(super) fn writes(uuid: &str, to: &Value) -> Vec<LambdaWrite> {
    let write = |enabled| LambdaWrite::UpdateEventSourceMapping {
        uuid: uuid.to_owned(),
        enabled,
    };
    to["enabled"].as_bool().map(write).into_iter().collect()
}

pub(super) fn sentence(function: &str, uuid: &str, to: &Value) -> String {
    let verb = if to["enabled"] == true { "Enable" } else { "Disable" };
    format!("{verb} event source mapping {uuid} of function {function}")
}

impl EventSource {
    /// Whether a mapping in that state is enabled, or will be; none where that is not known yet.
    pub fn is_enabled(state: &str) -> Option<bool> {
        match state {
            "Enabled" | "Enabling" => Some(true),
            "Disabled" | "Disabling" => Some(false),
            _ => None,
        }
    }

    /// What a cell of a mapping in that state holds.
    pub fn value(state: &str) -> Value {
        json!({"enabled": Self::is_enabled(state), "state": state})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_tells_what_a_mapping_becomes_and_whether_it_has_arrived() {
        for (state, enabled, settled) in [
            ("Enabled", Some(true), true),
            ("Enabling", Some(true), false),
            ("Disabled", Some(false), true),
            ("Disabling", Some(false), false),
            ("Updating", None, false),
            ("Creating", None, false),
        ] {
            let value = EventSource::value(state);
            assert_eq!(canonical(&value), json!({"enabled": enabled}), "{state}");
            assert_eq!(on_its_way("u-1", &value).is_none(), settled, "{state}");
        }
        assert_eq!(on_its_way("u-1", &json!({"enabled": true})), None);
    }

    #[test]
    fn what_is_not_known_is_written_by_nobody() {
        assert_eq!(writes("u-1", &json!({"enabled": null})), []);
        assert_eq!(writes("u-1", &json!({"enabled": true})).len(), 1);
    }
}
