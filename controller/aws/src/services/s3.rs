//! The configuration of S3 buckets. Every call names the account that must own the bucket: a bucket name is global, and one
//! that was deleted may belong to somebody else now. Requests are boxed: S3's futures are too large for the stack.

pub(crate) mod objects;
pub(crate) mod requests;
pub(crate) mod run_store;
pub(crate) mod switches;

use crate::{
    caller::{Caller, receipt},
    error::{Refusal, failure},
};
use aws_sdk_s3::types::{Grant, PublicAccessBlockConfiguration};
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass, Receipt},
    s3::{Bucket, PublicAccessBlock, bucket_policy},
};
use serde_json::Value;
use std::collections::BTreeMap;

const LOCATION: &str = "s3:GetBucketLocation";
const READ_POLICY: &str = "s3:GetBucketPolicy";
const READ_STATUS: &str = "s3:GetBucketPolicyStatus";
const READ_ACL: &str = "s3:GetBucketAcl";
const READ_TAGS: &str = "s3:GetBucketTagging";
const READ_BLOCK: &str = "s3:GetBucketPublicAccessBlock";
const WRITE_POLICY: &str = "s3:PutBucketPolicy";
const DELETE_POLICY: &str = "s3:DeleteBucketPolicy";
const WRITE_BLOCK: &str = "s3:PutBucketPublicAccessBlock";
/// In which region a bucket is, on answers of another one (S3 API reference, HeadBucket).
const REGION_HEADER: &str = "x-amz-bucket-region";
/// What an empty location stands for, and the oldest one (S3 API reference, GetBucketLocation).
const OLDEST_REGION: &str = "us-east-1";

/// A bucket; of one in another region than the caller's, only that.
pub(crate) async fn bucket(caller: &Caller<'_>, bucket: &str) -> Result<Bucket, Failure> {
    let region = location(caller, bucket).await?;
    if region != caller.region {
        return Ok(Bucket {
            region,
            ..Bucket::default()
        });
    }
    let (policy, grantees, tags) = futures::try_join!(
        Box::pin(policy_and_status(caller, bucket)),
        Box::pin(grantees(caller, bucket)),
        Box::pin(tags(caller, bucket))
    )?;
    Ok(Bucket {
        region,
        policy: policy.0,
        policy_is_public: policy.1,
        grantees,
        tags,
    })
}

/// The region that AWS names, whether it answers or sends the caller there.
async fn location(caller: &Caller<'_>, bucket: &str) -> Result<String, Failure> {
    let request = caller
        .session
        .s3()
        .get_bucket_location()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .send();
    let located = async {
        match request.await {
            Ok(found) => {
                let name = found.location_constraint.map(|it| it.as_str().to_owned());
                Ok(region_name(name.as_deref().unwrap_or_default()))
            }
            Err(error) => elsewhere(&error, caller.region).ok_or(error),
        }
    };
    let found = caller.read(Service::S3, LOCATION, Box::pin(located)).await;
    found.map_err(|failure| owned(caller, failure))
}

fn region_name(constraint: &str) -> String {
    match constraint {
        "" => OLDEST_REGION.into(),
        "EU" => "eu-west-1".into(),
        other => other.into(),
    }
}

fn elsewhere<E>(error: &Refusal<E>, region: &str) -> Option<String> {
    let named = error.raw_response()?.headers().get(REGION_HEADER)?;
    (named != region).then(|| named.to_owned())
}

/// S3 counts only a policy as public or not; without one there is nothing to count.
async fn policy_and_status(caller: &Caller<'_>, bucket: &str) -> Result<(Option<Value>, bool), Failure> {
    let Some(policy) = policy(caller, bucket).await? else {
        return Ok((None, false));
    };
    let request = caller
        .session
        .s3()
        .get_bucket_policy_status()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .send();
    let status = absent_as_none(
        caller.read(Service::S3, READ_STATUS, Box::pin(request)).await,
        "NoSuchBucketPolicy",
    );
    let status = status.map_err(|failure| owned(caller, failure))?;
    let is_public = status
        .and_then(|found| found.policy_status)
        .and_then(|status| status.is_public);
    Ok((Some(policy), is_public.unwrap_or_default()))
}

