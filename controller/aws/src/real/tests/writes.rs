//! The serialized request of each write, and which refusals mean that it was done already.

mod groups;
mod services;

use super::*;
use crate::testing::{access, ec2_error, json_error, query_error};
use firebreak_core::aws::{
    application_autoscaling::Suspension,
    ec2::SecurityGroupRule,
    ecs::{Deployment, DeploymentParts, EcsWrite, Network},
    elbv2::TargetId,
    iam::IamWrite,
};
use serde_json::{Value, json};

const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123";
const DENY: &str = "arn:aws:iam::123456789012:policy/DenyAll";

async fn make(wire: &Wire, write: Write) -> Result<Receipt, Failure> {
    let result = aws(wire).await.write(&access("leak"), &write).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

fn iam_ok(action: &str) -> String {
    format!(
        "<{action}Response><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></{action}Response>"
    )
}

async fn sent_form(wire: Wire, write: Write) -> String {
    let receipt = make(&wire, write).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("request-1"));
    wire.only().body
}

async fn sent_json(wire: Wire, write: Write) -> (String, Value) {
    let receipt = make(&wire, write).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("request-1"));
    let sent = wire.only();
    (sent.operation, serde_json::from_str(&sent.body).unwrap())
}

fn document() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}]})
}

#[tokio::test]
async fn attach_role_policy_names_the_role_and_the_policy() {
    let write = Write::Iam(IamWrite::AttachRolePolicy {
        role: "api".into(),
        policy_arn: DENY.into(),
    });
    let body = sent_form(Wire::default().then(200, iam_ok("AttachRolePolicy")), write).await;
    assert_eq!(
        body,
        format!("Action=AttachRolePolicy&Version=2010-05-08&RoleName=api&PolicyArn={DENY}")
    );
}

#[tokio::test]
async fn detach_role_policy_names_the_role_and_the_policy() {
    let write = Write::Iam(IamWrite::DetachRolePolicy {
        role: "api".into(),
        policy_arn: DENY.into(),
    });
    let body = sent_form(Wire::default().then(200, iam_ok("DetachRolePolicy")), write).await;
    assert_eq!(
        body,
        format!("Action=DetachRolePolicy&Version=2010-05-08&RoleName=api&PolicyArn={DENY}")
    );
}

#[tokio::test]
async fn put_role_policy_sends_the_document_as_compact_json() {
    let write = Write::Iam(IamWrite::PutRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
        document: document(),
    });
    let body = sent_form(Wire::default().then(200, iam_ok("PutRolePolicy")), write).await;
    let start = "Action=PutRolePolicy&Version=2010-05-08&RoleName=api&PolicyName=Deny&PolicyDocument=";
    assert_eq!(body, format!("{start}{}", document()));
}

#[tokio::test]
async fn delete_role_policy_names_the_role_and_the_policy() {
    let write = Write::Iam(IamWrite::DeleteRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
    });
    let body = sent_form(Wire::default().then(200, iam_ok("DeleteRolePolicy")), write).await;
    assert_eq!(
        body,
        "Action=DeleteRolePolicy&Version=2010-05-08&RoleName=api&PolicyName=Deny"
    );
}

#[tokio::test]
async fn update_assume_role_policy_sends_the_document_as_compact_json() {
    let write = Write::Iam(IamWrite::UpdateAssumeRolePolicy {
        role: "api".into(),
        document: document(),
    });
    let body = sent_form(Wire::default().then(200, iam_ok("UpdateAssumeRolePolicy")), write).await;
    let start = "Action=UpdateAssumeRolePolicy&Version=2010-05-08&RoleName=api&PolicyDocument=";
    assert_eq!(body, format!("{start}{}", document()));
}

#[tokio::test]
async fn a_policy_that_is_gone_is_deleted_as_long_as_the_role_exists() {
    let delete = || {
        Write::Iam(IamWrite::DeleteRolePolicy {
            role: "api".into(),
            policy_name: "Deny".into(),
        })
    };
    let gone = || query_error("NoSuchEntity");
    let wire = Wire::default().then(404, gone()).then(200, super::reads::role_xml());
    assert_eq!(make(&wire, delete()).await, Ok(Receipt::default()));
    let wire = Wire::default().then(404, gone()).then(404, gone());
    assert_eq!(make(&wire, delete()).await.unwrap_err().class, FailureClass::Gone);
}

#[tokio::test]
async fn a_policy_that_is_not_attached_is_detached_as_long_as_the_role_exists() {
    let detach = || {
        Write::Iam(IamWrite::DetachRolePolicy {
            role: "api".into(),
            policy_arn: DENY.into(),
        })
    };
    let gone = || query_error("NoSuchEntity");
    let wire = Wire::default().then(404, gone()).then(200, super::reads::role_xml());
    assert_eq!(make(&wire, detach()).await, Ok(Receipt::default()));
    let wire = Wire::default().then(404, gone()).then(404, gone());
    assert_eq!(make(&wire, detach()).await.unwrap_err().class, FailureClass::Gone);
}

#[tokio::test]
async fn a_task_that_is_gone_is_stopped() {
    let stop = Write::Ecs(EcsWrite::StopTask {
        cluster: "prod".into(),
        task: "task-1".into(),
    });
    let gone = json_error("InvalidParameterException", "The referenced task was not found.");
    assert_eq!(
        make(&Wire::default().then(400, gone), stop).await,
        Ok(Receipt::default())
    );
}

#[tokio::test]
async fn a_service_linked_role_is_unmodifiable() {
    let write = Write::Iam(IamWrite::PutRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
        document: document(),
    });
    let failure = make(&Wire::default().then(400, query_error("UnmodifiableEntity")), write)
        .await
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Unmodifiable);
    assert_eq!(failure.to_string(), "iam:PutRolePolicy: UnmodifiableEntity: why");
}
