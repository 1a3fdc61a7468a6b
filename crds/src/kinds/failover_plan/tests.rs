//! The rules of the schema, evaluated as the API server evaluates them, and the bounds of what is reported.

use super::*;
use crate::{Decision, all};
use kube::core::cel::{ErrorKind, ValidationErrors, validate_cel, validate_cel_update};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn merged(base: Value, change: &Value) -> Value {
    match (base, change) {
        (Value::Object(mut base), Value::Object(change)) => {
            for (key, value) in change {
                let inner = base.remove(key).unwrap_or(Value::Null);
                if !value.is_null() {
                    base.insert(key.clone(), merged(inner, value));
                }
            }
            Value::Object(base)
        }
        (_, change) => change.clone(),
    }
}

fn service(name: &str) -> Value {
    json!({"cluster": "web", "service": name})
}

fn scale(name: &str, desired: Value, after: &[&str]) -> Value {
    json!({"name": name, "dependsOn": after, "ecsScale": {"primary": service("api"), "standby": service("api"), "desired": desired}})
}

fn promote() -> Value {
    json!({"name": "promote", "rdsPromoteReplica": {"primary": "orders", "standby": "orders-west"}})
}

fn fence(change: &Value) -> Value {
    let site = |instance: &str| json!({"instance": instance, "securityGroup": "sg-0123456789abcdef0"});
    let fence = json!({"name": "fence", "fence": {"primary": site("orders"), "standby": site("orders-west")}});
    json!({"steps": [merged(fence, change)]})
}

fn plan(change: &Value) -> FailoverPlan {
    let base = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "FailoverPlan", "metadata": {"name": "shop", "namespace": "payments"},
        "spec": {
            "accountRef": {"name": "production"}, "regions": {"primary": "us-east-1", "standby": "us-west-2"},
            "runStore": {"primary": {"bucket": "shop-runs-east"}, "standby": {"bucket": "shop-runs-west"}},
            "steps": [promote(), scale("scale", json!("MatchActive"), &["promote"])],
        },
    });
    serde_json::from_value(merged(base, &json!({"spec": change}))).unwrap()
}

fn broken(result: Result<(), ValidationErrors>) -> String {
    let errors = result
        .err()
        .map(|errors| errors.as_slice().to_vec())
        .unwrap_or_default();
    // Of a rule that this evaluator lacks a function for (`type()`) the stories on a real API server tell.
    let known = errors
        .into_iter()
        .filter(|error| error.kind != ErrorKind::UnsupportedReference);
    let messages: Vec<String> = known.map(|error| format!("{error:?}")).collect();
    messages.join("\n")
}

fn step(change: &Value) -> Value {
    json!({"steps": [merged(json!({"name": "a"}), change)]})
}

fn gate(inner: Value) -> Value {
    step(&json!({"gate": inner}))
}

