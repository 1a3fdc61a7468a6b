//! Every refusal, every method's steps, what hangs on the service, and what people are told.

use super::*;
use crate::{
    cell::Cell,
    facts::{
        Answer, EcsDeployment, Network, SecurityGroup, SecurityGroupUser, Suspension, TargetHealth, Task,
        TaskDefinition,
    },
    quarantine::{
        Dependant, Undo,
        targets::{
            iam_role::{DENY_ALL, REVOKE_SESSIONS},
            testing::{DENY_POLICY, World},
        },
    },
    query::Query,
};
use serde_json::{Value, json};

const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123";
const DEFINITION: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7";
const ROLE: &str = "arn:aws:iam::123456789012:role/app/api-task";

fn spec(method: EcsMethod) -> TargetSpec {
    TargetSpec {
        ec2_instance: None,
        ecs_service: Some(EcsServiceTarget {
            cluster: "prod".into(),
            service: "api".into(),
            method,
            security_group_id: (method == EcsMethod::SwapSecurityGroups).then(|| "sg-0000000f".into()),
        }),
        ..TargetSpec::default()
    }
}

fn cell(make: fn(String, String) -> Cell) -> Cell {
    make("prod".into(), "api".into())
}

fn scaling() -> Cell {
    cell(|cluster, service| Cell::ScalingSuspension { cluster, service })
}

fn registrations() -> Cell {
    Cell::TargetRegistrations {
        target_group_arn: TARGET_GROUP.into(),
        cluster: "prod".into(),
        service: "api".into(),
    }
}

fn rules() -> Cell {
    Cell::SecurityGroupRules {
        group_id: "sg-0000000a".into(),
    }
}

fn service_query() -> Query {
    Query::Service {
        cluster: "prod".into(),
        service: "api".into(),
    }
}

fn tasks_query() -> Query {
    Query::ServiceTasks {
        cluster: "prod".into(),
        service: "api".into(),
    }
}

fn standalone_query() -> Query {
    Query::StandaloneTasksOfRole {
        cluster: "prod".into(),
        role_arn: ROLE.into(),
    }
}

fn inline(policy_name: &str) -> Query {
    Query::Cell(Cell::RoleInlinePolicy {
        role: "api-task".into(),
        policy_name: policy_name.into(),
    })
}

fn attachment() -> Query {
    Query::Cell(Cell::RolePolicyAttachment {
        role: "api-task".into(),
        policy_arn: DENY_POLICY.into(),
    })
}

fn group(id: &str) -> Query {
    Query::SecurityGroup { group_id: id.into() }
}

fn users(id: &str) -> Query {
    Query::SecurityGroupUsers { group_id: id.into() }
}

fn health() -> Query {
    Query::TargetHealth {
        target_group_arn: TARGET_GROUP.into(),
    }
}

fn service() -> Service {
    Service {
        arn: "arn:aws:ecs:us-east-1:123456789012:service/prod/api".into(),
        status: "ACTIVE".into(),
        deployment_controller: "ECS".into(),
        strategy: "ROLLING".into(),
        task_definition: DEFINITION.into(),
        desired_count: 2,
        running_count: 2,
        network: Some(Network {
            subnets: vec!["subnet-a".into(), "subnet-b".into()],
            security_groups: vec!["sg-0000000a".into()],
            assign_public_ip: true,
        }),
        target_groups: vec![TARGET_GROUP.into()],
        deployments: vec![deployment("PRIMARY", "sg-0000000a", 2)],
        tags: [("team".to_owned(), "web".to_owned())].into(),
    }
}

fn deployment(status: &str, group: &str, running_count: i32) -> EcsDeployment {
    EcsDeployment {
        id: format!("ecs-svc/{status}"),
        status: status.into(),
        rollout_state: "IN_PROGRESS".into(),
        running_count,
        security_groups: vec![group.into()],
    }
}

fn task(n: u32) -> Task {
    Task {
        arn: format!("arn:aws:ecs:us-east-1:123456789012:task/prod/{n}"),
        last_status: "RUNNING".into(),
        group: "service:api".into(),
        ip: Some(format!("10.0.0.{n}")),
        network_interface: Some(format!("eni-{n}")),
        task_definition: DEFINITION.into(),
    }
}