/// The bucket policy as it is now; none when there is none.
async fn policy(caller: &Caller<'_>, bucket: &str) -> Result<Option<Value>, Failure> {
    let request = caller
        .session
        .s3()
        .get_bucket_policy()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .send();
    let found = absent_as_none(
        caller.read(Service::S3, READ_POLICY, Box::pin(request)).await,
        "NoSuchBucketPolicy",
    );
    let text = found
        .map_err(|failure| owned(caller, failure))?
        .and_then(|found| found.policy);
    text.filter(|text| !text.is_empty())
        .as_deref()
        .map(document)
        .transpose()
}

fn document(text: &str) -> Result<Value, Failure> {
    let unreadable = |why: String| failure(FailureClass::Transient, READ_POLICY, "UnreadableDocument", why);
    let policy: Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    match policy.is_object() {
        true => Ok(policy),
        false => Err(unreadable("the policy is no JSON object".into())),
    }
}

/// Whom the ACL lets in, beside the owner.
async fn grantees(caller: &Caller<'_>, bucket: &str) -> Result<Vec<String>, Failure> {
    let request = caller
        .session
        .s3()
        .get_bucket_acl()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .send();
    let found = caller.read(Service::S3, READ_ACL, Box::pin(request)).await;
    let found = found.map_err(|failure| owned(caller, failure))?;
    let owner = found.owner.and_then(|owner| owner.id);
    let grants = found.grants.unwrap_or_default();
    let mut all: Vec<String> = grants.into_iter().filter_map(grantee).collect();
    all.retain(|who| Some(who) != owner.as_ref());
    all.sort();
    all.dedup();
    Ok(all)
}

fn grantee(grant: Grant) -> Option<String> {
    grant.grantee.and_then(|grantee| grantee.uri.or(grantee.id))
}

async fn tags(caller: &Caller<'_>, bucket: &str) -> Result<BTreeMap<String, String>, Failure> {
    let request = caller
        .session
        .s3()
        .get_bucket_tagging()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .send();
    let found = absent_as_none(
        caller.read(Service::S3, READ_TAGS, Box::pin(request)).await,
        "NoSuchTagSet",
    );
    let tags = found
        .map_err(|failure| owned(caller, failure))?
        .map(|found| found.tag_set);
    Ok(tags
        .unwrap_or_default()
        .into_iter()
        .map(|tag| (tag.key, tag.value))
        .collect())
}

/// The bucket's own public access block; null when it has none. The account's is not part of it.
pub(crate) async fn public_access_block(caller: &Caller<'_>, bucket: &str) -> Result<Value, Failure> {
    let request = caller
        .session
        .s3()
        .get_public_access_block()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .send();
    let code = "NoSuchPublicAccessBlockConfiguration";
    let found = absent_as_none(caller.read(Service::S3, READ_BLOCK, Box::pin(request)).await, code);
    let block = found
        .map_err(|failure| owned(caller, failure))?
        .and_then(|found| found.public_access_block_configuration)
        .map(|block| PublicAccessBlock {
            block_public_acls: block.block_public_acls.unwrap_or_default(),
            ignore_public_acls: block.ignore_public_acls.unwrap_or_default(),
            block_public_policy: block.block_public_policy.unwrap_or_default(),
            restrict_public_buckets: block.restrict_public_buckets.unwrap_or_default(),
        });
    Ok(serde_json::json!(block))
}

/// One statement of the bucket policy, by its Sid; null when there is none.
pub(crate) async fn statement(caller: &Caller<'_>, bucket: &str, sid: &str) -> Result<Value, Failure> {
    let policy = policy(caller, bucket).await?;
    Ok(bucket_policy::statement(policy.as_ref(), sid))
}

/// Sets all four flags: S3 takes those that are left out for false.
pub(crate) async fn put_public_access_block(
    caller: &Caller<'_>,
    bucket: &str,
    block: PublicAccessBlock,
) -> Result<Receipt, Failure> {
    let configuration = PublicAccessBlockConfiguration::builder()
        .block_public_acls(block.block_public_acls)
        .ignore_public_acls(block.ignore_public_acls)
        .block_public_policy(block.block_public_policy)
        .restrict_public_buckets(block.restrict_public_buckets)
        .build();
    let request = caller
        .session
        .s3()
        .put_public_access_block()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .public_access_block_configuration(configuration)
        .send();
    let done = caller.write(Service::S3, WRITE_BLOCK, Box::pin(request)).await;
    done.map(|output| receipt(&output))
        .map_err(|failure| owned(caller, failure))
}

