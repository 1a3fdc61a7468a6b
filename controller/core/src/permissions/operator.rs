//! The operator's own policy, and the trust policies of the roles that it assumes (controller/aws/src/session.rs).

use super::{
    ROLES,
    policy::{Policy, Statement},
};
use crate::aws::{Condition, access::RoleKind};

/// The tags that a session may carry: ours, where it writes, and those that EKS Pod Identity gives to the operator's own session, which
/// go along with every role that is assumed from it (EKS user guide, "Grant Pods access to AWS resources based on tags"). Whether IAM
/// counts inherited tags among `aws:TagKeys` is not documented: both are named, so that it holds either way.
const SESSION_TAGS: [&str; 9] = [
    "eks-cluster-arn",
    "eks-cluster-name",
    "firebreak:name",
    "firebreak:namespace",
    "firebreak:uid",
    "kubernetes-namespace",
    "kubernetes-pod-name",
    "kubernetes-pod-uid",
    "kubernetes-service-account",
];

/// What a role's own file and resources are called.
pub(super) fn name(role: RoleKind) -> &'static str {
    match role {
        RoleKind::Read => "read",
        RoleKind::Contain => "contain",
        RoleKind::ContainIdentity => "contain-identity",
        RoleKind::Evidence => "evidence",
        RoleKind::Failover => "failover",
        RoleKind::Queue => "queue",
    }
}

/// What the operator may do with its own identity: assume the roles, in every account, since their trust policies decide.
pub(super) fn policy() -> Policy {
    let arn = |role: &RoleKind| format!("arn:${{Partition}}:iam::*:role/${{RolePrefix}}-{}", name(*role));
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
        allow("Tag", "sts:TagSession", ROLES.iter().map(arn).collect()),
    ])
}

/// Who may assume a role: the operator, with the external id. A session that writes carries tags, and one that reads does where the
/// operator's own does: without `sts:TagSession` AWS would refuse to assume the role at all.
pub(super) fn trust() -> Policy {
    let test = "ForAllValues:StringEquals";
    Policy(vec![
        trusting(
            "Assume",
            "sts:AssumeRole",
            "StringEquals",
            "sts:ExternalId",
            &["${ExternalId}"],
        ),
        trusting("Tag", "sts:TagSession", test, "aws:TagKeys", &SESSION_TAGS),
    ])
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
