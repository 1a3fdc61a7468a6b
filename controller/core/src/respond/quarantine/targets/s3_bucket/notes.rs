//! What people should know: who keeps access, what the methods cannot stop, and what they break (docs/targets/s3-bucket.md gives the
//! sources).

use super::{EVERYBODY, Seen, exempt};
use crate::aws::iam::policy_document;
use firebreak_crds::S3BucketMethod;
use serde_json::Value;

/// How many names a note lists before it says how many more there are.
const LISTED: usize = 10;

impl Seen<'_> {
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.exposure();
        if self.wants(S3BucketMethod::DenyAll) {
            notes.extend(self.denial());
        } else {
            notes.push("Anyone who has a right of their own to the bucket keeps it: add DenyAll".into());
        }
        if !self.wants(S3BucketMethod::BlockPublicAccess) && self.was_public() {
            notes.push("Anyone who is exempt can still make the bucket public: add BlockPublicAccess".into());
        }
        notes
    }

    fn exposure(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.bucket.policy_is_public {
            notes.push("Its policy is public, as S3 judges it".into());
        }
        let everybody = self.grantees(&EVERYBODY);
        if !everybody.is_empty() {
            notes.push(format!("Its ACL lets in: {}", everybody.join(", ")));
        }
        notes.push(format!(
            "Its policy allows something to: {}",
            allowed(self.bucket.policy.as_ref())
        ));
        notes
    }

    fn denial(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "Keep access: services of AWS that deliver logs, and {}",
            exempt(self.context.account).join(", ")
        )];
        if self.context.account.break_glass.is_empty() {
            notes.push(
                "Nobody beside Firebreak and the account's root user gets in: the AwsAccount names no spec.breakGlass"
                    .into(),
            );
        }
        notes.push("Cannot stop: copies that were made before, replicas in other buckets, and S3's own lifecycle rules, which go on deleting".into());
        notes.push("Breaks: every workload that uses the bucket, presigned URLs, replication from it, and every other service of AWS, such as a CloudFront distribution in front of it".into());
        notes
    }
}

/// The principals of the policy's Allow statements, for people.
fn allowed(policy: Option<&Value>) -> String {
    let canonical = policy.map(policy_document::canonical).unwrap_or_default();
    let statements = canonical["Statement"].as_array().cloned().unwrap_or_default();
    let mut who: Vec<String> = statements
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .flat_map(|statement| statement["Principal"].as_object().cloned().unwrap_or_default())
        .flat_map(|(_, values)| values.as_array().cloned().unwrap_or_default())
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    who.sort();
    who.dedup();
    match who.len().saturating_sub(LISTED) {
        _ if who.is_empty() => "nobody".into(),
        0 => who.join(", "),
        more => format!("{} and {more} more", who[..LISTED].join(", ")),
    }
}
