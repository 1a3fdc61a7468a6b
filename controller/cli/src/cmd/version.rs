//! `version`: of this plugin, and of what it reads.

use super::Setting;
use anyhow::Result;
use firebreak_core::plan;
use serde_json::json;

/// Prints the versions.
pub fn run(setting: &Setting) -> Result<()> {
    let (version, api) = (env!("CARGO_PKG_VERSION"), "firebreak.dev/v1alpha1");
    setting.answer(
        || json!({"version": version, "api": api, "planVersion": plan::VERSION}),
        |_| {
            format!(
                "kubectl-firebreak {version} (API {api}, plans up to version {})",
                plan::VERSION
            )
        },
    )
}
