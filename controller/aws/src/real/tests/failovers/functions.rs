//! Aliases and event source mappings at the wire.

use super::*;
use crate::testing::json_error;
use firebreak_core::aws::{failure::FailureClass, lambda::LambdaCell};

fn alias() -> Cell {
    Cell::Lambda(LambdaCell::AliasVersion {
        function: "orders".into(),
        alias: "live".into(),
    })
}

fn mapping() -> Cell {
    Cell::Lambda(LambdaCell::EventSourceMapping {
        function: "orders".into(),
        uuid: "u-1".into(),
    })
}

fn point() -> Deed {
    let read = json!({"version": "6", "revision": "r-1", "shares": false});
    Deed::Write(alias().writes(&read, &json!({"version": "7"})))
}

#[tokio::test]
async fn alias_is_read_with_its_revision_and_whether_it_shares() {
    for (routing, shares) in [
        (json!(null), false),
        (json!({"AdditionalVersionWeights": {}}), false),
        (json!({"AdditionalVersionWeights": {"8": 0.1}}), true),
    ] {
        let told = json!({"Name": "live", "FunctionVersion": "6", "RevisionId": "r-1", "RoutingConfig": routing});
        let wire = Wire::default().then(200, told.to_string());
        let found = json!({"version": "6", "revision": "r-1", "shares": shares});
        assert_eq!(look(&wire, Probe::Cell(alias())).await, Answer::Found(found));
        assert!(
            wire.only().uri.ends_with("/functions/orders/aliases/live"),
            "{}",
            wire.only().uri
        );
    }
    let gone = Wire::default().then(404, json_error("ResourceNotFoundException", "Cannot find alias arn"));
    assert_eq!(look(&gone, Probe::Cell(alias())).await, Answer::NotFound);
}

#[tokio::test]
async fn alias_is_set_under_the_condition_of_what_was_read() {
    let wire = Wire::default().then(200, "{}");
    perform(&wire, point()).await.unwrap();
    let sent = wire.only();
    assert_eq!(sent.operation, "PUT");
    assert!(sent.uri.ends_with("/functions/orders/aliases/live"), "{}", sent.uri);
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(body, json!({"FunctionVersion": "7", "RevisionId": "r-1"}));
    acted_as_failover(&wire);
    let changed = Wire::default().then(412, json_error("PreconditionFailedException", "does not match"));
    assert_eq!(
        perform(&changed, point()).await.unwrap_err().class,
        FailureClass::Conflict
    );
}

#[tokio::test]
async fn mapping_is_read_with_its_state_and_only_that_of_the_function() {
    let told = |function: &str, state: &str| {
        let arn = format!("arn:aws:lambda:us-west-2:123456789012:function:{function}");
        json!({"UUID": "u-1", "FunctionArn": arn, "State": state}).to_string()
    };
    for (function, state, enabled) in [
        ("orders", "Enabled", json!(true)),
        ("orders:live", "Enabling", json!(true)),
        ("orders:3", "Disabling", json!(false)),
        ("orders", "Updating", json!(null)),
    ] {
        let wire = Wire::default().then(200, told(function, state));
        let found = json!({"enabled": enabled, "state": state});
        assert_eq!(
            look(&wire, Probe::Cell(mapping())).await,
            Answer::Found(found),
            "{state}"
        );
        assert!(
            wire.only().uri.ends_with("/event-source-mappings/u-1"),
            "{}",
            wire.only().uri
        );
    }
    for other in ["orders-2", "refund:orders"] {
        let wire = Wire::default().then(200, told(other, "Enabled"));
        assert_eq!(look(&wire, Probe::Cell(mapping())).await, Answer::NotFound, "{other}");
    }
}

#[tokio::test]
async fn mapping_is_enabled_as_the_role_for_failovers_and_nothing_else_is_sent() {
    let wire = Wire::default().then(202, "{}");
    let deed = Deed::Write(mapping().writes(&json!({"enabled": false}), &json!({"enabled": true})));
    perform(&wire, deed).await.unwrap();
    let sent = wire.only();
    assert!(sent.uri.ends_with("/event-source-mappings/u-1"), "{}", sent.uri);
    assert_eq!(sent.body, r#"{"Enabled":true}"#);
    acted_as_failover(&wire);
}
