//! Plans that released versions wrote stay readable, and keep the digest that people approved.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use firebreak_core::run::{custody, plan::Plan};
use firebreak_crds::HoldSpec;
use serde_json::Value;

const V2: &str = include_str!("golden/plan-v2.json");
const V2_DIGEST: &str = "sha256:8691b78ee131e86154646ec466a0e7eea5337fa88a494a133952894b474cc344";

#[test]
fn a_plan_of_version_2_keeps_its_digest_and_every_field() {
    let plan: Plan = serde_json::from_str(V2).unwrap();
    assert_eq!(plan.digest(), V2_DIGEST);
    let stored: Value = serde_json::from_str(V2).unwrap();
    assert_eq!(serde_json::to_value(&plan).unwrap(), stored);
}

const HOLD_V1: &str = include_str!("golden/hold-v1.json");
const HOLD_V1_NAME: &str = "hold-b74cabcc39edc60d9cf19763eeb3e95a688a2eb2";

#[test]
fn a_hold_of_version_1_stays_readable_and_keeps_its_name() {
    let hold: HoldSpec = serde_json::from_str(HOLD_V1).unwrap();
    assert!(custody::read_cell(&hold).is_some());
    assert_eq!(custody::name(&hold.key), HOLD_V1_NAME);
    let written = serde_json::to_value(&hold).unwrap();
    let stored: Value = serde_json::from_str(HOLD_V1).unwrap();
    for field in ["key", "cell", "before", "after", "readBack", "holders", "account"] {
        assert_eq!(written[field], stored[field], "{field}");
    }
}

#[test]
fn a_hold_of_a_cell_that_this_version_does_not_know_is_kept_and_not_guessed_at() {
    let mut hold: HoldSpec = serde_json::from_str(HOLD_V1).unwrap();
    hold.cell = serde_json::json!({"version": 2, "cell": {"iam": {"kind": "somethingNew"}}});
    assert_eq!(custody::read_cell(&hold), None);
}

#[test]
fn a_cell_of_a_newer_version_is_not_read_although_its_kind_is_known() {
    let mut hold: HoldSpec = serde_json::from_str(HOLD_V1).unwrap();
    hold.cell["version"] = serde_json::json!(2);
    assert_eq!(custody::read_cell(&hold), None);
}
