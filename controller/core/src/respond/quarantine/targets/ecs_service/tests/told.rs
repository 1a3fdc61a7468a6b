//! What people are told, and when it is proven.

use super::*;
use crate::aws::{ecs::EcsRead, iam::IamCell};

#[track_caller]
fn says(world: &World, method: EcsMethod, word: &str) {
    let notes = design(world, method).notes;
    assert!(
        notes.iter().any(|note| note.contains(word)),
        "{word} is not in {notes:#?}"
    );
}

#[test]
fn each_method_says_what_it_cannot_stop_and_what_it_breaks() {
    for word in ["5 days", "350 s on Nitro v6", "DNS", "Breaks:"] {
        says(&world(), EcsMethod::Isolate, word);
    }
    for word in ["Destroys: memory", "DNS", "cannot pull their image"] {
        says(&world(), EcsMethod::SwapSecurityGroups, word);
    }
    for word in ["Destroys: memory", "SIGTERM", "Breaks:"] {
        says(&world(), EcsMethod::ScaleToZero, word);
    }
}

#[test]
fn whether_the_task_roles_sessions_are_revoked_is_said() {
    let denied = json!({"Statement": []});
    let cases = [
        (world(), "api-task are revoked: no. Credentials stolen"),
        (world(), "create a Quarantine for iamRole api-task"),
        (
            world().with(inline(REVOKE_SESSIONS), &denied),
            "api-task are revoked: yes",
        ),
        (world().with(inline(DENY_ALL), &denied), "api-task are revoked: yes"),
        (world().with(attachment(), &true), "api-task are revoked: yes"),
        (
            world().answering(attachment(), Answer::Throttled),
            "api-task are revoked: unknown",
        ),
    ];
    for (world, word) in cases {
        for method in METHODS {
            says(&world, method, word);
        }
    }
}

#[test]
fn each_standalone_task_of_the_role_is_said_not_to_be_cut_off() {
    let mut copy = task(7);
    copy.group = "family:api".into();
    let mut stopped = task(8);
    stopped.last_status = "STOPPED".into();
    let world = world().with(standalone_query(), &[copy.clone(), stopped.clone()]);
    for method in METHODS {
        says(&world, method, &format!("NOT cut off: standalone task {}", copy.arn));
        assert!(
            !design(&world, method)
                .notes
                .iter()
                .any(|note| note.contains(&stopped.arn))
        );
    }
}

#[test]
fn the_role_of_a_task_that_runs_an_older_definition_is_looked_at_too() {
    let mut old = task(2);
    old.task_definition = "old".into();
    let role = TaskDefinition {
        task_role: Some("arn:aws:iam::123456789012:role/old-task".into()),
        execution_role: None,
    };
    let unreadable = Answer::Denied("iam:GetRolePolicy".into());
    let old_cell = |policy_name: &str| {
        Query::Cell(Cell::Iam(IamCell::RoleInlinePolicy {
            role: "old-task".into(),
            policy_name: policy_name.into(),
        }))
    };
    let world = world()
        .with(tasks_query(), &[task(1), old])
        .with(Query::Ecs(EcsRead::TaskDefinition { arn: "old".into() }), &role)
        .answering(old_cell(REVOKE_SESSIONS), unreadable.clone())
        .answering(old_cell(DENY_ALL), unreadable.clone())
        .answering(
            Query::Cell(Cell::Iam(IamCell::RolePolicyAttachment {
                role: "old-task".into(),
                policy_arn: DENY_POLICY.into(),
            })),
            unreadable.clone(),
        )
        .answering(
            Query::Ecs(EcsRead::StandaloneTasksOfRole {
                cluster: "prod".into(),
                role_arn: "arn:aws:iam::123456789012:role/old-task".into(),
            }),
            unreadable,
        );
    says(
        &world,
        EcsMethod::Isolate,
        "old-task are revoked: unknown (iam:GetRolePolicy)",
    );
    says(
        &world,
        EcsMethod::Isolate,
        "Standalone tasks of role old-task are unknown",
    );
}

#[test]
fn a_definition_that_cannot_be_read_holds_nothing_back() {
    let definition = Query::Ecs(EcsRead::TaskDefinition { arn: DEFINITION.into() });
    let world = world().answering(definition, Answer::Throttled);
    says(&world, EcsMethod::Isolate, "The task role is unknown");
}

#[test]
fn isolate_is_proven_when_no_connection_of_its_tasks_drains() {
    let draining = world().with(
        health(),
        &[target("10.0.0.1", "draining"), target("10.0.0.9", "draining")],
    );
    let waits = waiting_for(&draining, EcsMethod::Isolate);
    assert_eq!(waits.as_deref(), Some("the deregistration delay of 1 task in web"));
    let gone = world().with(health(), &[target("10.0.0.9", "healthy")]);
    assert_eq!(waiting_for(&gone, EcsMethod::Isolate), None);
}

#[test]
fn a_swap_is_proven_when_no_task_of_an_older_deployment_runs() {
    let swapped = |older| {
        changed(|s| {
            s.deployments = vec![
                deployment("PRIMARY", "sg-0000000f", 0),
                deployment("ACTIVE", "sg-0000000a", older),
            ]
        })
    };
    let method = EcsMethod::SwapSecurityGroups;
    assert!(waiting_for(&world(), method).unwrap().contains("sg-0000000f"));
    assert!(
        waiting_for(&swapped(1), method)
            .unwrap()
            .contains("1 task of older deployments")
    );
    assert_eq!(waiting_for(&swapped(0), method), None);
}

#[test]
fn scale_to_zero_is_proven_when_no_task_runs() {
    let method = EcsMethod::ScaleToZero;
    assert!(waiting_for(&world(), method).unwrap().starts_with("2 tasks to stop"));
    let mut stopped = task(1);
    stopped.last_status = "STOPPED".into();
    assert_eq!(waiting_for(&world().with(tasks_query(), &[stopped]), method), None);
}

#[test]
fn the_title_names_cluster_service_and_method() {
    let spec = spec(EcsMethod::Isolate);
    assert_eq!(EcsService.title(&spec), "ECS service prod/api (Isolate)");
    assert!(EcsService.named_by(&spec));
    assert!(!EcsService.named_by(&TargetSpec::default()));
}
