//! Every refusal, the steps and their section, what hangs on it, and what proves it.

use super::*;
use crate::{
    aws::{Answer, iam::IamCell},
    respond::quarantine::targets::{
        deny::{DENY_ALL, REVOKE_SESSIONS},
        testing::{DENY_POLICY, World},
    },
    run::step::Undo,
};

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:refund";

fn target() -> TargetSpec {
    TargetSpec {
        lambda_function: Some(LambdaFunctionTarget {
            function_name: "refund".into(),
        }),
        ..TargetSpec::default()
    }
}

fn function() -> Function {
    Function {
        arn: ARN.into(),
        role: "arn:aws:iam::123456789012:role/team/refund".into(),
        timeout_seconds: 120,
        tags: [("team".to_owned(), "web".to_owned())].into(),
        ..Function::default()
    }
}

fn source(uuid: &str, qualifier: Option<&str>, state: &str) -> EventSource {
    EventSource {
        uuid: uuid.into(),
        source: format!("arn:aws:sqs:us-east-1:123456789012:{uuid}"),
        qualifier: qualifier.map(str::to_owned),
        state: state.into(),
    }
}

fn function_asked() -> Query {
    function_query(target().lambda_function.as_ref().unwrap())
}

fn sources_asked() -> Query {
    sources_query(target().lambda_function.as_ref().unwrap())
}

fn inline(name: &str) -> Query {
    Query::Cell(Cell::Iam(IamCell::RoleInlinePolicy {
        role: "refund".into(),
        policy_name: name.into(),
    }))
}

fn attached() -> Query {
    Query::Cell(Cell::Iam(IamCell::RolePolicyAttachment {
        role: "refund".into(),
        policy_arn: DENY_POLICY.into(),
    }))
}

fn world() -> World {
    World::default()
        .with(function_asked(), &function())
        .with(
            sources_asked(),
            &[
                source("orders", None, "Enabled"),
                source("old", Some("live"), "Disabled"),
            ],
        )
        .with(inline(DENY_ALL), &Value::Null)
        .with(inline(REVOKE_SESSIONS), &Value::Null)
        .with(attached(), &false)
}

fn design(world: &World) -> Design {
    world.design(&LambdaFunction, &target()).unwrap()
}

#[track_caller]
fn refused(world: &World, reason: Reason, says: &str) {
    let blocked = world.design(&LambdaFunction, &target()).unwrap_err();
    assert_eq!(blocked.reason, reason);
    assert!(blocked.message.contains(says), "{says} is not in: {}", blocked.message);
}

#[test]
fn a_function_that_does_not_exist_is_named_by_its_field() {
    let world = world().answering(function_asked(), Answer::NotFound);
    refused(
        &world,
        Reason::TargetNotFound,
        "spec.target.lambdaFunction.functionName",
    );
}

#[test]
fn a_function_that_reserved_concurrency_does_not_throttle_is_refused() {
    let on_instances = Function {
        capacity_provider: true,
        ..function()
    };
    let world = world().with(function_asked(), &on_instances);
    refused(&world, Reason::InvalidTarget, "capacity provider");
}

#[test]
fn what_aws_does_not_tell_about_event_sources_blocks() {
    let world = world().answering(sources_asked(), Answer::Throttled);
    refused(&world, Reason::Throttled, "event sources of function refund");
}

#[test]
fn provisioned_concurrency_goes_before_the_sources_and_they_before_concurrency() {
    let drafts = design(&world()).drafts;
    let ids: Vec<_> = drafts.iter().map(|d| (d.id.as_str(), d.section)).collect();
    let section = Some("freeze");
    assert_eq!(
        ids,
        [
            ("remove-provisioned", section),
            ("disable-event-sources", section),
            ("throttle", section),
            ("close-urls", None),
        ]
    );
    assert!(drafts.iter().all(|draft| draft.undo == Undo::Reversible));
    assert_eq!(drafts[2].after, json!(0));
}

#[test]
fn it_is_settled_when_the_longest_invocation_must_have_ended() {
    assert_eq!(design(&world()).drafts[2].settling, [15, 120]);
    let short = Function {
        timeout_seconds: 3,
        ..function()
    };
    let world = world().with(function_asked(), &short);
    assert_eq!(design(&world).drafts[2].settling, [3, 3]);
}

