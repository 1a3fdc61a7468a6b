//! What lists kinds has every kind that it must have, as the table of kinds says: policies, roles, health rules, docs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use firebreak_core::installation::{ADMISSION, Identity, RBAC, REQUESTER};
use firebreak_crds::{Family, GROUP, KINDS, Kind, Writer};
use serde::Deserialize;
use serde_json::Value;
use std::{fs, path::Path};

/// Says which kinds are meant.
type Which = fn(&Kind) -> bool;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap()
}

fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text);
    documents.map(|one| Value::deserialize(one).unwrap()).collect()
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn plurals(which: Which) -> Vec<String> {
    KINDS.iter().filter(|kind| which(kind)).map(Kind::plural).collect()
}

fn reporting() -> Vec<String> {
    KINDS.iter().filter(|kind| kind.reports()).map(Kind::kind).collect()
}

/// The rules of what has this name in a file, about our group.
fn rules(file: &str, name: &str) -> Vec<Value> {
    let objects = Identity::default().objects(file).unwrap();
    let named = objects.iter().filter(|object| object["metadata"]["name"] == name);
    let rules = named.flat_map(|object| {
        let lists = [&object["rules"], &object["spec"]["matchConstraints"]["resourceRules"]];
        lists.map(|list| list.as_array().cloned().unwrap_or_default()).concat()
    });
    rules.filter(|rule| texts(&rule["apiGroups"]) == [GROUP]).collect()
}

fn is_responder(kind: &Kind) -> bool {
    kind.family == Family::Responder
}

/// Whose specs ask for something, by themselves or by what they create.
fn asks(kind: &Kind) -> bool {
    matches!(kind.family, Family::Responder | Family::Coordinator)
}

#[test]
fn each_policy_is_about_every_kind_that_it_is_meant_for() {
    let policies: [(&str, &str, Which); 7] = [
        (ADMISSION, "firebreak-reserved", |kind| kind.writer == Writer::Firebreak),
        (ADMISSION, "firebreak-finalizers", |kind| kind.finalizer.is_some()),
        (ADMISSION, "firebreak-metadata", |_| true),
        (ADMISSION, "firebreak-requester", asks),
        (ADMISSION, "firebreak-created", is_responder),
        (ADMISSION, "firebreak-deletions", is_responder),
        (REQUESTER, "firebreak-requester", asks),
    ];
    for (file, name, which) in policies {
        assert_eq!(texts(&rules(file, name)[0]["resources"]), plurals(which), "{name}");
    }
}

#[test]
fn each_role_for_people_has_every_kind_that_it_is_meant_for() {
    let roles: [(&str, Which); 2] = [
        ("firebreak-admin", |kind| kind.family == Family::Limit),
        ("firebreak-responder", asks),
    ];
    for (role, which) in roles {
        let rule = rules(RBAC, role)
            .into_iter()
            .find(|rule| texts(&rule["verbs"]).contains(&"delete".to_owned()));
        assert_eq!(texts(&rule.unwrap()["resources"]), plurals(which), "{role}");
    }
}

#[test]
fn no_policy_and_no_role_names_a_kind_that_there_is_not() {
    let files = [ADMISSION, REQUESTER, RBAC]
        .map(|file| Identity::default().objects(file).unwrap())
        .concat();
    for object in files {
        let name = object["metadata"]["name"].as_str().unwrap();
        for resource in [ADMISSION, REQUESTER, RBAC]
            .iter()
            .flat_map(|file| rules(file, name))
            .flat_map(|rule| texts(&rule["resources"]))
        {
            let plural = resource.split('/').next().unwrap();
            assert!(
                plural == "*" || plurals(|_| true).contains(&plural.to_owned()),
                "{name}: {resource}"
            );
        }
    }
}

#[test]
fn argo_cd_and_flux_have_a_health_rule_for_every_kind_that_reports() {
    let scripts = &documents(&read("examples/gitops/argocd/argocd-cm.yaml"))[0]["data"];
    let prefix = format!("resource.customizations.health.{GROUP}_");
    let mut argo_cd: Vec<_> = scripts
        .as_object()
        .unwrap()
        .keys()
        .filter_map(|key| key.strip_prefix(&prefix))
        .collect();
    argo_cd.sort_unstable();
    assert_eq!(argo_cd, reporting());
    let flux = ["accounts", "responses"].map(|name| documents(&read(&format!("examples/gitops/flux/{name}.yaml"))));
    let rules = flux
        .iter()
        .flatten()
        .flat_map(|object| object["spec"]["healthCheckExprs"].as_array().unwrap());
    let mut flux: Vec<_> = rules.map(|rule| rule["kind"].as_str().unwrap()).collect();
    flux.sort_unstable();
    assert_eq!(flux, reporting());
}

#[test]
fn docs_say_how_healthy_every_kind_that_reports_is() {
    let page = read("docs/gitops.md");
    reporting()
        .iter()
        .for_each(|kind| assert!(page.contains(&format!("\n### {kind}\n")), "{kind}"));
}
