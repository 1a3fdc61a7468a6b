//! Documents in the evidence bucket: put once, never replaced, read back. Every call names the account that must own the
//! bucket.

use crate::{
    caller::{Caller, receipt},
    error::failure,
};
use aws_sdk_s3::{
    operation::put_object::PutObjectOutput,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, DefaultRetention, ObjectLockConfiguration},
};
use aws_smithy_types::base64;
use firebreak_core::{
    aws::{
        access::Service,
        failure::{Failure, FailureClass},
    },
    digest,
    run::archive::{Archived, Document, MANIFEST},
};
use firebreak_crds::EvidenceStore;

const PUT: &str = "s3:PutObject";
const GET: &str = "s3:GetObject";
const LIST: &str = "s3:ListBucket";
/// The longest document that is read back: a plan has at most 256 KiB, a description some more.
const MAX_DOCUMENT: usize = 8 * 1024 * 1024;
const LOCK: &str = "s3:GetBucketObjectLockConfiguration";
/// The key exists already (S3 API reference, PutObject, If-None-Match).
const EXISTS: &str = "PreconditionFailed";
const NO_LOCK: &str = "ObjectLockConfigurationNotFoundError";

/// A caller, the bucket, and the account that must own it.
pub(crate) struct Place<'a> {
    pub(crate) caller: Caller<'a>,
    pub(crate) store: &'a EvidenceStore,
    pub(crate) owner: &'a str,
}

/// The media type of a document, by how its key ends.
fn content_type(key: &str) -> &'static str {
    match key.rsplit('.').next() {
        Some("md") => "text/markdown; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/json",
    }
}

impl Place<'_> {
    /// Puts a document, unless its key exists: what is there already counts, no matter who asks again.
    ///
    /// # Errors
    /// A classified [`Failure`].
    pub(crate) async fn put(&self, document: &Document) -> Result<Archived, Failure> {
        let mut archived = match Box::pin(self.put_object(document, Some("*"))).await {
            Ok(output) => Archived {
                sha256: digest::of_bytes(document.body.as_bytes()),
                request_id: receipt(&output).request_id,
                version_id: output.version_id,
                object_lock: None,
            },
            Err(failure) if failure.code == EXISTS => Box::pin(self.there_already(&document.key)).await?,
            Err(failure) => return Err(failure),
        };
        if document.name == MANIFEST {
            archived.object_lock = Box::pin(self.object_lock()).await?;
        }
        Ok(archived)
    }

    /// Puts a document in the place of what is there; a bucket with versions keeps that too.
    ///
    /// # Errors
    /// A classified [`Failure`].
    pub(crate) async fn replace(&self, document: &Document) -> Result<(), Failure> {
        Box::pin(self.put_object(document, None)).await.map(drop)
    }

    async fn put_object(&self, document: &Document, unless: Option<&str>) -> Result<PutObjectOutput, Failure> {
        let request = self
            .caller
            .session
            .s3()
            .put_object()
            .bucket(&self.store.bucket)
            .key(&document.key)
            .expected_bucket_owner(self.owner)
            .set_if_none_match(unless.map(str::to_owned))
            .content_type(content_type(&document.key))
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(base64::encode(digest::raw(document.body.as_bytes())))
            .body(ByteStream::from(document.body.clone().into_bytes()))
            .send();
        self.caller.write(Service::S3, PUT, request).await
    }

    async fn there_already(&self, key: &str) -> Result<Archived, Failure> {
        let body = self.get(key).await?;
        Ok(Archived {
            sha256: digest::of_bytes(body.as_bytes()),
            ..Archived::default()
        })
    }

    /// A document's content.
    ///
    /// # Errors
    /// A classified [`Failure`]; `Transient` when the content breaks off, `Invalid` when it is longer than any document of ours.
    pub(crate) async fn get(&self, key: &str) -> Result<String, Failure> {
        let request = self
            .caller
            .session
            .s3()
            .get_object()
            .bucket(&self.store.bucket)
            .key(key)
            .expected_bucket_owner(self.owner)
            .send();
        let found = self.caller.read(Service::S3, GET, Box::pin(request)).await?;
        let length = found.content_length.and_then(|length| usize::try_from(length).ok());
        if length.is_some_and(|length| length > MAX_DOCUMENT) {
            let why = format!(
                "{key} has {} bytes: no document of Firebreak is longer than {MAX_DOCUMENT}",
                length.unwrap_or_default()
            );
            return Err(failure(FailureClass::Invalid, GET, "DocumentTooLong", why));
        }
        let broken = |why: String| failure(FailureClass::Transient, GET, "BodyError", why);
        let bytes = found.body.collect().await.map_err(|error| broken(error.to_string()))?;
        String::from_utf8(bytes.to_vec()).map_err(|error| broken(error.to_string()))
    }

    /// Every key that begins with the prefix.
    ///
    /// # Errors
    /// A classified [`Failure`].
    pub(crate) async fn keys(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let page = |token: Option<String>| async {
            let request = self
                .caller
                .session
                .s3()
                .list_objects_v2()
                .bucket(&self.store.bucket)
                .prefix(prefix)
                .expected_bucket_owner(self.owner)
                .set_continuation_token(token)
                .send();
            let found = self.caller.read(Service::S3, LIST, Box::pin(request)).await?;
            Ok((found.contents, found.next_continuation_token))
        };
        let objects = crate::caller::pages(LIST, page).await?;
        Ok(objects.into_iter().filter_map(|object| object.key).collect())
    }

    /// The lock that every new object gets, in words.
    ///
    /// # Errors
    /// A classified [`Failure`]; `Gone` when there is no such bucket.
    pub(crate) async fn object_lock(&self) -> Result<Option<String>, Failure> {
        let request = self
            .caller
            .session
            .s3()
            .get_object_lock_configuration()
            .bucket(&self.store.bucket)
            .expected_bucket_owner(self.owner)
            .send();
        match self.caller.read(Service::S3, LOCK, Box::pin(request)).await {
            Ok(found) => Ok(found.object_lock_configuration.and_then(in_words)),
            Err(failure) if failure.code == NO_LOCK => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn in_words(configuration: ObjectLockConfiguration) -> Option<String> {
    let DefaultRetention { mode, days, years, .. } = configuration.rule?.default_retention?;
    let time = match (days, years) {
        (Some(days), _) => format!("{days} days"),
        (None, Some(years)) => format!("{years} years"),
        (None, None) => return None,
    };
    Some(format!("{} for {time}", mode?.as_str()))
}
