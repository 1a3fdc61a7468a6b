//! Messages of NotificationChannels, over HTTPS.

use super::{
    connection::{Found, Target, connected, exchange, found, trusted},
    text,
};
use async_trait::async_trait;
use firebreak_cloud::courier::Courier;
use firebreak_core::coordinate::notification::{Reply, Request};
use http::{HeaderMap, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use rustls::ClientConfig;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::timeout;

/// The longest that one request takes: it ends within the lease.
const LIMIT: Duration = Duration::from_secs(8);
/// The most of an answer that is read.
const LONGEST_BODY: usize = 64 * 1024;

/// Sends messages over HTTPS, each over a connection of its own.
pub struct HttpsCourier {
    /// Whether addresses may be reached that are not public.
    pub any_address: bool,
}

#[async_trait]
impl Courier for HttpsCourier {
    async fn post(&self, request: &Request) -> Result<Reply, String> {
        let answer = timeout(LIMIT, posted(request, self.any_address)).await;
        answer.unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())))
    }
}

async fn posted(request: &Request, any_address: bool) -> Result<Reply, String> {
    let target = Target::of(&request.url)?;
    if !target.tls {
        return Err("it is no https URL".into());
    }
    match found(&target, any_address).await? {
        Found::NotPublic(_) => Ok(Reply::default()),
        Found::Usable(addresses) => sent(&target, request, &addresses, trusted()?).await,
    }
}

pub(super) async fn sent(
    target: &Target,
    request: &Request,
    addresses: &[SocketAddr],
    trust: Arc<ClientConfig>,
) -> Result<Reply, String> {
    let (stream, _) = connected(addresses).await?;
    let builder = http::Request::post(&target.path)
        .header(header::HOST, &target.authority)
        .header(header::USER_AGENT, "firebreak")
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::CONNECTION, "close");
    let builder = request
        .headers
        .iter()
        .fold(builder, |builder, (name, value)| builder.header(*name, value));
    let body = Full::new(Bytes::from(request.body.clone()));
    exchange(target, stream, trust, builder.body(body).map_err(text)?, read).await
}

/// The beginning of a body is enough, however it ends: the status says what became of the message.
async fn read(answer: Response<Incoming>) -> Result<Reply, String> {
    let (status, retry_after) = (answer.status().as_u16(), retry_after(answer.headers()));
    let (mut incoming, mut body) = (answer.into_body(), Vec::new());
    while let Some(Ok(frame)) = incoming.frame().await {
        let data = frame.into_data().unwrap_or_default();
        let room = LONGEST_BODY - body.len();
        body.extend_from_slice(data.get(..room).unwrap_or(&data));
        if body.len() == LONGEST_BODY {
            break;
        }
    }
    Ok(Reply {
        status,
        retry_after,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// In seconds; the form with a date is not used by the providers.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
