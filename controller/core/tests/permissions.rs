//! The AWS calls that `controller/aws` makes are those that the policies allow: read from its source, since a call that no
//! test happens to make would be missed otherwise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use firebreak_core::{
    aws::access::RoleKind,
    permissions::{FREE, actions},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The IAM service prefix of each SDK client (`controller/aws/src/session.rs`).
const CLIENTS: [(&str, &str); 14] = [
    ("applicationautoscaling", "application-autoscaling"),
    ("autoscaling", "autoscaling"),
    ("cloudwatch", "cloudwatch"),
    ("ec2", "ec2"),
    ("ecs", "ecs"),
    ("elbv2", "elasticloadbalancing"),
    ("guardduty", "guardduty"),
    ("iam", "iam"),
    ("lambda", "lambda"),
    ("rds", "rds"),
    ("s3", "s3"),
    ("sqs", "sqs"),
    ("sts", "sts"),
    ("wafv2", "wafv2"),
];
/// Calls whose IAM action is not called like them (Service Authorization Reference).
const OTHER_NAMES: [(&str, &str); 14] = [
    ("wafv2:GetIpSet", "wafv2:GetIPSet"),
    ("wafv2:GetWebAcl", "wafv2:GetWebACL"),
    ("wafv2:UpdateIpSet", "wafv2:UpdateIPSet"),
    ("sqs:DeleteMessageBatch", "sqs:DeleteMessage"),
    ("s3:GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("s3:ListObjectsV2", "s3:ListBucket"),
    ("s3:DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("rds:DescribeDbInstances", "rds:DescribeDBInstances"),
    ("rds:ModifyDbInstance", "rds:ModifyDBInstance"),
    ("rds:RebootDbInstance", "rds:RebootDBInstance"),
    ("iam:ListMfaDevices", "iam:ListMFADevices"),
    ("iam:ListSshPublicKeys", "iam:ListSSHPublicKeys"),
];
/// Actions that AWS asks for along with another call: Firebreak makes no call of that name with the role.
const ALONG: [&str; 6] = [
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
    "ec2:CreateTags",
    "ecs:DescribeServices",
    "iam:PassRole",
];
/// The file whose calls are made with the role for evidence, and what the operator never asks of it: `kubectl firebreak adopt`
/// lists the mirror, for which people give that right when the cluster is lost (docs/evidence.md).
const EVIDENCE: &str = "s3/objects.rs";
const NEVER_ASKED: [(&str, &str); 1] = [("s3:ListBucket", ".archived_keys(")];
/// The file whose calls keep the records of runs with the role for failovers, and an action that AWS asks for along with them:
/// without it S3 does not tell that an object does not exist.
const RUN_STORE: &str = "s3/run_store.rs";
const TO_TELL_APART: &str = "s3:ListBucket";
/// The file whose calls are made with the role for queues.
const QUEUES: &str = "services/sqs.rs";
/// What people ask with `kubectl firebreak doctor`, with their own credentials or a role that they allow it to: the action, and the
/// question in the source.
const ASKED_BY_PEOPLE: [(&str, &str); 1] = [("iam:SimulatePrincipalPolicy", ".simulate(")];

/// One call in the source: the IAM action, and whether it goes to `Caller::write`.
type Call = (String, bool);

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../aws/src")
}

/// Every source file of the real adapter, without its tests and without comments and white space.
fn texts() -> Vec<(PathBuf, String)> {
    of_folder(source())
}

fn operator() -> Vec<(PathBuf, String)> {
    let controller = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = [controller.join("src"), controller.join("executor/src")];
    folders.into_iter().flat_map(of_folder).collect()
}

fn of_folder(folder: PathBuf) -> Vec<(PathBuf, String)> {
    let mut folders = vec![folder];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            match (path.is_dir(), name) {
                (true, "memory" | "tests") | (false, "tests.rs" | "testing.rs") => {}
                (true, _) => folders.push(path),
                (false, _) => found.push((path.clone(), product(&fs::read_to_string(&path).unwrap()))),
            }
        }
    }
    found
}

