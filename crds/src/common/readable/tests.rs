use super::*;
use crate::{Decision, EmergencyStop, Hold, Quarantine};
use serde_json::json;

fn quarantine(name: &str) -> Value {
    json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": {"name": name, "namespace": "team", "uid": "u-1", "resourceVersion": "7", "generation": 3},
        "spec": {
            "accountRef": {"name": "production"}, "region": "us-east-1",
            "target": {"iamRole": {"roleName": "payments"}},
        },
    })
}

fn list(items: &[Value]) -> String {
    json!({"kind": "List", "apiVersion": "v1", "metadata": {"continue": "more"}, "items": items}).to_string()
}

#[test]
fn an_object_that_cannot_be_read_is_named_and_the_others_are_read() {
    let mut bad = quarantine("bad");
    bad["spec"]["severity"] = json!("Apocalyptic");
    let page: Page<Quarantine> = page(&list(&[quarantine("a"), bad, json!(7), quarantine("b")])).unwrap();
    assert_eq!(page.next.as_deref(), Some("more"));
    let read: Vec<_> = page
        .items
        .iter()
        .flatten()
        .map(|object| object.metadata.name.clone().unwrap())
        .collect();
    assert_eq!(read, ["a", "b"]);
    let unreadable: Vec<&Box<Unreadable>> = page.items.iter().filter_map(|item| item.as_ref().err()).collect();
    assert_eq!(
        (unreadable[0].name.as_str(), unreadable[0].uid.as_str()),
        ("bad", "u-1")
    );
    assert!(
        unreadable[0]
            .to_string()
            .contains("Quarantine team/bad cannot be read by this version: unknown variant")
    );
    assert_eq!(unreadable[0].generation(), 3);
}

#[test]
fn metadata_that_nobody_needs_harms_nobody() {
    let deep = (0..200).fold(json!({}), |inner, _| json!({"f:a": inner}));
    let mut hostile = quarantine("hostile");
    hostile["metadata"]["managedFields"] = json!([
        {"manager": "me", "time": "9999-12-31T23:59:59Z", "fieldsV1": deep, "operation": 5}
    ]);
    hostile["metadata"]["ownerReferences"] = json!([{"uid": 5}]);
    hostile["metadata"]["labels"] = json!({"a": "b", "x.firebreak.dev/y": "true"});
    hostile["metadata"]["annotations"] = json!({"big": "x".repeat(10_000), "firebreak.dev/requested-by": "ann"});
    let read: Quarantine = object(&hostile.to_string()).unwrap();
    assert_eq!(read.metadata.managed_fields, None);
    let texts = |map: Option<std::collections::BTreeMap<String, String>>| format!("{:?}", map.unwrap());
    assert_eq!(texts(read.metadata.labels), r#"{"x.firebreak.dev/y": "true"}"#);
    assert_eq!(
        texts(read.metadata.annotations),
        r#"{"firebreak.dev/requested-by": "ann"}"#
    );
}

#[test]
fn a_report_that_cannot_be_read_is_left_out() {
    let mut odd = quarantine("odd");
    odd["status"] = json!({"conditions": "none"});
    assert!(object::<Quarantine>(&odd.to_string()).is_err());
    assert_eq!(without_status::<Quarantine>(&odd.to_string()).unwrap().status, None);
}

#[test]
fn what_is_no_object_is_unreadable_and_never_a_fault() {
    for text in [
        "null",
        "[]",
        "{}",
        "7",
        "{\"metadata\":7}",
        "{\"metadata\":{\"name\":[]}}",
    ] {
        assert!(
            object::<EmergencyStop>(text).is_err() && object::<Decision>(text).is_err(),
            "{text}"
        );
        assert!(object::<Hold>(text).is_err(), "{text}");
    }
    assert!(page::<Hold>("7").unwrap().items.is_empty());
    assert!(page::<Hold>("{").is_err());
}

#[test]
fn parts_of_an_unreadable_object_can_be_looked_at() {
    let text = json!({
        "metadata": {"name": "h", "labels": {"holder.firebreak.dev/u": "true"}, "finalizers": ["f"], "deletionTimestamp": 1},
        "spec": {"key": {"accountId": "123456789012"}, "state": 7},
    });
    let unreadable = object::<Hold>(&text.to_string()).unwrap_err();
    assert_eq!(unreadable.text_at(&["spec", "key", "accountId"]), "123456789012");
    assert_eq!(unreadable.text_at(&["spec", "state"]), "");
    assert_eq!(unreadable.label_keys(), ["holder.firebreak.dev/u"]);
    assert!(unreadable.is_being_deleted() && unreadable.finalizers() == ["f"]);
}
