//! Every error code that AWS's models list for the calls that `controller/aws` makes has a class. Read from its source and from dated
//! data, without network: a new call fails here until `data/error_codes/list.py` has listed its codes and each has a class.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use firebreak_core::aws::failure::class_of;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const LISTED: &str = include_str!("../data/error_codes/listed.tsv");
const TABLES: [&str; 4] = [
    LISTED,
    include_str!("../data/error_codes/ec2.tsv"),
    include_str!("../data/error_codes/s3.tsv"),
    include_str!("../data/error_codes/services.tsv"),
];

/// Call to the codes that its model lists.
fn listed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let lines = LISTED.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once('\t').unwrap_or((line, "")))
        .map(|(call, codes)| (call, codes.split_whitespace().collect()))
        .collect()
}

/// The names of calls, such as `iam:GetRole`, in the source of the adapter; its tests and the in-memory AWS left out.
fn called() -> BTreeSet<String> {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../aws/src")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            match (path.is_dir(), name) {
                (true, "memory" | "tests") | (false, "tests.rs" | "testing.rs") => {}
                (true, _) => folders.push(path),
                (false, _) => found.extend(calls(&fs::read_to_string(&path).unwrap())),
            }
        }
    }
    found
}

fn calls(text: &str) -> Vec<String> {
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let texts = product.split('"').skip(1).step_by(2);
    texts.filter(|text| is_call(text)).map(str::to_owned).collect()
}

fn is_call(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !service.is_empty()
            && service.chars().all(lower)
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

#[test]
fn the_codes_of_every_call_are_listed() {
    let (called, listed) = (called(), listed());
    assert!(called.len() > 80, "the source was not understood: {called:?}");
    let unknown: Vec<&String> = called
        .iter()
        .filter(|call| !listed.contains_key(call.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "run controller/core/data/error_codes/list.py: {unknown:?}"
    );
}

#[test]
fn every_listed_code_has_a_class() {
    let without: Vec<(&str, &str)> = listed()
        .into_iter()
        .flat_map(|(call, codes)| codes.into_iter().map(move |code| (call, code)))
        .filter(|(call, code)| class_of(call, code).is_none())
        .collect();
    assert!(without.is_empty(), "give them a class in services.tsv: {without:?}");
}

#[test]
fn every_table_says_of_which_day_it_is() {
    for table in TABLES {
        let head: String = table.lines().take_while(|line| line.starts_with('#')).collect();
        let dated = head
            .split_whitespace()
            .any(|word| word.starts_with("202") && word.split('-').count() == 3);
        assert!(dated, "{head}");
    }
}
