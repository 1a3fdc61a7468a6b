//! The rules of the schema, evaluated as the API server evaluates them.

use super::*;
use kube::core::cel::{ValidationErrors, validate_cel};
use serde_json::{Value, json};

fn playbook(spec: Value) -> Playbook {
    let object = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Playbook", "metadata": {"name": "credentials", "namespace": "payments"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

fn broken(result: Result<(), ValidationErrors>) -> String {
    let errors = result
        .err()
        .map(|errors| errors.as_slice().to_vec())
        .unwrap_or_default();
    let messages: Vec<String> = errors.into_iter().map(|error| format!("{error:?}")).collect();
    messages.join("\n")
}

fn response(change: Value) -> Value {
    let mut one = json!({"name": "deny", "from": "Role"});
    let all = change.as_object().unwrap().clone();
    one.as_object_mut().unwrap().extend(all);
    json!({"responses": [one]})
}

#[test]
fn an_empty_playbook_proposes_nothing_for_every_finding() {
    let empty = playbook(json!({}));
    assert_eq!(broken(validate_cel(&empty)), "");
    assert_eq!((empty.spec.mode, empty.spec.priority), (PlaybookMode::Propose, 100));
}

#[test]
fn one_with_everything_is_accepted() {
    let everything = json!({
        "mode": "Act", "priority": 10,
        "match": {"types": ["UnauthorizedAccess:IAMUser/*"], "severity": {"atLeast": "High"}, "resources": ["AccessKey"], "accounts": ["production"], "regions": ["us-east-1"], "tags": [{"key": "team"}]},
        "suppressions": [{"name": "pentest", "reason": "announced", "from": "2026-12-01T00:00:00Z", "until": "2026-12-31T00:00:00Z", "types": ["Recon:*"], "arnPatterns": ["arn:aws:*"]}],
        "incident": {"commander": "ann", "runbook": "https://wiki.example.com/r", "tasks": [{"name": "rotate"}], "onResolve": "Release"},
        "responses": [
            {"name": "owner", "from": "AccessKeyOwner", "iamRole": {"methods": ["RevokeSessions"]}, "iamUser": {"methods": ["DeactivateKeys"], "denyPolicy": "Inline"}},
            {"name": "stop", "from": "Instance", "ec2Instance": {"method": "Stop"}, "dependsOn": ["owner"], "expiry": {"after": "24h", "then": "Hold"}},
            {"name": "task", "from": "EcsService", "ecsService": {"method": "Isolate"}},
            {"name": "bucket", "from": "Bucket", "s3Bucket": {"methods": ["BlockPublicAccess"]}},
        ],
    });
    assert_eq!(broken(validate_cel(&playbook(everything))), "");
}

#[test]
fn what_cannot_be_meant_is_refused_and_the_message_says_what_to_do() {
    let cases = [
        (
            response(json!({"iamUser": {}})),
            "iamUser belongs to from: User or AccessKeyOwner",
        ),
        (
            response(json!({"from": "User", "iamRole": {}})),
            "iamRole belongs to from: Role or AccessKeyOwner",
        ),
        (
            response(json!({"ec2Instance": {"method": "Stop"}})),
            "ec2Instance belongs to from: Instance",
        ),
        (
            response(json!({"ecsService": {"method": "Isolate"}})),
            "ecsService belongs to from: EcsService",
        ),
        (response(json!({"s3Bucket": {}})), "s3Bucket belongs to from: Bucket"),
        (
            response(json!({"from": "EcsService", "ecsService": {"method": "SwapSecurityGroups"}})),
            "use Isolate or ScaleToZero",
        ),
        (response(json!({"name": "Deny role"})), "lower-case letters"),
        (response(json!({"dependsOn": ["deny"]})), "names the response itself"),
        (response(json!({"dependsOn": ["other"]})), "not in spec.responses"),
        (
            response(json!({"iamRole": {"methods": ["DenyAll", "DenyAll"]}})),
            "each method once",
        ),
        (
            response(json!({"expiry": {"after": "24h", "then": "Release"}})),
            "refused for identities",
        ),
        (
            json!({"suppressions": [{"name": "ever", "reason": "noise", "from": "2026-01-01T00:00:00Z", "until": "2026-12-31T00:00:00Z"}]}),
            "at most 30 days",
        ),
        (
            json!({"incident": {"runbook": "http://wiki"}}),
            "runbook is an https URL",
        ),
    ];
    for (spec, says) in cases {
        let why = broken(validate_cel(&playbook(spec.clone())));
        assert!(why.contains(says), "{spec}: {why}");
    }
}
