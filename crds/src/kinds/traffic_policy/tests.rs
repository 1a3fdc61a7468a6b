//! The rules of the schema, evaluated as the API server evaluates them, and the bounds of what is reported.

use super::{TrafficPolicy, TrafficPolicyStatus};
use crate::{Condition, all};
use kube::core::cel::{validate_cel, validate_cel_update};
use serde_json::{Value, json};

const ID: &str = "a1b2c3d4-5678-90ab-cdef-0123456789ab";

fn policy(change: &Value) -> TrafficPolicy {
    let mut spec = json!({
        "accountRef": {"name": "production"}, "region": "eu-west-1", "webAcl": {"name": "shop", "id": ID},
        "block": [{"cidr": "198.51.100.7/32"}, {"cidr": "2001:db8:17::/64", "reason": "scans"}],
    });
    spec.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    let object = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "TrafficPolicy", "metadata": {"name": "scanner", "namespace": "shop"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

#[test]
fn cloudfront_is_written_in_one_region_only() {
    assert!(validate_cel(&policy(&json!({}))).is_ok());
    let front = |region: &str| policy(&json!({"scope": "CLOUDFRONT", "region": region}));
    assert!(validate_cel(&front("us-east-1")).is_ok());
    assert!(validate_cel(&front("eu-west-1")).is_err());
}

#[test]
fn web_acl_is_named_by_its_name_and_its_id() {
    for bad in [
        json!({"name": "arn:aws:wafv2:eu-west-1:1:regional/webacl/shop", "id": ID}),
        json!({"name": "shop", "id": "A1B2C3D4-5678-90ab-cdef-0123456789ab"}),
    ] {
        assert!(validate_cel(&policy(&json!({"webAcl": bad}))).is_err(), "{bad}");
    }
}

#[test]
fn what_people_approved_cannot_be_edited() {
    let old = policy(&json!({}));
    for change in [
        json!({"block": [{"cidr": "198.51.100.8/32"}]}),
        json!({"region": "eu-west-2"}),
        json!({"webAcl": {"name": "other", "id": ID}}),
        json!({"accountRef": {"name": "other"}}),
    ] {
        assert!(validate_cel_update(&policy(&change), &old).is_err(), "{change}");
    }
    let released = policy(&json!({"state": "Released", "mode": "Observe", "reason": "it is over"}));
    assert!(validate_cel_update(&released, &old).is_ok());
}

#[test]
fn a_status_that_says_too_much_is_cut() {
    let long = "ä".repeat(5000);
    let condition: Condition = serde_json::from_value(json!({
        "type": "Ready", "status": "True", "reason": "Enforced", "message": long, "lastTransitionTime": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    let status = TrafficPolicyStatus {
        conditions: vec![condition],
        target: Some(long.clone()),
        holds: vec!["hold".into(); 100],
        notes: vec![long; 100],
        ..TrafficPolicyStatus::default()
    };
    let bounded = status.bounded();
    assert_eq!((bounded.holds.len(), bounded.notes.len()), (64, 32));
    let text = json!(bounded).to_string();
    assert!(text.chars().count() < 40_000, "{}", text.len());
}

#[test]
fn its_schema_is_served() {
    assert!(all().iter().any(|crd| crd.spec.names.plural == "trafficpolicies"));
}
