//! The security groups of a network interface: the way into quarantine and back, and sentences.

use super::{Ec2Write, Through};
use crate::aws::value::{names, sorted};
use serde_json::{Value, json};

/// One security group or several, by their ids.
pub(in crate::aws) fn security_groups(ids: &[String]) -> String {
    let noun = if ids.len() == 1 { "group" } else { "groups" };
    format!("security {noun} {}", ids.join(", "))
}

/// On the way into quarantine the interface passes through the group that ends tracking; on the way back it does not.
/// An interface without a group does not exist: an empty list is never written.
pub(super) fn groups(interface: &str, through: Option<&Through>, from: &Value, to: &Value) -> Vec<Ec2Write> {
    let (from, to) = (names(from), names(to));
    if to.is_empty() {
        return Vec::new();
    }
    let passes = through.filter(|t| to == [t.quarantine.clone()] && from != [t.untrack.clone()]);
    let first = passes.map(|through| Ec2Write::ModifyNetworkInterfaceGroups {
        network_interface: interface.to_owned(),
        groups: vec![through.untrack.clone()],
        rehearse: Some(to.clone()),
    });
    let last = Ec2Write::ModifyNetworkInterfaceGroups {
        network_interface: interface.to_owned(),
        groups: to.clone(),
        rehearse: None,
    };
    first.into_iter().chain([last]).collect()
}

/// The open group is on the way into quarantine, and so on the way out of it when it was cut.
pub(super) fn groups_between(through: Option<&Through>, before: &Value, after: &Value, value: &Value) -> bool {
    let Some(through) = through else { return false };
    let quarantine = json!([through.quarantine]);
    let same = |one: &Value, other: &Value| sorted(one) == sorted(other);
    let into = [before, after].iter().any(|end| same(end, &quarantine));
    into && [before, after, &json!([through.untrack])]
        .iter()
        .any(|on_the_way| same(on_the_way, value))
}

pub(super) fn groups_sentence(interface: &str, through: Option<&Through>, to: &Value) -> String {
    let groups = names(to);
    match through.filter(|t| groups == [t.quarantine.clone()]) {
        Some(t) => format!(
            "Put network interface {interface} into security group {} for a moment, then into {}",
            t.untrack, t.quarantine
        ),
        None => format!("Put network interface {interface} into {}", security_groups(&groups)),
    }
}
