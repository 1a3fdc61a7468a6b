//! `s3Bucket`: everything denied by one statement in the bucket policy, and public access blocked, in this order: once S3
//! refuses public policies, it refuses every change of one that is public. A release goes the other way.

mod notes;
#[cfg(test)]
mod tests;

use crate::{
    aws::{
        Cell, Query,
        s3::{
            Bucket, PublicAccessBlock, S3Cell, S3Read,
            bucket_policy::{self, MAX_BYTES, SID},
        },
    },
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{
        Design, Draft, Named,
        quarantine::{Context, Target},
    },
    run::step::Touched,
};
use firebreak_crds::{AwsAccountSpec, Reason, Reopens, S3BucketMethod, S3BucketTarget, Target as TargetSpec};
use serde_json::{Value, json};

/// Whom an ACL may let in: S3's own log delivery, and the canonical user with which CloudFront delivers logs (S3 user guide,
/// "Access control list overview"; CloudFront developer guide, "Standard logging (legacy)").
const LOG_GRANTEES: [&str; 2] = [
    "http://acs.amazonaws.com/groups/s3/LogDelivery",
    "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
];
/// Groups of everybody (S3 user guide, "Access control list overview").
const EVERYBODY: [&str; 2] = [
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
];

/// An Amazon S3 bucket.
pub struct S3Bucket;

impl Target for S3Bucket {
    fn kind(&self) -> &'static str {
        "s3Bucket"
    }

    fn named_by(&self, target: &TargetSpec) -> bool {
        target.s3_bucket.is_some()
    }

    fn title(&self, target: &TargetSpec) -> String {
        let Some(spec) = &target.s3_bucket else {
            return String::new();
        };
        let methods: Vec<String> = spec.methods.iter().map(|m| format!("{m:?}")).collect();
        format!("S3 bucket {} ({})", spec.bucket, methods.join(", "))
    }

    fn named(&self, context: &Context<'_>) -> Option<Named> {
        let spec = context.target.s3_bucket.as_ref()?;
        Some(Named::only(format!("arn:{}:s3:::{}", context.partition(), spec.bucket)))
    }

    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        let seen = Seen::read(context, facts)?;
        Ok(Design {
            arn: seen.arn.clone(),
            drafts: seen.drafts()?,
            touches: vec![Touched {
                arn: seen.arn.clone(),
                tags: seen.bucket.tags.clone(),
            }],
            notes: seen.notes(),
            ..Design::default()
        })
    }
}

/// A bucket of the right region, and what it is asked to be.
struct Seen<'a> {
    context: &'a Context<'a>,
    facts: &'a SiteFacts<'a>,
    spec: &'a S3BucketTarget,
    bucket: Bucket,
    arn: String,
}

impl<'a> Seen<'a> {
    fn read(context: &'a Context<'a>, facts: &'a SiteFacts<'a>) -> Result<Self, Stop> {
        let Some(spec) = &context.target.s3_bucket else {
            return blocked(Reason::InvalidTarget, "spec.target.s3Bucket is not set".into());
        };
        let bucket = spec.bucket.clone();
        let Some(bucket) = facts.need::<Bucket>(Query::S3(S3Read::Bucket { bucket }))? else {
            let message = format!("spec.target.s3Bucket.bucket: bucket {} does not exist", spec.bucket);
            return blocked(Reason::TargetNotFound, message);
        };
        if bucket.region != context.region {
            let message = format!(
                "spec.region: bucket {} is in {}, not in {}: create another Quarantine with that region",
                spec.bucket, bucket.region, context.region
            );
            return blocked(Reason::InvalidTarget, message);
        }
        Ok(Self {
            context,
            facts,
            spec,
            bucket,
            arn: format!("arn:{}:s3:::{}", context.partition(), spec.bucket),
        })
    }

    fn wants(&self, method: S3BucketMethod) -> bool {
        self.spec.methods.contains(&method)
    }

    fn drafts(&self) -> Result<Vec<Draft>, Stop> {
        let mut drafts = Vec::new();
        if self.wants(S3BucketMethod::DenyAll) {
            drafts.push(self.deny_all()?);
        }
        if self.wants(S3BucketMethod::BlockPublicAccess) {
            drafts.push(self.block_public_access());
        }
        for draft in &mut drafts {
            draft.settling = self.context.settings.s3_settling.to_vec();
        }
        Ok(drafts)
    }

    fn block_public_access(&self) -> Draft {
        Draft {
            reopens: Some(Reopens::PublicAccess),
            ..Draft::new("block-public-access", self.block_cell(), json!(PublicAccessBlock::ALL))
        }
    }

