//! The rules of the schemas, evaluated as the API server evaluates them, and the bounds of what is reported.

use super::*;
use crate::{Decision, QuarantineSpec, all};
use kube::core::cel::{validate_cel, validate_cel_update};
use serde_json::{Value, json};

fn merged(base: Value, change: &Value) -> Value {
    match (base, change) {
        (Value::Object(mut base), Value::Object(change)) => {
            for (key, value) in change {
                let inner = base.remove(key).unwrap_or(Value::Null);
                match value {
                    Value::Null => None,
                    _ => base.insert(key.clone(), merged(inner, value)),
                };
            }
            Value::Object(base)
        }
        (_, change) => change.clone(),
    }
}

fn incident(change: &Value) -> Incident {
    let base = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
        "metadata": {"name": "stolen-role", "namespace": "payments"},
        "spec": {"severity": "Critical", "title": "Credentials of payments-task are used from outside"},
    });
    serde_json::from_value(merged(base, &json!({"spec": change}))).unwrap()
}

fn template() -> Value {
    json!({"accountRef": {"name": "production"}, "region": "us-east-1", "target": {"iamRole": {"roleName": "payments-task"}}})
}

fn response(name: &str, after: &[&str]) -> Value {
    json!({"name": name, "quarantine": template(), "dependsOn": after})
}

fn broken(result: Result<(), kube::core::cel::ValidationErrors>) -> String {
    let errors = result
        .err()
        .map(|errors| errors.as_slice().to_vec())
        .unwrap_or_default();
    let messages: Vec<String> = errors.into_iter().map(|error| format!("{error:?}")).collect();
    messages.join("\n")
}

#[test]
fn four_lines_declare_an_incident() {
    let made = incident(&json!({}));
    assert_eq!(broken(validate_cel(&made)), "");
    assert_eq!(
        (made.spec.state, made.spec.on_resolve),
        (IncidentIntent::Open, OnResolve::Hold)
    );
}

#[test]
fn everything_at_once_is_accepted() {
    let made = incident(&json!({
        "commander": "ann", "roles": [{"role": "scribe", "who": "bob"}], "summary": "So far.",
        "findings": [{"id": "f-1", "product": "GuardDuty", "type": "T", "severity": "High", "firstSeen": "2026-03-01T08:00:00Z"}],
        "affected": ["arn:aws:iam::222222222222:role/payments-task"],
        "responses": [response("deny-role", &[]), response("isolate", &["deny-role"]), {"name": "other", "quarantineRef": {"name": "q"}}],
        "tasks": [{"name": "rotate", "owner": "bob", "due": "2026-03-02T08:00:00Z"}],
        "state": "Resolved", "outcome": "TruePositive", "onResolve": "Release",
        "regulations": [
            {"name": "GDPR", "awareAt": "2026-03-01T08:00:00Z", "filed": [{"report": "Notification", "at": "2026-03-02T08:00:00Z"}]},
            {"name": "DORA", "classifiedAt": "2026-03-01T09:00:00Z"}, {"name": "SEC", "materialAt": "2026-03-01T09:00:00Z"},
            {"name": "NIS2", "filed": [{"report": "EarlyWarning", "at": "2026-03-01T10:00:00Z"}]},
        ],
        "ledgerAccountRef": {"name": "forensics"}, "drill": true,
    }));
    assert_eq!(broken(validate_cel(&made)), "");
}

#[test]
fn what_breaks_a_rule_is_refused_with_field_and_remedy() {
    let both = json!({"name": "a", "quarantine": template(), "quarantineRef": {"name": "q"}});
    let unattended = merged(template(), &json!({"expiry": {"after": "1h", "then": "Release"}}));
    for (change, said) in [
        (json!({"title": " \t "}), "title says in a line"),
        (
            json!({"state": "Resolved"}),
            "spec.outcome: say what a resolved incident was",
        ),
        (json!({"mergedInto": "other"}), "set spec.state Resolved too"),
        (
            json!({"state": "Resolved", "mergedInto": "stolen-role"}),
            "names this Incident itself",
        ),
        (
            json!({"responses": [response("a", &["b"])]}),
            "not in spec.responses: correct the name",
        ),
        (
            json!({"responses": [response("a", &["a"])]}),
            "names the response itself",
        ),
        (json!({"responses": [response("A b", &[])]}), "lower-case letters"),
        (json!({"responses": [{"name": "a"}]}), "a response is one thing"),
        (json!({"responses": [both]}), "a response is one thing"),
        (
            json!({"responses": [response("b", &[]), {"name": "a", "quarantineRef": {"name": "q"}, "dependsOn": ["b"]}]}),
            "what quarantineRef names exists already",
        ),
        (
            json!({"responses": [{"name": "a", "quarantine": unattended}]}),
            "refused for identities",
        ),
        (
            json!({"regulations": [{"name": "GDPR", "materialAt": "2026-03-01T08:00:00Z"}]}),
            "materialAt belongs to SEC",
        ),
        (
            json!({"regulations": [{"name": "SEC", "awareAt": "2026-03-01T08:00:00Z"}]}),
            "set materialAt",
        ),
        (
            json!({"regulations": [{"name": "NIS2", "classifiedAt": "2026-03-01T08:00:00Z"}]}),
            "classifiedAt belongs to DORA",
        ),
        (
            json!({"regulations": [{"name": "GDPR", "filed": [{"report": "FinalReport", "at": "2026-03-01T08:00:00Z"}]}]}),
            "GDPR and SEC take Notification",
        ),
        (
            json!({"findings": [{"id": "a", "firstSeen": "1970-01-01T00:00:00Z"}]}),
            "RFC 3339",
        ),
        (
            json!({"tasks": [{"name": "a", "due": "1999-01-01T00:00:00Z"}]}),
            "due is an RFC 3339 time",
        ),
    ] {
        let errors = broken(validate_cel(&incident(&change)));
        assert!(errors.contains(said), "{change}: {errors}");
    }
}

