//! What a value refers to that is a resource of its own: while nothing uses it, somebody may delete it, and then AWS refuses
//! every write that names it (`InvalidGroup.NotFound`), also for the parts that could come back.

use super::Cell;
use crate::{
    blocked::Stop,
    facts::{Facts, SecurityGroupRule},
    query::Query,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What of a recorded value can still be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Remaining {
    /// The value without what names something missing.
    pub value: Value,
    /// What is left out, for people.
    pub lost: Vec<String>,
    /// Whether nothing is left that AWS would take: it wants at least one.
    pub nothing: bool,
}

impl Cell {
    /// The recorded value without what refers to a resource that does not exist any more.
    ///
    /// # Errors
    /// [`Stop`] while that is not known.
    pub fn remaining(&self, recorded: &Value, facts: &Facts) -> Result<Remaining, Stop> {
        let missing: BTreeSet<String> = match self.references(recorded) {
            Some(query) => facts.need::<BTreeSet<String>>(query)?.unwrap_or_default(),
            None => BTreeSet::new(),
        };
        Ok(self.without(recorded, &missing))
    }

    /// The question which of the resources that a value refers to do not exist; none where it refers to none.
    pub fn references(&self, value: &Value) -> Option<Query> {
        let (groups, prefix_lists) = match self {
            Self::NetworkInterfaceGroups { .. } => (ids(value), BTreeSet::new()),
            Self::ServiceDeployment { .. } => (ids(&value["network"]["securityGroups"]), BTreeSet::new()),
            Self::SecurityGroupRules { group_id } => of_rules(value, group_id),
            _ => return None,
        };
        let query = || Query::MissingReferences {
            groups: groups.iter().cloned().collect(),
            prefix_lists: prefix_lists.iter().cloned().collect(),
        };
        (!groups.is_empty() || !prefix_lists.is_empty()).then(query)
    }

    fn without(&self, value: &Value, missing: &BTreeSet<String>) -> Remaining {
        if missing.is_empty() {
            return Remaining::whole(value);
        }
        match self {
            Self::NetworkInterfaceGroups { .. } => without_groups(value, missing),
            Self::ServiceDeployment { .. } => {
                let inner = without_groups(&value["network"]["securityGroups"], missing);
                let mut left = value.clone();
                left["network"]["securityGroups"] = inner.value;
                Remaining { value: left, ..inner }
            }
            Self::SecurityGroupRules { .. } => without_rules(value, missing),
            _ => Remaining::whole(value),
        }
    }
}

impl Remaining {
    fn whole(value: &Value) -> Self {
        Self {
            value: value.clone(),
            lost: Vec::new(),
            nothing: false,
        }
    }

    /// What is left out, in a sentence.
    pub fn sentence(&self) -> Option<String> {
        (!self.lost.is_empty()).then(|| format!("NOT put back, because it was deleted since: {}", self.lost.join(", ")))
    }
}

fn without_groups(value: &Value, missing: &BTreeSet<String>) -> Remaining {
    let (gone, left): (Vec<String>, Vec<String>) = list(value).into_iter().partition(|id| missing.contains(id));
    Remaining {
        nothing: left.is_empty() && !gone.is_empty(),
        value: json!(left),
        lost: gone.iter().map(|id| format!("security group {id}")).collect(),
    }
}

fn without_rules(value: &Value, missing: &BTreeSet<String>) -> Remaining {
    let (mut left, mut lost) = (value.clone(), Vec::new());
    for side in ["ingress", "egress"] {
        let (gone, kept): (Vec<_>, Vec<_>) = rules(&value[side]).into_iter().partition(|rule| names(rule, missing));
        lost.extend(gone.iter().map(|rule| rule_text(side, rule)));
        left[side] = json!(kept);
    }
    Remaining {
        value: left,
        lost,
        nothing: false,
    }
}

/// A group of another account cannot be looked up: it is tried.
fn of_rules(value: &Value, own: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let all: Vec<SecurityGroupRule> = ["ingress", "egress"]
        .iter()
        .flat_map(|side| rules(&value[side]))
        .collect();
    let groups = all.iter().filter(|rule| rule.group_owner.is_none());
    let groups = groups.filter_map(|rule| rule.group.clone()).filter(|id| id != own);
    let lists = all.iter().filter_map(|rule| rule.prefix_list.clone());
    (groups.collect(), lists.collect())
}

fn names(rule: &SecurityGroupRule, missing: &BTreeSet<String>) -> bool {
    let of_us = rule.group.as_ref().filter(|_| rule.group_owner.is_none());
    of_us
        .into_iter()
        .chain(&rule.prefix_list)
        .any(|id| missing.contains(id))
}

fn rule_text(side: &str, rule: &SecurityGroupRule) -> String {
    let peer = rule
        .group
        .as_deref()
        .or(rule.prefix_list.as_deref())
        .unwrap_or_default();
    let ports = match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
        _ => String::new(),
    };
    format!("{side} rule {}{ports} for {peer}", rule.protocol)
}

fn rules(value: &Value) -> Vec<SecurityGroupRule> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

fn ids(value: &Value) -> BTreeSet<String> {
    list(value).into_iter().collect()
}

fn list(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
