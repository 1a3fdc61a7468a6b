//! Which playbook speaks, and what it asks for.

use super::*;
use crate::coordinate::finding::{self, Finding, samples::sample};
use firebreak_crds::{AwsAccountSpec, GuardrailSpec, incident::IncidentResponse};
use serde_json::{Value, json};

const NOW: &str = "2026-11-29T00:00:00Z";

fn finding(name: &str) -> Finding {
    finding::read(&sample(name)).unwrap()
}

fn known(name: &str, spec: Value) -> Known {
    Known {
        name: name.into(),
        spec: serde_json::from_value(spec).unwrap(),
        editors: Vec::new(),
    }
}

fn verdict(playbooks: &[Known], name: &str) -> String {
    match choose(playbooks, &finding(name), "production", NOW.parse().unwrap()) {
        Verdict::Unmatched => "none".into(),
        Verdict::Suppressed { by, .. } => format!("suppressed by {}", by.name),
        Verdict::Played(known) => known.name.clone(),
    }
}

#[test]
fn all_that_a_playbook_says_must_hold() {
    let matching = |wanted: Value| verdict(&[known("p", json!({"match": wanted}))], "iam_exfiltration");
    let holds = [
        json!({}),
        json!({"types": ["Nothing", "UnauthorizedAccess:IAMUser/*"]}),
        json!({"severity": {"atLeast": "High"}}),
        json!({"severity": {"atMost": "High"}}),
        json!({"resources": ["AccessKey"], "accounts": ["production"], "regions": ["us-east-1"]}),
    ];
    for wanted in holds {
        assert_eq!(matching(wanted.clone()), "p", "{wanted}");
    }
    let fails = [
        json!({"types": ["Recon:*"]}),
        json!({"severity": {"atLeast": "Critical"}}),
        json!({"severity": {"atMost": "Medium"}}),
        json!({"resources": ["Instance"]}),
        json!({"accounts": ["staging"]}),
        json!({"regions": ["us-west-2"]}),
        json!({"tags": [{"key": "nobody-has-this"}]}),
        json!({"types": ["*"], "resources": ["Bucket"]}),
    ];
    for wanted in fails {
        assert_eq!(matching(wanted.clone()), "none", "{wanted}");
    }
}

#[test]
fn the_lowest_priority_counts_and_then_the_name() {
    let all = [
        known("zebra", json!({"priority": 10})),
        known("apple", json!({})),
        known("berry", json!({"priority": 10})),
    ];
    assert_eq!(verdict(&all, "iam_exfiltration"), "berry");
}

fn suppressing(change: Value) -> [Known; 1] {
    let mut one = json!({"name": "pentest", "reason": "announced", "from": "2026-11-28T00:00:00Z", "until": "2026-11-30T00:00:00Z"});
    one.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    [known("p", json!({"suppressions": [one]}))]
}

#[test]
fn a_suppression_covers_what_it_names_while_it_lasts() {
    let of = |change: Value| verdict(&suppressing(change), "iam_exfiltration");
    assert_eq!(of(json!({})), "suppressed by pentest");
    assert_eq!(
        of(json!({"arnPatterns": ["arn:aws:iam::*:role/payments-*"]})),
        "suppressed by pentest"
    );
    for change in [
        json!({"until": NOW}),
        json!({"from": "2026-11-29T00:00:01Z"}),
        json!({"until": "soon"}),
        json!({"types": ["Recon:*"]}),
        json!({"arnPatterns": ["arn:aws:iam::*:role/other-*"]}),
    ] {
        assert_eq!(of(change.clone()), "p", "{change}");
    }
}

#[test]
fn what_must_be_heard_is_never_suppressed() {
    assert_eq!(verdict(&suppressing(json!({})), "attack_sequence"), "p");
    let mut critical = finding("iam_exfiltration");
    critical.severity = firebreak_crds::Severity::Critical;
    let mut blinded = finding("iam_exfiltration");
    blinded.type_ = "Stealth:IAMUser/CloudTrailLoggingDisabled".into();
    for finding in [critical, blinded] {
        let all = suppressing(json!({}));
        assert!(matches!(
            choose(&all, &finding, "production", NOW.parse().unwrap()),
            Verdict::Played(_)
        ));
    }
}

fn account(groups: Value) -> AwsAccountSpec {
    serde_json::from_value(json!({
        "accountId": "123456789012", "environment": "Production", "regions": ["eu-west-1", "us-east-1"], "isolationGroups": groups,
        "roles": {"read": "arn:aws:iam::123456789012:role/r", "contain": "arn:aws:iam::123456789012:role/c"},
    }))
    .unwrap()
}

