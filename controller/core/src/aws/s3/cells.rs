//! The configuration of buckets, as cells.

use super::{PublicAccessBlock, S3Write, bucket, bucket_policy, resources::BUCKETS};
use crate::aws::{Grant, Meaning, table::table, value::normal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One piece of the configuration of a bucket.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum S3Cell {
    /// One statement of a bucket's policy, found by its Sid: the statement, or null when there is none. The others are not part
    /// of it: they are read again for every write, and stay as they are.
    BucketPolicyStatement {
        /// Bucket name.
        bucket: String,
        /// The statement's Sid.
        sid: String,
    },
    /// A bucket's public access block: [`crate::aws::s3::PublicAccessBlock`], or null when it has none.
    BucketPublicAccessBlock {
        /// Bucket name.
        bucket: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: S3Cell => &'static [Grant] {
        Self::BucketPolicyStatement { .. } => &[BUCKETS.allows(&["s3:GetBucketPolicy"])],
        Self::BucketPublicAccessBlock { .. } => &[BUCKETS.allows(&["s3:GetBucketPublicAccessBlock"])],
    }
}

impl Meaning for S3Cell {
    fn resource(&self, partition: &str, _account_id: &str, _region: &str) -> String {
        match self {
            Self::BucketPolicyStatement { bucket, .. } | Self::BucketPublicAccessBlock { bucket } => {
                format!("arn:{partition}:s3:::{bucket}")
            }
        }
    }

    fn field(&self) -> String {
        match self {
            Self::BucketPolicyStatement { sid, .. } => format!("PolicyStatement/{sid}"),
            Self::BucketPublicAccessBlock { .. } => "PublicAccessBlock".into(),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        match self {
            Self::BucketPolicyStatement { bucket, sid } => bucket::policy_statement_sentence(bucket, sid, to),
            Self::BucketPublicAccessBlock { bucket } => bucket::public_access_block_sentence(bucket, to),
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::BucketPolicyStatement { .. } => bucket_policy::canonical_statement(value),
            Self::BucketPublicAccessBlock { .. } => normal::<PublicAccessBlock>(value),
        }
    }

    fn is_denial(&self) -> bool {
        matches!(self, Self::BucketPolicyStatement { .. })
    }
}

impl S3Cell {
    pub(in crate::aws) fn writes(&self, to: &Value) -> Vec<S3Write> {
        match self {
            Self::BucketPolicyStatement { bucket, sid } => bucket::policy_statement(bucket, sid, to),
            Self::BucketPublicAccessBlock { bucket } => bucket::public_access_block(bucket, to),
        }
    }
}
