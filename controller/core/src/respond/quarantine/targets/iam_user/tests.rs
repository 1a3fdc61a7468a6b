//! Every refusal, every method's steps, and what people are told.

use super::*;
use crate::{
    aws::{
        Answer,
        iam::{AccessKey, IamCell, IamRead, ManagedPolicy, OtherCredential, UserAccess, policy_document},
    },
    respond::quarantine::targets::testing::{DENY_POLICY, World},
    run::step::Undo,
};

const ARN: &str = "arn:aws:iam::123456789012:user/robots/ci";

fn spec(methods: &[IamUserMethod], deny_policy: DenyPolicy) -> TargetSpec {
    named("ci", methods, deny_policy)
}

fn named(name: &str, methods: &[IamUserMethod], deny_policy: DenyPolicy) -> TargetSpec {
    TargetSpec {
        iam_user: Some(IamUserTarget {
            user_name: name.into(),
            methods: methods.to_vec(),
            deny_policy,
        }),
        ..TargetSpec::default()
    }
}

fn user() -> User {
    User {
        name: "ci".into(),
        arn: ARN.into(),
        password_last_used: Some("2026-01-02T03:04:05Z".into()),
        tags: [("team".to_owned(), "web".to_owned())].into(),
    }
}

fn user_query() -> Query {
    Query::Iam(IamRead::User { user: "ci".into() })
}

fn keys_query() -> Query {
    Query::Iam(IamRead::AccessKeysOfUser { user: "ci".into() })
}

fn access_query() -> Query {
    Query::Iam(IamRead::UserAccess { user: "ci".into() })
}

fn others_query() -> Query {
    Query::Iam(IamRead::OtherCredentialsOfUser { user: "ci".into() })
}

fn policy_query() -> Query {
    Query::Iam(IamRead::ManagedPolicy {
        arn: DENY_POLICY.into(),
    })
}

fn keys() -> [AccessKey; 2] {
    [
        AccessKey {
            id: "AKIAONE".into(),
            status: "Active".into(),
            last_used: Some("2026-01-02T03:04:05Z".into()),
            last_service: Some("s3".into()),
            last_region: Some("us-east-1".into()),
        },
        AccessKey {
            id: "AKIATWO".into(),
            status: "Inactive".into(),
            ..AccessKey::default()
        },
    ]
}

fn world() -> World {
    let nothing: [OtherCredential; 0] = [];
    let deny = ManagedPolicy {
        arn: DENY_POLICY.into(),
        document: json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}),
    };
    let access = UserAccess {
        password: true,
        mfa_devices: 1,
        groups: vec!["deployers".into()],
    };
    World::default()
        .with(user_query(), &user())
        .with(policy_query(), &deny)
        .with(keys_query(), &keys())
        .with(access_query(), &access)
        .with(others_query(), &nothing)
}

const ALL: [IamUserMethod; 3] = [
    IamUserMethod::RevokeSessions,
    IamUserMethod::DeactivateKeys,
    IamUserMethod::DenyAll,
];

fn design(world: &World, methods: &[IamUserMethod]) -> Design {
    world.design(&IamUser, &spec(methods, DenyPolicy::Managed)).unwrap()
}

fn says(world: &World, methods: &[IamUserMethod], words: &str) -> bool {
    design(world, methods).notes.iter().any(|note| note.contains(words))
}

#[track_caller]
fn refused(world: &World, spec: &TargetSpec, reason: Reason, says: &str) {
    let blocked = world.design(&IamUser, spec).unwrap_err();
    assert_eq!(blocked.reason, reason);
    assert!(blocked.message.contains(says), "{says} is not in: {}", blocked.message);
}

#[test]
fn a_user_that_does_not_exist_is_named_by_its_field() {
    let world = world().answering(user_query(), Answer::NotFound);
    let field = "spec.target.iamUser.userName";
    refused(&world, &spec(&ALL, DenyPolicy::Managed), Reason::TargetNotFound, field);
}

#[test]
fn the_root_user_is_refused() {
    let root = User {
        arn: "arn:aws:iam::123456789012:root".into(),
        ..user()
    };
    let world = world().with(user_query(), &root);
    refused(
        &world,
        &spec(&ALL, DenyPolicy::Managed),
        Reason::Unmodifiable,
        "root user",
    );
}

#[test]
fn a_name_in_another_case_is_refused_so_that_custody_has_one_name() {
    let other = User {
        name: "CI".into(),
        ..user()
    };
    let world = world().with(user_query(), &other);
    refused(
        &world,
        &spec(&ALL, DenyPolicy::Managed),
        Reason::InvalidTarget,
        "is called CI",
    );
}

