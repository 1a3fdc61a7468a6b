//! A strict model of AWS: what each write makes of a value.

use super::{cells::*, traffic, values::*};
use crate::aws::{
    Cell, Write,
    ec2::{Ec2Cell, Ec2Write, SecurityGroupRule},
    elbv2::{Elbv2Write, TargetId},
    iam::IamWrite,
    lambda::LambdaWrite,
    rds::RdsWrite,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A strict AWS: what is there twice, or is taken away without being there, is an error.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn apply(state: &Value, write: &Write) -> Value {
    match write {
        Write::Elbv2(Elbv2Write::RegisterTargets { targets, .. }) => with_targets(state, |all: &mut Vec<TargetId>| {
            assert!(targets.iter().all(|t| !all.contains(t)), "registered twice");
            all.extend(targets.clone());
        }),
        Write::Elbv2(Elbv2Write::DeregisterTargets { targets, .. }) => {
            with_targets(state, |all: &mut Vec<TargetId>| {
                assert!(targets.iter().all(|t| all.contains(t)), "not registered");
                all.retain(|t| !targets.contains(t));
            })
        }
        Write::Ec2(Ec2Write::AuthorizeSecurityGroupRules { egress, rules, .. }) => with_rules(state, *egress, |all| {
            let known = |rule: &SecurityGroupRule| all.iter().any(|other| traffic(other) == traffic(rule));
            assert!(!rules.iter().any(known), "InvalidPermission.Duplicate");
            all.extend(rules.clone());
        }),
        Write::Ec2(Ec2Write::RevokeSecurityGroupRules { egress, rules, .. }) => with_rules(state, *egress, |all| {
            assert!(
                rules.iter().all(|rule| all.contains(rule)),
                "InvalidPermission.NotFound"
            );
            all.retain(|rule| !rules.contains(rule));
        }),
        Write::Ec2(Ec2Write::ModifyNetworkInterfaceGroups { groups, rehearse, .. }) => {
            assert!(!groups.is_empty(), "InvalidParameterValue");
            assert!(
                rehearse.as_ref().is_none_or(|next| *next == ["sg-0"]),
                "the next write is rehearsed"
            );
            json!(groups)
        }
        Write::Iam(IamWrite::UpdateAccessKey {
            access_key_id, active, ..
        }) => moved(state, access_key_id, "inactive", "active", *active),
        Write::Lambda(LambdaWrite::DeleteProvisionedConcurrencyConfig { qualifier, .. }) => {
            let mut made = state.clone();
            let removed = made.as_object_mut().unwrap().remove(qualifier);
            assert!(removed.is_some(), "ResourceNotFoundException");
            made
        }
        Write::Lambda(LambdaWrite::PutProvisionedConcurrencyConfig {
            qualifier, executions, ..
        }) => {
            let mut made = state.clone();
            made[qualifier] = json!(executions);
            made
        }
        Write::Lambda(LambdaWrite::UpdateEventSourceMapping { uuid, enabled }) => {
            moved(state, uuid, "disabled", "enabled", *enabled)
        }
        Write::Lambda(LambdaWrite::UpdateFunctionUrlConfig {
            qualifier, auth_type, ..
        }) => {
            let qualifier = qualifier.as_deref().unwrap_or("$LATEST");
            let mut made = state.clone();
            assert!(made.get(qualifier).is_some(), "ResourceNotFoundException");
            made[qualifier] = json!(auth_type);
            made
        }
        Write::Rds(RdsWrite::ModifyDbInstance { groups, .. }) => {
            assert!(!groups.is_empty(), "InvalidParameterCombination");
            Value::Object(groups.iter().map(|id| (id.clone(), json!("active"))).collect())
        }
        other => panic!("not a write of this cell: {other:?}"),
    }
}

fn moved(state: &Value, id: &str, off: &str, on: &str, turn_on: bool) -> Value {
    let (from, to) = if turn_on { (off, on) } else { (on, off) };
    let mut made = state.clone();
    let list = made[from].as_array_mut().unwrap();
    let at = list
        .iter()
        .position(|one| one == id)
        .expect("is not there, or is so already");
    let one = list.remove(at);
    made[to].as_array_mut().unwrap().push(one);
    made
}

fn with_targets(state: &Value, change: impl FnOnce(&mut Vec<TargetId>)) -> Value {
    let mut all: Vec<TargetId> = serde_json::from_value(state["registered"].clone()).unwrap();
    change(&mut all);
    json!({"registered": all, "running": state["running"]})
}

fn with_rules(state: &Value, egress: bool, change: impl FnOnce(&mut Vec<SecurityGroupRule>)) -> Value {
    let side = if egress { "egress" } else { "ingress" };
    let mut all: Vec<SecurityGroupRule> = serde_json::from_value(state[side].clone()).unwrap();
    change(&mut all);
    let mut made = state.clone();
    made[side] = json!(all);
    made
}

/// The states through which the writes lead, the first and the last included.
pub(super) fn steps(cell: &Cell, from: &Value, to: &Value) -> Vec<Value> {
    let mut states = vec![from.clone()];
    for write in cell.writes(from, to) {
        states.push(apply(states.last().unwrap(), &write));
    }
    states
}

pub(super) fn modelled() -> impl Strategy<Value = (Cell, Value, Value)> {
    let all = vec![
        registrations(),
        rules(),
        sources(),
        provisioned(),
        urls(),
        keys(),
        interface(),
    ];
    proptest::sample::select(all).prop_flat_map(|cell| {
        let (one, other) = (values(&cell), values(&cell));
        (Just(cell), one, other)
    })
}

/// What is written to an interface: the way into quarantine has two calls, every other has one.
pub(super) fn ends(cell: &Cell, from: Value, to: Value) -> (Value, Value) {
    match cell {
        Cell::Ec2(Ec2Cell::NetworkInterfaceGroups { .. }) => (from, json!(["sg-0"])),
        _ => (from, to),
    }
}
