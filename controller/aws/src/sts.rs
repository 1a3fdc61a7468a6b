//! Who a session's credentials belong to.

use crate::caller::Caller;
use firebreak_core::{access::Service, facts::CallerIdentity, failure::Failure};

/// The account and the ARN of the caller.
pub(crate) async fn caller_identity(caller: &Caller<'_>) -> Result<CallerIdentity, Failure> {
    let request = caller.session.sts().get_caller_identity().send();
    let identity = caller.read(Service::Sts, "sts:GetCallerIdentity", request).await?;
    Ok(CallerIdentity {
        account: identity.account.unwrap_or_default(),
        arn: identity.arn.unwrap_or_default(),
    })
}