fn product(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(str::chars).filter(|it| !it.is_whitespace()).collect()
}

/// The calls of a file in their order. A client is used where it is got, or by the name `client`.
fn calls(text: &str) -> Vec<Call> {
    let mut service = "";
    let mut found = Vec::new();
    for (at, _) in text.match_indices(['.', 'c']) {
        let rest = &text[at..];
        if let Some((client, after)) = rest.strip_prefix(".session.").and_then(|rest| rest.split_once("()")) {
            service = prefix(client).unwrap_or(service);
            if let (Some(_), Some(operation)) = (prefix(client), after.strip_prefix('.')) {
                found.push((action(service, operation), is_write(after)));
            }
        } else if let Some(operation) = rest
            .strip_prefix("client.")
            .filter(|_| !text[..at].ends_with(['_', '.']))
        {
            found.push((action(service, operation), is_write(rest)));
        }
    }
    found
}

fn prefix(client: &str) -> Option<&'static str> {
    CLIENTS
        .iter()
        .find(|(name, _)| *name == client)
        .map(|(_, prefix)| *prefix)
}

/// Each request is handed to the caller's `read` or `write`, by which it is counted and classified.
fn is_write(rest: &str) -> bool {
    let (read, write) = (rest.find(".read(Service::"), rest.find(".write(Service::"));
    match (read, write) {
        (read, Some(write)) => read.is_none_or(|read| write < read),
        (Some(_), None) => false,
        (None, None) => panic!("neither read nor write: {}", &rest[..rest.len().min(200)]),
    }
}

/// `iam:GetRole` of `get_role().role_name(...`.
fn action(service: &str, operation: &str) -> String {
    let operation = operation.split('(').next().unwrap();
    let words = operation.split('_');
    let camel: String = words
        .map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]))
        .collect();
    let call = format!("{service}:{camel}");
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == call);
    other.map_or(call, |(_, action)| (*action).to_owned())
}

/// The calls of one file.
fn calls_of(file: &str) -> BTreeSet<String> {
    let files = texts().into_iter().filter(|(path, _)| path.ends_with(file));
    files
        .flat_map(|(_, text)| calls(&text))
        .map(|(action, _)| action)
        .collect()
}

/// The calls of the files that make them with more than one role: all but those for documents and messages.
fn all_calls() -> Vec<Call> {
    let own = |path: &Path| [EVIDENCE, RUN_STORE, QUEUES].iter().any(|file| path.ends_with(file));
    let files = texts().into_iter().filter(|(path, _)| !own(path));
    files.flat_map(|(_, text)| calls(&text)).collect()
}

fn made(writes: bool) -> BTreeSet<String> {
    let of_kind = all_calls().into_iter().filter(|(_, is_write)| *is_write == writes);
    of_kind
        .map(|(action, _)| action)
        .filter(|it| !FREE.contains(&it.as_str()))
        .collect()
}

