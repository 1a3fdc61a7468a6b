use super::{taken::MAX_TAKEN, *};
use firebreak_crds::{
    Action, ApprovalRule, Decision, DecisionSpec, DecisionTarget, Environment, GuardrailSpec, PlanReference, Severity,
    TakenDecision, Verb,
};
use jiff::Timestamp;
use serde_json::json;

const NOW: i64 = 1000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn plan() -> PlanReference {
    PlanReference {
        name: "q-run-1".into(),
        uid: "plan-1".into(),
        digest: "sha256:1".into(),
    }
}

fn said(by: &str, verb: Verb, approver_role: &str) -> Decision {
    let target = DecisionTarget {
        kind: "Quarantine".into(),
        name: "q".into(),
        uid: "q-1".into(),
        generation: None,
    };
    let spec = DecisionSpec {
        by: by.into(),
        verb,
        target,
        plan: Some(plan()),
        approver_role: approver_role.into(),
        reason: None,
        expires_at: None,
        restore: Vec::new(),
        outcome: None,
        start: None,
        step: None,
        acknowledge_split_brain: false,
    };
    let metadata = json!({"name": format!("{by}-{approver_role}"), "creationTimestamp": at(NOW - 1).to_string()});
    Decision {
        metadata: serde_json::from_value(metadata).unwrap(),
        spec,
    }
}

fn heard(decisions: &[Decision], requesters: &[&str], people: Distinctness) -> Voices {
    heard_for(Action::Contain, decisions, requesters, people)
}

fn heard_for(action: Action, decisions: &[Decision], requesters: &[&str], people: Distinctness) -> Voices {
    let plan = plan();
    let hearing = Hearing {
        plan: &plan,
        action,
        machines: &["arn:*:assumed-role/github-ci/*".to_owned()],
        requesters: requesters.to_vec(),
        admission: Admission {
            decisions_bound_since: Some(at(0)),
            requester_stamped: true,
            asked_reserved: true,
        },
        people,
        now: at(NOW),
    };
    Voices::of(decisions, &hearing)
}

fn voices(decisions: &[Decision]) -> Voices {
    heard(decisions, &[], Distinctness::Username)
}

fn requirement(required: usize, approver_roles: &[&str]) -> Requirement {
    Requirement {
        required,
        approver_roles: approver_roles.iter().map(ToString::to_string).collect(),
    }
}

fn approve(by: &str, approver_role: &str) -> Decision {
    said(by, Verb::Approve, approver_role)
}

#[test]
fn one_person_does_not_fill_two_approver_roles() {
    let needed = requirement(2, &["security", "legal"]);
    let alone = [approve("ann", "security"), approve("ann", "legal")];
    assert!(!voices(&alone).satisfy(&needed));
    let mut with_another = alone.to_vec();
    with_another.push(approve("bob", "approver"));
    assert!(!voices(&with_another).satisfy(&needed));
    with_another.push(approve("bob", "legal"));
    assert!(voices(&with_another).satisfy(&needed));
}

#[test]
fn sessions_of_one_role_are_one_person_where_that_is_asked_for() {
    let session = |name: &str| format!("arn:aws:sts::123456789012:assumed-role/admin/{name}");
    let two = [approve(&session("a"), "x"), approve(&session("b"), "x")];
    assert!(heard(&two, &[], Distinctness::Username).satisfy(&requirement(2, &[])));
    assert!(!heard(&two, &[], Distinctness::AssumedRole).satisfy(&requirement(2, &[])));
    let other = "arn:aws:sts::123456789012:assumed-role/oncall/a";
    let two_roles = [approve(&session("a"), "x"), approve(other, "x")];
    assert!(heard(&two_roles, &[], Distinctness::AssumedRole).satisfy(&requirement(2, &[])));
    let asked = [approve(&session("b"), "x")];
    assert!(!heard(&asked, &[&session("a")], Distinctness::AssumedRole).satisfy(&requirement(1, &[])));
    assert_eq!(
        Distinctness::AssumedRole.person("alice@example.com"),
        "alice@example.com"
    );
}

