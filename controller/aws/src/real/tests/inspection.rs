//! Where roles lead, and what the simulator says of them.

use super::*;
use crate::testing;
use firebreak_core::simulation::{Decision, Trial, Verdict};

fn trial() -> Trial {
    Trial {
        actions: vec!["iam:GetRole".into(), "iam:PutRolePolicy".into()],
        resource: "arn:aws:iam::123456789012:role/example".into(),
        context: vec![("iam:PolicyARN".into(), "arn:aws:iam::123456789012:policy/Deny".into())],
    }
}

/// (action, decision, missing context keys)
fn simulated(results: &[(&str, &str, &[&str])]) -> String {
    let member = |(action, decision, missing): &(&str, &str, &[&str])| {
        let keys: String = missing.iter().map(|key| format!("<member>{key}</member>")).collect();
        format!(
            "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision>\
             <MissingContextValues>{keys}</MissingContextValues></member>"
        )
    };
    let members: String = results.iter().map(member).collect();
    format!(
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>\
         <EvaluationResults>{members}</EvaluationResults></SimulatePrincipalPolicyResult>\
         </SimulatePrincipalPolicyResponse>"
    )
}

#[tokio::test]
async fn every_action_of_a_trial_is_simulated_for_the_role() {
    let wire = Wire::default().then(
        200,
        simulated(&[
            ("iam:GetRole", "allowed", &[]),
            ("iam:PutRolePolicy", "implicitDeny", &["aws:RequestedRegion"]),
            ("iam:DeleteRolePolicy", "implicitDeny", &[]),
            ("iam:UpdateAssumeRolePolicy", "explicitDeny", &[]),
        ]),
    );
    let access = testing::access("one");
    let verdicts = aws(&wire)
        .await
        .simulate(&access, RoleKind::Contain, &trial(), false)
        .await;
    let decisions: Vec<_> = verdicts
        .unwrap()
        .into_iter()
        .map(|verdict: Verdict| verdict.decision)
        .collect();
    let depends = Decision::Depends(vec!["aws:RequestedRegion".into()]);
    assert_eq!(
        decisions,
        [Decision::Allowed, depends, Decision::NotAllowed, Decision::Forbidden]
    );
    let body = wire.only().body;
    assert!(
        body.contains("PolicySourceArn=arn:aws:iam::123456789012:role/firebreak-contain"),
        "{body}"
    );
    assert!(body.contains("ActionNames.member.2=iam:PutRolePolicy"), "{body}");
    assert!(
        body.contains("ResourceArns.member.1=arn:aws:iam::123456789012:role/example"),
        "{body}"
    );
    assert!(body.contains("ContextKeyName=iam:PolicyARN"), "{body}");
    assert_eq!(wire.sts().len(), 1, "the read role asks");
}

#[tokio::test]
async fn person_in_the_account_simulates_without_a_role() {
    let wire = Wire::default().then(200, simulated(&[]));
    let access = testing::access("one");
    aws(&wire)
        .await
        .simulate(&access, RoleKind::Read, &trial(), true)
        .await
        .unwrap();
    assert!(wire.sts().is_empty());
}

#[tokio::test]
async fn a_refused_simulation_is_a_denial() {
    let wire = Wire::default().then(403, testing::query_error("AccessDenied"));
    let access = testing::access("one");
    let refused = aws(&wire).await.simulate(&access, RoleKind::Read, &trial(), true).await;
    assert_eq!(refused.unwrap_err().class, FailureClass::Denied);
}

#[tokio::test]
async fn each_role_is_assumed_as_the_operator_does() {
    let wire = Wire::default().in_account("999999999999");
    let (aws, access) = (aws(&wire).await, testing::access("one"));
    for role in [RoleKind::Read, RoleKind::Contain, RoleKind::ContainIdentity] {
        assert_eq!(aws.identity_as(&access, role).await.unwrap().account, "999999999999");
    }
    let assumed: Vec<_> = wire
        .sts()
        .into_iter()
        .filter(|sent| sent.body.starts_with("Action=AssumeRole"))
        .collect();
    assert_eq!(assumed.len(), 3);
    assert!(
        assumed[2].body.contains("role/firebreak-contain-identity"),
        "{}",
        assumed[2].body
    );
    assert!(assumed[2].body.contains("ExternalId=external-1"), "{}", assumed[2].body);
    assert!(assumed[2].body.contains("firebreak:name"), "{}", assumed[2].body);
}
