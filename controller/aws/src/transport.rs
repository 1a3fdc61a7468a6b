//! How AWS is reached: one HTTP client for all accounts, bounded retries, and a time-out on everything. The SDK itself
//! has no read, attempt or operation time-out, so a half-dead region would hang a reconcile for ever.

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::time::Duration;

/// The longest that one query or write takes, retries and every page included.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(45);

/// The longest that a query takes whose answer is for information only: a region that does not answer keeps nobody waiting.
pub(crate) const INFORMATION_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that one call of a read takes: a silent attempt, and a second one over another connection.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(9);
/// The same for a page of a read of many resources.
pub(crate) const SURVEY_TIMEOUT: Duration = Duration::from_secs(15);

const ATTEMPTS: u32 = 3;

/// Every call has an end. A write that is slow to be answered is not sent again: the leader gives it up first.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .read_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(Duration::from_secs(15))
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// A read that gets no answer is soon sent again, over another connection.
pub(crate) fn read_timeouts() -> TimeoutConfig {
    timeouts()
        .to_builder()
        .read_timeout(Duration::from_secs(4))
        .operation_attempt_timeout(Duration::from_secs(5))
        .build()
}

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

/// The connection pool that all sessions share; proxies come from the environment.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}