#[test]
fn a_short_plan_and_one_with_everything_are_accepted() {
    assert_eq!(broken(validate_cel(&plan(&json!({})))), "");
    let everything = json!({
        "activation": {"region": "us-west-2", "serial": 7, "acknowledgeDataLoss": {"serial": 7, "extent": "Unbounded"}, "acknowledgeSplitBrain": {"serial": 7}},
        "mode": "Ungraceful", "objectives": {"tier": "Critical", "rto": "2h", "rpo": "0s"},
        "sampleInterval": "30s", "minimumInterval": "1h30m", "readiness": {"interval": "1h"},
        "drill": {"schedule": "0 9 * * MON", "maxAge": "336h", "blackout": [{"name": "w", "from": "2026-11-27T00:00:00Z", "until": "2026-12-01T00:00:00Z"}], "now": 1},
        "steps": [
            promote(), scale("scale", json!(12), &["promote"]),
            {"name": "http", "when": "FailingOver", "timeout": "10m", "onFailure": "Compensate", "approval": true, "gate": {
                "consecutive": 3, "failureLimit": 5, "intervalSeconds": 10, "http": {"primary": "https://east.example.com/health", "standby": "https://west.example.com/health"}}},
            {"name": "alarm", "gate": {"alarm": {"primary": "a", "standby": "b"}}},
            {"name": "metric", "gate": {"metric": {"namespace": "n", "name": "m", "statistic": "Sum", "comparison": "AtLeast", "threshold": "-0.5", "standby": [{"name": "LoadBalancer", "value": "app/x"}]}}},
            {"name": "lag", "gate": {"replicaLag": {"primary": "orders", "standby": "orders-west", "maxSeconds": 0}}},
            {"name": "weights", "elbv2Weights": {"listener": "arn:aws:elasticloadbalancing:us-west-2:222222222222:listener-rule/app/shop/1/2/3", "primary": "arn:aws:elasticloadbalancing:us-west-2:222222222222:targetgroup/to-east/1", "standby": "arn:aws:elasticloadbalancing:us-west-2:222222222222:targetgroup/to-west/2", "active": 999, "other": 0}},
            {"name": "sources", "lambdaEventSources": {"primary": {"function": "orders", "mappings": ["14e0db71-5d35-4eb5-b481-8945cf9d10c2"]}, "standby": {"function": "orders", "mappings": ["14e0db71-5d35-4eb5-b481-8945cf9d10c3"]}}},
            {"name": "alias", "lambdaAlias": {"primary": {"function": "orders", "alias": "live", "version": "7"}, "standby": {"function": "orders", "alias": "live", "version": "12"}}},
            {"name": "people", "manualApproval": {"message": "nothing writes to the old database any more"}},
            {"name": "caches", "dependsOn": ["people"], "wait": {"duration": "1m30s"}},
            {"name": "switch", "bestEffort": true, "accountRef": {"name": "dns"}, "dependsOn": ["http"], "healthCheckSwitch": {"bucket": "shop-switch", "key": "west-is-active"}},
        ],
    });
    assert_eq!(broken(validate_cel(&plan(&everything))), "");
    let service = json!({"fence": {"primary": {"service": service("api")}}});
    assert_eq!(broken(validate_cel(&plan(&fence(&service)))), "");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_breaks_a_rule_is_refused_with_field_and_remedy() {
    for (change, said) in [
        (
            json!({"regions": {"standby": "us-east-1"}}),
            "the same region: name two",
        ),
        (
            json!({"regions": {"primary": "Virginia"}}),
            "primary looks like us-east-1",
        ),
        (
            json!({"activation": {"region": "eu-west-1", "serial": 1}}),
            "name one of the two",
        ),
        (
            json!({"activation": {"region": "us-west-2", "serial": 2, "acknowledgeDataLoss": {"serial": 1, "extent": "Unbounded"}}}),
            "counts for one activation; name this serial",
        ),
        (
            json!({"activation": {"region": "us-west-2", "serial": 2, "acknowledgeSplitBrain": {"serial": 3}}}),
            "acknowledgeSplitBrain.serial is not activation.serial",
        ),
        (
            json!({"steps": [scale("a", json!(1), &["b"])]}),
            "not in spec.steps: correct the name",
        ),
        (
            json!({"steps": [scale("a", json!(1), &["a"])]}),
            "names the step itself",
        ),
        (json!({"steps": [{"name": "a"}]}), "a step does one thing"),
        (
            json!({"steps": [merged(promote(), &scale("a", json!(1), &[]))]}),
            "a step does one thing",
        ),
        (
            json!({"steps": [merged(promote(), &json!({"name": "A b"}))]}),
            "lower-case letters",
        ),
        (
            json!({"steps": [merged(promote(), &json!({"bestEffort": true}))]}),
            "cannot be left behind",
        ),
        (
            json!({"steps": [merged(promote(), &json!({"onFailure": "Continue"}))]}),
            "nothing goes on without",
        ),
        (fence(&json!({"bestEffort": true})), "a promotion waits for its fence"),
        (
            fence(&json!({"onFailure": "Continue"})),
            "nothing is promoted while the old database may take writes",
        ),
        (
            fence(&json!({"fence": {"primary": {"securityGroup": "default"}}})),
            "securityGroup looks like sg-0123456789abcdef0",
        ),
        (
            json!({"steps": [merged(promote(), &json!({"timeout": "5s"}))]}),
            "timeout is a duration",
        ),
        (
            step(
                &json!({"elbv2Weights": {"listener": "arn:aws:elasticloadbalancing:us-west-2:222222222222:targetgroup/a/1", "primary": "a-target-group-of-elbv2", "standby": "b-target-group-of-elbv2"}}),
            ),
            "the ARN of a listener or of a rule",
        ),
        (
            step(
                &json!({"elbv2Weights": {"listener": "arn:aws:elasticloadbalancing:us-west-2:222222222222:listener/app/shop/1/2", "primary": "a-target-group-of-elbv2", "standby": "a-target-group-of-elbv2"}}),
            ),
            "the same target group: name two",
        ),
        (
            step(
                &json!({"lambdaEventSources": {"primary": {"function": "orders", "mappings": ["all"]}, "standby": {"function": "orders", "mappings": ["all"]}}}),
            ),
            "mappings are UUIDs",
        ),
        (
            step(
                &json!({"lambdaAlias": {"primary": {"function": "orders", "alias": "live", "version": "7"}, "standby": {"function": "orders", "alias": "live", "version": "$LATEST"}}}),
            ),
            "$LATEST changes by itself",
        ),
        (step(&json!({"wait": {"duration": "0s"}})), "between 1s and 24h"),
        (
            step(&json!({"wait": {"duration": "five minutes"}})),
            "between 1s and 24h",
        ),
        (
            step(&json!({"wait": {"duration": "5m"}, "timeout": "10m"})),
            "timeout: a wait ends by itself",
        ),
        (
            step(&json!({"manualApproval": {}, "timeout": "10m"})),
            "timeout: a wait ends by itself",
        ),
        (
            step(&json!({"manualApproval": {}, "bestEffort": true})),
            "remove bestEffort, or the step",
        ),
        (
            step(&json!({"manualApproval": {}, "wait": {"duration": "5m"}})),
            "a step does one thing",
        ),
        (gate(json!({})), "a gate looks at one thing"),
        (
            gate(
                json!({"alarm": {"primary": "a", "standby": "b"}, "ecsSteady": {"primary": service("a"), "standby": service("b")}}),
            ),
            "a gate looks at one thing",
        ),
        (
            gate(json!({"http": {"primary": "ftp://a.example.com", "standby": "https://b.example.com"}})),
            "an http or https URL",
        ),
        (
            gate(
                json!({"metric": {"namespace": "n", "name": "m", "statistic": "Sum", "comparison": "AtMost", "threshold": "1e9"}}),
            ),
            "threshold is a decimal number",
        ),
        (json!({"objectives": {"rto": "0s"}}), "objectives.rto is a duration"),
        (json!({"sampleInterval": "1s"}), "sampleInterval is a duration"),
        (
            json!({"readiness": {"interval": "10s"}}),
            "readiness.interval is a duration",
        ),
        (json!({"drill": {"schedule": "@every 1h"}}), "has five fields"),
        (json!({"drill": {"maxAge": "5m"}}), "drill.maxAge is a duration"),
        (
            json!({"runStore": {"standby": {"bucket": "shop-runs-east"}}}),
            "a bucket of its own",
        ),
    ] {
        let errors = broken(validate_cel(&plan(&change)));
        assert!(errors.contains(said), "{change}: {errors}");
    }
}

#[test]
fn a_plan_after_which_no_run_could_be_named_is_refused() {
    let named = |length: usize| {
        let mut named = plan(&json!({}));
        named.metadata.name = Some("x".repeat(length));
        broken(validate_cel(&named))
    };
    assert_eq!(named(200), "");
    assert!(named(201).contains("metadata.name has at most 200 characters"));
}

#[test]
fn serial_only_goes_up_and_what_identifies_the_plan_stays() {
    let at = |region: &str, serial: u64| json!({"activation": {"region": region, "serial": serial}});
    let (west, east) = ("us-west-2", "us-east-1");
    for (before, after, said) in [
        (at(west, 3), at(west, 2), "a serial never goes down"),
        (at(west, 3), at(east, 3), "another region needs a higher serial"),
        (at(west, 3), json!({}), "spec.activation cannot be taken away"),
        (json!({}), json!({"regions": {"standby": "eu-west-1"}}), "immutable"),
        (json!({}), json!({"accountRef": {"name": "other"}}), "immutable"),
    ] {
        let errors = broken(validate_cel_update(&plan(&after), &plan(&before)));
        assert!(errors.contains(said), "{before} → {after}: {errors}");
    }
    for (before, after) in [
        (json!({}), at(west, 1)),
        (at(west, 3), at(east, 4)),
        (at(west, 3), at(west, 3)),
    ] {
        assert_eq!(broken(validate_cel_update(&plan(&after), &plan(&before))), "");
    }
}

fn decision(change: &Value) -> Decision {
    let base = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Decision", "metadata": {"name": "d", "namespace": "payments"},
        "spec": {"by": "ann@example.com", "approverRole": "approver", "target": {"kind": "FailoverPlan", "name": "shop", "uid": "u-1"}},
    });
    serde_json::from_value(merged(base, &json!({"spec": change}))).unwrap()
}

