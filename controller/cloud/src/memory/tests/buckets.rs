//! S3: whole documents, invalid principals, public policies, sizes, owners, regions and lateness.

use super::*;
use crate::memory::{Staleness, World, world::Bucket};
use firebreak_core::aws::s3::{PublicAccessBlock, S3Cell, S3Read, S3Write, bucket_policy};
use serde_json::json;

const EXPORTS: &str = "payments-exports";

fn put(statement: Value) -> Write {
    Write::S3(S3Write::PutBucketPolicyStatement {
        bucket: EXPORTS.into(),
        sid: statement["Sid"].as_str().unwrap_or("Ours").into(),
        statement,
    })
}

fn take(sid: &str) -> Write {
    Write::S3(S3Write::DeleteBucketPolicyStatement {
        bucket: EXPORTS.into(),
        sid: sid.into(),
    })
}

fn block(block: PublicAccessBlock) -> Write {
    Write::S3(S3Write::PutPublicAccessBlock {
        bucket: EXPORTS.into(),
        block,
    })
}

fn allow(principal: Value) -> Value {
    json!({"Sid": "Ours", "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::payments-exports/*"})
}

fn exports(world: &mut World) -> &mut Bucket {
    world
        .region_mut(ACCOUNT, REGION)
        .unwrap()
        .buckets
        .get_mut(EXPORTS)
        .unwrap()
}

fn sids(aws: &MemoryAws) -> Vec<String> {
    let policy = aws.change(|world| exports(world).policy.clone()).unwrap();
    let statements = policy["Statement"].as_array().unwrap().clone();
    statements
        .iter()
        .map(|s| s["Sid"].as_str().unwrap().to_owned())
        .collect()
}

fn statement(sid: &str) -> Cell {
    Cell::S3(S3Cell::BucketPolicyStatement {
        bucket: EXPORTS.into(),
        sid: sid.into(),
    })
}

#[tokio::test]
async fn a_statement_goes_behind_the_others_and_out_again() {
    let aws = MemoryAws::sample();
    let before = aws.world();
    write(&aws, put(bucket_policy::deny_all("arn:aws:s3:::payments-exports", &[])))
        .await
        .unwrap();
    assert_eq!(sids(&aws), ["Tls", "Owner", bucket_policy::SID]);
    write(&aws, take(bucket_policy::SID)).await.unwrap();
    assert_eq!(aws.world(), before);
    write(&aws, take("Tls")).await.unwrap();
    write(&aws, take("Owner")).await.unwrap();
    assert_eq!(aws.change(|world| exports(world).policy.clone()), None);
}

#[tokio::test]
async fn a_policy_may_only_name_principals_that_exist_even_where_others_wrote_them() {
    let aws = MemoryAws::sample();
    let invalid = (FailureClass::Invalid, "MalformedPolicy".to_owned());
    for principal in [
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/nobody")}),
        json!({"AWS": "AROADELETEDROLEID1234"}),
    ] {
        assert_eq!(refused(&aws, put(allow(principal))).await, invalid);
    }
    aws.change(|world| world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("payments-task"));
    assert_eq!(refused(&aws, put(allow(json!({"AWS": ACCOUNT})))).await, invalid);
}

#[tokio::test]
async fn malformed_policies_are_refused() {
    let aws = MemoryAws::sample();
    let mut nobody = allow(json!("*"));
    nobody.as_object_mut().unwrap().remove("Principal");
    let mut elsewhere = allow(json!({"AWS": ACCOUNT}));
    elsewhere["Resource"] = json!("arn:aws:s3:::orders-exports/*");
    let mut long = allow(json!({"AWS": ACCOUNT}));
    long["Resource"] = json!(format!(
        "arn:aws:s3:::payments-exports/{}",
        "x".repeat(bucket_policy::MAX_BYTES)
    ));
    for statement in [nobody, elsewhere, long] {
        let refusal = refused(&aws, put(statement)).await;
        assert_eq!(refusal, (FailureClass::Invalid, "MalformedPolicy".to_owned()));
    }
}

