//! Custody whose object is gone: what is still changed in AWS, and its way back.

use super::{Paint, harmless, tree::Tree};
use crate::cmd::spoken;
use firebreak_core::run::custody;
use firebreak_crds::{Hold, HoldState, OwnerRef, text};
use kube::ResourceExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The orphaned Holds by the object that left them, as it is called on the command line, in the order of names.
pub fn by_object(holds: &[Hold]) -> BTreeMap<(String, String), Vec<&Hold>> {
    let mut all: BTreeMap<(String, String), Vec<&Hold>> = BTreeMap::new();
    for hold in holds {
        if let Some(from) = left_by(hold) {
            all.entry((from.namespace.clone(), spoken(from)))
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
pub fn tree(namespace: &str, name: &str, holds: &[&Hold], operator_namespace: &str, paint: Paint) -> String {
    let since = holds
        .iter()
        .filter_map(|hold| hold.spec.orphaned.as_ref())
        .map(|orphaned| orphaned.at.as_str())
        .min();
    let headline = format!(
        "{} {}  {}",
        holds
            .iter()
            .copied()
            .find_map(left_by)
            .map_or("Quarantine", |from| from.kind.as_str()),
        paint.bold(&format!("{namespace}/{}", name.rsplit('/').next().unwrap_or(name))),
        paint.bad(&format!(
            "was deleted at {}; its custody was left behind, and AWS is still changed",
            text::recorded(since.unwrap_or_default())
        ))
    );
    let custody = holds
        .iter()
        .map(|hold| line(&harmless::cleaned(*hold), paint))
        .collect();
    let next = ways_back(holds, operator_namespace)
        .into_iter()
        .map(Tree::leaf)
        .collect();
    Tree::with(headline, vec![Tree::with("custody", custody), Tree::with("next", next)]).text()
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
fn ways_back(holds: &[&Hold], operator_namespace: &str) -> Vec<String> {
    let again = "hold it again: create the Quarantine again, with the same target; it adopts the custody";
    let of_each = holds.iter().flat_map(|hold| {
        let abandon = custody::command("abandon", &hold.name_any(), operator_namespace);
        [
            format!("put it back: {}", release(hold, operator_namespace)),
            format!("leave AWS as it is: {abandon} --reason '...'"),
        ]
    });
    of_each.chain([again.to_owned()]).collect()
}

/// The command that puts it back. It names the Hold: another object may bear the name of the one that left it behind.
pub fn release(hold: &Hold, operator_namespace: &str) -> String {
    custody::release_command(&hold.spec, &hold.name_any(), operator_namespace)
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
        let text = tree("incident", "payments", &[&hold], "firebreak-system", Paint(false));
        let expected = "\
Quarantine incident/payments  was deleted at 2026-01-01T11:00:00Z; its custody was left behind, and AWS is still changed
├─ custody
│  └─ Orphaned  TrustPolicy of arn:aws:iam::123456789012:role/payments-task: put back only with --restore TrustPolicy
│     └─ hold-1
└─ next
   ├─ put it back: kubectl firebreak release hold/hold-1 --restore TrustPolicy
   ├─ leave AWS as it is: kubectl firebreak abandon hold/hold-1 --reason '...'
   └─ hold it again: create the Quarantine again, with the same target; it adopts the custody
";
        assert_eq!(text, expected);
    }

    #[test]
    fn each_hold_has_its_own_command_in_the_operators_namespace() {
        let (mut first, second) = (fixtures::orphaned(), fixtures::orphaned());
        first.metadata.name = Some("hold-0".into());
        let text = tree("incident", "payments", &[&first, &second], "ops", Paint(false));
        for name in ["hold-0", "hold-1"] {
            let command =
                format!("kubectl firebreak release hold/{name} --operator-namespace ops --restore TrustPolicy");
            assert!(text.contains(&command), "{text}");
        }
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