#[test]
fn what_a_response_is_about_never_changes() {
    let old = incident(&json!({"responses": [{"name": "a", "quarantine": template()}]}));
    let moved = merged(template(), &json!({"target": {"iamRole": {"roleName": "other"}}}));
    for (change, said) in [
        (
            json!({"responses": [{"name": "a", "quarantine": moved}]}),
            "add another response under another name",
        ),
        (
            json!({"responses": [{"name": "a", "quarantineRef": {"name": "q"}}]}),
            "a response stays what it is",
        ),
        (
            json!({"responses": [{"name": "a", "quarantine": template()}], "drill": true}),
            "spec.drill is immutable",
        ),
    ] {
        let errors = broken(validate_cel_update(&incident(&change), &old));
        assert!(errors.contains(said), "{change}: {errors}");
    }
    let observing = merged(template(), &json!({"mode": "Observe"}));
    let kept = incident(&json!({"responses": [{"name": "a", "quarantine": observing}, response("b", &["a"])]}));
    assert_eq!(broken(validate_cel_update(&kept, &old)), "");
}

fn decision(change: &Value) -> Decision {
    let base = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Decision", "metadata": {"name": "d", "namespace": "payments"},
        "spec": {"by": "ann", "approverRole": "responder", "target": {"kind": "Incident", "name": "stolen-role", "uid": "u", "generation": 1}},
    });
    serde_json::from_value(merged(base, &json!({"spec": change}))).unwrap()
}

#[test]
fn each_word_about_an_incident_names_what_it_must() {
    let plan = json!({"name": "p", "uid": "u", "digest": format!("sha256:{}", "0".repeat(64))});
    let quarantine = json!({"kind": "Quarantine"});
    for (change, said) in [
        (json!({"verb": "Acknowledge"}), ""),
        (json!({"verb": "Note", "reason": "The key was rotated."}), ""),
        (json!({"verb": "Note"}), "spec.reason is required for Note"),
        (
            json!({"verb": "Note", "reason": "  "}),
            "spec.reason is required for Note",
        ),
        (json!({"verb": "Resolve", "outcome": "Benign"}), ""),
        (json!({"verb": "Resolve", "reason": "goes on elsewhere"}), ""),
        (json!({"verb": "Resolve"}), "Resolve needs spec.outcome"),
        (
            json!({"verb": "Resolve", "outcome": "Benign", "target": {"generation": null}}),
            "spec.target.generation is required",
        ),
        (json!({"verb": "Reopen", "reason": "it is back"}), ""),
        (json!({"verb": "Reopen"}), "for Reopen"),
        (json!({"verb": "Review"}), ""),
        (
            json!({"verb": "Review", "outcome": "Benign"}),
            "spec.outcome belongs to the verb Resolve",
        ),
        (json!({"verb": "Acknowledge", "plan": plan}), "an Incident has no plan"),
        (
            json!({"verb": "Release"}),
            "an Incident takes Acknowledge, Note, Resolve, Reopen or Review",
        ),
        (
            json!({"verb": "Approve", "plan": plan}),
            "name that Quarantine in spec.target",
        ),
        (
            json!({"verb": "Acknowledge", "target": quarantine}),
            "a Quarantine takes Approve, Reject, BreakGlass, Release or Abandon; for what is said about an Incident",
        ),
        (
            json!({"verb": "Resolve", "outcome": "Benign", "target": {"kind": "Hold"}}),
            "a Hold takes Release or Abandon",
        ),
        (json!({"verb": "Release", "target": quarantine}), ""),
        (
            json!({"verb": "Note", "reason": "a", "target": {"kind": "Pod"}}),
            "target.kind is FailoverPlan, Incident, Quarantine, TrafficPolicy, or Hold",
        ),
    ] {
        let errors = broken(validate_cel(&decision(&change)));
        assert_eq!(errors.is_empty(), said.is_empty(), "{change}: {errors}");
        assert!(errors.contains(said), "{change}: {errors}");
    }
}

fn schema(kind: &str) -> Value {
    let crd = all().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
    let crd = serde_json::to_value(crd).unwrap();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"].clone()
}

