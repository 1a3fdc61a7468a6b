//! Who asked for what the operator applied: never fewer people than at the front door.

use super::*;
use crate::engine::{asked::asked, intent, world::World};
use crate::{run::ledger::Usage, settings::Settings};
use firebreak_crds::{QuarantineSpec, REQUESTED_BY, Severity};
use serde_json::json;
use std::collections::BTreeMap;

const OPERATOR: &str = "system:serviceaccount:firebreak-system:firebreak-controller";

fn subject(stamped: Option<&str>, carried: Option<&str>) -> Subject {
    let named = [(REQUESTED_BY, stamped), (ASKED_ANNOTATION, carried)];
    let annotations = named
        .iter()
        .filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
    let meta = ObjectMeta {
        annotations: Some(annotations.collect()),
        ..ObjectMeta::default()
    };
    let spec = json!({"accountRef": {"name": "a"}, "region": "us-east-1", "severity": "Low",
                      "target": {"iamRole": {"roleName": "r"}}});
    Subject::of(&meta, serde_json::from_value::<QuarantineSpec>(spec).unwrap())
}

fn world(subject: Subject, admission: Admission) -> World {
    World {
        subject,
        admission,
        account: None,
        another_cluster: None,
        guardrails: Vec::new(),
        stop: None,
        decisions: Vec::new(),
        runs: Vec::new(),
        mine: Vec::new(),
        holds: BTreeMap::new(),
        own: Vec::new(),
        own_is_known: true,
        claims: Vec::new(),
        claimed: BTreeMap::new(),
        refused: BTreeMap::new(),
        usage: Usage::default(),
        reserved: false,
        settings: Settings::default(),
    }
}

fn admission(requester_stamped: bool, asked_reserved: bool) -> Admission {
    Admission {
        decisions_bound_since: None,
        requester_stamped,
        asked_reserved,
    }
}

const IN_FORCE: Admission = Admission {
    decisions_bound_since: None,
    requester_stamped: true,
    asked_reserved: true,
};

#[test]
fn the_requester_of_what_the_operator_applied_is_the_last_who_asked() {
    let two = r#"{"by": ["ann", "bob"]}"#;
    let somebody = r#"{"by": ["ann"], "unattributed": true}"#;
    let table = [
        (Some(OPERATOR), Some(two), IN_FORCE, Some("bob")),
        (Some(OPERATOR), Some(somebody), IN_FORCE, None),
        (Some(OPERATOR), Some(r#"{"by": []}"#), IN_FORCE, None),
        (Some(OPERATOR), Some("no JSON"), IN_FORCE, None),
        (Some(OPERATOR), None, IN_FORCE, None),
        (Some(OPERATOR), Some(two), admission(true, false), None),
        (Some(OPERATOR), Some(two), admission(false, true), None),
        // A person who edits it after the operator is the requester, whatever it carries.
        (Some("carol"), Some(two), IN_FORCE, Some("carol")),
        (Some("carol"), Some(two), admission(true, false), Some("carol")),
        (
            Some("system:serviceaccount:x:y"),
            Some(two),
            IN_FORCE,
            Some("system:serviceaccount:x:y"),
        ),
        (None, Some(two), IN_FORCE, None),
    ];
    for (stamped, carried, admission, expected) in table {
        let world = world(subject(stamped, carried), admission);
        assert_eq!(
            intent::requester(&world),
            expected,
            "{stamped:?} {carried:?} {admission:?}"
        );
    }
}

#[test]
fn everybody_who_is_carried_has_asked_after_any_edit_and_policy() {
    let carried = r#"{"by": ["ann", "bob"], "severities": ["Critical"]}"#;
    for stamped in [Some(OPERATOR), Some("carol"), None] {
        for admission in [IN_FORCE, admission(true, false), admission(false, false)] {
            let all = asked(&world(subject(stamped, Some(carried)), admission));
            let names = |name: &str| all.by.iter().any(|one| one == name);
            assert!(names("ann") && names("bob"), "{stamped:?} {admission:?} {all:?}");
            assert_eq!(names("carol"), stamped == Some("carol") && admission.requester_stamped);
            assert_eq!(all.severities, [Severity::Low, Severity::Critical]);
        }
    }
}

#[test]
fn the_operator_itself_is_never_one_of_those_who_asked() {
    let all = asked(&world(subject(Some(OPERATOR), Some(r#"{"by": ["ann"]}"#)), IN_FORCE));
    assert_eq!((all.by, all.unattributed), (vec!["ann".to_owned()], false));
}

#[test]
fn somebody_unknown_stays_unknown_also_after_a_person_edited_it() {
    for carried in [r#"{"by": ["ann"], "unattributed": true}"#, "no JSON", "[]"] {
        for stamped in [OPERATOR, "carol"] {
            let all = asked(&world(subject(Some(stamped), Some(carried)), IN_FORCE));
            assert!(all.unattributed, "{stamped} {carried}");
        }
    }
}

#[test]
fn what_is_carried_is_no_longer_than_a_record_may_be() {
    let many: Vec<String> = (0..1000).map(|number| format!("p{number}")).collect();
    let long = "x".repeat(300);
    for by in [many, vec![long]] {
        let carried = json!({"by": by}).to_string();
        let read = subject(Some(OPERATOR), Some(&carried)).carried.unwrap();
        assert!(read.by.len() <= 64 && read.by.iter().all(|name| name.len() <= 256));
        assert!(read.unattributed, "a name that is not kept is somebody unknown");
    }
}

#[test]
fn a_policy_that_is_unreadable_for_a_moment_makes_nobody_unattributed_for_good() {
    let table = [
        (OPERATOR, IN_FORCE, true),
        (OPERATOR, admission(true, false), false),
        (OPERATOR, admission(false, true), false),
        ("ann", admission(true, false), true),
        ("ann", admission(false, true), false),
    ];
    for (stamped, admission, known) in table {
        assert_eq!(
            is_vouched_for(&subject(Some(stamped), None), admission, OPERATOR),
            known
        );
    }
}
