//! Every refusal, every method's steps, what hangs on the role, and what people are told.

use super::{users::MOST_UNKNOWN, *};
use crate::{
    aws::{
        Answer,
        ecs::EcsRead,
        iam::{IamCell, IamRead, ManagedPolicy, UsersOfRole},
        lambda::LambdaRead,
    },
    respond::quarantine::targets::testing::{DENY_POLICY, World},
    run::step::Undo,
};

const ARN: &str = "arn:aws:iam::123456789012:role/app/api-task";

fn spec(methods: &[IamRoleMethod], deny_policy: DenyPolicy) -> TargetSpec {
    named("api-task", methods, deny_policy)
}

fn named(name: &str, methods: &[IamRoleMethod], deny_policy: DenyPolicy) -> TargetSpec {
    TargetSpec {
        iam_role: Some(IamRoleTarget {
            role_name: name.into(),
            methods: methods.to_vec(),
            deny_policy,
        }),
        ..TargetSpec::default()
    }
}

fn role() -> Role {
    Role {
        arn: ARN.into(),
        path: "/app/".into(),
        trust: json!({"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com", "AWS": "210987654321"}},
            {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}]}),
        max_session_seconds: 3600,
        last_used: Some("2026-01-02T03:04:05Z".into()),
        tags: [("team".to_owned(), "web".to_owned())].into(),
    }
}

fn role_query() -> Query {
    Query::Iam(IamRead::Role {
        role: "api-task".into(),
    })
}

fn policy_query() -> Query {
    Query::Iam(IamRead::ManagedPolicy {
        arn: DENY_POLICY.into(),
    })
}

fn services(region: &str) -> Query {
    Query::Ecs(EcsRead::ServicesOfRole {
        region: region.into(),
        role_arn: ARN.into(),
    })
}

fn functions(region: &str) -> Query {
    Query::Lambda(LambdaRead::FunctionsOfRole {
        region: region.into(),
        role_arn: ARN.into(),
    })
}

fn profiles() -> Query {
    Query::Iam(IamRead::InstanceProfilesOfRole {
        role: "api-task".into(),
    })
}

fn users(names: &[&str]) -> UsersOfRole {
    UsersOfRole {
        names: names.iter().map(|&name| name.to_owned()).collect(),
        unread: None,
    }
}

fn world() -> World {
    let nobody: [String; 0] = [];
    let deny = ManagedPolicy {
        arn: DENY_POLICY.into(),
        document: json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}),
    };
    World::default()
        .with(role_query(), &role())
        .with(policy_query(), &deny)
        .with(profiles(), &nobody)
        .with(services("us-east-1"), &users(&[]))
        .with(services("us-west-2"), &users(&[]))
        .with(functions("us-east-1"), &users(&[]))
        .with(functions("us-west-2"), &users(&[]))
}

const ALL: [IamRoleMethod; 3] = [
    IamRoleMethod::RevokeSessions,
    IamRoleMethod::DenyAll,
    IamRoleMethod::ReplaceTrust,
];

fn design(world: &World, methods: &[IamRoleMethod]) -> Design {
    world.design(&IamRole, &spec(methods, DenyPolicy::Managed)).unwrap()
}

#[track_caller]
fn refused(world: &World, spec: &TargetSpec, reason: Reason, says: &str) {
    let blocked = world.design(&IamRole, spec).unwrap_err();
    assert_eq!(blocked.reason, reason);
    assert!(blocked.message.contains(says), "{says} is not in: {}", blocked.message);
}

#[test]
fn roles_that_aws_lets_nobody_change_are_refused_before_any_question() {
    for name in ["AWSReservedSSO_Admin_0123456789abcdef", "AWSServiceRoleForECS"] {
        let spec = named(name, &ALL, DenyPolicy::Managed);
        refused(&World::default(), &spec, Reason::Unmodifiable, name);
    }
}