#[test]
fn a_rejection_outweighs_approvals_and_broken_glass() {
    let said = [
        approve("ann", "x"),
        said("bob", Verb::BreakGlass, "breakglass"),
        said("eve", Verb::Reject, "x"),
    ];
    assert!(!voices(&said).satisfy(&requirement(1, &[])));
    assert!(voices(&said[..2]).satisfy(&requirement(3, &["security"])));
}

#[test]
fn broken_glass_that_has_expired_is_whole_again() {
    let mut broken = said("bob", Verb::BreakGlass, "breakglass");
    broken.spec.expires_at = Some(at(NOW - 1).to_string());
    let heard = voices(&[broken]);
    assert!(!heard.satisfy(&requirement(1, &[])));
    assert!(heard.refused[0].contains("expired"));
}

#[test]
fn requester_cannot_approve_but_may_break_the_glass() {
    let needed = requirement(1, &[]);
    let words = |verb| [said("ann", verb, "x")];
    assert!(!heard(&words(Verb::Approve), &["ann"], Distinctness::Username).satisfy(&needed));
    assert!(heard(&words(Verb::BreakGlass), &["ann"], Distinctness::Username).satisfy(&needed));
}

#[test]
fn glass_is_broken_to_contain_and_never_to_release() {
    let broken = [said("bob", Verb::BreakGlass, "breakglass")];
    let of = |action| heard_for(action, &broken, &[], Distinctness::Username);
    assert!(of(Action::Contain).satisfy(&requirement(2, &["security"])));
    assert!(!of(Action::Release).satisfy(&requirement(1, &[])));
    assert!(of(Action::Release).refused[0].contains("never to put back"));
}

#[test]
fn word_of_a_machine_does_not_count() {
    let machine = [approve("arn:aws:sts::1:assumed-role/github-ci/run-7", "security")];
    assert!(!voices(&machine).satisfy(&requirement(1, &[])));
    assert!(is_machine(
        &[],
        "system:serviceaccount:flux-system:kustomize-controller"
    ));
    assert!(!is_machine(&[], "arn:aws:sts::1:assumed-role/github-ci/run-7"));
}

#[test]
fn two_severities_are_judged_by_the_strictest_rule_of_either() {
    let rails = [rail(
        vec![
            rule(1, |r| r.severities = vec![Severity::Critical]),
            rule(2, |r| {
                r.severities = vec![Severity::Low];
                r.approver_roles = vec!["legal".into()];
            }),
        ],
        vec![],
    )];
    let of = |severities: &[Severity]| {
        let cases: Vec<Case> = severities.iter().map(|severity| case(*severity)).collect();
        Requirement::of_all(&rails, &cases, false)
    };
    assert_eq!(of(&[Severity::Critical]), requirement(1, &[]));
    assert_eq!(of(&[Severity::Critical, Severity::Low]), requirement(2, &["legal"]));
    assert_eq!(of(&[]), Requirement::strictest());
}

fn case(severity: Severity) -> Case {
    Case {
        environment: Environment::Production,
        action: Action::Contain,
        severity,
        unattributed: false,
    }
}

fn rail(rules: Vec<ApprovalRule>, contain_now: Vec<Severity>) -> GuardrailSpec {
    GuardrailSpec {
        approvals: rules,
        contain_now,
        ..GuardrailSpec::default()
    }
}

fn rule(required: u8, change: impl FnOnce(&mut ApprovalRule)) -> ApprovalRule {
    let mut rule = ApprovalRule {
        action: None,
        destructive: None,
        severities: Vec::new(),
        required,
        approver_roles: Vec::new(),
    };
    change(&mut rule);
    rule
}

#[test]
fn the_strictest_of_every_guardrail_counts_and_approver_roles_add_up() {
    let rails = [
        rail(vec![rule(2, |r| r.approver_roles = vec!["security".into()])], vec![]),
        rail(vec![rule(1, |r| r.approver_roles = vec!["legal".into()])], vec![]),
        rail(vec![rule(3, |r| r.severities = vec![Severity::Low])], vec![]),
        rail(vec![rule(9, |r| r.action = Some(Action::Release))], vec![]),
    ];
    let of = |severity, destructive| Requirement::of(&rails, case(severity), destructive);
    assert_eq!(of(Severity::High, false), requirement(2, &["legal", "security"]));
    assert_eq!(of(Severity::Low, false), requirement(3, &["legal", "security"]));
}

