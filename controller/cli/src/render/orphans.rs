//! Custody whose object is gone: what is still changed in AWS, and its way back.

use super::{Paint, harmless, tree::Tree};
use firebreak_crds::{Hold, HoldState, OwnerRef, text};
use kube::ResourceExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The orphaned Holds by the object that left them, in the order of names.
pub fn by_object(holds: &[Hold]) -> BTreeMap<(String, String), Vec<&Hold>> {
    let mut all: BTreeMap<(String, String), Vec<&Hold>> = BTreeMap::new();
    for hold in holds {
        if let Some(from) = left_by(hold) {
            all.entry((from.namespace.clone(), from.name.clone()))
                .or_default()
                .push(hold);
        }
    }
    all.values_mut()
        .for_each(|holds| holds.sort_by_key(|hold| (hold.spec.order, hold.name_any())));
    all
}

/// Who left it behind; none while somebody holds it.
pub fn left_by(hold: &Hold) -> Option<&OwnerRef> {
    let orphaned = hold.spec.orphaned.as_ref().filter(|_| hold.spec.holders.is_empty());
    orphaned.map(|orphaned| &orphaned.from)
}

/// What one object left behind, as a tree.
pub fn tree(namespace: &str, name: &str, holds: &[&Hold], paint: Paint) -> String {
    let since = holds
        .iter()
        .filter_map(|hold| hold.spec.orphaned.as_ref())
        .map(|orphaned| orphaned.at.as_str())
        .min();
    let headline = format!(
        "Quarantine {}  {}",
        paint.bold(&format!("{namespace}/{name}")),
        paint.bad(&format!(
            "was deleted at {}; its custody was left behind, and AWS is still changed",
            text::recorded(since.unwrap_or_default())
        ))
    );
    let custody = holds
        .iter()
        .map(|hold| line(&harmless::cleaned(*hold), paint))
        .collect();
    let next = way_back(namespace, name).map(Tree::leaf);
    Tree::with(
        headline,
        vec![Tree::with("custody", custody), Tree::with("next", next.into())],
    )
    .text()
}

fn line(hold: &Hold, paint: Paint) -> Tree {
    let state = match hold.spec.state {
        HoldState::Orphaned => paint.wait("Orphaned"),
        HoldState::Held => paint.wait("Held"),
        HoldState::Conflict => paint.bad("Conflict"),
        HoldState::Withheld => paint.bad("Withheld"),
    };
    let reopens = hold
        .spec
        .reopens
        .map(|reopens| format!(": put back only with --restore {reopens:?}"));
    let text = format!(
        "{state}  {} of {}{}",
        hold.spec.key.field,
        hold.spec.key.resource,
        reopens.unwrap_or_default()
    );
    let mut below: Vec<Tree> = hold.spec.message.iter().map(Tree::leaf).collect();
    below.push(Tree::leaf(paint.dim(&hold.name_any())));
    Tree::with(text, below)
}

/// How it ends, by people who may decide in the operator's namespace; or how it is held by an object again.
pub fn way_back(namespace: &str, name: &str) -> [String; 3] {
    [
        format!("put it back: kubectl firebreak release {name} -n {namespace}"),
        format!("leave AWS as it is: kubectl firebreak abandon {name} -n {namespace} --reason '...'"),
        "hold it again: create the Quarantine again, with the same target; it adopts the custody".into(),
    ]
}

/// For machines: as an object that does not exist.
pub fn json(holds: &[&Hold]) -> Value {
    json!({"quarantine": null, "plans": [], "holds": holds, "decisions": []})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn an_orphan_is_shown_with_who_left_it_and_its_way_back() {
        let hold = fixtures::orphaned();
        let text = tree("incident", "payments", &[&hold], Paint(false));
        let expected = "\
Quarantine incident/payments  was deleted at 2026-01-01T11:00:00Z; its custody was left behind, and AWS is still changed
├─ custody
│  └─ Orphaned  TrustPolicy of arn:aws:iam::123456789012:role/payments-task: put back only with --restore TrustPolicy
│     └─ hold-1
└─ next
   ├─ put it back: kubectl firebreak release payments -n incident
   ├─ leave AWS as it is: kubectl firebreak abandon payments -n incident --reason '...'
   └─ hold it again: create the Quarantine again, with the same target; it adopts the custody
";
        assert_eq!(text, expected);
    }

    #[test]
    fn custody_that_somebody_holds_is_no_orphan() {
        let mut held = fixtures::orphaned();
        held.spec.holders = vec![firebreak_crds::Holder::default()];
        assert!(
            by_object(&[held, fixtures::orphaned()])
                .values()
                .all(|holds| holds.len() == 1)
        );
        assert_eq!(fixtures::fields(&json(&[])), fixtures::promised("status"));
    }
}
