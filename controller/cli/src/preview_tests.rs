//! What a preview refuses, as the operator does.

use crate::fixtures::{account, now, quarantine, records};
use firebreak_cloud::memory::MemoryAws;
use firebreak_crds::{EvidenceStore, Reason};
use firebreak_executor::preview::plan;

#[tokio::test]
async fn preview_refuses_the_evidence_bucket_as_the_operator_does() {
    let mut records = records();
    records.accounts = vec![account()];
    records.accounts[0].spec.evidence = Some(EvidenceStore {
        bucket: "payments-exports".into(),
        region: "us-east-1".into(),
        owner_account_id: None,
        role_arn: Some("arn:aws:iam::123456789012:role/payments-task".into()),
        prefix: "firebreak".into(),
    });
    let role = quarantine();
    let mut bucket = quarantine();
    bucket.spec.target = serde_json::from_value(serde_json::json!({
        "s3Bucket": {"bucket": "payments-exports", "methods": ["DenyAll"]}
    }))
    .unwrap();
    for object in [role, bucket] {
        let mut world = records.world(&object, now());
        let blocked = plan(&MemoryAws::sample(), &mut world).await.unwrap_err();
        assert_eq!(blocked.reason, Reason::OwnDependency, "{}", blocked.message);
    }
}
