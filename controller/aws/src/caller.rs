//! What every single AWS call goes through: the account's budget, the breaker, a time limit, the classifier and the metrics.

use crate::{
    breaker::{Breakers, Site, Watched},
    error::{Refusal, classify, failure, is_silence},
    limits::{Direction, Key, Limits},
    session::Session,
    transport::{OPERATION_TIMEOUT, READ_TIMEOUT, SURVEY_TIMEOUT},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use firebreak_cloud::CallObserver;
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass, Receipt},
};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// A session, and what each of its calls goes through.
pub(crate) struct Caller<'a> {
    pub(crate) session: Arc<Session>,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) limits: &'a Limits,
    pub(crate) breakers: &'a Breakers,
    pub(crate) observer: Option<&'a dyn CallObserver>,
    /// The budget of what changes nothing.
    pub(crate) reads: Direction,
}

impl Caller<'_> {
    /// The same with the budget of reads of many resources at once.
    pub(crate) fn surveying(self) -> Self {
        Self {
            reads: Direction::Survey,
            ..self
        }
    }

    /// Makes a call that changes nothing.
    pub(crate) async fn read<T, E>(
        &self,
        service: Service,
        call: &'static str,
        request: impl Future<Output = Result<T, Refusal<E>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.call(service, self.reads, call, Box::pin(request)).await
    }

    /// Makes a call that changes something.
    pub(crate) async fn write<T, E>(
        &self,
        service: Service,
        call: &'static str,
        request: impl Future<Output = Result<T, Refusal<E>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.call(service, Direction::Write, call, Box::pin(request)).await
    }

    /// Requests are boxed: without optimisation each layer would keep another copy of the SDK's large futures on the stack.
    async fn call<T, E>(
        &self,
        service: Service,
        direction: Direction,
        call: &'static str,
        request: impl Future<Output = Result<T, Refusal<E>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let key = self.key(service, direction);
        self.admit(&key, call).await?;
        let (started, watched) = (Instant::now(), self.breakers.watch(site(&key)));
        let result = match timeout(limit(direction), request).await {
            Ok(result) => result.map_err(|error| classify(call, &error)),
            Err(_) => Err(silent(call, limit(direction))),
        };
        noted(watched, &result);
        match result.as_ref().map_err(|failure| failure.class) {
            Err(FailureClass::Throttled) => self.limits.throttled(&key),
            Err(FailureClass::Transient) => {}
            _ => self.limits.answered(&key),
        }
        if let Some(observer) = self.observer {
            let outcome = result.as_ref().map_or_else(|failure| failure.code.as_str(), |_| "ok");
            observer.called(service, call, outcome, started.elapsed().as_secs_f64());
        }
        result
    }

    /// Neither a budget that is used up nor a service that does not answer holds anybody up for long. Writes are few, and each
    /// may be the one that matters: they are tried all the same.
    async fn admit(&self, key: &Key, call: &str) -> Result<(), Failure> {
        let refused = self.limits.admit(key).await;
        refused.map_err(|refused| paused(call, refused.after.as_secs_f32()))?;
        match key.direction {
            Direction::Write => Ok(()),
            Direction::Read | Direction::Survey => {
                let admitted = self.breakers.admit(&site(key));
                admitted.map_err(|after| resting(call, key, after))
            }
        }
    }

    fn key(&self, service: Service, direction: Direction) -> Key {
        let region = if service == Service::Iam { "global" } else { self.region };
        Key {
            account: self.account.to_owned(),
            region: region.to_owned(),
            service,
            direction,
        }
    }
}

fn site(key: &Key) -> Site {
    Site {
        account: key.account.clone(),
        region: key.region.clone(),
        service: key.service,
    }
}

/// The longest that one call may take, retries included: a page of very many resources takes longer than a single one.
fn limit(direction: Direction) -> Duration {
    match direction {
        Direction::Read => READ_TIMEOUT,
        Direction::Survey => SURVEY_TIMEOUT,
        Direction::Write => OPERATION_TIMEOUT,
    }
}

fn noted<T>(watched: Watched<'_>, result: &Result<T, Failure>) {
    match result {
        Err(failure) if is_silence(failure) => watched.silent(),
        _ => watched.answered(),
    }
}

fn silent(call: &str, limit: Duration) -> Failure {
    let message = format!("no answer within {} s", limit.as_secs());
    failure(FailureClass::Transient, call, "TimeoutError", message)
}

fn resting(call: &str, key: &Key, after: Duration) -> Failure {
    let message = format!(
        "not called: {:?} in {} of account {} does not answer; next try in {:.0} s",
        key.service,
        key.region,
        key.account,
        after.as_secs_f32().ceil()
    );
    failure(FailureClass::Transient, call, "Silent", message)
}

fn paused(call: &str, seconds: f32) -> Failure {
    let message = format!(
        "not called: AWS throttles this account here, or its budget of calls is used up; next try in {seconds:.0} s"
    );
    failure(FailureClass::Throttled, call, "Paused", message)
}

/// AWS's receipt for a write that succeeded.
pub(crate) fn receipt(output: &impl RequestId) -> Receipt {
    Receipt {
        request_id: output.request_id().map(str::to_owned),
    }
}

/// Reads pages until the items are `most` or more, and says whether these are all.
///
/// # Errors
/// As [`pages`].
pub(crate) async fn pages_up_to<T, F>(
    call: &str,
    most: usize,
    page: impl Fn(Option<String>) -> F,
) -> Result<(Vec<T>, bool), Failure>
where
    F: Future<Output = Result<(Option<Vec<T>>, Option<String>), Failure>>,
{
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let (items, next) = page(token.clone()).await?;
        all.extend(items.into_iter().flatten());
        match next.filter(|next| !next.is_empty()) {
            None => return Ok((all, true)),
            Some(_) if all.len() >= most => return Ok((all, false)),
            next if next == token => return Err(repeated(call)),
            next => token = next,
        }
    }
}

/// AWS would go on for ever.
pub(crate) fn repeated(call: &str) -> Failure {
    let message = "AWS gave the same page token twice";
    failure(FailureClass::Transient, call, "RepeatedPage", message)
}

/// Reads every page. The SDK's paginators are not used because each page draws on the budget.
///
/// # Errors
/// The first failure; and a `Transient` one when AWS repeats a page token, which would go on for ever.
pub(crate) async fn pages<T, F>(call: &str, page: impl Fn(Option<String>) -> F) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<(Option<Vec<T>>, Option<String>), Failure>>,
{
    pages_up_to(call, usize::MAX, page).await.map(|(all, _)| all)
}
