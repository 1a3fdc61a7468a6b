//! The evidence bucket at the wire: put once, with a checksum, only into the bucket of the right owner.

use super::*;
use crate::testing::{access, s3_error};
use firebreak_core::{
    digest,
    run::archive::{Archived, Document, MANIFEST, PLAN},
};

const FORENSICS: &str = "999999999999";

fn place() -> Access {
    let mut access = access("leak");
    access.account.evidence = Some(EvidenceStore {
        bucket: "acme-evidence".into(),
        region: "eu-west-1".into(),
        owner_account_id: Some(FORENSICS.into()),
        role_arn: Some(format!("arn:aws:iam::{FORENSICS}:role/firebreak-evidence")),
        prefix: "firebreak".into(),
    });
    access
}

fn document(name: &'static str) -> Document {
    Document {
        name,
        key: format!("firebreak/{name}.json"),
        body: "{}".into(),
    }
}

async fn put(wire: &Wire, name: &'static str) -> Result<Archived, Failure> {
    let result = aws(wire).await.archive(&place(), &document(name)).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

#[tokio::test]
async fn a_document_is_put_only_where_there_is_none_into_the_bucket_of_the_named_account() {
    let wire = Wire::default().then(200, "");
    let archived = put(&wire, PLAN).await.unwrap();
    assert_eq!(archived.sha256, digest::of_bytes(b"{}"));
    assert_eq!(archived.request_id.as_deref(), Some("request-1"));
    let sent = wire.only();
    assert_eq!(sent.method, "PUT");
    let url = "https://acme-evidence.s3.eu-west-1.amazonaws.com/firebreak/plan.json";
    assert!(sent.uri.starts_with(url), "{}", sent.uri);
    assert_eq!(sent.bucket_owner, FORENSICS);
    assert_eq!(sent.guards, ["*", "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="]);
    let sts = wire.sts();
    assert_eq!(sts.len(), 1, "{sts:?}");
    assert!(sts[0].body.contains("role/firebreak-evidence"), "{}", sts[0].body);
}

#[tokio::test]
async fn replaced_document_is_put_without_a_condition() {
    let wire = Wire::default().then(200, "");
    aws(&wire).await.replace(&place(), &document(PLAN)).await.unwrap();
    assert_eq!(wire.only().guards[0], "");
}

#[tokio::test]
async fn what_is_there_already_counts_whatever_is_asked_again() {
    let wire = Wire::default()
        .then(412, s3_error("PreconditionFailed"))
        .then(200, "{\"earlier\":true}");
    let archived = put(&wire, PLAN).await.unwrap();
    assert_eq!(archived.sha256, digest::of_bytes(b"{\"earlier\":true}"));
    assert_eq!(archived.request_id, None);
}

#[tokio::test]
async fn the_manifest_says_which_object_lock_the_bucket_gives() {
    let locked = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
                  <Mode>COMPLIANCE</Mode><Days>365</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
    let wire = Wire::default().then(200, "").then(200, locked);
    let archived = put(&wire, MANIFEST).await.unwrap();
    assert_eq!(archived.object_lock.as_deref(), Some("COMPLIANCE for 365 days"));
    let unlocked = Wire::default()
        .then(200, "")
        .then(404, s3_error("ObjectLockConfigurationNotFoundError"));
    assert_eq!(put(&unlocked, MANIFEST).await.unwrap().object_lock, None);
}

#[tokio::test]
async fn a_refusal_is_told_as_what_it_is() {
    for (status, code, class) in [
        (403, "AccessDenied", FailureClass::Denied),
        (404, "NoSuchBucket", FailureClass::Gone),
        (409, "ConditionalRequestConflict", FailureClass::Conflict),
    ] {
        let wire = Wire::default().then(status, s3_error(code));
        assert_eq!(put(&wire, PLAN).await.unwrap_err().class, class, "{code}");
    }
    let none = aws(&Wire::default())
        .await
        .archive(&access("leak"), &document(PLAN))
        .await;
    assert!(none.unwrap_err().message.contains("spec.evidence"));
}

#[tokio::test]
async fn keys_are_listed_to_the_last_page_and_documents_are_read_back() {
    let page = |key: &str, more: &str| {
        format!("<ListBucketResult><Contents><Key>{key}</Key></Contents>{more}</ListBucketResult>")
    };
    let wire = Wire::default()
        .then(
            200,
            page("firebreak/1", "<NextContinuationToken>more</NextContinuationToken>"),
        )
        .then(200, page("firebreak/2", ""))
        .then(200, "{}")
        .then(404, s3_error("NoSuchKey"));
    let aws = aws(&wire).await;
    assert_eq!(
        aws.archived_keys(&place(), "firebreak/").await.unwrap(),
        ["firebreak/1", "firebreak/2"]
    );
    assert_eq!(aws.retrieve(&place(), "firebreak/1").await.unwrap(), "{}");
    let gone = aws.retrieve(&place(), "firebreak/3").await.unwrap_err();
    assert_eq!(gone.class, FailureClass::Gone);
}
