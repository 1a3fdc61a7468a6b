//! IAM users: keys, quotas and lateness.

use super::*;
use crate::memory::{MAX_ATTACHED, Staleness};
use firebreak_core::aws::iam::{IamCell, IamWrite};
use serde_json::json;

fn key(id: &str, active: bool) -> Write {
    Write::Iam(IamWrite::UpdateAccessKey {
        user: "ci-deploy".into(),
        access_key_id: id.into(),
        active,
    })
}

fn keys() -> Cell {
    Cell::Iam(IamCell::UserAccessKeys {
        user: "ci-deploy".into(),
    })
}

fn attach(user: &str, policy: &str) -> Write {
    Write::Iam(IamWrite::AttachUserPolicy {
        user: user.into(),
        policy_arn: format!("arn:aws:iam::{ACCOUNT}:policy/{policy}"),
    })
}

fn put(resource: &str) -> Write {
    Write::Iam(IamWrite::PutUserPolicy {
        user: "ci-deploy".into(),
        policy_name: "IR".into(),
        document: json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": resource}]}),
    })
}

#[tokio::test]
async fn a_key_is_switched_and_the_others_are_not() {
    let aws = MemoryAws::sample();
    write(&aws, key("AKIASAMPLETWO", true)).await.unwrap();
    let both = json!({"active": ["AKIASAMPLEONE", "AKIASAMPLETWO"], "inactive": [], "expired": []});
    assert_eq!(cell(&aws, keys()).await, both);
    write(&aws, key("AKIASAMPLEONE", false)).await.unwrap();
    let one = json!({"active": ["AKIASAMPLETWO"], "inactive": ["AKIASAMPLEONE"], "expired": []});
    assert_eq!(cell(&aws, keys()).await, one);
}

#[tokio::test]
async fn a_key_that_is_gone_or_expired_is_refused() {
    let aws = MemoryAws::sample();
    let gone = (FailureClass::Gone, "NoSuchEntity".to_owned());
    assert_eq!(refused(&aws, key("AKIANOBODY", false)).await, gone);
    aws.change(|world| {
        let user = world.user_mut(ACCOUNT, "ci-deploy").unwrap();
        user.access_keys.get_mut("AKIASAMPLETWO").unwrap().status = "Expired".into();
    });
    let invalid = (FailureClass::Invalid, "InvalidInput".to_owned());
    assert_eq!(refused(&aws, key("AKIASAMPLETWO", true)).await, invalid);
    assert_eq!(refused(&aws, attach("nobody", "FirebreakDenyAll")).await, gone);
    assert_eq!(refused(&aws, attach("ci-deploy", "NoPolicy")).await, gone);
}

#[tokio::test]
async fn a_user_takes_ten_attached_policies_and_2048_characters() {
    let aws = MemoryAws::sample();
    let limit = (FailureClass::Limit, "LimitExceeded".to_owned());
    assert_eq!(refused(&aws, put(&"x".repeat(2_000))).await, limit);
    aws.change(|world| {
        let user = world.user_mut(ACCOUNT, "ci-deploy").unwrap();
        let missing = MAX_ATTACHED - user.attached_policies.len();
        user.attached_policies.extend((0..missing).map(|n| format!("arn:{n}")));
    });
    assert_eq!(refused(&aws, attach("ci-deploy", "FirebreakDenyAll")).await, limit);
}

#[tokio::test]
async fn what_is_not_there_is_removed_already_and_a_malformed_policy_is_refused() {
    let aws = MemoryAws::sample();
    let before = aws.world();
    let (user, policy_name) = ("ci-deploy".to_owned(), "none".to_owned());
    write(
        &aws,
        Write::Iam(IamWrite::DeleteUserPolicy {
            user: user.clone(),
            policy_name,
        }),
    )
    .await
    .unwrap();
    let policy_arn = "arn:none".to_owned();
    write(&aws, Write::Iam(IamWrite::DetachUserPolicy { user, policy_arn }))
        .await
        .unwrap();
    assert_eq!(aws.world(), before);
    let Write::Iam(IamWrite::PutUserPolicy { user, policy_name, .. }) = put("*") else {
        unreachable!()
    };
    let document = json!({"Statement": []});
    let malformed = Write::Iam(IamWrite::PutUserPolicy {
        user,
        policy_name,
        document,
    });
    assert_eq!(refused(&aws, malformed).await.1, "MalformedPolicyDocument");
}

#[tokio::test]
async fn reads_see_a_write_to_a_user_late() {
    let aws = MemoryAws::sample();
    aws.set_staleness(Staleness::Seconds(4));
    write(&aws, key("AKIASAMPLEONE", false)).await.unwrap();
    aws.advance(3);
    assert_eq!(cell(&aws, keys()).await["active"], json!(["AKIASAMPLEONE"]));
    aws.advance(1);
    assert_eq!(cell(&aws, keys()).await["active"], json!([]));
}
