//! From findings to Incidents: any order, repeats and crashes give the same.

use super::{rehearsal::apply, *};
use crate::coordinate::{
    finding::{Record, samples::sample},
    playbook::Known,
};
use firebreak_crds::{GuardrailSpec, Reason, incident::IncidentIntent};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;

mod authority;
mod drills;
mod ending;
mod joining;
mod mail;
mod origins;
mod polling;
mod rehearsed;
mod storms;

fn now() -> Timestamp {
    "2026-11-29T00:00:00Z".parse().unwrap()
}

fn site() -> Site {
    Site {
        account: "production".into(),
        region: "us-east-1".into(),
    }
}

fn known(name: &str, spec: Value) -> Known {
    Known {
        name: name.into(),
        spec: serde_json::from_value(spec).unwrap(),
        editors: vec!["pat".into()],
    }
}

/// A playbook for everything, with responses for what each sample names.
fn playbook(mode: &str) -> Known {
    known(
        "all",
        json!({"mode": mode, "incident": {"commander": "ann"}, "responses": [
            {"name": "owner", "from": "AccessKeyOwner"}, {"name": "function", "from": "Function"},
            {"name": "bucket", "from": "Bucket"}, {"name": "service", "from": "EcsService"},
            {"name": "stop", "from": "EcsService", "ecsService": {"method": "ScaleToZero"}},
            {"name": "instance", "from": "Instance"},
        ]}),
    )
}

/// A source whose one site tells these findings, and the API server that its effects change.
struct Stage {
    world: World,
    now: Timestamp,
}

impl Stage {
    fn new(findings: &[Value]) -> Self {
        let account = json!({
            "accountId": "123456789012", "environment": "Development", "regions": ["us-east-1"],
            "roles": {"read": "arn:aws:iam::123456789012:role/r", "contain": "arn:aws:iam::123456789012:role/c"},
            "grants": [{"namespaces": ["payments"], "kinds": ["findings"], "arnPatterns": ["*"]}],
        });
        let spec = json!({"guardDuty": {"accounts": [{"name": "production"}]}});
        let object = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "FindingSource", "spec": spec,
            "metadata": {"name": "guardduty", "namespace": "payments", "uid": "u", "generation": 1, "creationTimestamp": "2026-11-28T00:00:00Z"}});
        let world = World {
            subject: Subject::of(&serde_json::from_value(object).unwrap()),
            playbooks: vec![playbook("Act")],
            accounts: [(
                "production".to_owned(),
                Account::Known(Box::new(serde_json::from_value(account).unwrap())),
            )]
            .into(),
            polled: [(site(), Ok(findings.to_vec()))].into(),
            post: None,
            unread: BTreeMap::new(),
            incidents: BTreeMap::new(),
            begun: BTreeMap::new(),
            guardrails: Vec::new(),
            refused: BTreeMap::new(),
        };
        Self { world, now: now() }
    }

    fn guarded(mut self, automation: Value) -> Self {
        let guardrail: GuardrailSpec = serde_json::from_value(json!({"automation": automation})).unwrap();
        self.world.guardrails = vec![guardrail];
        self
    }

    fn played(mut self, playbooks: Vec<Known>) -> Self {
        self.world.playbooks = playbooks;
        self
    }

    /// Does what is decided until there is nothing left; at most so many effects.
    fn run(&mut self, most: usize) -> Option<Rest> {
        for _ in 0..most {
            let effect = decide(&self.world, self.now);
            assert_eq!(effect, decide(&self.world, self.now), "deciding twice is equal");
            apply(&mut self.world, &effect, self.now).unwrap();
            if let Effect::Rest(rest) = effect {
                return Some(*rest);
            }
        }
        None
    }

    fn settled(mut self) -> Self {
        assert!(self.run(5000).is_some());
        self
    }

    fn only(&self) -> &Seen {
        assert_eq!(self.world.incidents.len(), 1, "{:?}", self.world.incidents.keys());
        self.world.incidents.values().next().unwrap()
    }

    fn record(&self) -> &Record {
        self.only().record.as_ref().unwrap()
    }

    /// Names of the responses of all Incidents, and whether each only proposes.
    fn responses(&self) -> Vec<(String, bool)> {
        let all = self.world.incidents.values().flat_map(|seen| {
            let record = seen.record.clone().unwrap();
            let each = seen
                .spec
                .responses
                .iter()
                .map(move |one| (short(&one.name), record.is_proposed(&one.name)));
            each.collect::<Vec<_>>()
        });
        all.collect()
    }

    /// What must be the same in any order: which Incidents there are, with which findings, severities and responses.
    fn outcome(&self) -> Vec<Value> {
        let each = self.world.incidents.iter().map(|(name, seen)| {
            let sorted = |all: Vec<String>| {
                let mut all = all;
                all.sort();
                all
            };
            json!({
                "name": name, "severity": seen.spec.severity,
                "findings": sorted(seen.spec.findings.iter().map(|one| one.id.clone()).collect()),
                "responses": sorted(seen.spec.responses.iter().map(|one| one.name.clone()).collect()),
                "affected": sorted(seen.spec.affected.clone()),
            })
        });
        each.collect()
    }
}

/// A response's name in its playbook.
fn short(name: &str) -> String {
    name.rsplit_once('-').unwrap().0.to_owned()
}

fn proposed(name: &str) -> (String, bool) {
    (name.to_owned(), true)
}

fn acts(name: &str) -> (String, bool) {
    (name.to_owned(), false)
}

/// Another finding of that kind.
fn another(name: &str, number: usize) -> Value {
    let mut finding = sample(name);
    finding["arn"] = json!(format!("{}{number:04}", finding["arn"].as_str().unwrap()));
    finding
}

/// One about another role.
fn about_role(number: usize) -> Value {
    let mut finding = another("iam_exfiltration", number);
    finding["resource"]["accessKeyDetails"]["userName"] = json!(format!("role-{number}"));
    finding
}

fn resolved(stage: &mut Stage, at: &str) {
    for seen in stage.world.incidents.values_mut() {
        seen.spec.state = IncidentIntent::Resolved;
        seen.status.clocks.resolved = Some(at.into());
    }
}

fn with_activity(at: &str) -> Value {
    let mut finding = sample("iam_exfiltration");
    finding["service"]["eventLastSeen"] = json!(at);
    finding["updatedAt"] = json!("2026-11-28T23:59:00Z");
    finding
}
