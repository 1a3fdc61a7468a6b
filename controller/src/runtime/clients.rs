//! Two clients: one for watches, with kube's defaults, and one for requests, which never hangs and never repeats a write.
//! kube's default client has no read timeout, and sends a POST up to 16 times when the server answers 504.

use super::{jitter::fraction, watch_liveness::WatchLiveness};
use axum::http::{Method, Request, Response, StatusCode, header::RETRY_AFTER};
use kube::{
    Client, Config,
    client::{Body, ClientBuilder},
};
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(30);
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The two clients of the process.
#[derive(Clone)]
pub struct Clients {
    /// For watches and their lists only.
    pub watch: Client,
    /// For everything else. Reads are retried here, writes never: the writer decides what to do about an unknown outcome.
    pub request: Client,
}

impl Clients {
    /// Makes both from one configuration; `liveness` hears of the watch client's answers.
    pub fn new(config: Config, liveness: &WatchLiveness) -> Result<Self, kube::Error> {
        let watch = Client::try_from(config.clone())?;
        let request = ClientBuilder::try_from(request_config(config))?.build();
        Ok(Self {
            watch: liveness.listening(watch),
            request: retrying_reads(request),
        })
    }

    /// Both on one transport, as a test has it.
    pub fn sharing(client: Client, liveness: &WatchLiveness) -> Self {
        Self {
            watch: liveness.listening(client.clone()),
            request: retrying_reads(client),
        }
    }
}

fn request_config(mut config: Config) -> Config {
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(READ);
    config.reset_reader_on_write = true;
    config.default_retry = false;
    config
}

/// The same client with something around each request.
pub(super) fn rewrapped<F, Fut>(client: Client, around: F) -> Client
where
    F: Fn(Client, Request<Body>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Response<Body>, kube::Error>> + Send + 'static,
{
    let namespace = client.default_namespace().to_owned();
    let valid_until = *client.valid_until();
    let service = tower::service_fn(move |request| around(client.clone(), request));
    Client::new(service, namespace).with_valid_until(valid_until)
}

/// Retries GET and LIST on 429, 503 and 504: at most 4 attempts, with short pauses. Watches and writes pass through.
pub fn retrying_reads(client: Client) -> Client {
    rewrapped(client, |client, request| async move {
        let watches = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        if request.method() != Method::GET || watches {
            return client.send(request).await;
        }
        read(&client, request).await
    })
}

async fn read(client: &Client, request: Request<Body>) -> Result<Response<Body>, kube::Error> {
    let (parts, _) = request.into_parts();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let response = client.send(Request::from_parts(parts.clone(), Body::empty())).await?;
        if attempt == ATTEMPTS || !is_busy(response.status()) {
            return Ok(response);
        }
        tokio::time::sleep(pause(&response, parts.uri.path(), attempt)).await;
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// What the server asks for, or doubling pauses with jitter; never longer than 5 s.
fn pause(response: &Response<Body>, path: &str, attempt: u32) -> Duration {
    let asked = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let doubled = FIRST_PAUSE * 2_u32.pow(attempt - 1);
    let ours = doubled.mul_f64(0.5 + 0.5 * fraction(path, u64::from(attempt)));
    asked.map_or(ours, Duration::from_secs).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_client_has_a_read_timeout_and_no_retry_of_writes() {
        let config = request_config(Config::new("http://127.0.0.1:1".parse().unwrap()));
        assert_eq!(
            (config.read_timeout, config.connect_timeout),
            (Some(READ), Some(CONNECT))
        );
        assert!(!config.default_retry && config.reset_reader_on_write);
    }

    #[test]
    fn a_server_that_asks_for_a_long_pause_is_obeyed_for_five_seconds_only() {
        let response = Response::builder()
            .header(RETRY_AFTER, "900")
            .body(Body::empty())
            .unwrap();
        assert_eq!(pause(&response, "/", 1), LONGEST_PAUSE);
    }
}
