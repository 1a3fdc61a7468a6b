use super::{testing::*, *};

fn changed(change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = plan();
    change(&mut plan);
    plan
}

#[test]
fn what_an_approver_must_have_seen_moves_the_digest() {
    let changes: Vec<(&str, Plan)> = vec![
        ("action", changed(|p| p.action = Action::Release)),
        ("account", changed(|p| p.account_id = "999999999999".into())),
        ("region", changed(|p| p.region = "eu-west-1".into())),
        ("arn", changed(|p| p.arn.push('x'))),
        ("after", changed(|p| p.steps[0].after = json!({"Statement": []}))),
        ("before", changed(|p| p.steps[0].before = json!({"Statement": [1]}))),
        ("undo", changed(|p| p.steps[0].undo = Undo::Destructive)),
        ("section", changed(|p| p.steps[0].section = Some("s".into()))),
        ("reopens", changed(|p| p.steps[0].reopens = Some(Reopens::TrustPolicy))),
        ("a step", changed(|p| p.steps.push(step("two")))),
        ("mode", changed(|p| p.mode = Mode::Observe)),
        ("severity", changed(|p| p.severity = Severity::Critical)),
        ("restore", changed(|p| p.restore = vec![Reopens::PublicAccess])),
        (
            "expiry",
            changed(|p| {
                p.expiry = Some(Expiry {
                    after: "1h".into(),
                    then: firebreak_crds::OnExpiry::Release,
                });
            }),
        ),
    ];
    for (what, other) in changes {
        assert_ne!(plan().digest(), other.digest(), "{what}");
        assert!(!plan().covers(&other), "{what}");
    }
}

#[test]
fn what_does_not_matter_moves_nothing() {
    let changes: Vec<(&str, Plan)> = vec![
        ("notes", changed(|p| p.notes.push("last used today".into()))),
        ("reason", changed(|p| p.reason = Some("seen by GuardDuty".into()))),
        ("tags", changed(|p| p.touches.push(Touched::default()))),
        ("names", changed(|p| p.account_name = "other".into())),
        ("sentences", changed(|p| p.steps[0].summary = "other".into())),
        (
            "dependents of the same number",
            changed(|p| p.dependents[0].name = "z".into()),
        ),
    ];
    for (what, other) in changes {
        assert_eq!(plan().digest(), other.digest(), "{what}");
        assert!(plan().covers(&other), "{what}");
    }
}

/// Anyone who controls the AWS account adds one each minute.
#[test]
fn what_an_attacker_adds_moves_the_digest_and_voids_no_approval() {
    let changes: Vec<(&str, Plan)> = vec![
        ("a dependent", changed(|p| p.dependents.push(dependent("c")))),
        ("dependents that are not listed", changed(|p| p.more_dependents = 3000)),
        ("a warning", changed(|p| p.warnings.push("a protected tag".into()))),
    ];
    for (what, other) in changes {
        assert_ne!(plan().digest(), other.digest(), "{what}");
        assert!(plan().covers(&other) && other.covers(&plan()), "{what}");
    }
}

#[test]
fn three_thousand_dependents_are_counted_and_do_not_make_a_plan_too_large() {
    let many = |kind: &str, n: usize| {
        let of_kind = (0..n).map(|i| Dependent {
            kind: kind.into(),
            name: format!("{i:01000}"),
        });
        of_kind.collect::<Vec<_>>()
    };
    let plan = changed(|p| p.dependents = [many("Lambda function", 3000), many("ECS service", 2)].concat());
    let short = plan.shortened().bounded().unwrap();
    assert_eq!((short.dependents.len(), short.impact()), (MAX_LISTED + 2, 3002));
    assert_eq!(short.impact_lines().last().unwrap(), "and 2960 more");
    assert!(short.impact_lines().iter().any(|line| line.starts_with("ECS service")));
    let again = short.clone().shortened();
    assert_eq!(again, short, "shortened once is shortened");
}

#[test]
fn target_groups_and_notes_do_not_make_a_plan_too_large_either() {
    let long = vec!["ü".repeat(5000); 3000];
    let plan = changed(|p| (p.empties, p.notes, p.warnings) = (long.clone(), long.clone(), long));
    let short = plan.shortened();
    assert_eq!(short.notes.last().unwrap(), "and 2968 more");
    assert!(short.bounded().is_ok());
}

#[test]
fn a_payload_of_a_newer_version_is_refused_and_the_way_on_is_named() {
    let payload = |version: u32| serde_json::to_value(changed(|p| p.version = version)).unwrap();
    assert_eq!(Plan::read(&payload(VERSION)), Ok(plan()));
    let said = Plan::read(&payload(VERSION + 1)).unwrap_err();
    assert!(said.contains("payload.version 3") && said.contains("upgrade"), "{said}");
    assert!(Plan::read(&json!({"version": "x"})).is_err());
}

#[test]
fn a_plan_is_bounded_in_steps_and_bytes() {
    let steps = |n: usize| changed(|p| p.steps = (0..n).map(|i| step(&i.to_string())).collect());
    assert!(steps(MAX_STEPS).bounded().is_ok());
    assert_eq!(steps(MAX_STEPS + 1).bounded().unwrap_err().reason, Reason::PlanTooLarge);
    let heavy = changed(|p| p.notes = vec!["x".repeat(MAX_BYTES)]);
    assert_eq!(heavy.bounded().unwrap_err().reason, Reason::PlanTooLarge);
}