#[test]
fn rules_speak_of_what_destroys_or_of_what_does_not() {
    let rails = [rail(
        vec![
            rule(0, |r| r.destructive = Some(false)),
            rule(2, |r| r.destructive = Some(true)),
        ],
        vec![],
    )];
    assert_eq!(Requirement::of(&rails, case(Severity::High), false).required, 0);
    assert_eq!(Requirement::of(&rails, case(Severity::High), true).required, 2);
}

#[test]
fn where_no_rule_speaks_the_strictest_holds() {
    let silent = [rail(vec![rule(0, |r| r.severities = vec![Severity::Low])], vec![])];
    assert_eq!(
        Requirement::of(&silent, case(Severity::High), false),
        requirement(2, &["security"])
    );
    assert_eq!(
        Requirement::of(&[], case(Severity::High), false),
        requirement(2, &["security"])
    );
}

#[test]
fn reversible_steps_run_at_once_only_where_every_guardrail_grants_it() {
    let grants = rail(vec![], vec![Severity::Critical]);
    let dissents = rail(vec![], vec![]);
    assert!(contain_now(std::slice::from_ref(&grants), case(Severity::Critical)));
    assert!(!contain_now(std::slice::from_ref(&grants), case(Severity::High)));
    assert!(!contain_now(&[grants, dissents], case(Severity::Critical)));
    assert!(!contain_now(&[], case(Severity::Critical)));
}

#[test]
fn nobody_who_speaks_often_keeps_others_from_being_heard() {
    for verb in [Verb::Approve, Verb::BreakGlass, Verb::Reject] {
        let mut said: Vec<Decision> = (0..200).map(|n| self::said("eve", verb, &format!("c{n}"))).collect();
        said.push(approve("ann", "security"));
        said.push(approve("bob", "approver"));
        said.push(self::said("carol", Verb::BreakGlass, "breakglass"));
        let voices = self::voices(&said);
        assert!(voices.people().is_superset(&["ann", "bob"].into()), "{verb:?}");
        assert!(voices.break_glass.is_some(), "{verb:?}");
        said.push(self::said("dan", Verb::Reject, "security"));
        let voices = self::voices(&said);
        assert_eq!(voices.rejected.as_deref(), Some("dan"), "{verb:?}");
        for name in ["ann", "bob", "carol", "dan"] {
            assert!(
                voices.taken.iter().any(|one| one.by == name),
                "{verb:?}: {name} is in the record"
            );
        }
        assert!(voices.taken.len() <= MAX_TAKEN, "{verb:?}");
    }
}

#[test]
fn crowd_that_approves_leaves_room_for_a_rejection() {
    let mut said: Vec<Decision> = (0..100).map(|n| approve(&format!("p{n}"), "approver")).collect();
    said.push(self::said("dan", Verb::Reject, "security"));
    let voices = voices(&said);
    assert_eq!((voices.people().len(), voices.taken.len()), (100, MAX_TAKEN));
    assert!(voices.taken.iter().any(|one| one.verb == Verb::Reject));
}

#[test]
fn sessions_that_break_the_glass_leave_room_for_a_rejection() {
    let mut said: Vec<Decision> = (0..100)
        .map(|n| self::said(&format!("s{n}"), Verb::BreakGlass, "breakglass"))
        .collect();
    said.push(self::said("dan", Verb::Reject, "security"));
    let voices = voices(&said);
    assert!(voices.rejected.is_some() && voices.taken.len() == MAX_TAKEN);
    assert!(voices.taken.iter().any(|one| one.verb == Verb::Reject));
}

#[test]
fn sessions_of_one_role_are_one_voice_in_the_record() {
    let session = |n: usize| format!("arn:aws:sts::111122223333:assumed-role/oncall/{n}");
    let of = |n: usize| taken(&approve(&session(n), "approver"));
    let said: Vec<TakenDecision> = (0..100).map(of).chain([taken(&approve("ann", "security"))]).collect();
    let voices = Voices::agreed(&said, Distinctness::AssumedRole, &[]);
    assert_eq!((voices.people().len(), voices.taken.len()), (2, 2));
}

