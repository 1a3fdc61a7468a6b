//! `/livez`, `/readyz` and `/metrics`. Live: watches are heard of and nobody sits on a permit; ready: whatever the caller
//! says, such as CRDs established and stores filled. Waiting for something is not ready, never dead.

mod serving;

use super::{Metrics, Permits, WatchLiveness};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};

/// One check: `Err` says what is wrong.
type Check = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What is asked on each probe and scrape.
#[derive(Default)]
pub struct Checks {
    live: Vec<Check>,
    ready: Vec<Check>,
    refresh: Vec<Box<dyn Fn() + Send + Sync>>,
}

impl Checks {
    /// Fails liveness: a restart would help.
    #[must_use]
    pub fn live(mut self, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.live.push(Box::new(check));
        self
    }

    /// Fails readiness: it has to wait for something.
    #[must_use]
    pub fn ready(mut self, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.ready.push(Box::new(check));
        self
    }

    /// Runs before each scrape, for gauges that are computed.
    #[must_use]
    pub fn refresh(mut self, refresh: impl Fn() + Send + Sync + 'static) -> Self {
        self.refresh.push(Box::new(refresh));
        self
    }

    /// Live while no watch was silent for 2 × (timeout + 5 s).
    #[must_use]
    pub fn watches(self, liveness: WatchLiveness, timeout: Duration) -> Self {
        self.live(move || none("silent watches", liveness.dead(timeout)))
    }

    /// Live while nobody has held a permit for 3 × the deadline.
    #[must_use]
    pub fn permits(self, permits: Permits, deadline: Duration) -> Self {
        self.live(move || match permits.oldest_holder() {
            Some(age) if age > 3 * deadline => Err(format!("a reconcile has run for {} s", age.as_secs())),
            _ => Ok(()),
        })
    }
}

fn none(what: &str, found: Vec<String>) -> Result<(), String> {
    if found.is_empty() {
        Ok(())
    } else {
        Err(format!("{what}: {}", found.join(", ")))
    }
}

/// The running server.
pub struct Health {
    /// Where it listens; the port was chosen by the system if 0 was asked for.
    pub address: SocketAddr,
    /// Ends when the process does.
    pub server: JoinHandle<()>,
}

impl Health {
    /// Listens and serves, within bounds: anybody who reaches the port may connect.
    pub async fn serve(address: SocketAddr, checks: Checks, metrics: Metrics) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router = router(checks, metrics);
        Ok(Self {
            address,
            server: tokio::spawn(serving::Bounds::default().serve(listener, router)),
        })
    }
}

type Shared = State<Arc<(Checks, Metrics)>>;

/// The routes, for a server of the caller's own.
pub fn router(checks: Checks, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(|State(s): Shared| async move { verdict(&s.0.live) }))
        .route("/readyz", get(|State(s): Shared| async move { verdict(&s.0.ready) }))
        .route("/metrics", get(|State(s): Shared| async move { scrape(&s.0, &s.1) }))
        .with_state(Arc::new((checks, metrics)))
}

fn verdict(checks: &[Check]) -> (StatusCode, String) {
    let wrong: Vec<String> = checks.iter().filter_map(|check| check().err()).collect();
    match wrong.is_empty() {
        true => (StatusCode::OK, "ok\n".to_owned()),
        false => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", wrong.join("\n"))),
    }
}

fn scrape(checks: &Checks, metrics: &Metrics) -> (StatusCode, String) {
    checks.refresh.iter().for_each(|refresh| refresh());
    match metrics.text() {
        Ok(text) => (StatusCode::OK, text),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
