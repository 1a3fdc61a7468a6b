//! What is kept in the evidence bucket, out of reach of anyone who has the cluster or the account: the documents of a run.
//! Each is written once, by a conditional put: what was stored before the first write is never replaced.

use crate::{
    aws::{
        Grant,
        s3::resources::{EVIDENCE, EVIDENCE_BUCKET},
    },
    digest,
    facts::Facts,
};
use firebreak_crds::{AwsAccountSpec, EvidenceStore, OwnerRef, ResponsePlanSpec, ResponsePlanStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The version of the documents' form.
pub const VERSION: u32 = 1;
/// The plan with every before-value: what custody is rebuilt from when the cluster is lost.
pub const PLAN: &str = "plan";
/// Everything that was read of the target before the first write.
pub const DESCRIPTION: &str = "description";
/// The hash, time and request id of each of the others, and who approved.
pub const MANIFEST: &str = "manifest";
/// The containment is over: nothing of the run is in custody any more.
pub const CLOSED: &str = "closed";

/// The longest UID that is believed to be one.
const MAX_UID: usize = 64;
/// Which cluster responds in the account.
pub const CLUSTER: &str = "cluster";

/// The IAM actions with which documents are put, what is there already is read, and the bucket's lock is told.
pub const GRANTS: [Grant; 2] = [
    EVIDENCE.allows(&["s3:GetObject", "s3:PutObject"]),
    EVIDENCE_BUCKET.allows(&["s3:GetBucketObjectLockConfiguration"]),
];

/// One object in the evidence bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// One of the names above.
    pub name: &'static str,
    /// Its key in the bucket.
    pub key: String,
    /// Its content: canonical JSON.
    pub body: String,
}

/// What S3 said of a stored document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    /// `sha256:` and the hexadecimal SHA-256 of what is stored, which an earlier try may have put there.
    pub sha256: String,
    /// The object's version, where the bucket keeps versions.
    pub version_id: Option<String>,
    /// AWS's request id of the write; none when it was there already.
    pub request_id: Option<String>,
    /// The bucket's default Object Lock, in words; none without one.
    pub object_lock: Option<String>,
}

/// A mirrored plan, as it is read back.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct MirroredPlan {
    /// The version of its form.
    pub version: u32,
    /// Name of the AwsAccount.
    pub account_name: String,
    /// The account as it was.
    pub account: AwsAccountSpec,
    /// The region whose endpoint was asked.
    pub region: String,
    /// When it was mirrored (RFC 3339), before the first write.
    pub at: String,
    /// Name of the ResponsePlan.
    pub plan: String,
    /// The plan's record.
    pub spec: ResponsePlanSpec,
    /// Who approved it.
    pub approved_by: Vec<String>,
}

/// Where everything of an account is.
pub fn account_prefix(store: &EvidenceStore, account_id: &str) -> String {
    format!("{}/{account_id}/", store.prefix)
}

/// `PREFIX/ACCOUNT/NAMESPACE/NAME/UID/run-00001/`.
pub fn run_prefix(store: &EvidenceStore, account_id: &str, owner: &OwnerRef, run: u32) -> String {
    let account = account_prefix(store, account_id);
    format!(
        "{account}{}/{}/{}/run-{run:05}/",
        owner.namespace, owner.name, owner.uid
    )
}

/// `PREFIX/ledger/NAMESPACE/UID/`: where the ledger of an Incident is.
pub fn ledger_prefix(store: &EvidenceStore, namespace: &str, uid: &str) -> String {
    format!("{}/ledger/{namespace}/{uid}/", store.prefix)
}

fn document(prefix: &str, name: &'static str, body: &Value) -> Document {
    Document {
        name,
        key: format!("{prefix}{name}.json"),
        body: digest::canonical_text(body),
    }
}

/// See [`PLAN`].
pub fn plan(prefix: &str, mirrored: &MirroredPlan) -> Document {
    document(prefix, PLAN, &json!(mirrored))
}

/// See [`DESCRIPTION`]. No query reads a secret, so no answer holds one.
pub fn description(prefix: &str, spec: &ResponsePlanSpec, facts: &Facts, now: Timestamp) -> Document {
    let seen: Vec<Value> = facts
        .all()
        .map(|(site, query, answer)| json!({"site": site, "query": query, "answer": answer}))
        .collect();
    let body = json!({
        "version": VERSION, "owner": spec.owner, "run": spec.run, "digest": spec.digest,
        "arn": spec.payload["arn"], "title": spec.payload["title"], "at": now.to_string(), "seen": seen,
    });
    document(prefix, DESCRIPTION, &body)
}

/// See [`MANIFEST`]. `notes` say what else there is, such as snapshots, and what is missing.
pub fn manifest(
    prefix: &str,
    spec: &ResponsePlanSpec,
    status: &ResponsePlanStatus,
    notes: &[String],
    now: Timestamp,
) -> Document {
    let steps: serde_json::Map<String, Value> = status
        .journal
        .iter()
        .map(|(id, record)| {
            let said = json!({"state": record.state, "startedAt": record.started_at, "appliedAt": record.applied_at,
                "verifiedAt": record.verified_at, "requestIds": record.request_ids, "message": record.message});
            (id.clone(), said)
        })
        .collect();
    let body = json!({
        "version": VERSION, "owner": spec.owner, "run": spec.run, "digest": spec.digest,
        "reason": spec.payload["reason"], "severity": spec.payload["severity"], "mode": spec.payload["mode"],
        "requestedBy": spec.requested_by, "decisions": status.decisions, "approvedBy": status.approved_by, "containedAt": status.contained_at,
        "documents": status.archive, "steps": steps, "notes": notes, "at": now.to_string(),
    });
    document(prefix, MANIFEST, &body)
}

/// See [`CLOSED`].
pub fn closed(prefix: &str, spec: &ResponsePlanSpec, status: &ResponsePlanStatus, now: Timestamp) -> Document {
    let plan = status.archive.get(PLAN).and_then(|record| record.sha256.as_ref());
    let body = json!({
        "version": VERSION, "owner": spec.owner, "run": spec.run, "digest": spec.digest, "plan": plan,
        "outcome": status.outcome, "at": now.to_string(),
    });
    document(prefix, CLOSED, &body)
}

/// See [`CLUSTER`]: one for each account. Its content is the same at every try, so that anyone who stored it finds its own.
pub fn cluster(store: &EvidenceStore, account_id: &str, uid: &str) -> Document {
    let body = json!({"version": VERSION, "cluster": uid});
    document(&account_prefix(store, account_id), CLUSTER, &body)
}

/// The cluster that a stored marker names.
pub fn cluster_of(text: &str) -> Option<String> {
    let body: Value = serde_json::from_str(text).ok()?;
    body["cluster"].as_str().map(|uid| uid.chars().take(MAX_UID).collect())
}