#[test]
fn a_service_linked_role_is_known_by_its_path_too() {
    let linked = Role {
        path: "/aws-service-role/ecs.amazonaws.com/".into(),
        ..role()
    };
    let world = world().with(role_query(), &linked);
    refused(
        &world,
        &spec(&ALL, DenyPolicy::Managed),
        Reason::Unmodifiable,
        "service-linked",
    );
}

#[test]
fn a_role_that_does_not_exist_is_named_by_its_field() {
    let world = world().answering(role_query(), Answer::NotFound);
    let field = "spec.target.iamRole.roleName";
    refused(&world, &spec(&ALL, DenyPolicy::Managed), Reason::TargetNotFound, field);
}

#[test]
fn a_deny_policy_that_is_missing_or_hollow_is_not_attached() {
    let hollow = json!({"document": {"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}});
    let spec = spec(&ALL, DenyPolicy::Managed);
    let missing = world().answering(policy_query(), Answer::NotFound);
    refused(&missing, &spec, Reason::InvalidTarget, "does not exist");
    refused(
        &world().with(policy_query(), &hollow),
        &spec,
        Reason::InvalidTarget,
        "does not deny every action",
    );
}

#[test]
fn an_inline_deny_asks_for_no_managed_policy() {
    let world = world().answering(policy_query(), Answer::Throttled);
    let design = world.design(&IamRole, &spec(&ALL, DenyPolicy::Inline)).unwrap();
    let Cell::Iam(IamCell::RoleInlinePolicy { policy_name, .. }) = &design.drafts[1].cell else {
        panic!("{:?}", design.drafts[1].cell)
    };
    assert_eq!(policy_name, DENY_ALL);
    assert!(policy_document::denies_everything(&design.drafts[1].after));
}

/// It held the containment of the role back, in every region, while one of them did not answer.
#[test]
fn what_aws_does_not_tell_about_dependents_is_said_and_blocks_nothing() {
    for answer in [
        Answer::Throttled,
        Answer::Denied("lambda:ListFunctions: AccessDeniedException".into()),
        Answer::Unreachable("no result within 5 s".into()),
    ] {
        let world = world()
            .with(functions("us-east-1"), &users(&["resize"]))
            .answering(functions("us-west-2"), answer.clone())
            .answering(profiles(), answer);
        let design = design(&world, &ALL);
        assert_eq!((design.drafts.len(), design.dependents.len()), (3, 1));
        let notes = design.notes.join("\n");
        for unknown in ["Lambda function in us-west-2", "instance profile"] {
            let note = format!("Unknown, whether it is used by: {unknown} (");
            assert!(notes.contains(&note), "{notes}");
        }
    }
}

#[test]
fn a_region_that_is_too_large_to_look_through_is_said() {
    let many = UsersOfRole {
        names: vec!["resize".into()],
        unread: Some("there are more than 2000 functions and versions".into()),
    };
    let design = design(&world().with(functions("us-west-2"), &many), &ALL);
    assert_eq!(design.dependents.len(), 1);
    assert!(
        design.notes.iter().any(|note| note.contains("more than 2000")),
        "{:?}",
        design.notes
    );
}

#[test]
fn many_regions_that_do_not_answer_make_few_notes() {
    let silent = |world: World, region: &str| {
        let why = || Answer::Unreachable("no result within 5 s".into());
        world
            .answering(functions(region), why())
            .answering(services(region), why())
    };
    let world = ["us-east-1", "us-west-2"].into_iter().fold(world(), silent);
    let design = design(&world.answering(profiles(), Answer::Throttled), &ALL);
    let unknown: Vec<&String> = design.notes.iter().filter(|note| note.starts_with("Unknown")).collect();
    assert_eq!(unknown.len(), MOST_UNKNOWN + 1, "{unknown:?}");
    assert!(
        unknown[MOST_UNKNOWN].contains("Lambda function in us-west-2"),
        "{unknown:?}"
    );
}

#[test]
fn another_spelling_of_the_role_is_refused_with_the_one_that_is_right() {
    let named = named("API-Task", &ALL, DenyPolicy::Managed);
    let world = world().with(
        Query::Iam(IamRead::Role {
            role: "API-Task".into(),
        }),
        &role(),
    );
    refused(&world, &named, Reason::InvalidTarget, "called api-task");
}

#[test]
fn another_spelling_of_the_deny_policy_is_refused() {
    let deny = ManagedPolicy {
        arn: DENY_POLICY.to_uppercase(),
        document: json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}),
    };
    let spec = spec(&ALL, DenyPolicy::Managed);
    refused(
        &world().with(policy_query(), &deny),
        &spec,
        Reason::InvalidTarget,
        "is called",
    );
}

#[test]
fn trust_goes_first_and_sessions_last_whatever_the_order_in_the_spec() {
    let drafts = design(&world(), &ALL).drafts;
    let ids: Vec<_> = drafts.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["replace-trust", "deny-all", "revoke-sessions"]);
    assert!(
        drafts
            .iter()
            .all(|d| d.undo == Undo::Reversible && d.settling == [15, 60, 300])
    );
}