fn of_run(verb: &str) -> Value {
    let digest = format!("sha256:{}", "0".repeat(64));
    json!({"verb": verb, "plan": {"name": "shop-run-1", "uid": "u-2", "digest": digest}})
}

#[test]
fn each_verb_of_a_run_names_what_it_must() {
    let start = json!({"verb": "Start", "start": {"region": "us-west-2", "serial": 4}});
    let skip = merged(of_run("Skip"), &json!({"step": "scale", "reason": "scaled by hand"}));
    let abort = merged(of_run("Abort"), &json!({"reason": "a false alarm"}));
    let retry = merged(of_run("Retry"), &json!({"step": "scale"}));
    for fine in [
        &start,
        &skip,
        &abort,
        &retry,
        &of_run("Pause"),
        &of_run("Resume"),
        &of_run("Approve"),
    ] {
        assert_eq!(broken(validate_cel(&decision(fine))), "", "{fine}");
    }
    for (change, said) in [
        (json!({"verb": "Start"}), "spec.start (region and serial)"),
        (
            merged(of_run("Pause"), &json!({"start": {"region": "us-west-2", "serial": 4}})),
            "spec.start (region and serial)",
        ),
        (merged(start.clone(), &of_run("Start")), "a Start has no plan yet"),
        (json!({"verb": "Pause"}), "they are about one run"),
        (merged(of_run("Retry"), &json!({})), "spec.step is required"),
        (
            merged(skip.clone(), &json!({"reason": " "})),
            "spec.reason is required for Skip",
        ),
        (of_run("Abort"), "spec.reason is required for Skip and for Abort"),
        (
            merged(of_run("Pause"), &json!({"step": "scale"})),
            "spec.step belongs to",
        ),
        (
            merged(abort.clone(), &json!({"target": {"kind": "Quarantine"}})),
            "a Quarantine takes Approve, Reject, BreakGlass, Release or Abandon; for what is said",
        ),
        (
            json!({"verb": "Release"}),
            "holds nothing that could be released: Abort ends a run",
        ),
    ] {
        let errors = broken(validate_cel(&decision(&change)));
        assert!(errors.contains(said), "{change}: {errors}");
    }
}

