//! Is there an evidence bucket for each AwsAccount, and can what is in it be deleted?

use super::{
    Evidence, Finding,
    evidence::{AwsEvidence, StoreEvidence},
    or_well,
};
use firebreak_core::aws::failure::FailureClass;

const CHECK: &str = "evidence-bucket";

/// Each bucket, and each account without one.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let Some(aws) = &seen.aws else {
        return Vec::new();
    };
    let Ok(accounts) = &seen.accounts else {
        return vec![super::aws_roles::unasked(CHECK)];
    };
    if aws.you.is_err() {
        return vec![super::aws_roles::unasked(CHECK)];
    }
    let without = accounts.iter().filter(|account| account.spec.evidence.is_none());
    let names = without.filter_map(|account| account.metadata.name.as_deref());
    let wrong = names.map(absent).chain(aws.stores.iter().filter_map(judge)).collect();
    or_well(CHECK, wrong, locked(aws))
}

fn absent(account: &str) -> Finding {
    Finding::warning(
        CHECK,
        format!("AwsAccount {account} names no evidence bucket: what was there before is kept in the cluster only"),
        format!("kubectl edit awsaccount {account}: spec.evidence (docs/evidence.md)"),
    )
}

fn locked(aws: &AwsEvidence) -> String {
    let told = aws.stores.iter().filter_map(|store| {
        let lock = store.lock.as_ref().ok()?.as_ref()?;
        Some(format!("{} of {}: Object Lock {lock}", store.bucket, store.account))
    });
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => "there is no AwsAccount".into(),
        false => told.join("; "),
    }
}

fn judge(store: &StoreEvidence) -> Option<Finding> {
    let (account, bucket) = (&store.account, &store.bucket);
    match &store.lock {
        Ok(Some(_)) => None,
        Ok(None) => Some(Finding::warning(
            CHECK,
            format!(
                "{bucket} of {account} has no Object Lock by default: anyone who may delete there can delete evidence"
            ),
            "make a bucket with Object Lock and a default retention (docs/evidence.md)",
        )),
        Err(failure) if failure.class == FailureClass::Gone => Some(Finding::failure(
            CHECK,
            format!("{bucket} of {account} does not exist: {failure}"),
            format!("make it, or kubectl edit awsaccount {account}: spec.evidence.bucket"),
        )),
        Err(failure) => Some(Finding::unknown(
            CHECK,
            format!("{bucket} of {account} could not be looked at by you: {failure}"),
            "to see it as the operator does, run it with the operator's role",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use firebreak_core::aws::failure::Failure;

    fn found(lock: Result<Option<String>, Failure>) -> Finding {
        let mut seen = testing::healthy();
        seen.aws.as_mut().unwrap().stores[0].lock = lock;
        check(&seen).remove(0)
    }

    #[test]
    fn a_bucket_is_good_only_with_a_lock() {
        let gone = Failure {
            class: FailureClass::Gone,
            ..testing::denied("s3:GetBucketObjectLockConfiguration")
        };
        for (lock, outcome) in [
            (Ok(Some("COMPLIANCE for 365 days".into())), Outcome::Ok),
            (Ok(None), Outcome::Warning),
            (Err(gone), Outcome::Failure),
            (Err(testing::denied("sts:AssumeRole")), Outcome::Unknown),
        ] {
            assert_eq!(found(lock.clone()).outcome, outcome, "{lock:?}");
        }
    }

    #[test]
    fn an_account_without_a_bucket_is_named() {
        let mut seen = testing::healthy();
        for account in seen.accounts.as_mut().unwrap() {
            account.spec.evidence = None;
        }
        seen.aws.as_mut().unwrap().stores.clear();
        let found = check(&seen).remove(0);
        assert_eq!(found.outcome, Outcome::Warning);
        assert!(
            found.message.contains("production names no evidence bucket"),
            "{found:?}"
        );
    }
}
