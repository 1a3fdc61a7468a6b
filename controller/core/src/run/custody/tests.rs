use super::*;

const V1: &str = include_str!("../../../tests/golden/hold-v1.json");

fn owner(namespace: &str, name: &str) -> OwnerRef {
    OwnerRef {
        kind: "Quarantine".into(),
        namespace: namespace.into(),
        name: name.into(),
        uid: format!("{namespace}-{name}"),
    }
}

/// Custody that these objects hold.
fn held(by: &[&OwnerRef]) -> HoldSpec {
    let mut hold: HoldSpec = serde_json::from_str(V1).unwrap();
    hold.holders.clear();
    hold.orphaned = None;
    by.iter().fold(hold, |hold, owner| join(&hold, owner, "plan"))
}

fn deleted(hold: &HoldSpec, owner: &OwnerRef) -> HoldSpec {
    orphan(hold, owner, Mode::Enforce, Timestamp::UNIX_EPOCH)
}

fn left_by(hold: &HoldSpec) -> Option<&str> {
    hold.orphaned.as_ref().map(|orphaned| orphaned.from.namespace.as_str())
}

#[test]
fn same_namespace_adopts_custody_and_ends_it() {
    let (first, second) = (owner("a", "one"), owner("a", "two"));
    let adopted = join(&deleted(&held(&[&first]), &first), &second, "plan");
    assert_eq!((adopted.state, left_by(&adopted)), (HoldState::Held, None));
    assert!(is_nobodys(&leave(&adopted, &second.uid)));
}

#[test]
fn another_namespace_shares_orphaned_custody_and_cannot_end_it() {
    let (first, other) = (owner("a", "one"), owner("b", "two"));
    let orphaned = deleted(&held(&[&first]), &first);
    let shared = join(&orphaned, &other, "plan");
    assert_eq!((shared.state, left_by(&shared)), (HoldState::Held, Some("a")));
    for left in [leave(&shared, &other.uid), deleted(&shared, &other)] {
        assert_eq!((left.state, left_by(&left)), (HoldState::Orphaned, Some("a")));
        assert_eq!(left.message, orphaned.message);
        assert!(!is_nobodys(&left));
    }
    let counted: Vec<&str> = counted(&shared).collect();
    assert_eq!(counted, ["b-two", "a-one"]);
}

#[test]
fn deletion_beside_a_holder_of_another_namespace_leaves_custody_behind() {
    let (first, other, same) = (owner("a", "one"), owner("b", "two"), owner("a", "three"));
    let beside = deleted(&held(&[&first, &other]), &first);
    assert_eq!((beside.state, left_by(&beside)), (HoldState::Held, Some("a")));
    assert!(!is_nobodys(&leave(&beside, &other.uid)));
    let beside_its_own = deleted(&held(&[&first, &other, &same]), &first);
    assert_eq!(left_by(&beside_its_own), None, "its own namespace still holds it");
    let taken_up = join(&beside, &same, "plan");
    assert_eq!(left_by(&taken_up), None, "its own namespace takes it up again");
    let refused = HoldSpec {
        refused_at: Some("2026-01-01T00:00:00Z".into()),
        ..beside
    };
    assert_eq!(join(&refused, &same, "plan").refused_at, None, "another life begins");
}

#[test]
fn command_names_the_operators_namespace_only_where_it_is_another() {
    let typed = |home| command("abandon", "hold-1", home);
    assert_eq!(typed("firebreak-system"), "kubectl firebreak abandon hold/hold-1");
    assert_eq!(
        typed("ops"),
        "kubectl firebreak abandon hold/hold-1 --operator-namespace ops"
    );
}
