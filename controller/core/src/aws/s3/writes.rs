//! What is written to S3.

use super::{PublicAccessBlock, resources::BUCKETS};
use crate::aws::{
    Call,
    Idempotence::Idempotent,
    Power::{Contain, ContainIdentity},
    table::table,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One call that changes something in S3.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum S3Write {
    /// s3:PutBucketPolicy without the statement with the Sid, or s3:DeleteBucketPolicy where none is left; the policy is read
    /// again for it
    DeleteBucketPolicyStatement { bucket: String, sid: String },
    /// s3:DeletePublicAccessBlock
    DeletePublicAccessBlock { bucket: String },
    /// s3:PutBucketPolicy with the statement in the place of the one with its Sid, or behind the others; the policy is read
    /// again for it
    PutBucketPolicyStatement {
        bucket: String,
        sid: String,
        statement: Value,
    },
    /// s3:PutPublicAccessBlock
    PutPublicAccessBlock { bucket: String, block: PublicAccessBlock },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: S3Write => Call {
        // S3 takes no policy without statements, so that the last one goes with the policy.
        Self::DeleteBucketPolicyStatement { .. } => Call {
            action: "s3:PutBucketPolicy", on: BUCKETS, also: &[BUCKETS.allows(&["s3:DeleteBucketPolicy"])],
            power: ContainIdentity, idempotence: Idempotent, places_data: false,
        },
        Self::DeletePublicAccessBlock { .. } => Call {
            action: "s3:PutBucketPublicAccessBlock", on: BUCKETS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::PutBucketPolicyStatement { .. } => Call {
            action: "s3:PutBucketPolicy", on: BUCKETS, also: &[],
            power: ContainIdentity, idempotence: Idempotent, places_data: false,
        },
        Self::PutPublicAccessBlock { .. } => Call {
            action: "s3:PutBucketPublicAccessBlock", on: BUCKETS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
    }
}
