//! What tests start from: a Quarantine of the in-memory AWS's sample role, planned against it.

use crate::{manifest, records::Records};
use firebreak_cloud::memory::MemoryAws;
use firebreak_core::{engine::Subject, run::plan::Plan};
use firebreak_crds::{
    AwsAccount, Decision, DecisionSpec, DecisionTarget, Hold, HoldSpec, Incident, OwnerRef, PlanReference, Quarantine,
    QuarantineStatus, ResponsePlan, ResponsePlanSpec, Verb, condition,
};
use firebreak_executor::preview;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;

/// The moment of the tests.
pub fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// The object, as a cluster would give it.
pub fn quarantine() -> Quarantine {
    let text = "
apiVersion: firebreak.dev/v1alpha1
kind: Quarantine
metadata: {name: payments, namespace: incident, uid: u-1, generation: 2}
spec:
  accountRef: {name: production}
  region: us-east-1
  target: {iamRole: {roleName: payments-task, methods: [DenyAll, ReplaceTrust]}}
";
    manifest::parse(text, "q.yaml").unwrap()
}

/// The account.
pub fn account() -> AwsAccount {
    let text = "
apiVersion: firebreak.dev/v1alpha1
kind: AwsAccount
metadata: {name: production}
spec:
  accountId: '123456789012'
  environment: Production
  regions: [us-east-1]
  denyPolicyArn: arn:aws:iam::123456789012:policy/FirebreakDenyAll
  roles: {read: 'arn:aws:iam::123456789012:role/firebreak-read', contain: 'arn:aws:iam::123456789012:role/firebreak-contain'}
  grants: [{namespaces: [incident], kinds: ['*'], arnPatterns: ['*']}]
";
    manifest::parse(text, "account.yaml").unwrap()
}

/// Records with the account and nothing else.
pub fn records() -> Records {
    Records {
        accounts: vec![account()],
        ..Records::default()
    }
}

/// The plan of the object.
pub async fn plan() -> Plan {
    let mut world = records().world(&quarantine(), now());
    preview::plan(&MemoryAws::sample(), &mut world).await.unwrap()
}

/// What records call the object.
pub fn owner() -> OwnerRef {
    let object = quarantine();
    Subject::of(&object.metadata, object.spec).owner
}

/// The record of that plan as the first run, asked for by somebody.
pub fn run_of(plan: &Plan, requested_by: Option<&str>) -> ResponsePlan {
    let spec = ResponsePlanSpec {
        owner: owner(),
        owner_generation: 2,
        run: 1,
        action: plan.action,
        digest: plan.digest(),
        requested_by: requested_by.map(str::to_owned),
        asked: Default::default(),
        payload: serde_json::to_value(plan).unwrap(),
    };
    let mut record = ResponsePlan::new("payments-u1-run-1", spec);
    record.metadata.uid = Some("p-1".into());
    record
}

/// A Decision about that run.
pub fn said(name: &str, verb: Verb, by: &str, approver_role: &str, digest: &str) -> Decision {
    let mut decision = Decision::new(
        name,
        DecisionSpec {
            by: by.into(),
            verb,
            target: DecisionTarget {
                kind: "Quarantine".into(),
                name: "payments".into(),
                uid: "u-1".into(),
                generation: Some(2),
            },
            plan: Some(PlanReference {
                name: "payments-u1-run-1".into(),
                uid: "p-1".into(),
                digest: digest.into(),
            }),
            approver_role: approver_role.into(),
            reason: None,
            expires_at: None,
            restore: Vec::new(),
            start: None,
            step: None,
            acknowledge_split_brain: false,
            outcome: None,
        },
    );
    decision.metadata.creation_timestamp = Some(Time(now()));
    decision
}

/// A trust policy that the Quarantine left behind an hour before the moment of the tests.
pub fn orphaned() -> Hold {
    let spec: HoldSpec = serde_json::from_value(json!({
        "key": {"accountId": "123456789012", "region": "global",
                "resource": "arn:aws:iam::123456789012:role/payments-task", "field": "TrustPolicy"},
        "state": "Orphaned",
        "region": "us-east-1",
        "accountName": "production",
        "account": account().spec,
        "cell": {"version": 1, "cell": {"iam": {"kind": "roleTrustPolicy", "role": "payments-task"}}},
        "before": {}, "after": {}, "order": 0, "holders": [], "reopens": "TrustPolicy",
        "orphaned": {"from": {"kind": "Quarantine", "namespace": "incident", "name": "payments", "uid": "u-1"},
                     "at": "2026-01-01T11:00:00Z", "mode": "Enforce"},
    }))
    .unwrap();
    let mut hold = Hold::in_custody("hold-1", spec);
    hold.metadata.uid = Some("h-1".into());
    hold
}

/// The object with conditions.
pub fn reported(wanted: &[condition::Wanted]) -> Quarantine {
    let mut object = quarantine();
    object.status = Some(QuarantineStatus {
        observed_generation: Some(2),
        target: Some("IAM role payments-task".into()),
        conditions: condition::merge(&[], wanted, 2, now()),
        ..QuarantineStatus::default()
    });
    object
}

/// The field names that docs/cli.md promises for a command, in the order of the alphabet.
pub fn promised(command: &str) -> Vec<&'static str> {
    let page = include_str!("../../../docs/cli.md");
    let row = page.lines().find(|line| line.starts_with(&format!("| `{command}` |")));
    let (_, rest) = row.and_then(|row| row.split_once('{')).unwrap();
    let mut names: Vec<&str> = rest.split_once('}').unwrap().0.split(", ").collect();
    names.sort_unstable();
    names
}

/// The field names of an answer, in the order of the alphabet.
pub fn fields(answer: &serde_json::Value) -> Vec<String> {
    let mut names: Vec<String> = answer.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

/// An Incident with one response that somebody else created: the object.
pub fn incident() -> Incident {
    let text = "
apiVersion: firebreak.dev/v1alpha1
kind: Incident
metadata: {name: stolen-role, namespace: incident, uid: i-1, generation: 1, resourceVersion: '7'}
spec:
  severity: Critical
  title: Credentials of payments-task are used from outside AWS
  responses: [{name: deny-role, quarantineRef: {name: payments}}]
";
    manifest::parse(text, "incident.yaml").unwrap()
}
