//! IAM users.

use super::*;

pub(super) fn specs() -> Vec<Spec> {
    vec![
        user_deny_managed(),
        user_deny_inline(),
        user_keys(),
        user_sessions(),
        whole_user(),
    ]
}

fn user_deny_managed() -> Spec {
    Spec {
        name: "iamUser/DenyAll/Managed",
        target: || user(CI, &["DenyAll"], "Managed"),
        owns: &["ci-deploy/attached_policies"],
        already: |world| {
            let deny = format!("arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll");
            ci(world).attached_policies.insert(deny);
        },
        foreign: None,
        missing: no_user,
        replaces_tasks: false,
    }
}

fn user_deny_inline() -> Spec {
    Spec {
        name: "iamUser/DenyAll/Inline",
        target: || user(CI, &["DenyAll"], "Inline"),
        owns: &["ci-deploy/inline_policies/Firebreak-DenyAll"],
        already: |world| user_inline(world, DENY_ALL, denied("*", None)),
        foreign: Some((
            |world| user_inline(world, DENY_ALL, denied("s3:*", None)),
            "InlinePolicy/Firebreak-DenyAll",
        )),
        missing: no_user,
        replaces_tasks: false,
    }
}

fn user_keys() -> Spec {
    Spec {
        name: "iamUser/DeactivateKeys",
        target: || user(CI, &["DeactivateKeys"], "Managed"),
        owns: &["ci-deploy/access_keys"],
        already: |world| ci(world).access_keys.values_mut().for_each(deactivate),
        foreign: Some((
            |world| {
                let new = IamUser::with_keys(&[("AKIAFOREIGN", "Active")]).access_keys;
                ci(world).access_keys.extend(new);
            },
            "AccessKeys",
        )),
        missing: no_user,
        replaces_tasks: false,
    }
}

fn user_sessions() -> Spec {
    Spec {
        name: "iamUser/RevokeSessions",
        target: || user(CI, &["RevokeSessions"], "Managed"),
        owns: &["ci-deploy/inline_policies/Firebreak-RevokeOlderSessions"],
        already: |world| {
            let older = json!({"DateLessThan": {"aws:TokenIssueTime": "2025-06-01T00:00:00Z"}});
            user_inline(world, REVOKE, denied("*", Some(older)));
        },
        foreign: Some((
            |world| user_inline(world, REVOKE, denied("s3:*", None)),
            "InlinePolicy/Firebreak-RevokeOlderSessions",
        )),
        missing: no_user,
        replaces_tasks: false,
    }
}

fn whole_user() -> Spec {
    Spec {
        name: "iamUser/everything",
        target: || user(CI, &["DeactivateKeys", "DenyAll", "RevokeSessions"], "Inline"),
        owns: &["ci-deploy/inline_policies/Firebreak-", "ci-deploy/access_keys"],
        already: |world| {
            (user_deny_inline().already)(world);
            (user_keys().already)(world);
            (user_sessions().already)(world);
        },
        ..user_deny_inline()
    }
}

fn no_user(world: &mut World) {
    world.accounts.get_mut(ACCOUNT).unwrap().users.remove(CI);
}

/// As AWS does it: what has expired stays so.
fn deactivate(key: &mut AccessKey) {
    if key.status == "Active" {
        key.status = "Inactive".into();
    }
}