#[test]
fn each_method_alone_is_one_step() {
    for method in ALL {
        assert_eq!(design(&world(), &[method]).drafts.len(), 1, "{method:?}");
    }
}

#[test]
fn trust_and_sessions_reopen_the_compromise_and_the_deny_does_not() {
    let drafts = design(&world(), &ALL).drafts;
    let reopens: Vec<_> = drafts.iter().map(|d| (d.reopens, d.reopens_for_seconds)).collect();
    assert_eq!(
        reopens,
        [
            (Some(Reopens::TrustPolicy), None),
            (None, None),
            (Some(Reopens::Sessions), Some(3600)),
        ]
    );
}

#[test]
fn only_the_revocation_is_late_bound_and_renewed() {
    for draft in design(&world(), &ALL).drafts {
        let late = draft.after.to_string().contains(APPLY_TIME);
        assert_eq!(
            (late, draft.renew),
            (draft.id == "revoke-sessions", draft.id == "revoke-sessions")
        );
    }
}

#[test]
fn everything_that_runs_with_the_role_hangs_on_it_in_every_region() {
    let world = world()
        .with(profiles(), &["bastion"])
        .with(services("us-west-2"), &users(&["prod/api"]))
        .with(functions("us-east-1"), &users(&["resize", "bill"]));
    let dependents = design(&world, &ALL).dependents;
    let found: Vec<_> = dependents.iter().map(|d| (d.kind.as_str(), d.name.as_str())).collect();
    assert_eq!(
        found,
        [
            ("ECS service in us-west-2", "prod/api"),
            ("Lambda function in us-east-1", "bill"),
            ("Lambda function in us-east-1", "resize"),
            ("instance profile", "bastion"),
        ]
    );
}

#[test]
fn the_role_is_touched_with_its_tags() {
    let design = design(&world(), &ALL);
    assert_eq!((design.arn.as_str(), design.touches[0].arn.as_str()), (ARN, ARN));
    assert_eq!(design.touches[0].tags["team"], "web");
}

#[test]
fn who_may_assume_the_role_and_when_it_was_used_is_said() {
    let notes = design(&world(), &ALL).notes;
    let who = "May be assumed by: arn:aws:iam::210987654321:root, ecs-tasks.amazonaws.com";
    assert!(notes.contains(&who.to_owned()), "{notes:?}");
    assert!(notes[1].contains("2026-01-02"), "{notes:?}");
}

#[test]
fn what_the_chosen_methods_leave_open_is_said() {
    let says = |methods: &[IamRoleMethod], word: &str| design(&world(), methods).notes.iter().any(|n| n.contains(word));
    let (new, old) = ("start a new session", "live on until they expire");
    assert!(says(&[IamRoleMethod::RevokeSessions], new) && !says(&[IamRoleMethod::RevokeSessions], old));
    assert!(says(&[IamRoleMethod::ReplaceTrust], old) && !says(&[IamRoleMethod::ReplaceTrust], new));
    assert!(!says(&[IamRoleMethod::DenyAll], old) && !says(&[IamRoleMethod::DenyAll], new));
    assert!(says(&ALL, "assumed onward"));
}
