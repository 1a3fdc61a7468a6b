//! What RBAC is asked: single rights, as the rules of a role spell them out.

use serde_json::{Value, json};
use std::fmt;

/// A verb on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// API group; empty for the core group.
    pub group: String,
    /// Resource, with its subresource as RBAC writes it: `quarantines/status`.
    pub resource: String,
    /// Verb.
    pub verb: String,
    /// The one object, where the rule names objects.
    pub name: Option<String>,
    /// The namespace; none for the whole cluster.
    pub namespace: Option<String>,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        self.name.iter().try_for_each(|name| write!(f, " {name}"))?;
        self.namespace
            .iter()
            .try_for_each(|namespace| write!(f, " in {namespace}"))
    }
}

impl Right {
    /// A right on a kind of ours.
    pub fn ours(verb: &str, resource: &str, name: Option<&str>, namespace: Option<&str>) -> Self {
        Self {
            group: firebreak_crds::GROUP.into(),
            resource: resource.into(),
            verb: verb.into(),
            name: name.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
        }
    }

    /// The rights that a Decision in a role takes.
    pub fn deciding(namespace: &str, role: &str) -> [Self; 2] {
        let here = Some(namespace);
        [
            Self::ours("create", "decisions", None, here),
            Self::ours("approve", "decisions", Some(role), here),
        ]
    }

    /// The question, as `resourceAttributes` of a review.
    pub fn attributes(&self) -> Value {
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        json!({
            "group": self.group, "resource": resource, "subresource": subresource, "verb": self.verb,
            "name": self.name.as_deref().unwrap_or_default(), "namespace": self.namespace.as_deref().unwrap_or_default(),
        })
    }
}

/// Every single right that a Role or ClusterRole gives.
pub fn rights(role: &Value) -> Vec<Right> {
    let namespace = role["metadata"]["namespace"].as_str();
    let rules = role["rules"].as_array().into_iter().flatten();
    rules.flat_map(|rule| of_rule(rule, namespace)).collect()
}

fn of_rule(rule: &Value, namespace: Option<&str>) -> Vec<Right> {
    let names: Vec<Option<String>> = match words(&rule["resourceNames"]) {
        none if none.is_empty() => vec![None],
        some => some.into_iter().map(Some).collect(),
    };
    let mut all = Vec::new();
    for group in words(&rule["apiGroups"]) {
        for resource in words(&rule["resources"]) {
            for verb in words(&rule["verbs"]) {
                all.extend(names.iter().map(|name| Right {
                    group: group.clone(),
                    resource: resource.clone(),
                    verb: verb.clone(),
                    name: name.clone(),
                    namespace: namespace.map(str::to_owned),
                }));
            }
        }
    }
    all
}

fn words(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_every_combination_of_its_words() {
        let role = json!({"metadata": {"name": "r", "namespace": "ns"}, "rules": [
            {"apiGroups": ["firebreak.dev"], "resources": ["holds", "quarantines/status"], "verbs": ["get", "patch"]},
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["get"]},
        ]});
        let told: Vec<String> = rights(&role).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "get holds.firebreak.dev in ns",
                "patch holds.firebreak.dev in ns",
                "get quarantines/status.firebreak.dev in ns",
                "patch quarantines/status.firebreak.dev in ns",
                "get configmaps a in ns",
            ]
        );
        let asked = rights(&role)[2].attributes();
        assert_eq!(
            (&asked["resource"], &asked["subresource"]),
            (&json!("quarantines"), &json!("status"))
        );
    }
}
