//! Run stores: objects that are put only over what was read. S3 is consistent: a read sees every put.

use super::{refusal::Refusal, s3, state::State};
use firebreak_core::{
    aws::{
        access::Access,
        failure::FailureClass,
        s3::{LONGEST_OBJECT, Place, Stored},
    },
    digest,
};

pub(super) const PUT: &str = "s3:PutObject";
pub(super) const GET: &str = "s3:GetObject";

pub(super) fn get(state: &State, access: &Access, at: &Place) -> Result<Option<Stored>, Refusal> {
    let body = s3::object(&state.world, access, &at.bucket, &at.key)?;
    body.map_or(Ok(()), |body| check(at, body))?;
    Ok(body.map(stored))
}

fn check(at: &Place, body: &str) -> Result<(), Refusal> {
    match body.len() > LONGEST_OBJECT {
        true => Err(Refusal::invalid(
            "DocumentTooLong",
            format!("{} has more than {LONGEST_OBJECT} bytes", at.key),
        )),
        false => Ok(()),
    }
}

/// What somebody else put or deleted meanwhile is told as S3 tells it: 412, and 404 where it is gone; both mean the same here.
pub(super) fn put(
    state: &mut State,
    access: &Access,
    at: &Place,
    body: &str,
    over: Option<&str>,
) -> Result<Stored, Refusal> {
    check(at, body)?;
    let there = s3::object(&state.world, access, &at.bucket, &at.key)?.map(stored);
    match there.map(|stored| stored.etag).as_deref() == over {
        true => s3::put(&mut state.world, access, &at.bucket, &at.key, body).map(|()| stored(body)),
        false => Err(Refusal::new(
            FailureClass::Conflict,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        )),
    }
}

fn stored(body: &str) -> Stored {
    Stored {
        body: body.to_owned(),
        etag: format!("\"{}\"", digest::of_bytes(body.as_bytes()).replace("sha256:", "")),
    }
}
