use super::*;
use crate::quarantine::Dependant;

fn step(id: &str) -> Step {
    Step {
        id: id.into(),
        cell: Cell::RoleTrustPolicy { role: "r".into() },
        hold: Some("hold-1".into()),
        before: json!({"Version": "2012-10-17", "Statement": []}),
        after: json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}),
        undo: Undo::Reversible,
        section: None,
        reopens: None,
        reopens_for_seconds: None,
        settling: vec![15, 60, 300],
        renew: false,
        disposition: None,
        summary: "Set the trust policy".into(),
        permissions: vec!["iam:UpdateAssumeRolePolicy".into()],
        idempotence: Idempotence::Idempotent,
    }
}

fn dependant(name: &str) -> Dependant {
    Dependant {
        kind: "ECS service".into(),
        name: name.into(),
    }
}

fn plan() -> Plan {
    Plan {
        version: VERSION,
        action: Action::Contain,
        account_id: "123456789012".into(),
        account_name: "production".into(),
        environment: Environment::Production,
        region: "us-east-1".into(),
        kind: "iamRole".into(),
        arn: "arn:aws:iam::123456789012:role/r".into(),
        title: "IAM role r".into(),
        steps: vec![step("one")],
        touches: Vec::new(),
        dependants: vec![dependant("a"), dependant("b")],
        empties: Vec::new(),
        notes: Vec::new(),
        lease: None,
    }
}

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
        ("a dependant", changed(|p| p.dependants.push(dependant("c")))),
        (
            "lease",
            changed(|p| {
                p.lease = Some(Lease {
                    expires_after: "1h".into(),
                    on_expiry: firebreak_crds::OnExpiry::Release,
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
        ("tags", changed(|p| p.touches.push(Touched::default()))),
        ("names", changed(|p| p.account_name = "other".into())),
        ("sentences", changed(|p| p.steps[0].summary = "other".into())),
        (
            "dependants of the same number",
            changed(|p| p.dependants[0].name = "z".into()),
        ),
    ];
    for (what, other) in changes {
        assert_eq!(plan().digest(), other.digest(), "{what}");
        assert!(plan().covers(&other), "{what}");
    }
}

#[test]
fn fewer_dependants_are_covered_by_an_approval_of_more() {
    let fewer = changed(|p| drop(p.dependants.pop()));
    assert!(plan().covers(&fewer));
    assert!(!fewer.covers(&plan()));
}

#[test]
fn a_plan_is_bounded_in_steps_and_bytes() {
    let steps = |n: usize| changed(|p| p.steps = (0..n).map(|i| step(&i.to_string())).collect());
    assert!(steps(MAX_STEPS).bounded().is_ok());
    assert_eq!(steps(MAX_STEPS + 1).bounded().unwrap_err().reason, Reason::PlanTooLarge);
    let heavy = changed(|p| p.notes = vec!["x".repeat(MAX_BYTES)]);
    assert_eq!(heavy.bounded().unwrap_err().reason, Reason::PlanTooLarge);
}