    /// Taking the denial away from a bucket that was public would make it public again.
    fn deny_all(&self) -> Result<Draft, Stop> {
        self.refuse_logs()?;
        let cell = Cell::S3(S3Cell::BucketPolicyStatement {
            bucket: self.spec.bucket.clone(),
            sid: SID.into(),
        });
        let after = bucket_policy::deny_all(&self.arn, &exempt(self.context.account));
        self.facts
            .ask([Query::Cell(cell.clone()), Query::Cell(self.block_cell())])?;
        let current: Value = self.facts.need(Query::Cell(cell.clone()))?.unwrap_or_default();
        if !cell.same(&current, &after) {
            self.refuse_unwritable(&after)?;
        }
        Ok(Draft {
            reopens: self.was_public().then_some(Reopens::PublicAccess),
            ..Draft::new("deny-all", cell, after)
        })
    }

    fn block_cell(&self) -> Cell {
        Cell::S3(S3Cell::BucketPublicAccessBlock {
            bucket: self.spec.bucket.clone(),
        })
    }

    fn was_public(&self) -> bool {
        self.bucket.policy_is_public || !self.grantees(&EVERYBODY).is_empty()
    }

    fn grantees(&self, known: &[&str]) -> Vec<String> {
        let all = self.bucket.grantees.iter();
        all.filter(|who| known.contains(&who.as_str())).cloned().collect()
    }

    /// Logs are evidence of the incident that is going on: a denial would lose them for good.
    fn refuse_logs(&self) -> Result<(), Stop> {
        let mut deliverers = self
            .bucket
            .policy
            .as_ref()
            .map(bucket_policy::log_deliverers)
            .unwrap_or_default();
        deliverers.extend(self.grantees(&LOG_GRANTEES));
        if deliverers.is_empty() {
            return Ok(());
        }
        let message = format!(
            "spec.target.s3Bucket.methods: bucket {} receives logs from {}, and DenyAll would lose evidence: use BlockPublicAccess alone, or take their grants away if no logs arrive any more",
            self.spec.bucket,
            deliverers.join(", ")
        );
        blocked(Reason::LogBucket, message)
    }

    /// S3 takes a policy only as a whole: what it would refuse of the others' statements, it refuses of ours.
    fn refuse_unwritable(&self, statement: &Value) -> Result<(), Stop> {
        let (name, policy) = (&self.spec.bucket, self.bucket.policy.as_ref());
        let dead = policy.map(bucket_policy::dead_principals).unwrap_or_default();
        if !dead.is_empty() {
            let message = format!(
                "spec.target.s3Bucket.methods: S3 refuses every change of the policy of bucket {name}, because it names principals that were deleted: take {} out of it, or use BlockPublicAccess alone",
                dead.join(", ")
            );
            return blocked(Reason::Unmodifiable, message);
        }
        let block: Option<PublicAccessBlock> = self.facts.need::<Option<_>>(Query::Cell(self.block_cell()))?.flatten();
        if self.bucket.policy_is_public && block.is_some_and(|block| block.block_public_policy) {
            let message = format!(
                "spec.target.s3Bucket.methods: S3 refuses every change of the policy of bucket {name}, because it is public and the public access block forbids public policies: take its public statements out, or use BlockPublicAccess alone"
            );
            return blocked(Reason::Unmodifiable, message);
        }
        let bytes = bucket_policy::with_statement(policy, SID, statement).to_string().len();
        if bytes > MAX_BYTES {
            let message = format!(
                "spec.target.s3Bucket.methods: with the denial, the policy of bucket {name} would have {bytes} bytes, and S3 takes {MAX_BYTES}: shorten it, or use BlockPublicAccess alone"
            );
            return blocked(Reason::LimitExceeded, message);
        }
        Ok(())
    }
}

/// Whom the denial spares beside the services that deliver logs: Firebreak itself, which must take it away again, and who must get in when
/// nothing else works.
fn exempt(account: &AwsAccountSpec) -> Vec<String> {
    let roles = &account.roles;
    let own = [Some(&roles.read), Some(&roles.contain), roles.contain_identity.as_ref()];
    let mut all: Vec<String> = own.into_iter().flatten().chain(&account.break_glass).cloned().collect();
    all.sort();
    all.dedup();
    all
}

fn blocked<T>(reason: Reason, message: String) -> Result<T, Stop> {
    Err(Blocked::new(reason, message).into())
}