#[test]
fn crowd_in_one_capacity_does_not_stand_in_for_another() {
    let crowd = (0..5000).map(|n| approve(&format!("p{n}"), "security"));
    let voices = voices(&crowd.chain([approve("p0", "approver")]).collect::<Vec<_>>());
    let needs = |approver_roles: &[&str]| Requirement {
        required: 2,
        approver_roles: approver_roles.iter().map(|one| (*one).to_owned()).collect(),
    };
    assert!(voices.satisfy(&needs(&["approver", "security"])));
    assert!(!voices.satisfy(&needs(&["legal", "security"])));
    assert_eq!(voices.missing(&needs(&["approver", "legal", "security"])), ["legal"]);
}

#[test]
fn what_steers_a_run_or_approves_one_step_approves_no_plan() {
    let steering = [
        Verb::Start,
        Verb::Pause,
        Verb::Resume,
        Verb::Skip,
        Verb::Retry,
        Verb::Abort,
    ];
    let words: Vec<Decision> = steering.map(|verb| said("ann", verb, "approver")).into();
    let heard = voices(&words);
    assert!(heard.people().is_empty() && heard.taken.is_empty() && heard.refused.is_empty());
    let mut of_a_step = approve("ann", "approver");
    of_a_step.spec.step = Some("promote".into());
    assert!(!voices(&[of_a_step]).satisfy(&requirement(1, &[])));
    assert!(voices(&[approve("ann", "approver")]).satisfy(&requirement(1, &[])));
}

#[test]
fn words_about_a_run_take_one_person_or_as_many_as_its_start() {
    use crate::{
        engine::once::{agreed, words},
        run::{act::testing, plan},
    };
    let acts = vec![
        testing::scale("api", 5, &[]),
        testing::gate("well", &[]),
        testing::promote("db", &[]),
    ];
    let run = plan::Plan {
        acts,
        ..plan::testing::plan()
    };
    let named = plan();
    let hearing = Hearing {
        plan: &named,
        action: Action::Contain,
        machines: &["arn:*:assumed-role/github-ci/*".to_owned()],
        requesters: vec!["ann"],
        admission: Admission {
            decisions_bound_since: Some(at(0)),
            requester_stamped: true,
            asked_reserved: true,
        },
        people: Distinctness::Username,
        now: at(NOW),
    };
    let about = |by: &str, verb: Verb, step: &str| {
        let mut one = said(by, verb, "approver");
        one.spec.step = Some(step.into());
        one
    };
    let skips = |by: &[&str]| -> Vec<String> {
        let each = by
            .iter()
            .flat_map(|by| ["api", "well", "db"].map(|step| about(by, Verb::Skip, step)));
        agreed(
            &run,
            Verb::Skip,
            &each.collect::<Vec<_>>(),
            &hearing,
            &requirement(2, &[]),
        )
        .into_iter()
        .collect()
    };
    assert_eq!(skips(&[]), Vec::<String>::new());
    assert_eq!(
        skips(&["ann"]),
        Vec::<String>::new(),
        "the requester approves nothing of their own run"
    );
    assert_eq!(skips(&["bob"]), ["api"]);
    assert_eq!(skips(&["bob", "cat"]), ["api", "db", "well"]);
    let mut other = said("bob", Verb::Pause, "approver");
    other.spec.plan.as_mut().unwrap().uid = "another run".into();
    let all = [
        said("ann", Verb::Abort, "approver"),
        about("bob", Verb::Skip, "api"),
        other,
        said("arn:aws:sts::1:assumed-role/github-ci/x", Verb::Abort, "approver"),
    ];
    let heard: Vec<(Verb, String)> = words(&all, &hearing)
        .into_iter()
        .map(|word| (word.verb, word.by))
        .collect();
    assert_eq!(
        heard,
        [(Verb::Abort, "ann".to_owned())],
        "the requester may end their own run"
    );
}
