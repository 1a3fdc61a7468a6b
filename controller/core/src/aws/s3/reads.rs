//! What is read of S3.

use super::resources::BUCKETS;
use crate::aws::{Grant, Question, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to S3.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum S3Read {
    /// s3:GetBucketLocation and, where the bucket is in the region that is asked, GetBucketPolicy, GetBucketPolicyStatus,
    /// GetBucketAcl and GetBucketTagging → [`crate::aws::s3::Bucket`].
    Bucket {
        /// Bucket name.
        bucket: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: S3Read => &'static [Grant] {
        Self::Bucket { .. } => &[BUCKETS.allows(&[
            "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketAcl",
            "s3:GetBucketTagging",
        ])],
    }
}

impl Question for S3Read {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::Bucket { bucket } => format!("bucket {bucket}"),
        }
    }
}
