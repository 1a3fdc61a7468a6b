//! What the operator and the notifier may do in the cluster is what `controller` does there: read from its source, call by call. The kinds are
//! inferred by the compiler, so that a person says them here, once per call; a call that is not in the table fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The verbs of kube's `Api` and of `Objects`, with those of RBAC.
const VERBS: [(&str, &str); 16] = [
    ("apply", "patch"),
    ("create", "create"),
    ("delete", "delete"),
    ("delete_collection", "deletecollection"),
    ("entry", "patch"),
    ("get", "get"),
    ("get_metadata", "get"),
    ("get_opt", "get"),
    ("list", "list"),
    ("list_each", "list"),
    ("list_first", "list"),
    ("list_metadata", "list"),
    ("patch", "patch"),
    ("patch_status", "patch"),
    ("replace", "update"),
    ("replace_status", "update"),
];

/// Function, call, and what it is made on.
#[rustfmt::skip]
const CALLS: [(&str, &str, &str); 64] = [
    ("account", "get_opt", "awsaccounts"),
    ("apply_response", "apply", "quarantines"),
    ("begin", "create", "leases"),
    ("begin", "replace", "leases"),
    ("change_incident", "patch", "incidents"),
    ("cluster_uid", "get_opt", "namespaces"),
    ("crds_exist", "list", "quarantines"),
    ("create_hold", "create", "holds"),
    ("create_run", "create", "responseplans"),
    ("created_by", "list", "quarantines"),
    ("decisions", "list", "decisions"),
    ("delete_hold", "delete", "holds"),
    ("delete_hold", "replace", "holds"),
    ("delete_plan", "delete", "responseplans"),
    ("each_hold", "list_each", "holds"),
    ("each_incident", "list_each", "incidents"),
    ("each_run", "list_each", "responseplans"),
    ("failover_plan", "get_opt", "failoverplans"),
    ("finding_source", "get_opt", "findingsources"),
    ("finding_sources", "list", "findingsources"),
    ("guardrails", "list", "guardrails"),
    ("hold", "get_opt", "holds"),
    ("holds", "list", "holds"),
    ("holds_beside", "list", "holds"),
    ("holds_in", "list_each", "holds"),
    ("holds_of", "list", "holds"),
    ("incident", "get_opt", "incidents"),
    ("left_orphans", "list", "holds"),
    ("one", "get_opt", "admission policies"),
    ("open_incident", "create", "incidents"),
    ("open_incidents", "list", "incidents"),
    ("patch_within", "patch", "quarantines"),
    ("patch_within", "patch", "trafficpolicies"),
    ("patched", "patch", "quarantines"),
    ("patched", "patch", "trafficpolicies"),
    ("playbook", "get_opt", "playbooks"),
    ("playbooks", "list", "playbooks"),
    ("quarantine", "get_opt", "quarantines"),
    ("release", "get_opt", "leases"),
    ("release", "replace", "leases"),
    ("renew", "get_opt", "leases"),
    ("reported", "patch_status", "quarantines/status"),
    ("reported", "patch_status", "trafficpolicies/status"),
    ("respondent", "get_opt", "trafficpolicies"),
    ("runs_of", "list", "responseplans"),
    ("set_in_use", "patch", "awsaccounts"),
    ("stop", "list_first", "emergencystops"),
    ("try_acquire", "get_opt", "leases"),
    ("update_hold", "replace", "holds"),
    ("update_plan", "replace_status", "responseplans/status"),
    ("ways", "list", "awsaccounts"),
    ("write", "replace", "leases"),
    ("write_account_status", "patch_status", "awsaccounts/status"),
    ("write_failover_status", "patch_status", "failoverplans/status"),
    ("write_incident_status", "patch_status", "incidents/status"),
    ("write_playbook_status", "patch_status", "playbooks/status"),
    ("write_source_status", "patch_status", "findingsources/status"),
    ("write_unread_status", "patch_status", "awsaccounts/status"),
    ("write_within", "patch_status", "failoverplans/status"),
    ("write_within", "patch_status", "findingsources/status"),
    ("write_within", "patch_status", "incidents/status"),
    ("write_within", "patch_status", "playbooks/status"),
    ("write_within", "patch_status", "quarantines/status"),
    ("write_within", "patch_status", "trafficpolicies/status"),
];
/// What the notifier calls besides: Function, call, and what it is made on.
#[rustfmt::skip]
const NOTIFIER_CALLS: [(&str, &str, &str); 7] = [
    ("channel", "get_opt", "notificationchannels"),
    ("channel_secret", "get_opt", "secrets"),
    ("channels", "list", "notificationchannels"),
    ("incidents", "list", "incidents"),
    ("operator_leads", "get_opt", "leases"),
    ("write_channel_status", "patch_status", "notificationchannels/status"),
    ("write_within", "patch_status", "notificationchannels/status"),
];
/// What the namespace of a channel grants, by name.
const GRANTED_BY_TENANTS: &str = "secrets";
/// What is written on the way, by kube: each Event, and again when it recurs (kube's documentation of `Recorder`).
const EVENTS: [(&str, &str); 2] = [("events", "create"), ("events", "patch")];
/// A server-side apply of what does not exist creates it.
const APPLIED: [(&str, &str); 1] = [("quarantines", "create")];