fn user(id: &str, description: &str) -> SecurityGroupUser {
    SecurityGroupUser {
        network_interface: id.into(),
        description: description.into(),
    }
}

fn target(id: &str, state: &str) -> TargetHealth {
    TargetHealth {
        id: id.into(),
        port: 8080,
        state: state.into(),
    }
}

fn security_group(rules: u32, vpc: &str) -> SecurityGroup {
    SecurityGroup {
        vpc_id: vpc.into(),
        rules,
        tags: [("tier".to_owned(), "app".to_owned())].into(),
    }
}

/// Two tasks, both in one target group and one security group that nobody else uses; sessions not revoked.
fn world() -> World {
    World::default()
        .with(service_query(), &service())
        .with(tasks_query(), &[task(1), task(2)])
        .with(Query::Cell(scaling()), &Suspension::default())
        .with(
            health(),
            &[target("10.0.0.1", "healthy"), target("10.0.0.2", "healthy")],
        )
        .with(group("sg-0000000a"), &security_group(3, "vpc-1"))
        .with(group("sg-0000000f"), &security_group(0, "vpc-1"))
        .with(users("sg-0000000a"), &[user("eni-1", "task"), user("eni-2", "task")])
        .with(
            Query::TaskDefinition { arn: DEFINITION.into() },
            &TaskDefinition {
                task_role: Some(ROLE.into()),
                execution_role: None,
            },
        )
        .with(standalone_query(), &Vec::<Task>::new())
        .with(inline(REVOKE_SESSIONS), &Value::Null)
        .with(inline(DENY_ALL), &Value::Null)
        .with(attachment(), &false)
}

fn changed(change: impl FnOnce(&mut Service)) -> World {
    let mut made = service();
    change(&mut made);
    world().with(service_query(), &made)
}

fn design(world: &World, method: EcsMethod) -> Design {
    world.design(&EcsService, &spec(method)).unwrap()
}

fn waiting_for(world: &World, method: EcsMethod) -> Option<String> {
    world.proof(&EcsService, &spec(method)).unwrap().waiting_for
}

#[track_caller]
fn refused(world: &World, method: EcsMethod, reason: Reason, says: &[&str]) {
    let blocked = world.design(&EcsService, &spec(method)).unwrap_err();
    assert_eq!(blocked.reason, reason, "{}", blocked.message);
    for word in says {
        assert!(blocked.message.contains(word), "{word} is not in: {}", blocked.message);
    }
}

const METHODS: [EcsMethod; 3] = [
    EcsMethod::Isolate,
    EcsMethod::SwapSecurityGroups,
    EcsMethod::ScaleToZero,
];

#[test]
fn a_service_that_does_not_exist_is_named_by_its_field() {
    let world = world()
        .answering(service_query(), Answer::NotFound)
        .answering(tasks_query(), Answer::NotFound)
        .answering(Query::Cell(scaling()), Answer::NotFound);
    for method in METHODS {
        let says = ["spec.target.ecsService.service", "api", "prod", "us-east-1"];
        refused(&world, method, Reason::TargetNotFound, &says);
    }
}

#[test]
fn a_service_that_is_being_deleted_is_refused() {
    let world = changed(|s| s.status = "DRAINING".into());
    for method in METHODS {
        refused(&world, method, Reason::Unmodifiable, &["DRAINING"]);
    }
}

#[test]
fn another_deployment_controller_is_refused_with_the_method_that_works() {
    for controller in ["CODE_DEPLOY", "EXTERNAL"] {
        let world = changed(|s| s.deployment_controller = controller.into());
        for method in [EcsMethod::Isolate, EcsMethod::SwapSecurityGroups] {
            refused(
                &world,
                method,
                Reason::Unmodifiable,
                &[controller, "use ScaleToZero", "iamRole"],
            );
        }
        assert!(!design(&world, EcsMethod::ScaleToZero).drafts.is_empty());
    }
}

