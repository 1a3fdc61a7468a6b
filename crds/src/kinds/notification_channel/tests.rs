//! The rules of the schema, and the bounds of what is reported.

use super::{NotificationChannel, NotificationChannelStatus, TOLD, Told, Trouble};
use kube::core::cel::validate_cel;
use serde_json::{Value, json};

fn channel(spec: &Value) -> NotificationChannel {
    let object = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "NotificationChannel", "metadata": {"name": "pager", "namespace": "payments"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

fn with(more: &Value) -> NotificationChannel {
    let mut spec = json!({"slack": {"secretRef": {"name": "slack"}, "channel": "C024BE91L"}});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    channel(&spec)
}

#[test]
fn each_names_exactly_one_provider() {
    assert!(validate_cel(&with(&json!({}))).is_ok());
    for spec in [
        json!({}),
        json!({"slack": {"secretRef": {"name": "s"}}, "teams": {"secretRef": {"name": "t"}}}),
        json!({"heartbeat": {"secretRef": {"name": "h"}}, "remindEvery": "5m"}),
    ] {
        assert!(validate_cel(&channel(&spec)).is_err(), "{spec}");
    }
    let heartbeat = json!({"heartbeat": {"secretRef": {"name": "h"}, "every": "30s"}});
    assert!(validate_cel(&channel(&heartbeat)).is_ok());
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let good = json!({
        "severities": ["Critical"], "remindEvery": "15m", "escalation": {"after": "15m", "to": ["pager"]},
        "quietHours": {"from": "22:00", "until": "06:00"}, "link": "https://console.example.com/{namespace}/{name}",
    });
    assert!(validate_cel(&with(&good)).is_ok());
    for bad in [
        json!({"remindEvery": "5s"}),
        json!({"remindEvery": "often"}),
        json!({"escalation": {"after": "0s", "to": ["pager"]}}),
        json!({"quietHours": {"from": "22:00", "until": "22:00"}}),
        json!({"link": "http://console.example.com"}),
    ] {
        assert!(validate_cel(&with(&bad)).is_err(), "{bad}");
    }
}

#[test]
fn a_status_that_says_too_much_is_cut_and_harmless() {
    let long = format!("\u{1b}[2K{}", "ä".repeat(5000));
    let trouble = Trouble {
        why: long.clone(),
        ..Trouble::default()
    };
    let told = Told {
        name: long.clone(),
        pending: vec![long.clone(); 100],
        thread: Some(long),
        trouble: Some(trouble.clone()),
        ..Told::default()
    };
    let status = NotificationChannelStatus {
        told: vec![told; 1000],
        trouble: Some(trouble),
        ..NotificationChannelStatus::default()
    };
    let bounded = status.bounded();
    let told = &bounded.told[0];
    assert_eq!((bounded.told.len(), told.pending.len()), (TOLD, 32));
    let why = &told.trouble.as_ref().unwrap().why;
    assert!(why.chars().count() == 512 && why.starts_with("\\u{1b}"));
    assert!(told.pending[0].chars().count() == 64 && told.name.chars().count() == 253);
}
