//! An AWS on loopback that answers every call after 20 ms, never throttles, and remembers who asked for what, and when.

use crate::{
    answers::{self, Roles},
    asked::Asked,
};
use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::IntoResponse,
    serve::ListenerExt,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long each call takes.
pub const ANSWER: Duration = Duration::from_millis(20);
/// The action that is a containment's first write.
pub const WRITE: &str = "iam:AttachRolePolicy";

/// One call, as it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// `service:Action`.
    pub action: String,
    /// The account that was asked.
    pub account: String,
    /// The role that it names; empty where it names none.
    pub role: String,
    /// When it came, whole.
    pub arrived: Instant,
}

/// AWS. Clones are the same one.
#[derive(Clone)]
pub struct FakeAws {
    address: SocketAddr,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    roles: BTreeMap<String, Roles>,
    calls: Vec<Call>,
}

impl FakeAws {
    /// Serves on a free port until the process ends.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn serve() -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .context("no port for AWS")?;
        let aws = Self {
            address: listener.local_addr()?,
            known: Arc::default(),
        };
        let router = Router::new().fallback(handle).with_state(aws.clone());
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(aws)
    }

    /// For `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says that a role exists, and whether the policy is attached to it.
    pub fn seed(&self, account: &str, role: &str, attached: bool) {
        self.with(|known| {
            let roles = known.roles.entry(account.to_owned()).or_default();
            roles.insert(role.to_owned(), attached);
        });
    }

    /// The calls since the last time that they were forgotten, as they came.
    pub fn calls(&self) -> Vec<Call> {
        self.with(|known| known.calls.clone())
    }

    /// How many calls there were whose action begins so.
    pub fn count(&self, prefix: &str) -> usize {
        self.with(|known| {
            known
                .calls
                .iter()
                .filter(|call| call.action.starts_with(prefix))
                .count()
        })
    }

    /// Forgets the calls, not the roles.
    pub fn forget_calls(&self) {
        self.with(|known| known.calls.clear());
    }

    /// When the first write came, by the role's name.
    pub fn first_writes(&self) -> BTreeMap<String, Instant> {
        let mut first = BTreeMap::new();
        for call in self.calls().into_iter().filter(|call| call.action == WRITE) {
            first.entry(call.role).or_insert(call.arrived);
        }
        first
    }

    fn take(&self, asked: &Asked, arrived: Instant) -> (StatusCode, String) {
        self.with(|known| {
            known.calls.push(Call {
                action: asked.action.clone(),
                account: asked.concerns().to_owned(),
                role: asked.field("RoleName").to_owned(),
                arrived,
            });
            answers::answer(asked, known.roles.entry(asked.account.clone()).or_default())
        })
    }

    fn with<T>(&self, then: impl FnOnce(&mut Known) -> T) -> T {
        then(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn handle(
    State(aws): State<FakeAws>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let arrived = Instant::now();
    let asked = Asked::read(&method, &uri, &headers, &body);
    let (status, body) = aws.take(&asked, arrived);
    tokio::time::sleep_until(arrived + ANSWER).await;
    let kind = if body.starts_with('{') {
        "application/x-amz-json-1.1"
    } else {
        "text/xml"
    };
    (status, [(CONTENT_TYPE, kind)], body)
}

/// How many round trips follow one another up to a moment: calls that run beside each other are one. `calls` as they came.
pub fn waves<'a>(calls: impl Iterator<Item = &'a Call>) -> u32 {
    let (mut waves, mut end) = (0, None);
    for call in calls {
        if end.is_none_or(|end| call.arrived >= end) {
            waves += 1;
            end = Some(call.arrived + ANSWER);
        }
    }
    waves
}

/// How often each action was called.
pub fn by_action<'a>(calls: impl Iterator<Item = &'a Call>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    calls.for_each(|call| *counts.entry(call.action.clone()).or_default() += 1);
    counts
}
