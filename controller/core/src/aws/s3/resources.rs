//! On what S3's actions are allowed.

use crate::aws::Scope;

pub(super) const BUCKETS: Scope = Scope::on("Buckets", &["arn:${Partition}:s3:::${TargetBuckets}"]);
pub(crate) const EVIDENCE: Scope = Scope::on("Evidence", &["arn:${Partition}:s3:::${EvidenceBucket}/*"]);
pub(crate) const EVIDENCE_BUCKET: Scope = Scope::on("EvidenceBucket", &["arn:${Partition}:s3:::${EvidenceBucket}"]);
/// What is put: records of runs, and switches.
pub(crate) const OBJECTS: Scope = Scope::on(
    "Objects",
    &[
        "arn:${Partition}:s3:::${RunBuckets}/*",
        "arn:${Partition}:s3:::${SwitchBuckets}/*",
    ],
);
pub(crate) const RUNS: Scope = Scope::on("Runs", &["arn:${Partition}:s3:::${RunBuckets}/*"]);
pub(crate) const RUN_BUCKETS: Scope = Scope::on("RunBuckets", &["arn:${Partition}:s3:::${RunBuckets}"]);
pub(crate) const SWITCHES: Scope = Scope::on("Switches", &["arn:${Partition}:s3:::${SwitchBuckets}/*"]);
pub(crate) const SWITCH_BUCKETS: Scope = Scope::on("SwitchBuckets", &["arn:${Partition}:s3:::${SwitchBuckets}"]);