#[test]
fn tasks_without_a_network_of_their_own_are_refused_where_the_network_matters() {
    let world = changed(|s| s.network = None);
    for method in [EcsMethod::Isolate, EcsMethod::SwapSecurityGroups] {
        refused(&world, method, Reason::InvalidTarget, &["awsvpc", "use ScaleToZero"]);
    }
    assert!(!design(&world, EcsMethod::ScaleToZero).drafts.is_empty());
}

#[test]
fn a_service_in_the_default_group_is_not_isolated_in_name_only() {
    let world = changed(|s| s.network.as_mut().unwrap().security_groups.clear());
    refused(&world, EcsMethod::Isolate, Reason::InvalidTarget, &["default group"]);
}

#[test]
fn only_a_rolling_deployment_swaps_groups() {
    for strategy in ["BLUE_GREEN", "LINEAR", "CANARY"] {
        let world = changed(|s| s.strategy = strategy.into());
        refused(
            &world,
            EcsMethod::SwapSecurityGroups,
            Reason::InvalidTarget,
            &[strategy, "ROLLING"],
        );
        assert!(!design(&world, EcsMethod::Isolate).drafts.is_empty());
    }
}

#[test]
fn a_quarantine_group_that_is_missing_has_rules_or_is_elsewhere_is_refused() {
    let field = "spec.target.ecsService.securityGroupId";
    let quarantine = |answer| world().answering(group("sg-0000000f"), answer);
    let cases = [
        (Answer::NotFound, "does not exist"),
        (Answer::found(&security_group(2, "vpc-1")), "has 2 rule(s)"),
        (Answer::found(&security_group(0, "vpc-2")), "is in vpc-2"),
    ];
    for (answer, says) in cases {
        let world = quarantine(answer);
        refused(
            &world,
            EcsMethod::SwapSecurityGroups,
            Reason::InvalidTarget,
            &[field, says],
        );
    }
}

#[test]
fn a_group_that_others_use_is_not_stripped_and_the_others_are_named() {
    let everybody = [
        user("eni-1", "task"),
        user("eni-9", "ELB app/web"),
        user("eni-8", "RDS"),
    ];
    let world = world().with(users("sg-0000000a"), &everybody);
    let says = ["eni-9 (ELB app/web) in sg-0000000a", "eni-8 (RDS)"];
    refused(&world, EcsMethod::Isolate, Reason::SharedSecurityGroup, &says);
    let blocked = world.design(&EcsService, &spec(EcsMethod::Isolate)).unwrap_err();
    assert!(!blocked.message.contains("eni-1 "), "{}", blocked.message);
}

#[test]
fn a_long_list_of_others_is_cut_with_their_number() {
    let many: Vec<_> = (10..35).map(|n| user(&format!("eni-{n}"), "lambda")).collect();
    let world = world().with(users("sg-0000000a"), &many);
    refused(
        &world,
        EcsMethod::Isolate,
        Reason::SharedSecurityGroup,
        &["and 15 more"],
    );
}

#[test]
fn what_aws_does_not_tell_about_the_target_blocks_instead_of_passing() {
    let cases = [
        (users("sg-0000000a"), Answer::Throttled, Reason::Throttled),
        (
            tasks_query(),
            Answer::Denied("ecs:ListTasks".into()),
            Reason::AccessDenied,
        ),
        (health(), Answer::Unreachable("timeout".into()), Reason::Unreachable),
    ];
    for (query, answer, reason) in cases {
        refused(&world().answering(query, answer), EcsMethod::Isolate, reason, &[]);
    }
}

#[test]
fn isolate_suspends_scaling_then_leaves_target_groups_then_strips_rules() {
    let drafts = design(&world(), EcsMethod::Isolate).drafts;
    let made: Vec<_> = drafts.iter().map(|d| (d.id.as_str(), &d.cell, &d.after)).collect();
    let suspended = json!({"scaleIn": true, "scaleOut": true, "scheduled": true});
    assert_eq!(
        made,
        [
            ("suspend-scaling", &scaling(), &suspended),
            (
                "deregister-web",
                &registrations(),
                &json!({"registered": [], "running": []})
            ),
            ("strip-sg-0000000a", &rules(), &json!({"ingress": [], "egress": []})),
        ]
    );
    assert!(drafts.iter().all(|d| d.undo == Undo::Reversible && d.section.is_none()));
}

