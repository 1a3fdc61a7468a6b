//! The configuration of a bucket: the calls that lead from one value to another, and sentences.

use super::{PublicAccessBlock, S3Write};
use serde::Deserialize;
use serde_json::Value;

/// A value that is no block is never written: read as false everywhere it would open the bucket.
pub(super) fn public_access_block(bucket: &str, to: &Value) -> Vec<S3Write> {
    let bucket = bucket.to_owned();
    match Option::<PublicAccessBlock>::deserialize(to) {
        Ok(Some(block)) => vec![S3Write::PutPublicAccessBlock { bucket, block }],
        Ok(None) => vec![S3Write::DeletePublicAccessBlock { bucket }],
        Err(_) => Vec::new(),
    }
}

pub(super) fn policy_statement(bucket: &str, sid: &str, to: &Value) -> Vec<S3Write> {
    let (bucket, sid) = (bucket.to_owned(), sid.to_owned());
    match to {
        Value::Null => vec![S3Write::DeleteBucketPolicyStatement { bucket, sid }],
        statement => vec![S3Write::PutBucketPolicyStatement {
            bucket,
            sid,
            statement: statement.clone(),
        }],
    }
}

pub(super) fn public_access_block_sentence(bucket: &str, to: &Value) -> String {
    match Option::<PublicAccessBlock>::deserialize(to) {
        Ok(Some(block)) if block == PublicAccessBlock::ALL => format!("Block all public access to bucket {bucket}"),
        Ok(Some(_)) => format!("Set the public access block of bucket {bucket} as it was recorded"),
        _ => format!("Delete the public access block of bucket {bucket}"),
    }
}

pub(super) fn policy_statement_sentence(bucket: &str, sid: &str, to: &Value) -> String {
    match to {
        Value::Null => format!("Take statement {sid} out of the policy of bucket {bucket}"),
        _ => format!("Put statement {sid} into the policy of bucket {bucket}, beside the others"),
    }
}
