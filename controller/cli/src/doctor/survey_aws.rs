//! Looks at AWS, with the credentials of the caller: assumes each role, and has it simulated. Nothing is changed.

use super::evidence::{AwsEvidence, RoleEvidence, StoreEvidence};
use firebreak_aws::Aws;
use firebreak_cloud::Cloud;
use firebreak_core::{
    aws::{
        Answer, Query,
        access::{Access, RoleKind},
        failure::{Failure, FailureClass},
        iam::{IamRead, policy_document},
        sts::CallerIdentity,
    },
    simulation::{Verdict, trials},
};
use firebreak_crds::{AwsAccount, EvidenceStore};
use futures::{StreamExt, stream};
use kube::ResourceExt;

/// Roles that are looked at at once.
const AT_ONCE: usize = 4;

/// Who one is, and how each role of each account is.
pub async fn survey(aws: &Aws, accounts: &[AwsAccount]) -> AwsEvidence {
    let you = aws.own_identity().await;
    let roles = match &you {
        Ok(you) => {
            let named = accounts.iter().flat_map(named);
            let look = named.map(|(account, role)| Box::pin(look(aws, you, account, role)));
            stream::iter(look).buffered(AT_ONCE).collect().await
        }
        Err(_) => Vec::new(),
    };
    let stores = match &you {
        Ok(_) => {
            let look = accounts
                .iter()
                .filter_map(|account| Some(Box::pin(store(aws, account, stored(account)?))));
            stream::iter(look).buffered(AT_ONCE).collect().await
        }
        Err(_) => Vec::new(),
    };
    AwsEvidence { you, roles, stores }
}

fn stored(account: &AwsAccount) -> Option<&EvidenceStore> {
    account.spec.evidence.as_ref()
}

async fn store(aws: &Aws, account: &AwsAccount, store: &EvidenceStore) -> StoreEvidence {
    StoreEvidence {
        account: account.name_any(),
        bucket: store.bucket.clone(),
        lock: aws.evidence_lock(&access(account)).await,
    }
}

/// When AWS is not even asked.
pub fn refused(why: String) -> AwsEvidence {
    let failure = Failure {
        class: FailureClass::Invalid,
        call: "sts:GetCallerIdentity".into(),
        code: "NotAsked".into(),
        message: why,
    };
    AwsEvidence {
        you: Err(failure),
        roles: Vec::new(),
        stores: Vec::new(),
    }
}

/// The roles that have an ARN of their own.
fn named(account: &AwsAccount) -> Vec<(&AwsAccount, RoleKind)> {
    let spec = &account.spec;
    let identity = spec.roles.contain_identity.as_ref().map(|_| RoleKind::ContainIdentity);
    let failover = spec.roles.failover.as_ref().map(|_| RoleKind::Failover);
    let queue = spec.roles.queue.as_ref().map(|_| RoleKind::Queue);
    let evidence = spec.evidence.as_ref().and_then(|store| store.role_arn.as_ref());
    let evidence = evidence.map(|_| RoleKind::Evidence);
    let roles = [RoleKind::Read, RoleKind::Contain]
        .into_iter()
        .chain(identity)
        .chain(failover)
        .chain(queue)
        .chain(evidence);
    roles.map(|role| (account, role)).collect()
}

/// The role for evidence may lie in the account of the bucket.
fn expected<'a>(account: &'a AwsAccount, role: RoleKind, arn: &'a str) -> &'a str {
    match role {
        RoleKind::Evidence => arn.split(':').nth(4).unwrap_or_default(),
        _ => &account.spec.account_id,
    }
}

async fn look(aws: &Aws, you: &CallerIdentity, account: &AwsAccount, role: RoleKind) -> RoleEvidence {
    let access = access(account);
    RoleEvidence {
        account: account.name_any(),
        account_id: expected(account, role, access.role_arn(role)).to_owned(),
        role,
        arn: access.role_arn(role).to_owned(),
        identity: aws.identity_as(&access, role).await,
        takes_tags: takes_tags(aws, &access, role).await,
        simulated: simulate(aws, &access, role, you.account == account.spec.account_id).await,
    }
}

/// The read role reads roles of its own account only, and IAM knows roles by their names.
async fn takes_tags(aws: &Aws, access: &Access, role: RoleKind) -> Option<bool> {
    let arn = access.role_arn(role);
    let name = arn
        .rsplit('/')
        .next()
        .filter(|_| arn.contains(&access.account.account_id))?;
    let query = Query::Iam(IamRead::Role { role: name.to_owned() });
    let Answer::Found(found) = aws.observe(access, &query).await else {
        return None;
    };
    Some(policy_document::allows_somebody(&found["trust"], "sts:TagSession"))
}

fn access(account: &AwsAccount) -> Access {
    Access {
        account: account.spec.clone(),
        region: account.spec.regions.first().cloned().unwrap_or_default(),
        namespace: String::new(),
        name: "doctor".into(),
        uid: String::new(),
    }
}

async fn simulate(aws: &Aws, access: &Access, role: RoleKind, own: bool) -> Result<Vec<Verdict>, Failure> {
    let mut verdicts = Vec::new();
    for trial in trials(&access.account, role) {
        verdicts.extend(aws.simulate(access, role, &trial, own).await?);
    }
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn every_role_that_an_account_names_is_asked_about() {
        let mut account = fixtures::account();
        let asked =
            |account: &AwsAccount| -> Vec<RoleKind> { named(account).into_iter().map(|(_, role)| role).collect() };
        assert_eq!(asked(&account), [RoleKind::Read, RoleKind::Contain]);
        account.spec.roles.contain_identity = Some("arn:aws:iam::123456789012:role/identity".into());
        account.spec.roles.failover = Some("arn:aws:iam::123456789012:role/failover".into());
        account.spec.roles.queue = Some("arn:aws:iam::123456789012:role/queue".into());
        let all = [
            RoleKind::Read,
            RoleKind::Contain,
            RoleKind::ContainIdentity,
            RoleKind::Failover,
            RoleKind::Queue,
        ];
        assert_eq!(asked(&account), all);
    }
}
