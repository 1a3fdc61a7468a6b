//! The version that an alias invokes: what equal means, calls and sentences.

use super::LambdaWrite;
use serde_json::{Value, json};

/// Only the version is owned.
pub(super) fn canonical(value: &Value) -> Value {
    json!({"version": value["version"]})
}

/// Under the condition that the alias is as it was read: another one's change is not overwritten.
pub(super) fn writes(function: &str, alias: &str, from: &Value, to: &Value) -> Vec<LambdaWrite> {
    let write = |version: &str| LambdaWrite::UpdateAlias {
        function: function.to_owned(),
        alias: alias.to_owned(),
        version: version.to_owned(),
        revision: from["revision"].as_str().map(str::to_owned),
    };
    to["version"].as_str().map(write).into_iter().collect()
}

pub(super) fn sentence(function: &str, alias: &str, to: &Value) -> String {
    let version = to["version"].as_str().unwrap_or_default();
    format!("Let alias {alias} of function {function} invoke version {version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_is_bound_to_what_was_read() {
        let read = json!({"version": "6", "revision": "r-1", "shares": false});
        let wanted = json!({"version": "7"});
        let expected = LambdaWrite::UpdateAlias {
            function: "orders".into(),
            alias: "live".into(),
            version: "7".into(),
            revision: Some("r-1".into()),
        };
        assert_eq!(writes("orders", "live", &read, &wanted), [expected]);
        assert_eq!(canonical(&read), json!({"version": "6"}));
        assert_eq!(writes("orders", "live", &read, &Value::Null), []);
    }
}
