//! The operator's own policy, and the trust policies of the roles that it assumes (controller/aws/src/session.rs).

use super::{
    ROLES,
    policy::{Condition, Policy, Statement},
};
use crate::access::RoleKind;

/// The tags that a session carries which writes.
const SESSION_TAGS: [&str; 3] = ["firebreak:name", "firebreak:namespace", "firebreak:uid"];

/// What a role's own file and resources are called.
pub(super) fn name(role: RoleKind) -> &'static str {
    match role {
        RoleKind::Read => "read",
        RoleKind::Contain => "contain",
        RoleKind::ContainIdentity => "contain-identity",
        RoleKind::Evidence => "evidence",
    }
}

/// What the operator may do with its own identity: assume the roles, in every account, since their trust policies decide.
pub(super) fn policy() -> Policy {
    let arn = |role: &RoleKind| format!("arn:${{Partition}}:iam::*:role/${{RolePrefix}}-{}", name(*role));
    let tagged = ROLES.iter().filter(|role| **role != RoleKind::Read);
    let allow = |sid, action, resources| Statement {
        sid,
        effect: "Allow",
        principal: None,
        actions: vec![action],
        resources,
        condition: None,
    };
    Policy(vec![
        allow("Assume", "sts:AssumeRole", ROLES.iter().map(arn).collect()),
        allow("Tag", "sts:TagSession", tagged.map(arn).collect()),
    ])
}

/// Who may assume a role: the operator, with the external id; a session that writes carries tags, one that reads does not.
pub(super) fn trust(role: RoleKind) -> Policy {
    let mut statements = vec![trusting(
        "Assume",
        "sts:AssumeRole",
        "StringEquals",
        "sts:ExternalId",
        &["${ExternalId}"],
    )];
    if role != RoleKind::Read {
        let test = "ForAllValues:StringEquals";
        statements.push(trusting("Tag", "sts:TagSession", test, "aws:TagKeys", &SESSION_TAGS));
    }
    Policy(statements)
}

fn trusting(
    sid: &'static str,
    action: &'static str,
    test: &'static str,
    key: &'static str,
    values: &'static [&'static str],
) -> Statement {
    Statement {
        sid,
        effect: "Allow",
        principal: Some("${OperatorRoleArn}"),
        actions: vec![action],
        resources: Vec::new(),
        condition: Some(Condition { test, key, values }),
    }
}

/// The managed policy that the contain role attaches.
pub(super) fn deny_all() -> Policy {
    Policy(vec![Statement {
        sid: "FirebreakQuarantine",
        effect: "Deny",
        principal: None,
        actions: vec!["*"],
        resources: vec!["*".into()],
        condition: None,
    }])
}
