//! S3: bucket policies as whole documents, and public access blocks. Bucket names are the same for all accounts and regions,
//! and what was written is seen late: see [`super::staleness`].

use super::{
    document::{self, Use},
    refusal::{self, Refusal},
    state::State,
    world::{Bucket, World},
};
use firebreak_core::{
    access::Access,
    bucket_policy::{self, MAX_BYTES},
    cell::Cell,
    facts::{self, Answer},
    failure::FailureClass,
    query::Query,
    write::Write,
};
use serde_json::Value;

const MALFORMED: &str = "MalformedPolicy";

/// Makes a write of S3. A policy is read, as S3 shows it, and written over as a whole.
pub(super) fn write(world: &mut World, access: &Access, seen: Option<&Bucket>, write: &Write) -> Result<(), Refusal> {
    let Some(name) = bucket_of(write) else { return Ok(()) };
    reachable(world, access, name)?;
    let seen = seen.and_then(|bucket| bucket.policy.as_ref());
    match write {
        Write::DeleteBucketPolicyStatement { sid, .. } => {
            match seen.and_then(|policy| bucket_policy::without_statement(policy, sid)) {
                Some(rest) => put_policy(world, access, name, &rest)?,
                None => existing(world, access, name)?.policy = None,
            }
        }
        Write::PutBucketPolicyStatement { sid, statement, .. } => {
            let policy = bucket_policy::with_statement(seen, sid, statement);
            put_policy(world, access, name, &policy)?;
        }
        Write::DeletePublicAccessBlock { .. } => existing(world, access, name)?.public_access_block = None,
        Write::PutPublicAccessBlock { block, .. } => {
            existing(world, access, name)?.public_access_block = Some(*block);
        }
        _ => return Err(Refusal::unknown(write)),
    }
    Ok(())
}

/// The bucket that a write changes.
pub(super) fn bucket_of(write: &Write) -> Option<&str> {
    match write {
        Write::DeleteBucketPolicyStatement { bucket, .. }
        | Write::DeletePublicAccessBlock { bucket }
        | Write::PutBucketPolicyStatement { bucket, .. }
        | Write::PutPublicAccessBlock { bucket, .. } => Some(bucket),
        _ => None,
    }
}

/// Answers what is asked about a bucket; nothing for other questions.
pub(super) fn answer(state: &mut State, access: &Access, query: &Query) -> Option<Answer> {
    let (Query::Bucket { bucket: name }
    | Query::Cell(
        Cell::BucketPolicyStatement { bucket: name, .. } | Cell::BucketPublicAccessBlock { bucket: name },
    )) = query
    else {
        return None;
    };
    if let (Query::Bucket { .. }, Some(region)) = (query, elsewhere(&state.world, access, name)) {
        return Some(Answer::found(&facts::Bucket {
            region,
            ..facts::Bucket::default()
        }));
    }
    if let Err(refused) = reachable(&state.world, access, name) {
        return Some(refusal::answer(&refused.in_call(query.permissions()[0])));
    }
    let bucket = state.bucket(access, name)?;
    Some(match query {
        Query::Cell(Cell::BucketPolicyStatement { sid, .. }) => {
            Answer::Found(bucket_policy::statement(bucket.policy.as_ref(), sid))
        }
        Query::Cell(_) => Answer::found(&bucket.public_access_block),
        _ => Answer::found(&facts::Bucket {
            region: access.region.clone(),
            policy_is_public: bucket.policy.as_ref().is_some_and(is_public),
            policy: bucket.policy,
            grantees: bucket.grantees,
            tags: bucket.tags,
        }),
    })
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
