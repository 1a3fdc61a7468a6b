//! IAM: documents, quotas, protected roles and lateness.

use super::*;
use crate::memory::{MAX_ATTACHED, Staleness};
use firebreak_core::aws::{
    ecs::EcsRead,
    iam::{IamCell, IamRead, IamWrite, UsersOfRole},
    lambda::LambdaRead,
};
use serde_json::json;

fn put(role: &str, statement: Value) -> Write {
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    Write::Iam(IamWrite::PutRolePolicy {
        role: role.into(),
        policy_name: "IR".into(),
        document,
    })
}

fn deny_all() -> Value {
    json!({"Effect": "Deny", "Action": ["*"], "Resource": ["*"]})
}

fn trusting(principal: Value) -> Write {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole"]}]});
    Write::Iam(IamWrite::UpdateAssumeRolePolicy {
        role: "payments-task".into(),
        document,
    })
}

fn attach(role: &str, policy: &str) -> Write {
    Write::Iam(IamWrite::AttachRolePolicy {
        role: role.into(),
        policy_arn: format!("arn:aws:iam::{ACCOUNT}:policy/{policy}"),
    })
}

#[tokio::test]
async fn a_document_comes_back_in_other_bytes_with_the_same_meaning() {
    let aws = MemoryAws::sample();
    let ours = trusting(json!({"AWS": ACCOUNT}));
    write(&aws, ours.clone()).await.unwrap();
    let Write::Iam(IamWrite::UpdateAssumeRolePolicy { document, role }) = ours else {
        unreachable!()
    };
    let trust = Cell::Iam(IamCell::RoleTrustPolicy { role });
    let back = cell(&aws, trust.clone()).await;
    assert_ne!(back, document);
    assert!(trust.same(&back, &document));
    assert_eq!(
        back["Statement"][0]["Principal"]["AWS"],
        format!("arn:aws:iam::{ACCOUNT}:root")
    );
}

#[tokio::test]
async fn malformed_documents_are_refused() {
    let aws = MemoryAws::sample();
    let malformed = (FailureClass::Invalid, "MalformedPolicyDocument".to_owned());
    for statement in [
        json!({"Effect": "Deny", "Action": "*"}),
        json!({"Effect": "deny", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}),
        json!({"Sid": "not-alphanumeric", "Effect": "Deny", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": "$applyTime"}}}),
        json!("Deny"),
    ] {
        assert_eq!(refused(&aws, put("payments-task", statement)).await, malformed);
    }
}

#[tokio::test]
async fn a_trust_policy_may_only_name_principals_that_exist() {
    let aws = MemoryAws::sample();
    for principal in [
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/nobody")}),
        json!({"AWS": "999999999999"}),
        json!({"AWS": "AROADELETEDROLEID"}),
        json!({"Service": "lambda"}),
    ] {
        let failure = write(&aws, trusting(principal)).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Invalid);
        assert!(failure.message.contains("Invalid principal"), "{failure}");
    }
    write(
        &aws,
        trusting(json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/orders-task")})),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn roles_of_aws_itself_cannot_be_changed() {
    let aws = MemoryAws::sample();
    let unmodifiable = (FailureClass::Unmodifiable, "UnmodifiableEntity".to_owned());
    for role in ["AWSServiceRoleForECS", "AWSReservedSSO_Admin_0123456789abcdef"] {
        assert_eq!(refused(&aws, attach(role, "FirebreakDenyAll")).await, unmodifiable);
        assert_eq!(refused(&aws, put(role, deny_all())).await, unmodifiable);
    }
}

#[tokio::test]
async fn what_is_not_there_is_gone_and_removing_it_from_a_role_is_done() {
    let aws = MemoryAws::sample();
    let gone = (FailureClass::Gone, "NoSuchEntity".to_owned());
    let delete = |role: &str| {
        Write::Iam(IamWrite::DeleteRolePolicy {
            role: role.into(),
            policy_name: "none".into(),
        })
    };
    let detach = |role: &str| {
        Write::Iam(IamWrite::DetachRolePolicy {
            role: role.into(),
            policy_arn: "arn:none".into(),
        })
    };
    assert_eq!(refused(&aws, delete("nobody")).await, gone);
    assert_eq!(refused(&aws, detach("nobody")).await, gone);
    assert_eq!(refused(&aws, attach("payments-task", "NoPolicy")).await, gone);
    write(&aws, delete("payments-task")).await.unwrap();
    write(&aws, detach("payments-task")).await.unwrap();
    let inline = |role: &str| {
        Cell::Iam(IamCell::RoleInlinePolicy {
            role: role.into(),
            policy_name: "none".into(),
        })
    };
    assert_eq!(ask(&aws, Query::Cell(inline("nobody"))).await, Answer::NotFound);
    assert_eq!(
        ask(&aws, Query::Cell(inline("payments-task"))).await,
        Answer::Found(Value::Null)
    );
}

#[tokio::test]
async fn a_role_takes_ten_attached_policies_and_10240_characters() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        let role = world.role_mut(ACCOUNT, "payments-task").unwrap();
        let missing = MAX_ATTACHED - role.attached_policies.len();
        role.attached_policies.extend((0..missing).map(|n| format!("arn:{n}")));
    });
    let limit = (FailureClass::Limit, "LimitExceeded".to_owned());
    assert_eq!(refused(&aws, attach("payments-task", "FirebreakDenyAll")).await, limit);
    write(&aws, attach("payments-task", "PaymentsQueue")).await.unwrap();
    let long = json!({"Effect": "Deny", "Action": "*", "Resource": "x".repeat(10_200)});
    assert_eq!(refused(&aws, put("payments-task", long)).await, limit);
}