#[test]
fn a_deny_policy_that_is_missing_or_hollow_is_not_attached() {
    let hollow = json!({"document": {"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}});
    let spec = spec(&ALL, DenyPolicy::Managed);
    let missing = world().answering(policy_query(), Answer::NotFound);
    refused(&missing, &spec, Reason::InvalidTarget, "does not exist");
    let hollow = world().with(policy_query(), &hollow);
    refused(&hollow, &spec, Reason::InvalidTarget, "does not deny every action");
}

#[test]
fn an_inline_deny_asks_for_no_managed_policy() {
    let world = world().answering(policy_query(), Answer::Throttled);
    let design = world.design(&IamUser, &spec(&ALL, DenyPolicy::Inline)).unwrap();
    let Cell::Iam(IamCell::UserInlinePolicy { policy_name, .. }) = &design.drafts[0].cell else {
        panic!("{:?}", design.drafts[0].cell)
    };
    assert_eq!(policy_name, DENY_ALL);
    assert!(policy_document::denies_everything(&design.drafts[0].after));
}

#[test]
fn the_deny_goes_first_and_sessions_last_whatever_the_order_in_the_spec() {
    let drafts = design(&world(), &ALL).drafts;
    let ids: Vec<_> = drafts.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["deny-all", "deactivate-keys", "revoke-sessions"]);
    assert!(
        drafts
            .iter()
            .all(|d| d.undo == Undo::Reversible && d.settling == [15, 60, 300])
    );
}

#[test]
fn keys_and_sessions_reopen_the_compromise_and_the_deny_does_not() {
    let drafts = design(&world(), &ALL).drafts;
    let reopens: Vec<_> = drafts.iter().map(|d| (d.reopens, d.reopens_for_seconds)).collect();
    assert_eq!(
        reopens,
        [
            (None, None),
            (Some(Reopens::AccessKeys), None),
            (Some(Reopens::Sessions), Some(129_600)),
        ]
    );
}

#[test]
fn every_key_is_to_be_inactive_whatever_keys_there_are() {
    let drafts = design(&world(), &[IamUserMethod::DeactivateKeys]).drafts;
    assert_eq!(drafts[0].after, json!({"active": []}));
    let found = json!({"active": ["NEW"], "inactive": ["AKIATWO"], "expired": []});
    assert!(!drafts[0].cell.fits(&drafts[0].after, &found));
}

#[test]
fn only_the_revocation_is_late_bound_and_renewed() {
    for draft in design(&world(), &ALL).drafts {
        let late = draft.after.to_string().contains(APPLY_TIME);
        let revokes = draft.id == "revoke-sessions";
        assert_eq!((late, draft.renew), (revokes, revokes));
    }
}

#[test]
fn the_user_is_touched_by_its_arn_with_path_and_tags() {
    let design = design(&world(), &ALL);
    assert_eq!((design.arn.as_str(), design.touches[0].arn.as_str()), (ARN, ARN));
    assert_eq!(design.touches[0].tags["team"], "web");
}

#[test]
fn what_uses_each_key_is_said() {
    let used = "Access key AKIAONE (Active): last used 2026-01-02T03:04:05Z for s3 in us-east-1";
    assert!(says(&world(), &ALL, used));
    assert!(says(&world(), &ALL, "Access key AKIATWO (Inactive): no use is known"));
}

#[test]
fn a_password_is_kept_and_barred_only_by_the_deny() {
    assert!(says(&world(), &ALL, "kept; anyone who signs in may do nothing"));
    let keys = [IamUserMethod::DeactivateKeys];
    assert!(says(&world(), &keys, "NOT cut off: the console password"));
    let none = world().with(access_query(), &UserAccess::default());
    assert!(says(&none, &ALL, "It has no console password"));
}

#[test]
fn other_credentials_are_named() {
    let certificate = |status: &str| OtherCredential {
        kind: "signing certificate".into(),
        id: format!("CERT-{status}"),
        status: status.into(),
    };
    let world = world().with(others_query(), &[certificate("Active"), certificate("Inactive")]);
    assert!(says(&world, &ALL, "Not deactivated: signing certificate CERT-Active"));
    assert!(!says(&world, &ALL, "CERT-Inactive"));
    assert!(says(
        &world,
        &[IamUserMethod::DeactivateKeys],
        "NOT cut off: signing certificate"
    ));
}

#[test]
fn what_only_a_note_needs_holds_nothing_back() {
    let world = world()
        .answering(
            keys_query(),
            Answer::Denied("iam:ListAccessKeys: AccessDenied: no".into()),
        )
        .answering(access_query(), Answer::Throttled)
        .answering(others_query(), Answer::Unreachable("HTTP 500".into()));
    let notes = design(&world, &ALL).notes;
    let unknown = notes.iter().filter(|note| note.contains("unknown")).count();
    assert_eq!(unknown, 3, "{notes:?}");
}

#[test]
fn what_the_chosen_methods_leave_open_is_said() {
    use IamUserMethod::{DeactivateKeys, DenyAll, RevokeSessions};
    assert!(says(
        &world(),
        &[DeactivateKeys],
        "Sessions that its keys have opened live on"
    ));
    assert!(!says(&world(), &[DeactivateKeys, RevokeSessions], "live on"));
    assert!(says(&world(), &[DenyAll], "live again if it is released"));
    assert!(!says(&world(), &ALL, "live again"));
    assert!(says(&world(), &[RevokeSessions], "access keys work on"));
    assert!(says(&world(), &[DeactivateKeys], "leaves its keys inactive"));
    assert!(says(&world(), &ALL, "Roles that this user has assumed"));
}
