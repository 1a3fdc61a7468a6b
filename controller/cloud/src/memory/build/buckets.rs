//! Buckets.

use super::super::{
    document,
    world::{Bucket, Region},
};
use firebreak_core::aws::s3::PublicAccessBlock;
use serde_json::Value;

impl Region {
    /// Adds a bucket.
    #[must_use]
    pub fn with_bucket(mut self, name: &str, bucket: Bucket) -> Self {
        self.buckets.insert(name.into(), bucket);
        self
    }
}

impl Bucket {
    /// Sets its policy, in the form in which AWS keeps it.
    #[must_use]
    pub fn policy(mut self, policy: Value) -> Self {
        self.policy = Some(document::normalised(&policy));
        self
    }

    /// Sets its public access block.
    #[must_use]
    pub fn blocked(mut self, block: PublicAccessBlock) -> Self {
        self.public_access_block = Some(block);
        self
    }

    /// Lets somebody in by its ACL: the URI of a group, or a canonical user id.
    #[must_use]
    pub fn granted_to(mut self, grantee: &str) -> Self {
        self.grantees.push(grantee.into());
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}
