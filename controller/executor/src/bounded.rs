//! Reads that end: whatever AWS or the port to it does, nobody waits for an answer for longer than this.

use firebreak_cloud::Cloud;
use firebreak_core::aws::{
    Answer, Query, Survey,
    access::Access,
    failure::{Failure, FailureClass},
};
use std::time::Duration;
use tokio::time::timeout;

/// The longest that one read may take, the wait for the account's budget included.
pub(crate) const READ_DEADLINE: Duration = Duration::from_secs(11);
/// The same for a read of whatever an account has, page by page.
pub(crate) const LIST_DEADLINE: Duration = Duration::from_secs(30);

/// The answer, or that there was none in time.
pub(crate) async fn observe(cloud: &dyn Cloud, access: &Access, query: &Query) -> Answer {
    answered(deadline(query), cloud.observe(access, query)).await
}

/// The same of many queries at once.
pub(crate) async fn survey(
    cloud: &dyn Cloud,
    access: &Access,
    survey: Survey,
    queries: &[Query],
) -> Result<Vec<(Query, Answer)>, Failure> {
    let work = cloud.survey(access, survey, queries);
    let call = survey.action();
    timeout(LIST_DEADLINE, work)
        .await
        .unwrap_or_else(|_| Err(late(call, LIST_DEADLINE)))
}

/// What the work answers, or that it did not within the limit.
pub(crate) async fn answered(limit: Duration, work: impl Future<Output = Answer>) -> Answer {
    let unanswered = || Answer::Unreachable(format!("no answer within {} s", limit.as_secs()));
    timeout(limit, work).await.unwrap_or_else(|_| unanswered())
}

/// A call that got no answer in time; what it did is found out by reading.
pub(crate) fn late(call: &str, limit: Duration) -> Failure {
    Failure {
        class: FailureClass::Transient,
        call: call.to_owned(),
        code: "Deadline".into(),
        message: format!("no answer within {} s", limit.as_secs()),
    }
}

fn deadline(query: &Query) -> Duration {
    if query.is_wide() { LIST_DEADLINE } else { READ_DEADLINE }
}