/// Every source file of the controller without its tests, each piece of white space a blank, and none before a dot.
fn texts() -> Vec<String> {
    sources().into_iter().map(|(_, text)| text).collect()
}

/// The same with the path of each.
fn sources() -> Vec<(PathBuf, String)> {
    let controller = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![controller.join("src"), controller.join("executor/src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.extend(
            entries
                .iter()
                .filter(|path| path.is_dir() && !path.ends_with("tests"))
                .cloned(),
        );
        let files = entries
            .iter()
            .filter(|path| path.is_file() && !path.ends_with("tests.rs"));
        found.extend(files.map(|path| (path.clone(), product(&fs::read_to_string(path).unwrap()))));
    }
    found
}

fn product(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ").replace(" .", ".")
}

/// The calls of the API, each with the function that it is in.
fn calls(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (verb, _) in VERBS {
        for (at, _) in text.match_indices(&format!(".{verb}(")) {
            if is_api(&text[..at]) {
                found.push((function(&text[..at]), verb.to_owned()));
            }
        }
    }
    found
}

/// `api`, `cluster()` and `namespaced(...)` are the only ways to the API.
fn is_api(before: &str) -> bool {
    let callee = before.strip_suffix(')').and_then(callee);
    before.ends_with("api") || callee.is_some_and(|it| it.ends_with("cluster") || it.ends_with("namespaced"))
}

/// What is called with the parenthesis that ends here, without its type parameters.
fn callee(before: &str) -> Option<&str> {
    let mut open = 1;
    let at = before.char_indices().rev().find_map(|(at, letter)| {
        open += i32::from(letter == ')') - i32::from(letter == '(');
        (open == 0).then_some(at)
    })?;
    let name = &before[..at];
    Some(
        name.strip_suffix('>')
            .and_then(|it| it.rsplit_once("::<"))
            .map_or(name, |(name, _)| name),
    )
}

fn function(before: &str) -> String {
    let (_, rest) = before.rsplit_once("fn ").unwrap();
    rest.split(['(', '<']).next().unwrap().to_owned()
}

/// `quarantines` of `quarantine`, `trafficpolicies` of `trafficpolicy`.
fn plural(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    }
}

