//! Words for Kubernetes objects: one call each, with what a test does not care about filled in.

use super::Bench;
use firebreak_cloud::memory::{ACCOUNT, REGION, access};
use firebreak_crds::{
    Action, ApprovalRule, AwsAccount, Decision, DecisionSpec, DecisionTarget, DesiredState, EmergencyStop,
    EmergencyStopSpec, Environment, Guardrail, GuardrailSpec, Hold, PlanReference, Quarantine, REQUESTED_BY, Reopens,
    ResponsePlan, Severity, Target, Verb,
};
use k8s_openapi::api::core::v1::Namespace;
use serde_json::{Value, json};

/// Every word that a release may need.
pub const EVERYTHING: [Reopens; 6] = [
    Reopens::AccessKeys,
    Reopens::FunctionUrl,
    Reopens::InstanceProfile,
    Reopens::PublicAccess,
    Reopens::Sessions,
    Reopens::TrustPolicy,
];

/// The namespace of the objects.
pub const TEAM: &str = "team";
/// The operator's namespace.
pub const HOME: &str = "firebreak-system";
/// Who asked for them.
pub const AUTHOR: &str = "mallory@example.com";

/// The AwsAccount `production` of the sample world: everything is granted to everybody.
pub fn account() -> AwsAccount {
    AwsAccount::new("production", access(ACCOUNT, REGION).account)
}

/// Nobody needs to be asked for anything.
pub fn guardrail_free() -> Guardrail {
    guardrail("free", |spec| spec.approvals = vec![rule(0)])
}

/// So many people must agree to a containment, and nobody to a release.
pub fn guardrail_contain(required: u8) -> Guardrail {
    guardrail("contain", |spec| {
        let of = |action, required| ApprovalRule {
            action: Some(action),
            ..rule(required)
        };
        spec.approvals = vec![of(Action::Contain, required), of(Action::Release, 0)];
    })
}

/// So many people must agree to everything.
pub fn guardrail_all(required: u8) -> Guardrail {
    guardrail("all", |spec| spec.approvals = vec![rule(required)])
}

pub fn guardrail(name: &str, change: impl FnOnce(&mut GuardrailSpec)) -> Guardrail {
    let mut spec = GuardrailSpec {
        environments: vec![Environment::Production],
        ..GuardrailSpec::default()
    };
    change(&mut spec);
    Guardrail::new(name, spec)
}

pub fn rule(required: u8) -> ApprovalRule {
    ApprovalRule {
        action: None,
        destructive: None,
        severities: Vec::new(),
        required,
        approver_roles: Vec::new(),
    }
}

/// A role of the sample world, denied by the pre-made policy.
pub fn role(name: &str) -> Value {
    json!({ "iamRole": { "roleName": name, "methods": ["DenyAll"], "denyPolicy": "Managed" } })
}

pub fn role_with(name: &str, methods: &[&str]) -> Value {
    json!({ "iamRole": { "roleName": name, "methods": methods, "denyPolicy": "Inline" } })
}

/// A user of the sample world; everything but `Managed` denies by an inline policy.
pub fn user(name: &str, methods: &[&str], deny_policy: &str) -> Value {
    json!({ "iamUser": { "userName": name, "methods": methods, "denyPolicy": deny_policy } })
}

/// A function of the sample world.
pub fn function(name: &str) -> Value {
    json!({ "lambdaFunction": { "functionName": name } })
}

/// The service `prod/api`.
pub fn service(method: &str) -> Value {
    let mut target = json!({ "ecsService": { "cluster": "prod", "service": "api", "method": method } });
    if method == "SwapSecurityGroups" {
        target["ecsService"]["securityGroupId"] = json!("sg-dark");
    }
    target
}

/// The instance `i-0bastion`, without snapshots: they stay after a release.
pub fn instance(method: &str) -> Value {
    let mut target = json!({ "ec2Instance": { "instanceId": "i-0bastion", "method": method, "snapshots": false } });
    if method == "Isolate" {
        target["ec2Instance"]["isolationSecurityGroupId"] = json!("sg-dark");
        target["ec2Instance"]["untrackSecurityGroupId"] = json!("sg-open");
    }
    target
}

/// The bucket `payments-exports`.
pub fn bucket(methods: &[&str]) -> Value {
    json!({ "s3Bucket": { "bucket": "payments-exports", "methods": methods } })
}

/// A rule of a security group, by its id.
pub fn security_group_rule(group: &str, rule: &str) -> Value {
    json!({ "securityGroupRule": { "groupId": group, "ruleId": rule } })
}

/// A Quarantine in the namespace `team`, asked for by a person.
pub fn quarantine(name: &str, target: Value) -> Quarantine {
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": { "name": name, "namespace": TEAM, "annotations": { REQUESTED_BY: AUTHOR } },
        "spec": { "accountRef": { "name": "production" }, "region": REGION, "target": target },
    });
    serde_json::from_value(object).unwrap()
}

