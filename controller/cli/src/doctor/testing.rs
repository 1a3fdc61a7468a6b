//! What the tests of the checks start from: everything well, and nothing seen.

use super::{
    Evidence,
    evidence::{AwsEvidence, Look, RoleEvidence, Server, Shipped, StoreEvidence},
    reviews::rights,
    you,
};
use crate::fixtures;
use firebreak_core::{
    aws::{
        access::RoleKind,
        failure::{Failure, FailureClass},
        sts::CallerIdentity,
    },
    installation::{ADMISSION, CONTROLLER, Identity, NOTIFIER, RBAC, REQUESTER},
    simulation::{Decision, Verdict},
};
use firebreak_crds::AwsAccount;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub const VERSION: &str = "0.1.0";
pub const OPERATOR: &str = "arn:aws:sts::111111111111:assumed-role/firebreak-operator/pod";

pub fn now() -> Timestamp {
    fixtures::now()
}

pub fn typed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub fn caller(account: &str) -> CallerIdentity {
    CallerIdentity {
        account: account.into(),
        arn: OPERATOR.into(),
    }
}

pub fn denied(call: &str) -> Failure {
    Failure {
        class: FailureClass::Denied,
        call: call.into(),
        code: "AccessDenied".into(),
        message: "no".into(),
    }
}

/// The account of the other tests, of generation 2, with a condition Ready.
pub fn account(status: &str, reason: &str, generation: i64) -> AwsAccount {
    let mut account = fixtures::account();
    account.metadata.generation = Some(2);
    account.spec.evidence = Some(typed(json!({"bucket": "acme-evidence", "region": "us-east-1"})));
    let ready = json!({"type": "Ready", "status": status, "reason": reason, "message": "m",
        "lastTransitionTime": "2026-01-01T00:00:00Z"});
    account.status = Some(typed(json!({"observedGeneration": generation, "conditions": [ready]})));
    account
}

fn shipped(file: &str, which: impl Fn(&Value) -> bool) -> Vec<Value> {
    let objects = Identity::default().objects(file).unwrap();
    objects.into_iter().filter(|object| which(object)).collect()
}

fn there(objects: Vec<Value>) -> Vec<Shipped<Value>> {
    let one = |ours: Value| Shipped {
        live: Ok(Some(ours.clone())),
        ours,
    };
    objects.into_iter().map(one).collect()
}

fn role() -> RoleEvidence {
    let allowed = Verdict {
        action: "iam:GetRole".into(),
        resource: "*".into(),
        decision: Decision::Allowed,
    };
    RoleEvidence {
        account: "production".into(),
        account_id: "123456789012".into(),
        role: RoleKind::Read,
        arn: fixtures::account().spec.roles.read,
        identity: Ok(caller("123456789012")),
        takes_tags: Some(true),
        simulated: Ok(vec![allowed]),
    }
}

fn server() -> Server {
    Server {
        version: "v1.36.1".into(),
        minor: Some(36),
        date: Some(now()),
        at: now(),
    }
}

/// As it should be.
pub fn healthy() -> Evidence {
    let is_own = |role: &Value| role["metadata"]["name"] == CONTROLLER;
    let is_for_people =
        |role: &Value| role["rules"].is_array() && !is_own(role) && role["metadata"]["name"] != NOTIFIER;
    let own = shipped(RBAC, |role| role["rules"].is_array() && is_own(role));
    let crds = firebreak_crds::all().into_iter().map(|ours| {
        let mut live = ours.clone();
        live.status = Some(typed(
            json!({"conditions": [{"type": "Established", "status": "True"}]}),
        ));
        Shipped {
            ours,
            live: Ok(Some(live)),
        }
    });
    let arn = "arn:aws:iam::111111111111:role/firebreak-operator";
    Evidence {
        identity: Identity::default(),
        version: VERSION.into(),
        server: Ok(server()),
        crds: crds.collect(),
        policies: there(shipped(ADMISSION, |_| true)),
        requester: there(shipped(REQUESTER, |_| true)),
        rights: own.iter().flat_map(rights).map(|right| (right, Ok(true))).collect(),
        roles: there(shipped(RBAC, is_for_people)),
        deployment: Ok(Some(typed(json!({
            "metadata": {"labels": {"app.kubernetes.io/version": VERSION}},
            "spec": {"replicas": 2, "selector": {}, "template": {}}, "status": {"availableReplicas": 2},
        })))),
        lease: Ok(Some(lease())),
        service_account: Ok(Some(typed(
            json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": arn}}}),
        ))),
        stops: Ok(Vec::new()),
        holds: Ok(Vec::new()),
        sources: Ok(Vec::new()),
        playbooks: Ok(Vec::new()),
        channels: Ok(Vec::new()),
        failovers: Ok(Vec::new()),
        notifier: Ok(Some(typed(json!({"metadata": {}, "status": {"availableReplicas": 1}})))),
        you: Ok("ann".into()),
        powers: you::powers("incident")
            .into_iter()
            .map(|(power, _)| (power, Ok(true)))
            .collect(),
        namespace: "incident".into(),
        accounts: Ok(vec![account("True", "Verified", 2)]),
        unreadable: Ok(Vec::new()),
        operator_account: None,
        aws: Some(AwsEvidence {
            you: Ok(caller("111111111111")),
            roles: vec![role()],
            stores: vec![StoreEvidence {
                account: "production".into(),
                bucket: "acme-evidence".into(),
                lock: Ok(Some("COMPLIANCE for 365 days".into())),
            }],
        }),
    }
}

fn lease() -> Lease {
    typed(
        json!({"spec": {"holderIdentity": "pod-1_7_abc", "leaseDurationSeconds": 15, "renewTime": format!("{:.6}", now())}}),
    )
}

/// When nothing can be seen.
pub fn blind() -> Evidence {
    fn none<T>() -> Look<T> {
        Err("nothing can be seen".into())
    }
    fn unseen<T>(shipped: Vec<Shipped<T>>) -> Vec<Shipped<T>> {
        let one = |shipped: Shipped<T>| Shipped {
            live: none(),
            ..shipped
        };
        shipped.into_iter().map(one).collect()
    }
    let well = healthy();
    Evidence {
        server: none(),
        crds: unseen(well.crds),
        policies: unseen(well.policies),
        requester: unseen(well.requester),
        roles: unseen(well.roles),
        rights: well.rights.into_iter().map(|(right, _)| (right, none())).collect(),
        powers: well.powers.into_iter().map(|(power, _)| (power, none())).collect(),
        deployment: none(),
        lease: none(),
        service_account: none(),
        stops: none(),
        holds: none(),
        sources: none(),
        playbooks: none(),
        channels: none(),
        failovers: none(),
        notifier: none(),
        you: none(),
        accounts: none(),
        unreadable: none(),
        aws: Some(AwsEvidence {
            you: Err(denied("sts:GetCallerIdentity")),
            roles: Vec::new(),
            stores: Vec::new(),
        }),
        ..well
    }
}
