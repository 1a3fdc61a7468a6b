//! IAM roles.

use super::*;

pub(super) fn specs() -> Vec<Spec> {
    vec![deny_managed(), deny_inline(), revoke(), trust(), whole_role()]
}

fn deny_managed() -> Spec {
    Spec {
        name: "iamRole/DenyAll/Managed",
        target: || role(PAYMENTS),
        owns: &["payments-task/attached_policies"],
        already: |world| {
            let deny = format!("arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll");
            payments(world).attached_policies.insert(deny);
        },
        foreign: None,
        missing: no_role,
        replaces_tasks: false,
    }
}

fn deny_inline() -> Spec {
    Spec {
        name: "iamRole/DenyAll/Inline",
        target: || role_with(PAYMENTS, &["DenyAll"]),
        owns: &["payments-task/inline_policies/Firebreak-DenyAll"],
        already: |world| inline(world, DENY_ALL, denied("*", None)),
        foreign: Some((
            |world| inline(world, DENY_ALL, denied("s3:*", None)),
            "InlinePolicy/Firebreak-DenyAll",
        )),
        missing: no_role,
        replaces_tasks: false,
    }
}

fn revoke() -> Spec {
    Spec {
        name: "iamRole/RevokeSessions",
        target: || role_with(PAYMENTS, &["RevokeSessions"]),
        owns: &["payments-task/inline_policies/Firebreak-RevokeOlderSessions"],
        already: |world| {
            inline(
                world,
                REVOKE,
                denied(
                    "*",
                    Some(json!({"DateLessThan": {"aws:TokenIssueTime": "2025-06-01T00:00:00Z"}})),
                ),
            )
        },
        foreign: Some((
            |world| inline(world, REVOKE, denied("s3:*", None)),
            "InlinePolicy/Firebreak-RevokeOlderSessions",
        )),
        missing: no_role,
        replaces_tasks: false,
    }
}

fn trust() -> Spec {
    Spec {
        name: "iamRole/ReplaceTrust",
        target: || role_with(PAYMENTS, &["ReplaceTrust"]),
        owns: &["payments-task/facts/trust"],
        already: |world| {
            let nobody = json!({"Version": "2012-10-17", "Statement": [{"Sid": "FirebreakQuarantine", "Effect": "Deny",
                "Principal": "*", "Action": "sts:AssumeRole"}]});
            payments(world).facts.trust = IamRole::default().trust(nobody).facts.trust;
        },
        foreign: Some((
            |world| payments(world).facts.trust = IamRole::of_service("lambda.amazonaws.com").facts.trust,
            "TrustPolicy",
        )),
        missing: no_role,
        replaces_tasks: false,
    }
}

fn whole_role() -> Spec {
    Spec {
        name: "iamRole/everything",
        target: || role_with(PAYMENTS, &["DenyAll", "RevokeSessions", "ReplaceTrust"]),
        owns: &["payments-task/inline_policies/Firebreak-", "payments-task/facts/trust"],
        already: |world| {
            (deny_inline().already)(world);
            (revoke().already)(world);
            (trust().already)(world);
        },
        ..deny_inline()
    }
}

fn no_role(world: &mut World) {
    world.accounts.get_mut(ACCOUNT).unwrap().roles.remove(PAYMENTS);
}
