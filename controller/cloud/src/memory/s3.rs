//! S3: bucket policies as whole documents, and public access blocks. Bucket names are the same for all accounts and regions,
//! and what was written is seen late: see [`super::staleness`].

use super::{
    document::{self, Use},
    refusal::{self, Refusal},
    state::State,
    world::{Bucket, World},
};
use firebreak_core::aws::{
    Answer,
    access::Access,
    failure::FailureClass,
    s3::{
        Bucket as Fact, S3Cell, S3Read, S3Write,
        bucket_policy::{self, MAX_BYTES},
    },
};
use serde_json::Value;

const MALFORMED: &str = "MalformedPolicy";

/// Makes a write of S3. A policy is read, as S3 shows it, and written over as a whole.
pub(super) fn write(world: &mut World, access: &Access, seen: Option<&Bucket>, write: &S3Write) -> Result<(), Refusal> {
    let name = bucket_of(write);
    reachable(world, access, name)?;
    let seen = seen.and_then(|bucket| bucket.policy.as_ref());
    match write {
        S3Write::DeleteBucketPolicyStatement { sid, .. } => {
            match seen.and_then(|policy| bucket_policy::without_statement(policy, sid)) {
                Some(rest) => put_policy(world, access, name, &rest)?,
                None => existing(world, access, name)?.policy = None,
            }
        }
        S3Write::PutBucketPolicyStatement { sid, statement, .. } => {
            let policy = bucket_policy::with_statement(seen, sid, statement);
            put_policy(world, access, name, &policy)?;
        }
        S3Write::DeletePublicAccessBlock { .. } => existing(world, access, name)?.public_access_block = None,
        S3Write::PutPublicAccessBlock { block, .. } => {
            existing(world, access, name)?.public_access_block = Some(*block);
        }
    }
    Ok(())
}

/// The bucket that a write changes.
pub(super) fn bucket_of(write: &S3Write) -> &str {
    match write {
        S3Write::DeleteBucketPolicyStatement { bucket, .. }
        | S3Write::DeletePublicAccessBlock { bucket }
        | S3Write::PutBucketPolicyStatement { bucket, .. }
        | S3Write::PutPublicAccessBlock { bucket, .. } => bucket,
    }
}

/// Answers a question about S3.
pub(super) fn answer(state: &mut State, access: &Access, read: &S3Read) -> Answer {
    let S3Read::Bucket { bucket: name } = read;
    if let Some(region) = elsewhere(&state.world, access, name) {
        return Answer::found(&Fact {
            region,
            ..Fact::default()
        });
    }
    let region = access.region.clone();
    found(state, access, name, "s3:GetBucketLocation", |bucket| {
        Answer::found(&Fact {
            region,
            policy_is_public: bucket.policy.as_ref().is_some_and(is_public),
            policy: bucket.policy,
            grantees: bucket.grantees,
            tags: bucket.tags,
        })
    })
}

/// Answers what a cell of a bucket holds.
pub(super) fn cell(state: &mut State, access: &Access, cell: &S3Cell) -> Answer {
    match cell {
        S3Cell::BucketPolicyStatement { bucket: name, sid } => found(state, access, name, "s3:GetBucketPolicy", |it| {
            Answer::Found(bucket_policy::statement(it.policy.as_ref(), sid))
        }),
        S3Cell::BucketPublicAccessBlock { bucket: name } => {
            found(state, access, name, "s3:GetBucketPublicAccessBlock", |it| {
                Answer::found(&it.public_access_block)
            })
        }
    }
}

fn found(state: &mut State, access: &Access, name: &str, call: &str, answer: impl FnOnce(Bucket) -> Answer) -> Answer {
    match reachable(&state.world, access, name) {
        Err(refused) => refusal::answer(&refused.in_call(call)),
        Ok(()) => state.bucket(access, name).map_or(Answer::NotFound, answer),
    }
}

/// An object's content; none where there is none of that key.
pub(super) fn object<'a>(world: &'a World, access: &Access, name: &str, key: &str) -> Result<Option<&'a str>, Refusal> {
    reachable(world, access, name)?;
    let region = world.region(&access.account.account_id, &access.region);
    let bucket = region.and_then(|region| region.buckets.get(name));
    Ok(bucket.and_then(|bucket| bucket.objects.get(key)).map(String::as_str))
}