/// The kinds that a program watches: those that have a controller, and those that give it a reason to look.
fn watched(by_notifier: bool) -> BTreeSet<String> {
    let is_notifiers = |path: &Path| {
        path.components()
            .any(|part| part.as_os_str().to_string_lossy().starts_with("notifier"))
    };
    let files = sources()
        .into_iter()
        .filter(|(path, _)| is_notifiers(path) == by_notifier);
    let text = files.map(|(_, text)| text).collect::<Vec<_>>().join(" ");
    let named = ["changed::<", "touched::<", "type Watched = "]
        .into_iter()
        .flat_map(|before| text.split(before).skip(1));
    // Of some kinds only the metadata or some fields are watched, which takes the same right.
    let kinds = named.map(|rest| rest.split(['>', ';']).next().unwrap());
    kinds
        .map(|kind| kind.trim_start_matches("Watched"))
        .filter(|kind| kind.len() > 1)
        .map(|kind| plural(&kind.to_lowercase()))
        .collect()
}

fn rights(called: &[(&str, &str, &str)]) -> BTreeSet<(String, String)> {
    let right = |(_, call, on): &(&str, &str, &str)| {
        let (_, verb) = VERBS.iter().find(|(verb, _)| verb == call).unwrap();
        ((*on).to_owned(), (*verb).to_owned())
    };
    called.iter().map(right).collect()
}

fn with_watches(mut rights: BTreeSet<(String, String)>, by_notifier: bool) -> BTreeSet<(String, String)> {
    let watches = watched(by_notifier)
        .into_iter()
        .flat_map(|kind| ["list", "watch"].map(|verb| (kind.clone(), verb.to_owned())));
    rights.extend(watches);
    rights
}

fn needed() -> BTreeSet<(String, String)> {
    let mut all = rights(&CALLS);
    let others = EVENTS.into_iter().chain(APPLIED);
    all.extend(others.map(|(on, verb)| (on.to_owned(), verb.to_owned())));
    with_watches(all, false)
}

/// It holds its Lease as the operator does.
fn needed_by_the_notifier() -> BTreeSet<(String, String)> {
    let leases: Vec<_> = CALLS.into_iter().filter(|(_, _, on)| *on == "leases").collect();
    let own: Vec<_> = NOTIFIER_CALLS
        .into_iter()
        .filter(|(_, _, on)| *on != GRANTED_BY_TENANTS)
        .chain(leases)
        .collect();
    with_watches(rights(&own), true)
}

/// What the ClusterRole and the Role of a program grant.
fn granted(program: &str) -> BTreeSet<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/firebreak/files/rbac.yaml");
    let text = fs::read_to_string(file).unwrap().replace("{{", "").replace("}}", "");
    let documents = serde_yaml::Deserializer::from_str(&text).map(|one| Value::deserialize(one).unwrap());
    let own = documents.filter(|it| it["metadata"]["name"] == program && it["rules"].is_array());
    let rules: Vec<Value> = own.flat_map(|it| it["rules"].as_array().unwrap().clone()).collect();
    rules.iter().flat_map(pairs).collect()
}

fn pairs(rule: &Value) -> Vec<(String, String)> {
    let texts = |field: &str| {
        rule[field]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect()
    };
    let (resources, verbs): (Vec<String>, Vec<String>) = (texts("resources"), texts("verbs"));
    let on = |resource: &String| match resource.contains("admissionpolic") {
        true => "admission policies".to_owned(),
        false => resource.clone(),
    };
    let of = |resource: &String| {
        verbs
            .iter()
            .map(|verb| (on(resource), verb.clone()))
            .collect::<Vec<_>>()
    };
    resources.iter().flat_map(of).collect()
}

#[test]
fn every_call_is_in_the_table_and_the_table_has_no_other() {
    let made: BTreeSet<_> = texts().iter().flat_map(|text| calls(text)).collect();
    let told: BTreeSet<_> = CALLS
        .into_iter()
        .chain(NOTIFIER_CALLS)
        .map(|(function, call, _)| (function.to_owned(), call.to_owned()))
        .collect();
    assert_eq!(made, told);
}

#[test]
fn the_operator_may_do_what_it_calls_and_nothing_else() {
    assert_eq!(granted("firebreak-controller"), needed());
}

#[test]
fn the_notifier_may_do_what_it_calls_and_nothing_else() {
    assert_eq!(granted("firebreak-notifier"), needed_by_the_notifier());
}
