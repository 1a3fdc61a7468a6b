//! S3 buckets.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// An S3 bucket. Where it is in another region than the one that was asked, only that is known of it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Bucket {
    /// Its region.
    pub region: String,
    /// Its policy, if it has one.
    pub policy: Option<Value>,
    /// Whether S3 counts the policy as public (s3:GetBucketPolicyStatus).
    pub policy_is_public: bool,
    /// Whom its ACL lets in beside the owner: URIs of groups, and canonical user ids.
    pub grantees: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// What a bucket refuses to be public by. S3 combines it with the account's: the stricter one counts.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "they are the four flags of the AWS API")]
pub struct PublicAccessBlock {
    /// Refuses new public ACLs.
    pub block_public_acls: bool,
    /// Ignores public ACLs.
    pub ignore_public_acls: bool,
    /// Refuses every bucket policy that is public.
    pub block_public_policy: bool,
    /// Lets only AWS services and the owner's account in while the policy is public.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Everything is blocked.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}