fn allowed(roles: &[RoleKind]) -> BTreeSet<String> {
    roles
        .iter()
        .flat_map(|role| actions(*role))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_call_is_overlooked() {
    for (path, text) in texts() {
        let sent = text.matches(".send()").count();
        assert_eq!(calls(&text).len(), sent, "{}: calls and .send() differ", path.display());
    }
    assert!(all_calls().len() > 80, "{}", all_calls().len());
}

#[test]
fn every_call_that_reads_is_the_read_roles_and_it_has_nothing_else() {
    let mut allowed = allowed(&[RoleKind::Read]);
    allowed.extend(never_asked(&ASKED_BY_PEOPLE));
    assert_eq!(made(false), allowed);
}

#[test]
fn every_call_that_writes_is_a_writing_roles_and_they_have_nothing_else() {
    let writing = [RoleKind::Contain, RoleKind::ContainIdentity, RoleKind::Failover];
    let along = ALONG.map(str::to_owned);
    let mut allowed = allowed(&writing);
    assert!(along.iter().all(|action| allowed.contains(action)));
    let records = calls_of(RUN_STORE);
    allowed.retain(|action| !along.contains(action) && !records.contains(action) && action != TO_TELL_APART);
    let mut made = made(true);
    made.retain(|action| !records.contains(action));
    assert_eq!(made, allowed);
}

#[test]
fn the_role_for_failovers_keeps_records_and_never_has_identity_power() {
    let allowed = allowed(&[RoleKind::Failover]);
    let mut records = calls_of(RUN_STORE);
    assert_eq!(records, ["s3:GetObject", "s3:PutObject"].map(str::to_owned).into());
    records.insert(TO_TELL_APART.into());
    assert!(allowed.is_superset(&records), "{allowed:?}");
    let identity: Vec<_> = allowed
        .iter()
        .filter(|action| action.starts_with("iam:") || action.contains("Policy") || action.starts_with("sts:"))
        .collect();
    assert!(identity.is_empty(), "{identity:?}");
    let others = actions(RoleKind::ContainIdentity);
    assert!(
        allowed.iter().all(|action| !others.contains(action.as_str())),
        "{allowed:?}"
    );
}

#[test]
fn the_role_for_evidence_has_what_it_is_asked_for_and_nothing_else() {
    let made = calls_of(EVIDENCE);
    let mut allowed = allowed(&[RoleKind::Evidence]);
    allowed.extend(never_asked(&NEVER_ASKED));
    assert_eq!(made, allowed);
}

#[test]
fn the_role_for_queues_has_what_it_is_asked_for_and_nothing_else() {
    assert_eq!(calls_of(QUEUES), allowed(&[RoleKind::Queue]));
}

/// The actions; the operator must not ask the questions that need them.
fn never_asked(pairs: &[(&str, &str)]) -> Vec<String> {
    for (action, question) in pairs {
        let asked = operator().into_iter().find(|(_, text)| text.contains(question));
        assert_eq!(asked.map(|(path, _)| path), None, "{action} is needed after all");
    }
    pairs.iter().map(|(action, _)| (*action).to_owned()).collect()
}

#[test]
fn every_client_of_the_sdk_is_known() {
    let session = fs::read_to_string(source().join("session.rs")).unwrap();
    let fields = session.lines().filter_map(|line| line.trim().split_once(": OnceLock<"));
    let clients: BTreeSet<_> = fields
        .filter(|(_, kind)| kind.ends_with("::Client>,"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(clients, CLIENTS.iter().map(|(name, _)| *name).collect());
}

/// A session is pinned by a policy that takes rights away: what it leaves must be what the role has.
#[test]
fn a_pinned_session_keeps_exactly_what_the_identity_role_may_do() {
    let session = product(&fs::read_to_string(source().join("session.rs")).unwrap());
    let pins = session
        .split("implPin<'_>{")
        .nth(1)
        .unwrap()
        .split("pub(crate)structSession{")
        .next()
        .unwrap();
    let named = pins
        .split('"')
        .filter(|text| text.starts_with("iam:") || text.starts_with("s3:"));
    let kept: BTreeSet<_> = named.map(str::to_owned).collect();
    assert_eq!(kept, allowed(&[RoleKind::ContainIdentity]));
}

/// Beside what the roles do, the operator only assumes them, with tags where they write.
#[test]
fn sts_is_asked_for_sessions_and_for_who_we_are_and_nothing_else() {
    let session = product(&fs::read_to_string(source().join("session/regional.rs")).unwrap());
    assert!(
        session.contains("AssumeRoleProvider::builder(&key.role_arn)"),
        "sts:AssumeRole"
    );
    assert!(session.contains("provider.tags(key.tags.clone())"), "sts:TagSession");
    let calls = all_calls().into_iter().map(|(action, _)| action);
    let asked: BTreeSet<_> = calls.filter(|action| action.starts_with("sts:")).collect();
    assert_eq!(asked, FREE.map(str::to_owned).into());
}
