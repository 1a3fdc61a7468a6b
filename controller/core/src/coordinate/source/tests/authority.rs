//! How much authority a response has, and what makes it wait.

use super::*;
use crate::coordinate::source::witness::are_independent;

#[test]
fn only_mode_act_acts() {
    let of = |mode: &str| {
        Stage::new(&[sample("iam_user_key")])
            .played(vec![playbook(mode)])
            .settled()
    };
    assert_eq!(of("Act").responses(), [acts("owner")]);
    assert_eq!(of("Propose").responses(), [proposed("owner")]);
    let observes = of("Observe");
    let template = observes.only().spec.responses[0].quarantine.as_ref().unwrap();
    assert_eq!(
        (template.mode, observes.responses()),
        (firebreak_crds::Mode::Observe, vec![proposed("owner")])
    );
}

#[test]
fn guardrails_make_what_acts_wait_and_leave_nothing_out() {
    let of = |automation: Value| {
        Stage::new(&[sample("iam_user_key")])
            .guarded(automation)
            .settled()
            .responses()
    };
    assert_eq!(of(json!({})), [acts("owner")]);
    assert_eq!(of(json!({"neverAuto": {"kinds": ["iamUser"]}})), [proposed("owner")]);
    assert_eq!(of(json!({"maxResponsesPerHour": 0})), [proposed("owner")]);
}

#[test]
fn the_budget_of_an_hour_counts_what_began_elsewhere_and_here() {
    let findings: Vec<Value> = (0..4).map(about_role).collect();
    let mut stage = Stage::new(&findings).guarded(json!({"maxResponsesPerHour": 3}));
    stage.world.begun.insert("123456789012".into(), 1);
    let began = stage
        .settled()
        .responses()
        .into_iter()
        .filter(|(_, proposed)| !proposed)
        .count();
    assert_eq!(began, 2);
}

#[test]
fn what_destroys_needs_two_independent_signals() {
    let of = |findings: &[Value]| {
        let stage = Stage::new(findings).settled();
        stage.responses().into_iter().any(|(name, _)| name == "stop")
    };
    assert!(!of(&[sample("ecs_runtime")]));
    assert!(
        !of(&[sample("ecs_runtime"), another("ecs_runtime", 2)]),
        "the same type"
    );
    assert!(of(&[sample("ecs_runtime"), sample("ecs_second_type")]));
    assert!(of(&[sample("ecs_second_type"), sample("ecs_runtime")]));
}

#[test]
fn what_a_later_signal_bears_out_is_asked_for_then() {
    // The second one names no service: the first asks for the stop, and must be heard again.
    let mut second = sample("ecs_second_type");
    second["resource"]["ecsClusterDetails"]["taskDetails"]["group"] = json!("family:checkout");
    let stops = |stage: &Stage| stage.responses().iter().any(|(name, _)| name == "stop");
    let mut stage = Stage::new(&[sample("ecs_runtime")]).settled();
    assert!(!stops(&stage));
    let name = stage.world.incidents.keys().next().unwrap().clone();
    stage.world.polled.insert(site(), Ok(vec![second]));
    let mut stage = stage.settled();
    let other = stage.world.incidents.keys().find(|one| **one != name).unwrap().clone();
    let merged = stage.world.incidents.get_mut(&other).unwrap();
    let findings = merged.spec.findings.clone();
    (merged.spec.state, merged.spec.merged_into) = (IncidentIntent::Resolved, Some(name.clone()));
    stage
        .world
        .incidents
        .get_mut(&name)
        .unwrap()
        .spec
        .findings
        .extend(findings);
    stage.world.polled.insert(site(), Ok(vec![sample("ecs_runtime")]));
    let mut stage = stage.settled();
    assert!(stops(&stage), "{:?}", stage.responses());
    stage.world.incidents.get_mut(&name).unwrap().spec.responses.clear();
    assert!(!stops(&stage.settled()), "a person took it out");
}

#[test]
fn nothing_is_borne_out_in_an_incident_that_is_over() {
    let mut stage = Stage::new(&[sample("ecs_runtime")]).settled();
    resolved(&mut stage, "2026-11-29T00:00:00Z");
    let known = stage.world.incidents.values_mut().next().unwrap();
    let mut other = known.spec.findings[0].clone();
    (other.id, other.product) = ("another".into(), Some("SecurityHub".into()));
    known.spec.findings.push(other);
    let stage = stage.settled();
    assert!(!stage.responses().iter().any(|(name, _)| name == "stop"));
}

#[test]
fn a_sequence_and_its_members_are_one_signal() {
    let listed = |type_: &str, product: &str| firebreak_crds::incident::IncidentFinding {
        id: type_.into(),
        type_: Some(type_.into()),
        product: Some(product.into()),
        ..Default::default()
    };
    let of = |all: &[(&str, &str)]| {
        are_independent(
            &all.iter()
                .map(|(type_, product)| listed(type_, product))
                .collect::<Vec<_>>(),
        )
    };
    assert!(!of(&[
        ("AttackSequence:IAM/X", "GuardDuty"),
        ("Recon:IAMUser/Y", "GuardDuty")
    ]));
    assert!(
        !of(&[("Recon:IAMUser/A", "GuardDuty"), ("Recon:IAMUser/B", "GuardDuty")]),
        "one source of data"
    );
    assert!(of(&[("Recon:IAMUser/A", "GuardDuty"), ("Recon:S3/B", "GuardDuty")]));
    assert!(of(&[("Same", "GuardDuty"), ("Same", "Security Hub")]));
}

#[test]
fn what_cannot_be_done_becomes_a_task_of_a_person() {
    let stage = Stage::new(&[sample("ec2_mining")]).settled();
    let task = &stage.only().spec.tasks[0];
    assert!(
        task.name == "left-out-instance" && task.text.as_ref().unwrap().contains("spec.isolationGroups"),
        "{task:?}"
    );
}