#[test]
fn only_an_open_url_reopens_the_compromise() {
    let reopens: Vec<_> = design(&world()).drafts.iter().map(|draft| draft.reopens).collect();
    assert_eq!(reopens, [None, None, None, Some(Reopens::FunctionUrl)]);
}

#[test]
fn event_sources_that_are_on_hang_on_it() {
    let dependents = design(&world()).dependents;
    let queue = "arn:aws:sqs:us-east-1:123456789012:orders";
    let found: Vec<_> = dependents.iter().map(|d| (d.kind.as_str(), d.name.as_str())).collect();
    assert_eq!(found, [("event source", queue)]);
}

#[test]
fn how_long_invocations_go_on_and_what_is_lost_is_said() {
    let notes = design(&world()).notes;
    for words in ["up to 120 s each", "up to 6 hours", "429 TooManyRequestsException"] {
        assert!(notes.iter().any(|note| note.contains(words)), "{words}: {notes:?}");
    }
}

#[test]
fn whether_the_sessions_of_its_role_are_revoked_is_said() {
    let says = |world: &World| design(world).notes.pop().unwrap();
    assert!(says(&world()).contains("Sessions of execution role refund are revoked: no"));
    assert!(says(&world().with(attached(), &true)).ends_with("yes"));
    let unknown = world().answering(inline(DENY_ALL), Answer::Throttled);
    assert!(says(&unknown).contains("unknown"));
}

#[test]
fn the_roles_of_published_versions_are_looked_at_too() {
    let role = |n: usize| format!("arn:aws:iam::123456789012:role/old-{n}");
    let published = |roles: usize| {
        let function = Function {
            other_roles: (0..roles).map(role).collect(),
            ..function()
        };
        let cells = (0..roles).flat_map(|n| {
            let (role, policy_name) = (format!("old-{n}"), |name: &str| name.to_owned());
            [
                Cell::Iam(IamCell::RoleInlinePolicy {
                    role: role.clone(),
                    policy_name: policy_name(DENY_ALL),
                }),
                Cell::Iam(IamCell::RoleInlinePolicy {
                    role: role.clone(),
                    policy_name: policy_name(REVOKE_SESSIONS),
                }),
                Cell::Iam(IamCell::RolePolicyAttachment {
                    role,
                    policy_arn: DENY_POLICY.into(),
                }),
            ]
        });
        let world = world().with(function_asked(), &function);
        cells.fold(world, |world, cell| world.with(Query::Cell(cell), &Value::Null))
    };
    let notes = design(&published(1)).notes;
    assert!(
        notes
            .iter()
            .any(|note| note.contains("Sessions of execution role old-0 are revoked: no")),
        "{notes:?}"
    );
    let many = design(&published(12)).notes;
    assert!(
        many.iter().any(|note| note.contains("3 more execution roles")),
        "{many:?}"
    );
}

#[test]
fn versions_that_are_not_known_are_said() {
    let unread = Function {
        unread_versions: Some("lambda:ListVersionsByFunction: AccessDeniedException".into()),
        timeout_seconds: Function::LONGEST_TIMEOUT,
        ..function()
    };
    let design = design(&world().with(function_asked(), &unread));
    assert_eq!(design.drafts[2].settling, [15, 900]);
    assert!(
        design.notes.iter().any(|note| note.contains("ListVersionsByFunction")),
        "{:?}",
        design.notes
    );
}

#[test]
fn the_function_is_touched_with_its_tags() {
    let design = design(&world());
    assert_eq!((design.arn.as_str(), design.touches[0].arn.as_str()), (ARN, ARN));
    assert_eq!(design.touches[0].tags["team"], "web");
}

#[test]
fn it_is_proven_when_no_mapping_moves() {
    let waits = |state: &str| {
        let world = World::default().with(sources_asked(), &[source("orders", None, state)]);
        world.proof(&LambdaFunction, &target()).unwrap().waiting_for
    };
    assert_eq!(waits("Disabled"), None);
    for state in ["Disabling", "Updating", "Creating", "Deleting"] {
        let expected = format!("event source mapping orders ({state})");
        assert_eq!(waits(state), Some(expected));
    }
}
