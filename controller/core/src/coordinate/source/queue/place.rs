//! Which queue a source may read, and as whom.

use super::super::{
    asking::{Problem, grants, missing},
    world::{Account, Subject},
};
use crate::{
    aws::{
        access::Access,
        sqs::{GRANTED_AS, NoQueue, Queue},
    },
    pattern,
};
use firebreak_crds::{AwsAccountSpec, Reason};

/// A queue that may be read.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueAsk {
    /// With which role, in the queue's region.
    pub access: Access,
    /// The queue.
    pub queue: Queue,
}

/// The queue of a source, where it names one.
///
/// # Errors
/// Why it may not be read, and what to do about it.
pub fn place(subject: &Subject, account: &Account) -> Option<Result<QueueAsk, Problem>> {
    let sqs = subject.spec.sqs.as_ref()?;
    Some(judged(subject, &sqs.account_ref.name, &sqs.queue_arn, account))
}

fn judged(subject: &Subject, name: &str, arn: &str, account: &Account) -> Result<QueueAsk, Problem> {
    let account = known(name, account)?;
    let none = "spec.sqs.queueArn is no ARN of a standard queue: correct it";
    let queue: Queue = arn
        .parse()
        .map_err(|NoQueue| no(Reason::InvalidTarget, none.to_owned()))?;
    is_in(name, account, &queue)?;
    is_granted(subject, name, account, arn)?;
    has_role(name, account)?;
    Ok(QueueAsk {
        access: Access {
            account: account.clone(),
            region: queue.region.clone(),
            namespace: subject.owner.namespace.clone(),
            name: subject.owner.name.clone(),
            uid: subject.owner.uid.clone(),
        },
        queue,
    })
}

fn no(reason: Reason, message: String) -> Problem {
    Problem { reason, message }
}

fn is_in(name: &str, account: &AwsAccountSpec, queue: &Queue) -> Result<(), Problem> {
    let (there, here) = (&queue.account_id, &account.account_id);
    if there != here {
        let message = format!(
            "spec.sqs.queueArn: the queue is in account {there}, and the AwsAccount {name} is account {here}: name another one in spec.sqs.accountRef, or correct the ARN"
        );
        return Err(no(Reason::WrongAccount, message));
    }
    if !account.regions.contains(&queue.region) {
        let message = format!(
            "spec.sqs.queueArn: the AwsAccount {name} does not list {}: its owner adds it to spec.regions",
            queue.region
        );
        return Err(no(Reason::RegionNotListed, message));
    }
    Ok(())
}

fn is_granted(subject: &Subject, name: &str, account: &AwsAccountSpec, arn: &str) -> Result<(), Problem> {
    let namespace = &subject.owner.namespace;
    let mut patterns = grants(account, namespace, GRANTED_AS).flat_map(|grant| &grant.arn_patterns);
    if patterns.any(|one| pattern::matches(one, arn)) {
        return Ok(());
    }
    let message = format!(
        "spec.sqs.queueArn: the AwsAccount {name} grants namespace {namespace} no {GRANTED_AS} on {arn}: its owner adds a grant with the word and the ARN to spec.grants"
    );
    Err(no(Reason::AccountNotGranted, message))
}

fn has_role(name: &str, account: &AwsAccountSpec) -> Result<(), Problem> {
    if account.roles.queue.is_some() {
        return Ok(());
    }
    let message = format!(
        "spec.sqs.accountRef: the AwsAccount {name} names no role for queues: its owner sets spec.roles.queue (docs/permissions.md)"
    );
    Err(no(Reason::AccountNotGranted, message))
}

fn known<'a>(name: &str, account: &'a Account) -> Result<&'a AwsAccountSpec, Problem> {
    match account {
        Account::Known(account) => Ok(account),
        Account::Unreadable(why) => Err(no(Reason::Unreadable, format!("spec.sqs.accountRef: {why}"))),
        Account::Absent => Err(missing("spec.sqs.accountRef", name)),
    }
}
