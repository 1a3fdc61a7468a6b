//! What the operator was started with, as far as decisions depend on it.

use crate::{
    approval::Distinctness,
    installation::{DEFAULT_NAMESPACE, Identity},
};

/// What the operator was started with, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Seconds after an IAM write at which it is read again; `Contained` comes after the second one.
    pub iam_settling: [u32; 3],
    /// Seconds after a write to a bucket's configuration at which it is read again; `Contained` comes after the second one.
    pub s3_settling: [u32; 3],
    /// Seconds after a write to an IP set of AWS WAF at which it is read again; `Enforced` comes after the second one.
    pub waf_settling: [u32; 3],
    /// Seconds between two looks at a contained resource, before jitter.
    pub resync_seconds: u32,
    /// What makes two names two people.
    pub people: Distinctness,
    /// Patterns (`*` for any characters) of usernames that are machines, besides `system:` users.
    pub machines: Vec<String>,
    /// The operator's namespace: Decisions about custody without an object lie there.
    pub home: String,
    /// The operator's own username: for what it applies, the people count who asked for it.
    pub operator: String,
}

/// AWS says that IAM changes take effect within "a few minutes"; 3 to 4 s were observed (docs/targets.md). Of the configuration
/// of buckets it says that it is eventually consistent, without a time (S3 user guide, "Amazon S3 data consistency model"); so
/// they are read again at the same times. A change of AWS WAF takes "from a few seconds to a number of minutes" (WAFV2 API reference,
/// UpdateIPSet).
impl Default for Settings {
    fn default() -> Self {
        Self {
            iam_settling: [15, 60, 300],
            s3_settling: [15, 60, 300],
            waf_settling: [15, 60, 300],
            resync_seconds: 300,
            people: Distinctness::default(),
            machines: Vec::new(),
            home: DEFAULT_NAMESPACE.to_owned(),
            operator: Identity::default().username(),
        }
    }
}