#[test]
fn a_template_has_every_field_of_a_quarantine_but_two() {
    let quarantine = &schema("Quarantine")["spec"]["properties"];
    let template =
        &schema("Incident")["spec"]["properties"]["responses"]["items"]["properties"]["quarantine"]["properties"];
    let names = |fields: &Value| fields.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all: Vec<String> = names(quarantine)
        .into_iter()
        .filter(|name| name != "severity" && name != "state")
        .collect();
    assert_eq!(names(template), all);
    for name in all {
        assert_eq!(template[&name]["maxLength"], quarantine[&name]["maxLength"], "{name}");
        assert_eq!(template[&name]["default"], quarantine[&name]["default"], "{name}");
    }
}

#[test]
fn the_spec_of_a_child_is_the_template() {
    let full = merged(
        template(),
        &json!({"mode": "Observe", "reason": "why", "expiry": {"after": "2h"}, "evidence": {"required": true},
                "restoreOnRelease": ["Sessions"]}),
    );
    let made: QuarantineTemplate = serde_json::from_value(full.clone()).unwrap();
    let expected = merged(full, &json!({"severity": "Critical"}));
    let expected: QuarantineSpec = serde_json::from_value(expected).unwrap();
    assert_eq!(made.spec(Severity::Critical, "title"), expected);
    let plain: QuarantineTemplate = serde_json::from_value(template()).unwrap();
    assert_eq!(plain.spec(Severity::Low, "title").reason.as_deref(), Some("title"));
}

/// The first place where a list, a text or a map has no bound.
fn unbounded(schema: &Value, at: &str) -> Option<String> {
    let bound = match schema["type"].as_str() {
        Some("string") => schema["maxLength"].is_u64() || schema["enum"].is_array() || schema["format"] == "date-time",
        Some("array") => schema["maxItems"].is_u64(),
        _ => true,
    };
    // The standard condition has bounds of its own (Kubernetes' type).
    let below = |(name, field): (&String, &Value)| unbounded(field, &format!("{at}.{name}"));
    let fields = schema["properties"].as_object().into_iter().flatten();
    (!bound)
        .then(|| at.to_owned())
        .or_else(|| fields.filter(|(name, _)| *name != "conditions").find_map(below))
        .or_else(|| {
            schema["items"]
                .is_object()
                .then(|| unbounded(&schema["items"], &format!("{at}[]")))
                .flatten()
        })
}

#[test]
fn every_list_and_text_has_a_bound() {
    let schema = schema("Incident");
    let own = |part: &str| {
        let mut part = schema[part].clone();
        // The target's own fields are Quarantine's.
        if let Some(target) = part.pointer_mut("/properties/responses/items/properties/quarantine/properties") {
            target
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !["target", "restoreOnRelease"].contains(&name.as_str()));
        }
        part
    };
    assert_eq!(unbounded(&own("spec"), "spec"), None);
    assert_eq!(unbounded(&own("status"), "status"), None);
}

#[test]
fn a_manifest_stays_small_enough_for_client_side_apply() {
    let crd = all().into_iter().find(|crd| crd.spec.names.kind == "Incident").unwrap();
    assert!(serde_json::to_string(&crd).unwrap().len() < 128 * 1024);
}

#[test]
fn a_status_that_says_too_much_fits_and_forges_nothing() {
    let long = format!("\u{202e}{}", "ä".repeat(5000));
    let entry = TimelineEntry {
        at: "2026-03-01T08:00:00Z".into(),
        event: TimelineEvent::Note,
        who: Some(long.clone()),
        about: long.clone(),
        what: long.clone(),
        entry: None,
    };
    let status = IncidentStatus {
        waiting_for: Some(long.clone()),
        left: vec![long.clone(); 100],
        timeline: vec![entry; 300],
        ..IncidentStatus::default()
    };
    let bounded = status.bounded();
    assert_eq!(bounded.timeline.len(), status::MAX_BEHIND);
    assert_eq!(bounded.left.len(), 64);
    assert_eq!(bounded.timeline[0].what.chars().count(), 512);
    assert!(!json!(bounded).to_string().contains('\u{202e}'));
    assert!(json!(bounded).to_string().len() < 700_000);
}

#[test]
fn close_out_that_says_too_much_is_cut_and_harmless() {
    let finding = ClosingFinding {
        id: format!("\u{1b}[2K{}", "x".repeat(900)),
        state: ClosingState::Begun,
    };
    let close_out = CloseOutStatus {
        findings: vec![finding; 200],
        problem: Some("ä\n".repeat(3000)),
        ..CloseOutStatus::default()
    };
    let status = IncidentStatus {
        close_out: Some(close_out),
        ..IncidentStatus::default()
    };
    let bounded = status.bounded().close_out.unwrap();
    let id = &bounded.findings[0].id;
    assert_eq!((bounded.findings.len(), id.chars().count()), (64, 512));
    assert!(id.starts_with("\\u{1b}"), "{id}");
    assert_eq!(bounded.problem.unwrap().chars().count(), 1024);
}