fn schema() -> Value {
    let crd = all()
        .into_iter()
        .find(|crd| crd.spec.names.kind == "FailoverPlan")
        .unwrap();
    let crd = serde_json::to_value(crd).unwrap();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"].clone()
}

/// The first list or text without a bound.
fn unbounded(schema: &Value, at: &str) -> Option<String> {
    let bound = match schema["type"].as_str() {
        Some("string") => ["maxLength", "enum", "pattern", "format"]
            .iter()
            .any(|bound| !schema[*bound].is_null()),
        Some("array") => !schema["maxItems"].is_null(),
        _ => true,
    };
    let below = |(name, field): (&String, &Value)| unbounded(field, &format!("{at}.{name}"));
    let fields = schema["properties"].as_object().into_iter().flatten();
    (!bound)
        .then(|| at.to_owned())
        .or_else(|| fields.filter(|(name, _)| *name != "conditions").find_map(below))
        .or_else(|| unbounded(schema.get("items")?, &format!("{at}[]")))
}

#[test]
fn every_list_and_text_has_a_bound_and_every_field_a_description() {
    let schema = schema();
    assert_eq!(unbounded(&schema["spec"], "spec"), None);
    assert_eq!(unbounded(&schema["status"], "status"), None);
    assert_eq!(undescribed(&schema["spec"], "spec"), None);
    assert_eq!(undescribed(&schema["status"], "status"), None);
}

