//! What is asked by path instead of by type: for kinds of which only a part matters, and reviews, which are not stored.

use super::Cluster;
use crate::{
    doctor::Right,
    exit,
    render::{next::Reader, operator},
};
use anyhow::{Context, Result};
use firebreak_core::installation::CONTROLLER;
use http::{Request, Response, header::DATE};
use jiff::{Timestamp, fmt::rfc2822};
use kube::client::Body;
use serde_json::{Value, json};
use std::time::Duration;

const SELF_REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// Who asks how things are does not wait for ever.
const PATIENCE: Duration = Duration::from_secs(10);

impl Cluster {
    /// What lies under a path, and the server's Date when it said so.
    ///
    /// # Errors
    /// When it cannot be read; the API server's own answer where there is one.
    pub async fn ask(&self, path: &str) -> Result<(Value, Option<String>)> {
        let request = Request::get(path).body(Body::empty()).context("the path")?;
        let answer = in_time(self.client.send(request)).await?;
        let date = answer
            .headers()
            .get(DATE)
            .and_then(|date| date.to_str().ok())
            .map(str::to_owned);
        Ok((content(answer).await?, date))
    }

    /// The API server's answer to a review.
    ///
    /// # Errors
    /// As [`Cluster::ask`].
    pub async fn review(&self, path: &str, review: &Value) -> Result<Value> {
        let request = Request::post(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Body::from(serde_json::to_vec(review)?))
            .context("the path")?;
        content(in_time(self.client.send(request)).await?).await
    }
}

impl Cluster {
    /// Who asks, and in which of the roles they may decide in a namespace. What the API server does not say is left out.
    pub async fn reader(&self, namespace: &str, roles: &[String]) -> Reader {
        let mut reader = Reader {
            by: self.whoami().await.ok(),
            may: Vec::new(),
        };
        for role in roles {
            if self.may_decide(namespace, role).await.unwrap_or(false) {
                reader.may.push(role.clone());
            }
        }
        reader
    }

    /// That the operator does not run, by its Lease and the API server's clock; none where it runs or cannot be seen.
    pub async fn operator_silence(&self, namespace: &str) -> Option<String> {
        let path = format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{CONTROLLER}");
        let (lease, date) = match self.ask(&path).await {
            Ok((lease, date)) => (serde_json::from_value(lease).ok(), date),
            Err(error) if exit::api_code(&error) == Some(404) => (None, None),
            Err(_) => return None,
        };
        let server = date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(&date).ok());
        operator::not_running(lease.as_ref(), namespace, server.unwrap_or_else(Timestamp::now))
    }

    async fn may_decide(&self, namespace: &str, role: &str) -> Result<bool> {
        for right in Right::deciding(namespace, role) {
            let review = json!({"metadata": {}, "spec": {"resourceAttributes": right.attributes()}});
            let answer = self.review(SELF_REVIEWS, &review).await?;
            if answer["status"]["allowed"] != true {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

async fn in_time<T>(work: impl Future<Output = kube::Result<T>>) -> Result<T> {
    let late = || format!("no answer within {} s", PATIENCE.as_secs());
    Ok(tokio::time::timeout(PATIENCE, work).await.with_context(late)??)
}

async fn content(answer: Response<Body>) -> Result<Value> {
    let status = answer.status();
    let bytes = in_time(answer.into_body().collect_bytes()).await?;
    if status.is_success() {
        return Ok(serde_json::from_slice(&bytes)?);
    }
    let unknown = || kube::core::Status::failure(&status.to_string(), "Unknown").with_code(status.as_u16());
    let told = serde_json::from_slice(&bytes).unwrap_or_else(|_| unknown());
    Err(kube::Error::Api(Box::new(told)).into())
}