fn drafted(responses: Value, name: &str, account: &AwsAccountSpec) -> Drafted {
    let place = Place {
        name: "production",
        account,
    };
    drafts(
        &known("p", json!({"mode": "Act", "responses": responses})),
        &finding(name),
        place,
    )
}

fn target(draft: &Draft) -> Value {
    json!(draft.response.quarantine.as_ref().unwrap().target)
}

#[test]
fn each_input_becomes_the_target_of_its_kind() {
    let account = account(json!([]));
    let cases = [
        (
            "Role",
            "iam_exfiltration",
            json!({"iamRole": {"roleName": "payments-task", "methods": ["DenyAll", "RevokeSessions"], "denyPolicy": "Managed"}}),
        ),
        (
            "AccessKeyOwner",
            "iam_exfiltration",
            json!({"iamRole": {"roleName": "payments-task", "methods": ["DenyAll", "RevokeSessions"], "denyPolicy": "Managed"}}),
        ),
        (
            "AccessKeyOwner",
            "iam_user_key",
            json!({"iamUser": {"userName": "ci-deploy", "methods": ["DeactivateKeys", "DenyAll"], "denyPolicy": "Managed"}}),
        ),
        (
            "Function",
            "lambda_network",
            json!({"lambdaFunction": {"functionName": "payments-refund"}}),
        ),
        (
            "Bucket",
            "s3_public",
            json!({"s3Bucket": {"bucket": "payments-exports", "methods": ["BlockPublicAccess", "DenyAll"]}}),
        ),
        (
            "EcsService",
            "ecs_runtime",
            json!({"ecsService": {"cluster": "shop", "service": "checkout", "method": "Isolate"}}),
        ),
    ];
    for (from, name, expected) in cases {
        let all = drafted(json!([{"name": "cut", "from": from}]), name, &account);
        assert_eq!(
            (target(&all.drafts[0]), &all.left),
            (expected, &vec![]),
            "{from} {name}"
        );
    }
}

#[test]
fn what_a_finding_does_not_name_is_not_asked_for() {
    let account = account(json!([]));
    let all = drafted(
        json!([{"name": "cut", "from": "Bucket"}, {"name": "user", "from": "User"}]),
        "iam_exfiltration",
        &account,
    );
    assert_eq!(all, Drafted::default());
}

#[test]
fn choices_of_the_playbook_are_kept() {
    let chosen = json!([{"name": "cut", "from": "Role", "iamRole": {"methods": ["RevokeSessions"], "denyPolicy": "Inline"}, "expiry": {"after": "4h"}}]);
    let all = drafted(chosen, "iam_exfiltration", &account(json!([])));
    assert_eq!(target(&all.drafts[0])["iamRole"]["methods"], json!(["RevokeSessions"]));
    assert_eq!(
        all.drafts[0]
            .response
            .quarantine
            .as_ref()
            .unwrap()
            .expiry
            .as_ref()
            .unwrap()
            .after,
        "4h"
    );
}

#[test]
fn an_instance_goes_into_the_group_of_its_vpc_and_nowhere_else() {
    let vpc = match finding("ec2_mining").about() {
        finding::Subject::Instance(instance) => instance.vpc.unwrap(),
        other => panic!("{other:?}"),
    };
    let groups = account(json!([{"vpcId": vpc, "securityGroupId": "sg-0123456789abcdef0"}]));
    let isolate = json!([{"name": "cut", "from": "Instance"}]);
    let all = drafted(isolate.clone(), "ec2_mining", &groups);
    assert_eq!(
        target(&all.drafts[0])["ec2Instance"]["isolationSecurityGroupId"],
        "sg-0123456789abcdef0"
    );
    let none = drafted(isolate, "ec2_mining", &account(json!([])));
    assert!(
        none.drafts.is_empty() && none.left[0].why.contains("spec.isolationGroups"),
        "{none:?}"
    );
    let stop = json!([{"name": "cut", "from": "Instance", "ec2Instance": {"method": "Stop"}}]);
    assert!(drafted(stop, "ec2_mining", &account(json!([]))).drafts[0].destructive);
}

