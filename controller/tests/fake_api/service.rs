//! The HTTP side: a `tower::Service` that a real `kube::Client` talks to.

use super::{
    FakeApi, bare,
    failure::Failure,
    fault::Effect,
    request::{Call, Verb, parse},
    trespass,
    watch::partial,
};
use axum::body::{Body, Bytes};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde_json::Value;
use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::mpsc::UnboundedReceiver;

/// One client process's connection; it dies with a crash, and a restart makes a new one.
#[derive(Clone)]
pub struct Connection {
    pub api: FakeApi,
    pub process: u64,
}

impl tower::Service<http::Request<kube::client::Body>> for Connection {
    type Response = http::Response<Body>;
    type Error = io::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<kube::client::Body>) -> Self::Future {
        self.clone().serve(request).boxed()
    }
}

/// What happens with the answer.
enum Then {
    Answer(u16, Value),
    Stream(UnboundedReceiver<Value>, Option<Duration>),
    Break,
    Hang,
}

impl Connection {
    async fn serve(self, request: http::Request<kube::client::Body>) -> io::Result<http::Response<Body>> {
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await.map_err(io::Error::other)?;
        let Some(call) = parse(&parts, &body) else {
            return Ok(answer(
                404,
                &Failure::new(404, format!("no such path: {}", parts.uri.path())).status(),
            ));
        };
        if self.api.is_dead(self.process) {
            return std::future::pending().await;
        }
        let at = self.api.log(call.clone());
        let then = self.decide(&call);
        if let Then::Answer(code, _) = &then {
            self.api.log_code(at, *code);
        }
        match then {
            Then::Answer(code, body) => Ok(answer(code, &body)),
            Then::Stream(events, timeout) => Ok(self.stream(events, timeout)),
            Then::Break => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            Then::Hang => std::future::pending().await,
        }
    }

    fn decide(&self, call: &Call) -> Then {
        match self.api.take_fault(call) {
            None => self.run(call),
            Some(Effect::Refuse(code)) => refused(code),
            Some(Effect::RefuseAfter(code)) => {
                self.run(call);
                refused(code)
            }
            Some(Effect::Reply(code, body)) => Then::Answer(code, body),
            Some(Effect::Break) => Then::Break,
            Some(Effect::BreakAfter) => {
                self.run(call);
                Then::Break
            }
            Some(Effect::Hang) => Then::Hang,
            Some(Effect::HangAfter) => {
                self.run(call);
                Then::Hang
            }
            Some(Effect::Crash) => {
                self.api.crash(self.process);
                Then::Hang
            }
            Some(Effect::CrashAfter) => {
                self.run(call);
                self.api.crash(self.process);
                Then::Hang
            }
            Some(Effect::First(_)) => self.run(call),
        }
    }

    fn run(&self, call: &Call) -> Then {
        let mut store = self.api.store();
        let result = match call.verb {
            Verb::Get => store.get(call).map(|object| (200, bare::served(object))),
            Verb::List => store.list(call).map(|list| (200, bare::served(list))),
            Verb::Watch => {
                let timeout = call
                    .param("timeoutSeconds")
                    .and_then(|t| t.parse().ok())
                    .map(Duration::from_secs);
                match store.watch(call) {
                    Ok(events) => return Then::Stream(events, timeout),
                    Err(failure) => Err(failure),
                }
            }
            _ => {
                let owned = trespass::owned(&store, call);
                let written = store.write(call);
                let found = owned.and_then(|owned| trespass::of(&store, call, owned));
                self.api.0.trespasses.lock().unwrap().extend(found);
                written
            }
        };
        match result {
            Ok((code, object)) if call.metadata_only => Then::Answer(code, metadata_only(&object)),
            Ok((code, object)) => Then::Answer(code, object),
            Err(failure) => Then::Answer(failure.code, failure.status()),
        }
    }

    /// Newline-separated events until the server ends the watch, or its timeout does.
    fn stream(self, events: UnboundedReceiver<Value>, timeout: Option<Duration>) -> http::Response<Body> {
        let lines = stream::unfold((events, self), |(mut events, connection)| async move {
            let event = bare::served(events.recv().await?);
            if connection.api.is_dead(connection.process) {
                std::future::pending::<()>().await;
            }
            Some((
                Ok::<_, io::Error>(Bytes::from(format!("{event}\n"))),
                (events, connection),
            ))
        });
        let end = async move {
            match timeout {
                Some(timeout) => tokio::time::sleep(timeout).await,
                None => std::future::pending().await,
            }
        };
        let body = Body::from_stream(lines.take_until(end.boxed()));
        http::Response::builder()
            .header("content-type", "application/json")
            .body(body)
            .unwrap()
    }
}

fn refused(code: u16) -> Then {
    Then::Answer(
        code,
        Failure::new(code, format!("injected by the test: {code}")).status(),
    )
}

fn answer(code: u16, body: &Value) -> http::Response<Body> {
    let builder = http::Response::builder()
        .status(code)
        .header("content-type", "application/json");
    builder.body(Body::from(body.to_string())).unwrap()
}

fn metadata_only(object: &Value) -> Value {
    match object.get("items").and_then(Value::as_array) {
        None => partial(object, "PartialObjectMetadata"),
        Some(items) => {
            let mut list = partial(object, "PartialObjectMetadataList");
            list["items"] = items
                .iter()
                .map(|item| partial(item, "PartialObjectMetadata"))
                .collect();
            list
        }
    }
}
