//! Objects that are there or not, which health checks read. Every call names the account that must own the bucket.

use super::owned;
use crate::caller::{Caller, receipt};
use aws_sdk_s3::primitives::ByteStream;
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, Receipt},
};

const LIST: &str = "s3:ListBucket";
const PUT: &str = "s3:PutObject";
const DELETE: &str = "s3:DeleteObject";

/// Whether there is an object of that key. Of all keys that begin with it, S3 names it first.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is no such bucket.
pub(crate) async fn is_there(caller: &Caller<'_>, bucket: &str, key: &str) -> Result<bool, Failure> {
    let request = caller
        .session
        .s3()
        .list_objects_v2()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .prefix(key)
        .max_keys(1)
        .send();
    let found = caller.read(Service::S3, LIST, Box::pin(request)).await;
    let found = found.map_err(|failure| owned(caller, failure))?;
    let mut keys = found.contents.into_iter().flatten().filter_map(|object| object.key);
    Ok(keys.next().as_deref() == Some(key))
}

/// Puts an empty object.
///
/// # Errors
/// A classified [`Failure`].
pub(crate) async fn put(writer: &Caller<'_>, bucket: &str, key: &str) -> Result<Receipt, Failure> {
    let request = writer
        .session
        .s3()
        .put_object()
        .bucket(bucket)
        .key(key)
        .expected_bucket_owner(writer.account)
        .body(ByteStream::from_static(b""))
        .send();
    let done = writer.write(Service::S3, PUT, Box::pin(request)).await;
    done.map(|output| receipt(&output))
        .map_err(|failure| owned(writer, failure))
}

/// Deletes an object; S3 does not mind that there is none.
///
/// # Errors
/// A classified [`Failure`].
pub(crate) async fn delete(writer: &Caller<'_>, bucket: &str, key: &str) -> Result<Receipt, Failure> {
    let request = writer
        .session
        .s3()
        .delete_object()
        .bucket(bucket)
        .key(key)
        .expected_bucket_owner(writer.account)
        .send();
    let done = writer.write(Service::S3, DELETE, Box::pin(request)).await;
    done.map(|output| receipt(&output))
        .map_err(|failure| owned(writer, failure))
}
