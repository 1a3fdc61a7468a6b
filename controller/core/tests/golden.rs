//! Plans that released versions wrote stay readable, and keep the digest that people approved.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use firebreak_core::plan::Plan;
use serde_json::Value;

const V1: &str = include_str!("golden/plan-v1.json");
const V1_DIGEST: &str = "sha256:577a4d4951e2c5ffa5d128c692b722684447bbbde58e44d6bebb6953f6ef4bf4";

#[test]
fn a_plan_of_version_1_keeps_its_digest() {
    let plan: Plan = serde_json::from_str(V1).unwrap();
    assert_eq!(plan.digest(), V1_DIGEST);
}

#[test]
fn a_plan_of_version_1_loses_nothing_when_it_is_read_and_written() {
    let stored: Value = serde_json::from_str(V1).unwrap();
    let plan: Plan = serde_json::from_value(stored.clone()).unwrap();
    let written = serde_json::to_value(&plan).unwrap();
    for (field, value) in stored.as_object().unwrap() {
        assert_eq!(&written[field], value, "{field}");
    }
}
