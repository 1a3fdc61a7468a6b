//! Objects of a run store: read whole, and put only over what was read. Every call names the account that must own the bucket.

use super::owned;
use crate::{caller::Caller, error::failure};
use aws_sdk_s3::{
    config::{Builder, retry::RetryConfig},
    primitives::ByteStream,
};
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass},
    s3::{LONGEST_OBJECT, Place, Stored},
};

const GET: &str = "s3:GetObject";
const PUT: &str = "s3:PutObject";
/// There is no object of that key; S3 says so also where an object was to be replaced (S3 API reference, PutObject, If-Match).
const NONE: &str = "NoSuchKey";

/// An object; none where there is none.
///
/// # Errors
/// A classified [`Failure`]; `Invalid` when it is too long, `Transient` when it breaks off.
pub(crate) async fn get(caller: &Caller<'_>, at: &Place) -> Result<Option<Stored>, Failure> {
    let request = caller
        .session
        .s3()
        .get_object()
        .bucket(&at.bucket)
        .key(&at.key)
        .expected_bucket_owner(caller.account)
        .send();
    let found = match caller.read(Service::S3, GET, Box::pin(request)).await {
        Ok(found) => found,
        Err(failure) if failure.code == NONE => return Ok(None),
        Err(failure) => return Err(owned(caller, failure)),
    };
    let etag = found.e_tag.ok_or_else(|| untagged(GET))?;
    let body = content(&at.key, found.body).await?;
    Ok(Some(Stored { body, etag }))
}

/// Puts an object where it is still the one with that entity tag, or where there is none. It is sent once: after a lost answer the
/// SDK's second attempt would meet the first one's object, and take it for somebody else's.
///
/// # Errors
/// A classified [`Failure`]; `Conflict` when somebody else was first: then nothing was put.
pub(crate) async fn put(writer: &Caller<'_>, at: &Place, body: &str, over: Option<&str>) -> Result<Stored, Failure> {
    if body.len() > LONGEST_OBJECT {
        return Err(too_long(PUT, &at.key));
    }
    let request = writer
        .session
        .s3()
        .put_object()
        .bucket(&at.bucket)
        .key(&at.key)
        .expected_bucket_owner(writer.account)
        .set_if_none_match(over.is_none().then(|| "*".to_owned()))
        .set_if_match(over.map(str::to_owned))
        .content_type("application/json")
        .body(ByteStream::from(body.as_bytes().to_vec()))
        .customize()
        .config_override(Builder::new().retry_config(RetryConfig::disabled()))
        .send();
    let done = writer.write(Service::S3, PUT, Box::pin(request)).await;
    let done = done.map_err(|failure| owned(writer, refused(failure, over)))?;
    Ok(Stored {
        body: body.to_owned(),
        etag: done.e_tag.ok_or_else(|| untagged(PUT))?,
    })
}

/// What was to be replaced and is gone was deleted by somebody else.
fn refused(failure: Failure, over: Option<&str>) -> Failure {
    match over.is_some() && failure.code == NONE {
        true => Failure {
            class: FailureClass::Conflict,
            ..failure
        },
        false => failure,
    }
}

/// Reads on no further than an object of ours is long.
async fn content(key: &str, mut body: ByteStream) -> Result<String, Failure> {
    let broken = |why: String| failure(FailureClass::Transient, GET, "BodyError", why);
    let mut bytes = Vec::new();
    while let Some(part) = body.try_next().await.map_err(|error| broken(error.to_string()))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > LONGEST_OBJECT {
            return Err(too_long(GET, key));
        }
    }
    let garbled = |error: std::string::FromUtf8Error| {
        failure(FailureClass::Invalid, GET, "UnreadableDocument", error.to_string())
    };
    String::from_utf8(bytes).map_err(garbled)
}

fn too_long(call: &str, key: &str) -> Failure {
    let message = format!("{key} has more than {LONGEST_OBJECT} bytes: no record of a run is so long");
    failure(FailureClass::Invalid, call, "DocumentTooLong", message)
}

fn untagged(call: &str) -> Failure {
    failure(FailureClass::Transient, call, "EmptyAnswer", "S3 gave no entity tag")
}