/// The target as the spec has it, for tests of the design alone.
pub fn target(value: &Value) -> Target {
    serde_json::from_value(value.clone()).unwrap()
}

impl Bench {
    /// Creates a Quarantine.
    pub fn quarantined(&self, name: &str, target: Value) -> Quarantine {
        self.api.seed(&quarantine(name, target))
    }

    /// Changes a Quarantine, as its author does.
    pub fn change(&self, name: &str, change: impl Fn(&mut Quarantine)) {
        self.api.edit::<Quarantine>(Some(TEAM), name, change);
    }

    /// Asks for its release.
    pub fn let_go(&self, name: &str) {
        self.change(name, |q| q.spec.state = DesiredState::Released);
    }

    /// Asks for its release, with what would reopen the compromise.
    pub fn let_go_of_everything(&self, name: &str) {
        self.change(name, |q| {
            q.spec.state = DesiredState::Released;
            q.spec.restore_on_release = EVERYTHING.to_vec();
        });
    }

    /// Asks for it to be contained again.
    pub fn contain_again(&self, name: &str) {
        self.change(name, |q| q.spec.state = DesiredState::Contained);
    }

    pub fn delete(&self, name: &str) {
        self.api.delete::<Quarantine>(Some(TEAM), name);
    }

    pub fn stop(&self) {
        let reason = "drill".to_owned();
        self.api.seed(&EmergencyStop::new("stop", EmergencyStopSpec { reason }));
    }

    pub fn go_on(&self) {
        self.api.delete::<EmergencyStop>(None, "stop");
    }

    pub fn namespace(&self, name: &str) {
        let object = json!({ "metadata": { "name": name, "finalizers": ["kubernetes"] } });
        self.api.seed::<Namespace>(&serde_json::from_value(object).unwrap());
    }

    /// The newest run's plan of an object.
    pub fn plan(&self, name: &str) -> ResponsePlan {
        self.plans(name).pop().unwrap_or_else(|| panic!("{name} has no plan"))
    }

    /// One person approves the newest plan of an object.
    pub fn approve(&self, name: &str, by: &str) {
        self.say(name, by, |_| {});
    }

    /// One person says something about the newest plan of an object: an approval, unless it is changed.
    pub fn say(&self, name: &str, by: &str, change: impl FnOnce(&mut DecisionSpec)) {
        let plan = self.plan(name);
        let reference = PlanReference {
            name: plan.metadata.name.clone().unwrap(),
            uid: plan.metadata.uid.clone().unwrap(),
            digest: plan.spec.digest.clone(),
        };
        self.decide(name, by, |spec| {
            spec.plan = Some(reference);
            change(spec);
        });
    }

    /// One person says something about an object.
    pub fn decide(&self, name: &str, by: &str, change: impl FnOnce(&mut DecisionSpec)) {
        let object = self.quarantine(name);
        let target = DecisionTarget {
            kind: "Quarantine".into(),
            name: name.to_owned(),
            uid: object.metadata.uid.clone().unwrap(),
            generation: object.metadata.generation,
        };
        self.decision(TEAM, target, by, change);
    }

    /// One person says something about custody that no object holds.
    pub fn decide_about_hold(&self, hold: &Hold, by: &str, change: impl FnOnce(&mut DecisionSpec)) {
        let target = DecisionTarget {
            kind: "Hold".into(),
            name: hold.metadata.name.clone().unwrap(),
            uid: hold.metadata.uid.clone().unwrap(),
            generation: None,
        };
        self.decision(HOME, target, by, change);
    }

    /// A Decision in a namespace.
    pub fn decision(&self, namespace: &str, target: DecisionTarget, by: &str, change: impl FnOnce(&mut DecisionSpec)) {
        let mut spec = DecisionSpec {
            by: by.to_owned(),
            verb: Verb::Approve,
            target,
            plan: None,
            approver_role: "security".into(),
            reason: None,
            expires_at: None,
            restore: Vec::new(),
            start: None,
            step: None,
            acknowledge_split_brain: false,
            outcome: None,
        };
        change(&mut spec);
        let count = self.api.all::<Decision>().len();
        let mut decision = Decision::new(&format!("decision-{count}"), spec);
        decision.metadata.namespace = Some(namespace.into());
        self.api.seed(&decision);
    }
}

/// Changes to a Quarantine before it is created.
pub trait Having {
    fn severity(self, severity: Severity) -> Self;
    fn observing(self) -> Self;
}

impl Having for Quarantine {
    fn severity(mut self, severity: Severity) -> Self {
        self.spec.severity = severity;
        self
    }

    fn observing(mut self) -> Self {
        self.spec.mode = firebreak_crds::Mode::Observe;
        self
    }
}
