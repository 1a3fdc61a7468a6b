//! The calls and sentences of S3 bucket cells.

use crate::{facts::PublicAccessBlock, write::Write};
use serde::Deserialize;
use serde_json::Value;

/// A value that is no block is never written: read as false everywhere it would open the bucket.
pub(super) fn public_access_block(bucket: &str, to: &Value) -> Vec<Write> {
    let bucket = bucket.to_owned();
    match Option::<PublicAccessBlock>::deserialize(to) {
        Ok(Some(block)) => vec![Write::PutPublicAccessBlock { bucket, block }],
        Ok(None) => vec![Write::DeletePublicAccessBlock { bucket }],
        Err(_) => Vec::new(),
    }
}

pub(super) fn policy_statement(bucket: &str, sid: &str, to: &Value) -> Vec<Write> {
    let (bucket, sid) = (bucket.to_owned(), sid.to_owned());
    match to {
        Value::Null => vec![Write::DeleteBucketPolicyStatement { bucket, sid }],
        statement => vec![Write::PutBucketPolicyStatement {
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
