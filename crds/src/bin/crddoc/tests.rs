//! The page against the generated manifests, which are walked here in another way than the page walks the types.

use crate::page::page;
use serde_json::Value;
use std::{fs, path::Path};

/// Each kind with its schema, from crds/manifests.
fn manifests() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    files
        .map(|text| {
            let crd: Value = serde_yaml::from_str(&text).unwrap();
            let kind = crd["spec"]["names"]["kind"].as_str().unwrap().to_owned();
            (kind, crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
        })
        .collect()
}

/// Calls `see` with each property's path and schema.
fn walk(schema: &Value, path: &str, see: &mut dyn FnMut(&str, &Value)) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, field) in properties {
            let path = format!("{path}.{name}");
            see(path.trim_start_matches('.'), field);
            walk(field, &path, see);
        }
    }
    if schema["items"].is_object() {
        walk(&schema["items"], &format!("{path}[]"), see);
    }
}

/// The part of the page about a kind.
fn section(kind: &str) -> String {
    let page = page(&firebreak_crds::all());
    let after = page.split(&format!("\n## {kind}\n")).nth(1).unwrap().to_owned();
    after.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn every_property_of_every_kind_has_a_row() {
    let kinds = manifests();
    assert_eq!(kinds.len(), firebreak_crds::all().len());
    for (kind, schema) in kinds {
        let section = section(&kind);
        let mut rows = section.lines().filter(|line| line.starts_with("| `")).count();
        walk(&schema, "", &mut |path, _| {
            assert!(section.contains(&format!("\n| `{path}` | ")), "{kind}: {path}");
            rows -= 1;
        });
        assert_eq!(rows, 0, "{kind}: rows that are no property");
    }
}

#[test]
fn no_field_is_without_a_description() {
    for (kind, schema) in manifests() {
        assert!(!schema["description"].as_str().unwrap().contains("derived"), "{kind}");
        walk(&schema, "", &mut |path, field| {
            assert!(
                field["description"].as_str().is_some_and(|text| text.len() > 3),
                "{kind}: {path}"
            );
        });
    }
}

#[test]
fn every_rule_stands_there_with_its_message() {
    for (kind, schema) in manifests() {
        let section = section(&kind);
        let mut check = |_: &str, field: &Value| {
            for rule in field["x-kubernetes-validations"].as_array().into_iter().flatten() {
                assert!(section.contains(rule["rule"].as_str().unwrap()), "{kind}: {rule}");
                assert!(section.contains(rule["message"].as_str().unwrap()), "{kind}: {rule}");
            }
        };
        check("", &schema);
        walk(&schema, "", &mut check);
    }
}

#[test]
fn bounds_defaults_and_words_are_said() {
    let quarantine = section("Quarantine");
    for row in [
        "| `spec.mode` | string, one of `Enforce` `Observe`, default `\"Enforce\"` | Enforce writes",
        "| `spec.severity` | string, one of `Low` `Medium` `High` `Critical`, default `\"Medium\"` | ",
        "<br>`Critical`: Active damage.",
        "| `spec.region` | string, **required**, 5 to 32 characters | ",
    ] {
        assert!(quarantine.contains(row), "{row}");
    }
    let guardrail = section("Guardrail");
    assert!(guardrail.contains("| `spec.approvals[].required` | integer, **required**, 0 to 10 | "));
    assert!(section("AwsAccount").contains("| `spec.accountId` | string, **required**, exactly 12 characters | "));
}

#[test]
fn every_type_of_condition_is_explained() {
    let conditions = section("Conditions");
    for name in ["Ready", "Contained", "Halted"] {
        assert!(conditions.contains(&format!("\n| `{name}` | ")), "{name}");
    }
}
