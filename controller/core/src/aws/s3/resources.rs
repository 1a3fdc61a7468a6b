//! On what S3's actions are allowed.

use crate::aws::Scope;

pub(super) const BUCKETS: Scope = Scope::on("Buckets", &["arn:${Partition}:s3:::${TargetBuckets}"]);
pub(crate) const EVIDENCE: Scope = Scope::on("Evidence", &["arn:${Partition}:s3:::${EvidenceBucket}/*"]);
pub(crate) const EVIDENCE_BUCKET: Scope = Scope::on("EvidenceBucket", &["arn:${Partition}:s3:::${EvidenceBucket}"]);
