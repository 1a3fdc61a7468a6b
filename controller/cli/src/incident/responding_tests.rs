//! Quarantines in a line, and whether an Incident takes them.

use super::*;
use crate::{fixtures, target};

fn wish(text: &str) -> Wish {
    let target = target::named(text).unwrap();
    Wish {
        name: None,
        fields: target.spec(&[], &[]).unwrap(),
        target,
        account: "production".into(),
        region: "us-east-1".into(),
        reason: "Used from outside AWS".into(),
        severity: None,
        expires_after: None,
        observe: false,
    }
}

#[test]
fn a_line_is_a_manifest() {
    let said = Wish {
        severity: Some(Severity::Critical),
        expires_after: Some(SignedDuration::from_mins(90)),
        observe: true,
        ..wish("iamRole/payments-task")
    };
    let wanted = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": {"name": "iam-role-payments-task", "namespace": "payments"},
        "spec": {
            "accountRef": {"name": "production"}, "region": "us-east-1", "reason": "Used from outside AWS",
            "target": {"iamRole": {"roleName": "payments-task"}},
            "severity": "Critical", "mode": "Observe", "expiry": {"after": "1h30m"},
        },
    });
    assert_eq!(said.manifest(Some("payments")).unwrap(), wanted);
}

#[test]
fn rules_of_the_crd_are_checked_for_objects_and_responses() {
    let elsewhere = Wish {
        region: "virginia".into(),
        ..wish("iamRole/payments-task")
    };
    for error in [elsewhere.manifest(None).unwrap_err(), elsewhere.response().unwrap_err()] {
        assert!(
            error.to_string().contains("spec.region: region looks like us-east-1"),
            "{error}"
        );
    }
    let short = Wish {
        expires_after: Some(SignedDuration::from_secs(5)),
        ..wish("iamRole/payments-task")
    };
    assert!(
        short
            .manifest(None)
            .unwrap_err()
            .to_string()
            .contains("spec.expiry.after")
    );
}

#[test]
fn names_fit_and_those_that_are_cut_differ() {
    assert_eq!(
        wish("iamRole/Payments_Task").named(MAX_RESPONSE),
        "iam-role-payments-task"
    );
    assert_eq!(
        wish("lambdaFunction/refund").named(MAX_RESPONSE),
        "lambda-function-refund"
    );
    let long = |end: &str| wish(&format!("iamRole/{}{end}", "a".repeat(60)));
    for most in [MAX_RESPONSE, MAX_NAME] {
        let (one, other) = (long("1").named(most), long("2").named(most));
        assert_ne!(one, other);
        assert!(one.len() <= most && other.len() <= most, "{one}");
    }
    let given = Wish {
        name: Some("deny-role".into()),
        ..wish("iamRole/x")
    };
    assert_eq!(given.named(MAX_NAME), "deny-role");
}

#[test]
fn a_response_is_added_to_the_version_that_was_read() {
    let response = wish("iamRole/payments-task").response().unwrap();
    let mut incident = fixtures::incident();
    assert_eq!(place(&incident, &response), Ok(Place::Free));
    let more = patch(&incident, &response);
    assert_eq!(
        more[0],
        json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"})
    );
    assert_eq!(
        more[1],
        json!({"op": "add", "path": "/spec/responses/-", "value": response})
    );
    incident.spec.responses.clear();
    assert_eq!(
        patch(&incident, &response)[1],
        json!({"op": "add", "path": "/spec/responses", "value": [response]})
    );
}

#[test]
fn the_same_response_twice_is_one_and_another_of_its_name_is_refused() {
    let response = wish("iamRole/payments-task").response().unwrap();
    let mut incident = fixtures::incident();
    incident
        .spec
        .responses
        .push(serde_json::from_value(response.clone()).unwrap());
    assert_eq!(place(&incident, &response), Ok(Place::Taken));
    let other = Wish {
        reason: "Something else".into(),
        ..wish("iamRole/payments-task")
    };
    let why = place(&incident, &other.response().unwrap()).unwrap_err();
    assert!(
        why.contains("another response iam-role-payments-task") && why.contains("--name"),
        "{why}"
    );
}

#[test]
fn an_incident_that_is_over_takes_no_response_and_says_the_way_on() {
    let response = wish("iamRole/payments-task").response().unwrap();
    let refused = |change: &dyn Fn(&mut Incident)| {
        let mut incident = fixtures::incident();
        change(&mut incident);
        place(&incident, &response).map(|_| ()).err().unwrap_or_default()
    };
    let ruled = |incident: &mut Incident, verb: &str, state: &str| {
        let ruling =
            json!({"verb": verb, "by": "ann", "at": "2026-01-01T12:00:00Z", "decision": "d", "specState": state});
        incident.status = serde_json::from_value(json!({"ruling": ruling})).ok();
    };
    assert!(
        refused(&|incident| incident.spec.state = IncidentIntent::Resolved)
            .contains("kubectl firebreak reopen stolen-role")
    );
    assert!(refused(&|incident| ruled(incident, "Resolve", "Open")).contains("reopen"));
    assert_eq!(refused(&|incident| ruled(incident, "Resolve", "Resolved")), "");
    assert_eq!(
        refused(&|incident| {
            incident.spec.state = IncidentIntent::Resolved;
            ruled(incident, "Reopen", "Resolved");
        }),
        ""
    );
    assert!(refused(&|incident| incident.spec.merged_into = Some("other".into())).ends_with("--incident other"));
}
