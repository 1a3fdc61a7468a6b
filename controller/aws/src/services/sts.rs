//! Who a session's credentials belong to.

use crate::caller::Caller;
use firebreak_core::aws::{
    Answer,
    access::Service,
    failure::Failure,
    sts::{CallerIdentity, StsRead},
};

/// Answers a question about the caller.
pub(crate) async fn read(caller: &Caller<'_>, read: &StsRead) -> Result<Answer, Failure> {
    match read {
        StsRead::CallerIdentity => Ok(Answer::found(&caller_identity(caller).await?)),
    }
}

/// The account and the ARN of the caller.
pub(crate) async fn caller_identity(caller: &Caller<'_>) -> Result<CallerIdentity, Failure> {
    let request = caller.session.sts().get_caller_identity().send();
    let identity = caller.read(Service::Sts, "sts:GetCallerIdentity", request).await?;
    Ok(CallerIdentity {
        account: identity.account.unwrap_or_default(),
        arn: identity.arn.unwrap_or_default(),
    })
}
