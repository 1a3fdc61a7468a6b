//! What is asked by path instead of by type: for kinds of which only a part matters, and reviews, which are not stored.

use super::Cluster;
use anyhow::{Context, Result};
use http::{Request, Response, header::DATE};
use kube::client::Body;
use serde_json::Value;
use std::time::Duration;

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