/// Puts an object, whatever was there.
pub(super) fn put(world: &mut World, access: &Access, name: &str, key: &str, body: &str) -> Result<(), Refusal> {
    reachable(world, access, name)?;
    let objects = &mut existing(world, access, name)?.objects;
    objects.insert(key.to_owned(), body.to_owned());
    Ok(())
}

/// Deletes an object; S3 does not mind that there is none.
pub(super) fn delete(world: &mut World, access: &Access, name: &str, key: &str) -> Result<(), Refusal> {
    reachable(world, access, name)?;
    existing(world, access, name)?.objects.remove(key);
    Ok(())
}

/// Whether S3 counts a policy as public: it lets everybody in, without a condition.
pub(super) fn is_public(policy: &Value) -> bool {
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    let everybody = |principal: &Value| *principal == "*" || principal["AWS"] == "*";
    statements
        .iter()
        .any(|s| s["Effect"] == "Allow" && everybody(&s["Principal"]) && s.get("Condition").is_none())
}

/// The region of the account in which the bucket is, if it is another one.
fn elsewhere(world: &World, access: &Access, name: &str) -> Option<String> {
    let regions = &world.accounts.get(&access.account.account_id)?.regions;
    let (region, _) = regions.iter().find(|(_, region)| region.buckets.contains_key(name))?;
    (*region != access.region).then(|| region.clone())
}

/// What S3 says before it looks at the request: there is no such bucket, it is somebody else's, or it is elsewhere.
fn reachable(world: &World, access: &Access, name: &str) -> Result<(), Refusal> {
    let account = &access.account.account_id;
    let owned = |id: &str| {
        world.accounts[id]
            .regions
            .values()
            .any(|region| region.buckets.contains_key(name))
    };
    match world.accounts.keys().find(|id| owned(id)) {
        None => Err(Refusal::gone("NoSuchBucket", "The specified bucket does not exist")),
        Some(owner) if owner != account => Err(Refusal::new(
            FailureClass::Denied,
            "AccessDenied",
            format!("Access Denied (the bucket belongs to another account than {account})"),
        )),
        Some(_) if elsewhere(world, access, name).is_some() => Err(Refusal::invalid(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint.",
        )),
        Some(_) => Ok(()),
    }
}

fn existing<'a>(world: &'a mut World, access: &Access, name: &str) -> Result<&'a mut Bucket, Refusal> {
    let region = world.region_mut(&access.account.account_id, &access.region);
    let bucket = region.and_then(|region| region.buckets.get_mut(name));
    bucket.ok_or_else(|| Refusal::gone("NoSuchBucket", "The specified bucket does not exist"))
}

fn put_policy(world: &mut World, access: &Access, name: &str, policy: &Value) -> Result<(), Refusal> {
    document::check(policy, Use::Bucket, world).map_err(|refusal| refusal.coded(MALFORMED))?;
    check_resources(policy, name)?;
    if policy.to_string().len() > MAX_BYTES {
        return Err(Refusal::invalid(
            MALFORMED,
            "Policy exceeds the maximum allowed document size.",
        ));
    }
    let bucket = existing(world, access, name)?;
    if is_public(policy)
        && bucket
            .public_access_block
            .is_some_and(|block| block.block_public_policy)
    {
        let message = "public policies are blocked by the BlockPublicPolicy block public access setting";
        return Err(Refusal::new(FailureClass::Denied, "AccessDenied", message));
    }
    bucket.policy = Some(document::normalised(policy));
    Ok(())
}

/// A bucket policy speaks of its own bucket only.
fn check_resources(policy: &Value, name: &str) -> Result<(), Refusal> {
    let arn = format!("arn:aws:s3:::{name}");
    let own = |resource: &Value| {
        resource
            .as_str()
            .is_some_and(|text| text == arn || text.starts_with(&format!("{arn}/")))
    };
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    let all = statements.iter().flat_map(|statement| match &statement["Resource"] {
        Value::Array(many) => many.clone(),
        one => vec![one.clone()],
    });
    match all
        .filter(|resource| !resource.is_null())
        .all(|resource| own(&resource))
    {
        true => Ok(()),
        false => Err(Refusal::invalid(MALFORMED, "Policy has invalid resource")),
    }
}