#[test]
fn identities_are_asked_for_where_the_account_is_and_others_only_in_their_region() {
    let mut elsewhere = account(json!([]));
    elsewhere.regions = vec!["eu-west-1".into()];
    let region = |all: &Drafted| all.drafts[0].response.quarantine.as_ref().unwrap().region.clone();
    assert_eq!(
        region(&drafted(
            json!([{"name": "cut", "from": "Role"}]),
            "iam_exfiltration",
            &account(json!([]))
        )),
        "us-east-1"
    );
    assert_eq!(
        region(&drafted(
            json!([{"name": "cut", "from": "Role"}]),
            "iam_exfiltration",
            &elsewhere
        )),
        "eu-west-1"
    );
    let none = drafted(
        json!([{"name": "cut", "from": "Function"}]),
        "lambda_network",
        &elsewhere,
    );
    assert!(none.left[0].why.contains("spec.regions"), "{none:?}");
}

#[test]
fn responses_wait_for_those_of_the_same_playbook_in_any_order() {
    let responses = json!([
        {"name": "bucket", "from": "Bucket", "dependsOn": ["owner", "nothing"]},
        {"name": "owner", "from": "AccessKeyOwner"}, {"name": "nothing", "from": "Function"},
    ]);
    let all = drafted(responses, "s3_exfiltration", &account(json!([])));
    let responses: Vec<&IncidentResponse> = all.drafts.iter().map(|draft| &draft.response).collect();
    assert_eq!(responses[0].depends_on, [responses[1].name.clone()]);
    assert!(responses.iter().all(|one| one.name.len() <= 32));
}

#[test]
fn the_strictest_guardrail_counts() {
    let none: [GuardrailSpec; 0] = [];
    assert_eq!((Limits(&none).max_open(), Limits(&none).max_responses()), (20, 10));
    let rails = [
        json!({"maxOpenPerHour": 5}),
        json!({"maxOpenPerHour": 3, "maxResponsesPerHour": 0}),
    ]
    .map(|automation| serde_json::from_value(json!({"automation": automation})).unwrap());
    assert_eq!((Limits(&rails).max_open(), Limits(&rails).max_responses()), (3, 0));
}

#[test]
fn never_auto_names_kinds_arns_and_tags() {
    let account = account(json!([]));
    let (draft, finding) = (
        drafted(json!([{"name": "cut", "from": "Role"}]), "iam_exfiltration", &account)
            .drafts
            .remove(0),
        finding("ec2_mining"),
    );
    let never = |never: Value| {
        let rails: [GuardrailSpec; 1] = [serde_json::from_value(json!({"automation": {"neverAuto": never}})).unwrap()];
        Limits(&rails).is_never_auto(&draft, &finding)
    };
    let (key, value) = finding.tags[0].clone();
    assert!(never(json!({"kinds": ["iamRole"]})) && never(json!({"arnPatterns": ["*:role/payments-*"]})));
    assert!(never(json!({"tags": [{"key": key, "value": value}]})));
    assert!(
        !never(json!({}))
            && !never(json!({"kinds": ["s3Bucket"], "arnPatterns": ["*:role/other"], "tags": [{"key": "no"}]}))
    );
}

#[test]
fn a_playbook_whose_responses_wait_for_each_other_cannot_be_used() {
    let circle = known(
        "p",
        json!({"responses": [
        {"name": "a", "from": "Role", "dependsOn": ["b"]}, {"name": "b", "from": "User", "dependsOn": ["a"]}]}),
    );
    assert!(!circle.is_usable() && known("p", json!({})).is_usable());
}

fn object(meta: Value, spec: Value, status: Value) -> firebreak_crds::Playbook {
    serde_json::from_value(json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Playbook", "metadata": meta, "spec": spec, "status": status})).unwrap()
}

fn reported(by: &str, generation: i64, before: Value) -> firebreak_crds::PlaybookStatus {
    let meta = json!({"name": "p", "generation": generation, "annotations": {"firebreak.dev/requested-by": by}});
    let object = object(meta, json!({}), before);
    let admission = crate::approval::Admission {
        requester_stamped: true,
        ..Default::default()
    };
    let machines = ["ci-*".to_owned()];
    status(
        &Subject {
            object: &object,
            admission,
            machines: &machines,
        },
        NOW.parse().unwrap(),
    )
}

#[test]
fn every_person_who_edits_it_is_remembered() {
    let first = reported("ann", 1, json!({}));
    let second = reported("bob", 2, json!(first));
    assert_eq!(second.editors, ["ann", "bob"]);
    assert_eq!(reported("ci-deploy", 3, json!(second)).editors, ["ann", "bob"]);
    let full = json!({"editors": (0..64).map(|number| format!("p{number}")).collect::<Vec<_>>()});
    assert_eq!(reported("zoe", 4, full).editors.len(), 64);
}
