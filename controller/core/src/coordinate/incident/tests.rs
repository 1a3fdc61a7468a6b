//! Incidents, decided over small worlds: a server that keeps what is applied, and an operator that may be cut after every effect.

mod children;
mod clocks;
mod honest;
mod kept;
mod laws;
mod life;
mod people;
mod timeline;
mod verified;

use super::*;
use crate::approval::Admission;
use firebreak_crds::{
    APPLIED_ANNOTATION, Decision, INCIDENT_UID_LABEL, Incident, Quarantine, REQUESTED_BY,
    incident::{DeadlineState, IncidentState, ResponseState, ResponseStatus, TimelineEvent},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const START: i64 = 1_772_352_000; // 2026-03-01T08:00:00Z
const OPERATOR: &str = "system:serviceaccount:firebreak-system:firebreak-controller";

pub(super) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(START + minute * 60).unwrap()
}

/// JSON in which null takes a field away.
fn merged(base: Value, change: &Value) -> Value {
    match (base, change) {
        (Value::Object(mut base), Value::Object(change)) => {
            for (key, value) in change {
                let inner = base.remove(key).unwrap_or(Value::Null);
                match value {
                    Value::Null => None,
                    _ => base.insert(key.clone(), merged(inner, value)),
                };
            }
            Value::Object(base)
        }
        (_, change) => change.clone(),
    }
}

fn role(name: &str) -> Value {
    json!({"accountRef": {"name": "production"}, "region": "us-east-1", "target": {"iamRole": {"roleName": name}}})
}

pub(super) fn response(name: &str, after: &[&str]) -> Value {
    json!({"name": name, "quarantine": role(name), "dependsOn": after})
}

/// An Incident that ann declared at the start.
pub(super) fn world(spec: &Value) -> World {
    let base = json!({"severity": "Critical", "title": "Credentials used from outside"});
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
        "metadata": {"name": "inc", "namespace": "payments", "uid": "inc-1", "generation": 1,
                     "creationTimestamp": at(0).to_string(), "annotations": {REQUESTED_BY: "ann"}},
        "spec": merged(base, spec),
    });
    let object: Incident = serde_json::from_value(object).unwrap();
    let mut world = World {
        subject: Subject::of(&object),
        objects: BTreeMap::new(),
        decisions: Vec::new(),
        guardrails: Vec::new(),
        admission: Admission {
            decisions_bound_since: Some(at(-600)),
            requester_stamped: true,
            asked_reserved: true,
        },
        machines: vec!["ci-*".into()],
        operator: OPERATOR.into(),
        refused: BTreeMap::new(),
        failed: BTreeMap::new(),
        ledger: ledger::Ledger::default(),
        close_out: close_out::CloseOut::default(),
    };
    look(&mut world);
    world
}

fn contained_world() -> World {
    let mut world = world(&json!({"responses": [response("a", &[]), response("b", &["a"])]}));
    settle(&mut world, at(1));
    contain(&mut world, "a", at(2));
    settle(&mut world, at(2));
    contain(&mut world, "b", at(3));
    settle(&mut world, at(3));
    world
}

/// The controller looks for every object that a response names.
fn look(world: &mut World) {
    for name in objects("inc", &world.subject.spec.responses) {
        world.objects.entry(name).or_insert(Found::Absent);
    }
}

/// A person edits the spec.
fn edit(world: &mut World, by: Option<&str>, change: &Value) {
    let spec = merged(json!(world.subject.spec), change);
    world.subject.spec = serde_json::from_value(spec).unwrap();
    world.subject.generation += 1;
    world.subject.requested_by = by.map(str::to_owned);
    look(world);
}

