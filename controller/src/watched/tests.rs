use super::*;
use crate::controllers::{WatchedDecision, WatchedEmergencyStop, WatchedGuardrail, WatchedHold, WatchedQuarantine};
use firebreak_crds::{Severity, incident::IncidentState};
use kube::ResourceExt;
use serde_json::{Value, json};

fn seen(object: &Value) -> WatchedQuarantine {
    serde_json::from_str(&object.to_string()).unwrap()
}

#[test]
fn the_few_fields_that_matter_are_kept_and_nothing_else() {
    let object = seen(&json!({
        "metadata": {
            "name": "a", "namespace": "team", "uid": "u", "resourceVersion": "7", "generation": 2,
            "deletionTimestamp": "2026-01-01T00:00:00Z", "annotations": {"a": "x".repeat(100_000)},
            "finalizers": ["example.com/a", "firebreak.dev/custody"],
            "labels": {"a": "b", "holder.firebreak.dev/u": "true", "holder.firebreak.dev/v": "true"},
        },
        "spec": {"accountRef": {"name": "production"}, "reason": "x"}, "status": {"observedGeneration": 1},
    }));
    assert_eq!(
        (object.spec.account(), object.status.generation()),
        ("production", Some(1))
    );
    assert_eq!(
        (object.name_any().as_str(), object.namespace().as_deref()),
        ("a", Some("team"))
    );
    assert_eq!(
        (object.uid().as_deref(), object.metadata.generation),
        (Some("u"), Some(2))
    );
    assert!(object.metadata.deletion_timestamp.is_some());
    assert_eq!(object.finalizers(), ["firebreak.dev/custody"]);
    assert_eq!(object.labels().len(), 1);
    assert!(object.annotations().is_empty() && object.managed_fields().is_empty());
}

#[test]
fn nothing_in_an_object_makes_it_undecodable() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let odd = [
        "null",
        "7",
        "-1.5",
        "1e300",
        "true",
        "\"a\"",
        "[]",
        "[1,{}]",
        "{}",
        deep.as_str(),
        "99999999999999999999",
    ];
    let fields = [
        "metadata",
        "spec",
        "status",
        "metadata/name",
        "metadata/uid",
        "metadata/generation",
        "metadata/finalizers",
        "metadata/labels",
        "metadata/managedFields",
        "metadata/deletionTimestamp",
        "spec/accountRef",
        "status/observedGeneration",
    ];
    for value in odd {
        for field in fields {
            let text = match field.split_once('/') {
                Some((outer, inner)) => format!("{{\"{outer}\":{{\"{inner}\":{value}}}}}"),
                None => format!("{{\"{field}\":{value}}}"),
            };
            serde_json::from_str::<WatchedQuarantine>(&text)
                .unwrap_or_else(|error| panic!("{field}={value:.20}: {error}"));
            serde_json::from_str::<WatchedHold>(&text).unwrap();
            serde_json::from_str::<WatchedDecision>(&text).unwrap();
        }
        assert!(serde_json::from_str::<WatchedGuardrail>(value).is_ok(), "{value:.20}");
    }
}

#[test]
fn only_metadata_is_sent_where_nothing_else_is_kept() {
    assert!(WatchedGuardrail::metadata_api() && WatchedEmergencyStop::metadata_api());
    assert!(!WatchedQuarantine::metadata_api() && !WatchedHold::metadata_api() && !WatchedDecision::metadata_api());
}

#[test]
fn the_incident_that_created_it_is_kept_whatever_else_is_in_the_labels() {
    let of = |labels: Value| {
        let object = seen(&json!({"metadata": {"name": "a", "labels": labels}}));
        object.labels().get("firebreak.dev/incident").cloned()
    };
    assert_eq!(
        of(json!({"a": "b", "firebreak.dev/incident": "inc"})).as_deref(),
        Some("inc")
    );
    for labels in [
        json!({}),
        json!([]),
        json!(7),
        json!({"firebreak.dev/incident": {"a": 1}}),
    ] {
        assert_eq!(of(labels), None);
    }
}

#[test]
fn an_incident_is_kept_with_the_names_that_its_responses_refer_to() {
    let of = |responses: Value| -> crate::controllers::WatchedIncident {
        serde_json::from_value(json!({"metadata": {"name": "i"}, "spec": {"responses": responses}})).unwrap()
    };
    let object = of(json!([7, {"name": "a"}, {"name": "b", "quarantineRef": {"name": "q"}}]));
    assert!(object.spec.names("q") && !object.spec.names("a") && !object.spec.names("b"));
    for odd in [json!({}), json!("q"), json!([[["q"]]]), json!([{"quarantineRef": "q"}])] {
        assert!(!of(odd.clone()).spec.names("q"), "{odd}");
    }
}

#[test]
fn an_incident_is_counted_by_severity_and_state_whatever_it_says() {
    let counted = |spec: Value, status: Value| {
        let object = json!({"metadata": {"name": "i"}, "spec": spec, "status": status});
        crate::controllers::incident::counted(&serde_json::from_value(object).unwrap())
    };
    let high = json!({"severity": "High"});
    let of = |state| Some((Severity::High, state));
    assert_eq!(
        counted(high.clone(), json!({"state": "Contained", "timeline": [7]})),
        of(IncidentState::Contained)
    );
    for odd in [
        json!(null),
        json!({}),
        json!({"state": "Odd"}),
        json!({"state": ["Contained"]}),
    ] {
        assert_eq!(
            counted(high.clone(), odd),
            of(IncidentState::Open),
            "nothing is said yet"
        );
    }
    for odd in [json!({"severity": "x\ny"}), json!({"severity": 7}), json!([])] {
        assert_eq!(counted(odd, json!({})), None, "no label is made of what anybody writes");
    }
}