#[tokio::test]
async fn where_public_policies_are_blocked_a_public_one_is_refused() {
    let aws = MemoryAws::sample();
    write(&aws, put(allow(json!("*")))).await.unwrap();
    write(&aws, block(PublicAccessBlock::ALL)).await.unwrap();
    let denied = (FailureClass::Denied, "AccessDenied".to_owned());
    let ours = bucket_policy::deny_all("arn:aws:s3:::payments-exports", &[]);
    assert_eq!(refused(&aws, put(ours.clone())).await, denied);
    assert_eq!(refused(&aws, take("Tls")).await, denied);
    write(&aws, take("Ours")).await.unwrap();
    write(&aws, put(ours)).await.unwrap();
}

#[tokio::test]
async fn a_block_is_there_or_not_and_never_merged() {
    let aws = MemoryAws::sample();
    let cell = || Cell::S3(S3Cell::BucketPublicAccessBlock { bucket: EXPORTS.into() });
    assert_eq!(super::cell(&aws, cell()).await, Value::Null);
    write(&aws, block(PublicAccessBlock::ALL)).await.unwrap();
    let none = PublicAccessBlock::default();
    write(&aws, block(none)).await.unwrap();
    assert_eq!(super::cell(&aws, cell()).await, json!(none));
    let delete = Write::S3(S3Write::DeletePublicAccessBlock { bucket: EXPORTS.into() });
    write(&aws, delete.clone()).await.unwrap();
    write(&aws, delete).await.unwrap();
    assert_eq!(super::cell(&aws, cell()).await, Value::Null);
}

#[tokio::test]
async fn buckets_of_others_of_other_regions_and_none_are_told_apart() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        *world = std::mem::take(world)
            .with_account("999999999999", |account| {
                account.with_region(REGION, |region| region.with_bucket("theirs", Bucket::default()))
            })
            .with_account(ACCOUNT, |account| {
                account.with_region("eu-west-1", |region| region.with_bucket("abroad", Bucket::default()))
            });
    });
    let bucket = |name: &str| Query::S3(S3Read::Bucket { bucket: name.into() });
    assert_eq!(ask(&aws, bucket("none")).await, Answer::NotFound);
    assert!(matches!(ask(&aws, bucket("theirs")).await, Answer::Denied(why) if why.contains("another account")));
    let abroad: firebreak_core::aws::s3::Bucket = fact(&aws, bucket("abroad")).await;
    assert_eq!((abroad.region.as_str(), abroad.policy), ("eu-west-1", None));
    for (name, code) in [
        ("none", "NoSuchBucket"),
        ("theirs", "AccessDenied"),
        ("abroad", "PermanentRedirect"),
    ] {
        let delete = Write::S3(S3Write::DeletePublicAccessBlock { bucket: name.into() });
        assert_eq!(refused(&aws, delete).await.1, code);
    }
}

#[tokio::test]
async fn reads_see_a_write_late_and_a_write_on_a_late_read_loses_what_came_between() {
    let aws = MemoryAws::sample();
    aws.set_staleness(Staleness::Seconds(5));
    write(&aws, put(allow(json!({"AWS": ACCOUNT})))).await.unwrap();
    assert_eq!(cell(&aws, statement("Ours")).await, Value::Null);
    let mut other = allow(json!({"AWS": ACCOUNT}));
    other["Sid"] = json!("Other");
    write(&aws, put(other)).await.unwrap();
    assert_eq!(sids(&aws), ["Tls", "Owner", "Other"], "S3 compares nothing");
    aws.advance(6);
    assert_eq!(cell(&aws, statement("Other")).await["Sid"], "Other");
}

#[tokio::test]
async fn what_is_public_is_said() {
    let aws = MemoryAws::sample();
    let query = || Query::S3(S3Read::Bucket { bucket: EXPORTS.into() });
    let before: firebreak_core::aws::s3::Bucket = fact(&aws, query()).await;
    write(&aws, put(allow(json!("*")))).await.unwrap();
    let after: firebreak_core::aws::s3::Bucket = fact(&aws, query()).await;
    assert_eq!((before.policy_is_public, after.policy_is_public), (false, true));
}
