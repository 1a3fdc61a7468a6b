//! Which function answers each question about buckets, and which makes each write.

use crate::caller::Caller;
use firebreak_core::aws::{
    Answer,
    failure::{Failure, Receipt},
    s3::{S3Cell, S3Read, S3Write},
};

pub(crate) async fn read(caller: &Caller<'_>, read: &S3Read) -> Result<Answer, Failure> {
    match read {
        S3Read::Bucket { bucket } => Ok(Answer::found(&super::bucket(caller, bucket).await?)),
    }
}

pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &S3Cell) -> Result<Answer, Failure> {
    Ok(Answer::Found(match cell {
        S3Cell::BucketPolicyStatement { bucket, sid } => super::statement(caller, bucket, sid).await?,
        S3Cell::BucketPublicAccessBlock { bucket } => super::public_access_block(caller, bucket).await?,
    }))
}

pub(crate) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &S3Write) -> Result<Receipt, Failure> {
    match write {
        S3Write::DeleteBucketPolicyStatement { bucket, sid } => {
            super::delete_statement(writer, reader, bucket, sid).await
        }
        S3Write::DeletePublicAccessBlock { bucket } => super::delete_public_access_block(writer, bucket).await,
        S3Write::PutBucketPolicyStatement { bucket, sid, statement } => {
            super::put_statement(writer, reader, bucket, sid, statement).await
        }
        S3Write::PutPublicAccessBlock { bucket, block } => super::put_public_access_block(writer, bucket, *block).await,
    }
}