/// Deletes the bucket's own public access block; S3 does not mind that there is none.
pub(crate) async fn delete_public_access_block(caller: &Caller<'_>, bucket: &str) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .s3()
        .delete_public_access_block()
        .bucket(bucket)
        .expected_bucket_owner(caller.account)
        .send();
    let done = caller.write(Service::S3, WRITE_BLOCK, Box::pin(request)).await;
    done.map(|output| receipt(&output))
        .map_err(|failure| owned(caller, failure))
}

/// Puts the statement into the policy as it is at this moment. S3 writes a policy only as a whole and compares nothing: what
/// somebody else writes between this read and this write is lost, and what S3 does not show yet is too.
pub(crate) async fn put_statement(
    writer: &Caller<'_>,
    reader: &Caller<'_>,
    bucket: &str,
    sid: &str,
    statement: &Value,
) -> Result<Receipt, Failure> {
    let current = policy(reader, bucket).await?;
    let wanted = bucket_policy::with_statement(current.as_ref(), sid, statement);
    if current.as_ref() == Some(&wanted) {
        return Ok(Receipt::default());
    }
    put_policy(writer, bucket, &wanted).await
}

/// Takes the statement out of the policy as it is at this moment, and the policy away where nothing else is in it.
pub(crate) async fn delete_statement(
    writer: &Caller<'_>,
    reader: &Caller<'_>,
    bucket: &str,
    sid: &str,
) -> Result<Receipt, Failure> {
    let current = policy(reader, bucket).await?;
    let Some(current) = current.filter(|policy| !bucket_policy::statement(Some(policy), sid).is_null()) else {
        return Ok(Receipt::default());
    };
    match bucket_policy::without_statement(&current, sid) {
        Some(rest) => put_policy(writer, bucket, &rest).await,
        None => delete_policy(writer, bucket).await,
    }
}

/// S3 says of a deleted principal only that one is invalid: here it is named, and nothing is sent.
async fn put_policy(writer: &Caller<'_>, bucket: &str, policy: &Value) -> Result<Receipt, Failure> {
    let dead = bucket_policy::dead_principals(policy);
    if !dead.is_empty() {
        let message = format!(
            "not called: the policy of bucket {bucket} names principals that were deleted, and S3 refuses every such policy: take {} out of it",
            dead.join(", ")
        );
        return Err(failure(FailureClass::Invalid, WRITE_POLICY, "DeadPrincipals", message));
    }
    let request = writer
        .session
        .s3()
        .put_bucket_policy()
        .bucket(bucket)
        .expected_bucket_owner(writer.account)
        .policy(policy.to_string())
        .send();
    let done = writer.write(Service::S3, WRITE_POLICY, Box::pin(request)).await;
    done.map(|output| receipt(&output))
        .map_err(|failure| owned(writer, failure))
}

async fn delete_policy(writer: &Caller<'_>, bucket: &str) -> Result<Receipt, Failure> {
    let request = writer
        .session
        .s3()
        .delete_bucket_policy()
        .bucket(bucket)
        .expected_bucket_owner(writer.account)
        .send();
    let done = writer.write(Service::S3, DELETE_POLICY, Box::pin(request)).await;
    done.map(|output| receipt(&output))
        .map_err(|failure| owned(writer, failure))
}

/// What a bucket does not have is none; a bucket that does not exist is still gone.
fn absent_as_none<T>(found: Result<T, Failure>, code: &str) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.code == code => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// S3 answers a wrong owner as it answers a missing permission, with AccessDenied (S3 user guide, "Verifying bucket
/// ownership with bucket owner condition").
fn owned(caller: &Caller<'_>, failure: Failure) -> Failure {
    if failure.class != FailureClass::Denied || failure.code != "AccessDenied" {
        return failure;
    }
    let message = format!(
        "{} (S3 says the same of a bucket that belongs to another account than {})",
        failure.message, caller.account
    );
    Failure { message, ..failure }
}