#[tokio::test]
async fn reads_see_a_write_late() {
    let aws = MemoryAws::sample();
    let attached = || {
        Cell::Iam(IamCell::RolePolicyAttachment {
            role: "payments-task".into(),
            policy_arn: format!("arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll"),
        })
    };
    aws.set_staleness(Staleness::Seconds(4));
    write(&aws, attach("payments-task", "FirebreakDenyAll")).await.unwrap();
    aws.advance(3);
    assert_eq!(cell(&aws, attached()).await, json!(false));
    aws.advance(1);
    assert_eq!(cell(&aws, attached()).await, json!(true));

    aws.set_staleness(Staleness::Reads(2));
    let policy_arn = format!("arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll");
    write(
        &aws,
        Write::Iam(IamWrite::DetachRolePolicy {
            role: "payments-task".into(),
            policy_arn,
        }),
    )
    .await
    .unwrap();
    let seen = [
        cell(&aws, attached()).await,
        cell(&aws, attached()).await,
        cell(&aws, attached()).await,
    ];
    assert_eq!(seen, [json!(true), json!(true), json!(false)]);
}

#[tokio::test]
async fn the_users_of_a_role_are_found() {
    let aws = MemoryAws::sample();
    let (region, role_arn) = (REGION.to_owned(), format!("arn:aws:iam::{ACCOUNT}:role/payments-task"));
    let functions = Query::Lambda(LambdaRead::FunctionsOfRole {
        region: region.clone(),
        role_arn: role_arn.clone(),
    });
    assert_eq!(fact::<UsersOfRole>(&aws, functions).await.names, ["payments-nightly"]);
    let services = fact::<UsersOfRole>(&aws, Query::Ecs(EcsRead::ServicesOfRole { region, role_arn })).await;
    assert_eq!(services.names, ["prod/api"]);
    let profiles = Query::Iam(IamRead::InstanceProfilesOfRole {
        role: "payments-task".into(),
    });
    assert_eq!(fact::<Vec<String>>(&aws, profiles).await, ["payments-bastion"]);
}