/// What the API server does with an apply.
fn serve(world: &mut World, apply: &Apply, now: Timestamp) {
    let (name, known) = (apply.object.clone(), world.child(&apply.object).cloned());
    let mut object = apply.body.clone();
    let old = known.as_ref();
    assert_eq!(
        object["metadata"].get("uid").and_then(Value::as_str),
        old.map(|child| child.uid.as_str())
    );
    object["metadata"]["uid"] = json!(format!("{name}-uid"));
    object["metadata"]["annotations"][REQUESTED_BY] = json!(OPERATOR);
    object["metadata"]["creationTimestamp"] = json!(old.and_then(|child| child.created_at).unwrap_or(now).to_string());
    let quarantine: Quarantine = serde_json::from_value(object).unwrap();
    let mut child = Child::of(&quarantine, Record::default());
    if let Some(old) = old {
        child.generation = old.generation + i64::from(old.spec != child.spec);
        child.status = old.status.clone();
        child.record = old.record.clone();
    }
    world.objects.insert(name, Found::Object(Box::new(child)));
}

fn perform(world: &mut World, effect: &Effect, now: Timestamp) {
    match effect {
        Effect::Remember(status) => world.subject.status = (**status).clone(),
        Effect::Apply(apply) => serve(world, apply, now),
        Effect::Record(_) | Effect::Report(_) => panic!("there is no bucket"),
        Effect::CloseOut(step) => panic!("nobody asked for it: {step:?}"),
        Effect::Rest(rest) => world.subject.status = rest.status.clone(),
    }
}

/// One pass, to its rest.
pub(super) fn settle(world: &mut World, now: Timestamp) -> Rest {
    for _ in 0..100 {
        let effect = decide(world, now);
        perform(world, &effect, now);
        if let Effect::Rest(rest) = effect {
            return *rest;
        }
    }
    panic!("no rest after a hundred effects")
}

pub(super) fn child_mut<'a>(world: &'a mut World, response: &str) -> &'a mut Child {
    match world.objects.get_mut(&child_name("inc", response)) {
        Some(Found::Object(child)) => child,
        other => panic!("{response}: {other:?}"),
    }
}

/// The operator says this of a response, about its present spec.
fn says(world: &mut World, response: &str, conditions: &[(&str, &str, &str)], now: Timestamp) {
    let child = child_mut(world, response);
    let conditions = conditions.iter().map(|(kind, status, reason)| {
        json!({"type": kind, "status": status, "reason": reason, "message": "as it is",
               "observedGeneration": child.generation, "lastTransitionTime": now.to_string()})
    });
    child.status.conditions = serde_json::from_value(json!(conditions.collect::<Vec<_>>())).unwrap();
    child.status.observed_generation = Some(child.generation);
}

pub(super) fn contain(world: &mut World, response: &str, now: Timestamp) {
    says(
        world,
        response,
        &[("Ready", "True", "Contained"), ("Contained", "True", "Contained")],
        now,
    );
}

pub(super) fn release(world: &mut World, response: &str, now: Timestamp) {
    let conditions = [
        ("Ready", "True", "Released"),
        ("Contained", "False", "NotContained"),
        ("Released", "True", "Released"),
    ];
    says(world, response, &conditions, now);
}

/// A person's word about the Incident as it is now.
fn decision(world: &World, name: &str, by: &str, now: Timestamp, change: &Value) -> Decision {
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Decision",
        "metadata": {"name": name, "namespace": "payments", "creationTimestamp": now.to_string()},
        "spec": merged(json!({"by": by, "approverRole": "responder",
            "target": {"kind": "Incident", "name": "inc", "uid": "inc-1", "generation": world.subject.generation}}), change),
    });
    serde_json::from_value(object).unwrap()
}

pub(super) fn say(world: &mut World, name: &str, by: &str, now: Timestamp, change: &Value) {
    let decision = decision(world, name, by, now, change);
    world.decisions.push(decision);
}

fn status<'a>(world: &'a World, response: &str) -> &'a ResponseStatus {
    world
        .subject
        .status
        .responses
        .iter()
        .find(|one| one.name == response)
        .unwrap()
}

fn condition(world: &World, kind: &str) -> String {
    let all = &world.subject.status.conditions;
    let found = all
        .iter()
        .find(|one| one.type_ == kind)
        .unwrap_or_else(|| panic!("no {kind}"));
    format!("{} {}", found.status, found.reason)
}

fn message(world: &World, kind: &str) -> String {
    let all = &world.subject.status.conditions;
    all.iter().find(|one| one.type_ == kind).unwrap().message.clone()
}