fn undescribed(schema: &Value, at: &str) -> Option<String> {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let inner = fields
        .filter(|(name, _)| *name != "conditions")
        .find_map(|(name, field)| {
            let at = format!("{at}.{name}");
            field["description"]
                .is_null()
                .then(|| at.clone())
                .or_else(|| undescribed(field, &at))
        });
    inner.or_else(|| undescribed(schema.get("items")?, &format!("{at}[]")))
}

#[test]
fn every_field_of_a_step_is_a_kind_or_says_how_any_kind_runs() {
    let steps = &schema()["spec"]["properties"]["steps"]["items"]["properties"];
    let terms = [
        "accountRef",
        "approval",
        "bestEffort",
        "dependsOn",
        "name",
        "onFailure",
        "timeout",
        "when",
    ];
    let fields: BTreeSet<&str> = steps.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, STEP_KINDS.iter().chain(&terms).copied().collect());
}

#[test]
fn a_step_with_one_field_has_its_kind_and_one_with_none_or_two_has_none() {
    let mut step = FailoverStep::default();
    assert_eq!(step.kind(), None);
    step.gate = Some(FailoverGate::default());
    assert_eq!(step.kind(), Some(StepKind::Gate(&FailoverGate::default())));
    step.ecs_scale = Some(EcsScale::default());
    assert_eq!(step.kind(), None);
}

#[test]
fn a_manifest_stays_small_enough_for_client_side_apply() {
    let crd = all()
        .into_iter()
        .find(|crd| crd.spec.names.kind == "FailoverPlan")
        .unwrap();
    assert!(serde_json::to_string(&crd).unwrap().len() < 128 * 1024);
}

#[test]
fn a_status_that_says_too_much_fits_and_forges_nothing() {
    let long = format!("\u{202e}{}", "ä".repeat(5000));
    let step = FailoverStepStatus {
        message: Some(long.clone()),
        ..FailoverStepStatus::default()
    };
    let status = FailoverPlanStatus {
        waiting_for: Some(long.clone()),
        notes: vec![long.clone(); 100],
        steps: vec![step; 100],
        history: vec![FailoverRunSummary::default(); 30],
        ..FailoverPlanStatus::default()
    };
    let bounded = status.bounded();
    assert_eq!(
        (bounded.steps.len(), bounded.history.len(), bounded.notes.len()),
        (20, MAX_HISTORY, 32)
    );
    assert_eq!(bounded.waiting_for.as_ref().unwrap().chars().count(), 64);
    assert!(!json!(bounded).to_string().contains('\u{202e}'));
}

#[test]
fn every_tier_has_the_objectives_of_the_reference() {
    let all = [
        ObjectiveTier::AvailabilityZone,
        ObjectiveTier::Region,
        ObjectiveTier::Corruption,
        ObjectiveTier::Critical,
        ObjectiveTier::Other,
    ];
    assert_eq!(
        all.map(ObjectiveTier::seconds),
        [(300, 0), (3600, 900), (7200, 3600), (14_400, 3600), (86_400, 86_400)]
    );
    let regions = FailoverRegions {
        primary: "a".into(),
        standby: "b".into(),
    };
    assert_eq!((regions.other("a"), regions.other("b")), ("b", "a"));
}
