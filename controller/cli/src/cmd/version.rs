//! `version`: of this plugin, and of what it reads.

use super::Setting;
use anyhow::Result;
use firebreak_core::run::plan;
use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const API: &str = "firebreak.dev/v1alpha1";

/// Prints the versions.
pub fn run(setting: &Setting) -> Result<()> {
    let plans = plan::VERSION;
    setting.answer(answer, |_| {
        format!("kubectl-firebreak {VERSION} (API {API}, plans up to version {plans})")
    })
}

fn answer() -> Value {
    json!({"version": VERSION, "api": API, "planVersion": plan::VERSION})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn machines_get_the_fields_that_are_documented() {
        assert_eq!(fixtures::fields(&answer()), fixtures::promised("version"));
    }
}