#[test]
fn isolate_strips_the_groups_of_an_older_deployment_that_still_runs() {
    let world = changed(|s| {
        s.deployments.push(deployment("ACTIVE", "sg-0000000b", 1));
        s.deployments.push(deployment("INACTIVE", "sg-0000000c", 0));
    })
    .with(group("sg-0000000b"), &security_group(1, "vpc-1"))
    .with(users("sg-0000000b"), &Vec::<SecurityGroupUser>::new());
    let ids: Vec<_> = design(&world, EcsMethod::Isolate)
        .drafts
        .into_iter()
        .map(|d| d.id)
        .collect();
    assert_eq!(
        ids,
        [
            "suspend-scaling",
            "deregister-web",
            "strip-sg-0000000a",
            "strip-sg-0000000b"
        ]
    );
}

#[test]
fn without_autoscaling_nothing_is_suspended() {
    let none = [Answer::Found(Value::Null), Answer::NotFound];
    for answer in none {
        let world = world().answering(Query::Cell(scaling()), answer);
        for method in METHODS {
            let drafts = design(&world, method).drafts;
            assert!(drafts.iter().all(|d| d.cell != scaling()), "{method:?}");
        }
    }
}

#[test]
fn a_swap_keeps_subnets_and_public_ip_and_lets_nothing_roll_it_back() {
    let drafts = design(&world(), EcsMethod::SwapSecurityGroups).drafts;
    let made: Vec<_> = drafts.iter().map(|d| (d.id.as_str(), d.undo, d.section)).collect();
    assert_eq!(
        made,
        [
            ("suspend-scaling", Undo::Reversible, Some("swap")),
            ("unprotect-tasks", Undo::OneWay, Some("swap")),
            ("redeploy", Undo::Destructive, Some("swap")),
        ]
    );
    let after = json!({
        "network": {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-0000000f"], "assignPublicIp": true},
        "deployment": {"minimumHealthyPercent": 0, "maximumPercent": 100, "circuitBreaker": false,
            "circuitBreakerRollback": false, "alarms": false, "alarmsRollback": false, "alarmNames": []},
    });
    assert_eq!(drafts[2].after, after);
}

#[test]
fn scale_to_zero_lowers_the_floor_first_and_stops_stragglers_last() {
    let drafts = design(&world(), EcsMethod::ScaleToZero).drafts;
    let made: Vec<_> = drafts
        .iter()
        .map(|d| (d.id.as_str(), d.undo, d.after.clone()))
        .collect();
    let suspended = json!({"scaleIn": true, "scaleOut": true, "scheduled": true});
    assert_eq!(
        made,
        [
            ("suspend-scaling", Undo::Reversible, suspended),
            ("lower-minimum", Undo::Reversible, json!(0)),
            ("unprotect-tasks", Undo::OneWay, json!([])),
            ("scale", Undo::Destructive, json!(0)),
            ("stop-tasks", Undo::OneWay, json!([])),
        ]
    );
    assert!(drafts.iter().all(|d| d.section == Some("scale")));
}

#[test]
fn step_names_are_unique_in_a_design() {
    let second = TARGET_GROUP.replace("web", "admin");
    let world = changed(|s| {
        s.target_groups.push(second.clone());
        s.network.as_mut().unwrap().security_groups.push("sg-0000000b".into());
    })
    .with(
        Query::TargetHealth {
            target_group_arn: second.clone(),
        },
        &Vec::<TargetHealth>::new(),
    )
    .with(group("sg-0000000b"), &security_group(1, "vpc-1"))
    .with(users("sg-0000000b"), &Vec::<SecurityGroupUser>::new());
    for method in METHODS {
        let mut ids: Vec<_> = design(&world, method).drafts.into_iter().map(|d| d.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "{method:?}");
    }
}

#[test]
fn a_contained_service_is_designed_the_same_again() {
    let contained = world()
        .with(Query::Cell(scaling()), &Suspension::ALL)
        .with(health(), &Vec::<TargetHealth>::new())
        .with(group("sg-0000000a"), &security_group(0, "vpc-1"));
    let (before, after) = (
        design(&world(), EcsMethod::Isolate),
        design(&contained, EcsMethod::Isolate),
    );
    assert_eq!(before.drafts, after.drafts);
    assert_eq!(before.dependants, after.dependants);
}

#[test]
fn the_target_groups_are_what_hangs_on_it() {
    for method in METHODS {
        let web = Dependant {
            kind: "target group".into(),
            name: "web".into(),
        };
        assert_eq!(design(&world(), method).dependants, [web]);
    }
}

#[test]
fn a_target_group_is_emptied_when_every_healthy_target_is_the_services() {
    let cases = [
        (
            vec![target("10.0.0.1", "healthy"), target("10.0.0.9", "unhealthy")],
            true,
        ),
        (
            vec![target("10.0.0.1", "healthy"), target("10.0.0.9", "healthy")],
            false,
        ),
        (vec![target("10.0.0.1", "draining")], false),
        (vec![], false),
    ];
    for (targets, emptied) in cases {
        let world = world().with(health(), &targets);
        let empties = design(&world, EcsMethod::Isolate).empties;
        assert_eq!(empties == [TARGET_GROUP], emptied, "{targets:?}");
    }
}

#[test]
fn instance_targets_cannot_be_told_apart_and_count_as_the_services() {
    let world = changed(|s| s.network = None).with(health(), &[target("i-0123", "healthy")]);
    assert_eq!(design(&world, EcsMethod::ScaleToZero).empties, [TARGET_GROUP]);
}

#[test]
fn guards_see_the_security_groups_only_where_they_are_changed() {
    let arns = |method| {
        design(&world(), method)
            .touches
            .into_iter()
            .map(|t| t.arn)
            .collect::<Vec<_>>()
    };
    let arn = service().arn;
    let group = "arn:aws:ec2:us-east-1:123456789012:security-group/sg-0000000a";
    assert_eq!(arns(EcsMethod::Isolate), [arn.as_str(), TARGET_GROUP, group]);
    assert_eq!(arns(EcsMethod::SwapSecurityGroups), [arn.as_str(), TARGET_GROUP]);
    assert_eq!(arns(EcsMethod::ScaleToZero), [arn.as_str(), TARGET_GROUP]);
    let touches = design(&world(), EcsMethod::Isolate).touches;
    assert_eq!(touches[0].tags["team"], "web");
    assert_eq!(touches[2].tags["tier"], "app");
}

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
        Query::Cell(Cell::RoleInlinePolicy {
            role: "old-task".into(),
            policy_name: policy_name.into(),
        })
    };
    let world = world()
        .with(tasks_query(), &[task(1), old])
        .with(Query::TaskDefinition { arn: "old".into() }, &role)
        .answering(old_cell(REVOKE_SESSIONS), unreadable.clone())
        .answering(old_cell(DENY_ALL), unreadable.clone())
        .answering(
            Query::Cell(Cell::RolePolicyAttachment {
                role: "old-task".into(),
                policy_arn: DENY_POLICY.into(),
            }),
            unreadable.clone(),
        )
        .answering(
            Query::StandaloneTasksOfRole {
                cluster: "prod".into(),
                role_arn: "arn:aws:iam::123456789012:role/old-task".into(),
            },
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
    let definition = Query::TaskDefinition { arn: DEFINITION.into() };
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
    assert_eq!(waits.as_deref(), Some("the deregistration delay of 1 task(s) in web"));
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
            .contains("1 task(s) of older deployments")
    );
    assert_eq!(waiting_for(&swapped(0), method), None);
}

#[test]
fn scale_to_zero_is_proven_when_no_task_runs() {
    let method = EcsMethod::ScaleToZero;
    assert!(waiting_for(&world(), method).unwrap().starts_with("2 task(s) to stop"));
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
