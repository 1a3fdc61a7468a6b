//! Buckets: what is public, and the one statement of the policy.

use super::*;

#[test]
fn a_bucket_without_a_public_access_block_gets_none_again() {
    let gone = Write::S3(S3Write::DeletePublicAccessBlock {
        bucket: "exports".into(),
    });
    assert_eq!(bucket().writes(&json!(PublicAccessBlock::ALL), &Value::Null), [gone]);
    let open = json!({"blockPublicAcls": false});
    assert!(
        !bucket().same(&open, &Value::Null),
        "to delete it is another write than to open it"
    );
}

#[test]
fn a_block_that_cannot_be_read_is_not_taken_for_open() {
    for strange in [
        json!("all"),
        json!({"blockPublicAcls": "yes"}),
        json!({"blockEverything": true}),
    ] {
        assert_eq!(
            bucket().writes(&json!(PublicAccessBlock::ALL), &strange),
            [],
            "{strange}"
        );
    }
}

#[test]
fn a_statement_is_put_and_taken_out_by_its_sid_alone() {
    let cell = Cell::S3(S3Cell::BucketPolicyStatement {
        bucket: "exports".into(),
        sid: "Ours".into(),
    });
    let ours = json!({"Sid": "Ours", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    let put = Write::S3(S3Write::PutBucketPolicyStatement {
        bucket: "exports".into(),
        sid: "Ours".into(),
        statement: ours.clone(),
    });
    let take = Write::S3(S3Write::DeleteBucketPolicyStatement {
        bucket: "exports".into(),
        sid: "Ours".into(),
    });
    assert_eq!(cell.writes(&Value::Null, &ours), [put]);
    assert_eq!(cell.writes(&ours, &Value::Null), [take]);
    let as_kept =
        json!({"Sid": "Ours", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["s3:*"], "Resource": ["*"]});
    assert_eq!(cell.writes(&as_kept, &ours), []);
}

#[test]
fn taking_the_statement_out_may_need_to_delete_the_policy_and_says_so() {
    let cell = Cell::S3(S3Cell::BucketPolicyStatement {
        bucket: "exports".into(),
        sid: "Ours".into(),
    });
    let (permissions, _) = crate::run::plan::Step::describe_writes(&cell, &json!({"Sid": "Ours"}), &Value::Null);
    assert_eq!(permissions, ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]);
}
